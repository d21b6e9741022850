"""The latch neuron: one unit that must keep one bit."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import BENDS, Trajectory
from lrdlib.networks.free_inputs import FreeInputs
from lrdlib.networks.hard import HARD, UNITS, NoDerivative

__all__ = ["LatchNeuron"]


class LatchNeuron(FreeInputs):
    """One neuron with a loop, and inputs of its own choice for the first L steps.

    ``x_t = tanh(a_t)``, ``a_t = w x_{t-1} + h_t``, ``a_0 = 0``,

    where ``h_t`` is a free parameter for t <= L, one set for each class, and the input ``u_t`` afterwards
    (noise, in the latch task). The free inputs stand for a trainable module that reads the relevant
    part of the sequence: ``dC/dh_t`` is what such a module would receive. Source: TNN94, sections II and
    III, as second-hand accounts have them.

    Parameters
    ----------
    L : int
        Number of steps with free inputs.
    groups : int
        Number of classes, each with its own free inputs.
    w : None, float or array_like (R,)
        None: w is trained and theta = [w, h]. Numbers: w is frozen at them and theta = [h].
    activation : {"tanh", "sign"}
        A "sign" unit is -1 or 1, and 1 at 0; whoever asks it for a gradient gets a `NoDerivative`.

    Raises
    ------
    TypeError, ValueError
        If L or groups is not a positive integer, w holds anything but finite numbers, or activation is
        neither of the two.

    Notes
    -----
    ``layout`` is ``{"w": (), "h": (groups, L)}``, or ``{"h": (groups, L)}`` with w frozen.
    Arrays keep the runs last in memory, which is what makes thousands of neurons fast.
    """

    n_inputs = n_state = n_units = n_weights = 1

    def __init__(self, L=3, groups=2, w=None, activation="tanh"):
        super().__init__(L, groups)
        self.activation = check.choice("activation", activation, ("tanh", "sign"))
        self._f = UNITS[activation][0]
        self.w = None
        if w is not None:
            self.w = np.array(check.array("w", w, [(), ("R",)]), ndmin=1)
            self.w.flags.writeable = False
            self.runs = len(self.w) if len(self.w) > 1 else None
        free = {"h": (self.n_groups, self.L)}
        self.layout = free if w is not None else {"w": (), **free}

    def _parts(self, theta):
        """w (R,) or (1,), and the free inputs h (R, G, L), of these parameters."""
        blocks = self._views(theta)
        if self.w is not None and len(self.w) not in (1, len(theta)):
            raise ValueError(f"theta must have {len(self.w)} runs, as w is frozen for, got {len(theta)}")
        return np.ascontiguousarray(blocks.get("w", self.w)), blocks["h"]

    def select(self, runs):
        """The same neuron for some of the runs only: frozen weights are selected with them."""
        if self.runs is None:
            return self
        runs = check.array("runs", runs, ("r",), dtype=int, low=0, high=self.runs - 1)
        return LatchNeuron(self.L, self.n_groups, self.w[runs], self.activation)

    def _forward(self, theta, u, groups, x0):
        w, h = self._parts(theta)
        W = w[:, None, None]
        T, _, _, B = u.shape
        self._enough(T)
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        x = np.empty((T + 1, B, 1, len(theta)), dtype).transpose(0, 3, 2, 1)
        x[0] = x0
        hard = self.hard
        for t in range(1, T + 1):
            np.multiply(W, x[t - 1], out=x[t])
            x[t] += self._free(h, groups, t) if t <= self.L else u[t - 1]
            if hard:
                x[t] = self._f(x[t])
            else:
                np.tanh(x[t], out=x[t])
        return Trajectory(self, theta, u, groups, x, x[1:, :, 0], W)

    def _free(self, h, groups, t):
        """h_t (R, 1, B) with the runs last in memory."""
        if len(groups) == 1:
            return h[:, :, t - 1].T[groups[0]].T[:, None]
        return np.take_along_axis(h[:, :, t - 1], groups, 1)[:, None]

    def pull_output(self, trajectory, t, g, accumulator):
        return g[:, None]

    def pull(self, trajectory, t, delta, accumulator):
        self._must_be_soft()
        x, w = trajectory.x, trajectory.extra
        slope = np.multiply(x[t], x[t])
        np.subtract(1, slope, out=slope)
        da = np.multiply(slope, delta, out=slope)  # dC/da_t
        if self.w is None:
            accumulator[0] += np.multiply(da, x[t - 1]).sum(2)[:, 0]
        if t <= self.L:
            self._free_shares(trajectory, t, da, accumulator)
        return np.multiply(w, da, out=da)

    def _free_shares(self, trajectory, t, da, into):
        """Add to each class's free input at time t what da is for that class's sequences."""
        for g in range(self.n_groups):
            chosen = trajectory.groups == g
            if len(chosen) == 1:
                share = da[:, 0, chosen[0]].sum(1)
            else:
                share = np.where(chosen, da[:, 0], 0).sum(1)
            into[g * self.L + t - 1 + (self.w is None)] += share

    def instances(self, trajectory, t, da, power=1):
        """``da z^power`` for each parameter, z being what it multiplies at time t, summed over the batch.

        With da = dC/da_t (R, 1, B) this is the derivative by the parameter's instance at time t; with
        da = d2C/da_t^2 and power 2 the second one. z is ``x_{t-1}`` for w, and 1 or 0 for a free
        input, which acts at one time and in one class only. In the accumulator's layout.
        """
        share = self.accumulator(trajectory)
        if self.w is None:
            share[0] = (da * trajectory.x[t - 1] ** power).sum(2)[:, 0]
        if t <= self.L:
            self._free_shares(trajectory, t, da, share)
        return share

    def weights(self, trajectory):
        """w as W (R or 1, 1, 1); and None, for nothing acts within a step."""
        return trajectory.extra, None

    def bends(self, trajectory, t):
        """f' and f'' (R, 1, B) of the neuron at time t."""
        self._must_be_soft()
        y = trajectory.x[t]
        return 1 - y * y, BENDS["tanh"](y)

    def links(self):
        """For each parameter the unit that it acts on (the one), the unit that it reads (-1: none), and
        whether it reads it in the same step (never); each (P,)."""
        P = self.n_parameters
        sender = np.full(P, -1)
        if self.w is None:
            sender[0] = 0
        return np.zeros(P, int), sender, np.zeros(P, bool)

    def sources(self, trajectory, t):
        """z (R, P, B), what each parameter multiplies at time t."""
        x, (R, P) = trajectory.x, trajectory.theta.shape
        z = np.zeros((R, P, x.shape[3]), x.dtype)
        if self.w is None:
            z[:, 0] = x[t - 1, :, 0]
        if t <= self.L:
            for g in range(self.n_groups):
                z[:, g * self.L + t - 1 + (self.w is None)] = trajectory.groups == g
        return z

    @property
    def hard(self):
        """Whether the unit has two values only, and no derivative."""
        return self.activation in HARD

    def _must_be_soft(self):
        if self.hard:
            raise NoDerivative

    def net_inputs(self, trajectory, first, last):
        """a (steps, R, 1, B), what the activation function was given from time `first` to `last`."""
        a = trajectory.extra * trajectory.x[first - 1 : last]
        a[max(0, self.L + 1 - first) :] += trajectory.u[max(first - 1, self.L) : last]
        for t in range(first, min(self.L, last) + 1):
            a[t - first] += self._free(self._parts(trajectory.theta)[1], trajectory.groups, t)
        return a

    def fan_in(self, trajectory, first, last):
        """``|z|^2`` (steps, R, 1, B), the sum over the parameters of the squares of what they multiply."""
        squares = trajectory.x[first - 1 : last] ** 2 * (self.w is None)
        squares[: max(0, self.L + 1 - first)] += 1
        return squares

    def reach(self, trajectory):
        """The largest ``|a|`` (R, 1) that the parameters allow with inputs no larger than those seen."""
        seen = np.abs(trajectory.u[self.L :]).max((0, 2, 3), initial=0)  # (R or 1,)
        free = np.abs(self._parts(trajectory.theta)[1]).max((1, 2))
        return (np.abs(trajectory.extra[:, 0, 0]) + np.maximum(seen, free))[:, None]

    def state_jacobian(self, trajectory, t):
        self._must_be_soft()
        return (trajectory.extra * (1 - trajectory.x[t] ** 2)).transpose(0, 2, 1)[..., None]

    def parameter_jacobian(self, trajectory, t):
        self._must_be_soft()
        x, R, P = trajectory.x, *trajectory.theta.shape
        slope = 1 - x[t, :, 0] ** 2
        out = np.zeros((R, x.shape[3], 1, P), x.dtype)
        if self.w is None:
            out[:, :, 0, 0] = slope * x[t - 1, :, 0]
        if t <= self.L:
            for g in range(self.n_groups):
                column = g * self.L + t - 1 + (self.w is None)
                out[:, :, 0, column] = np.where(trajectory.groups == g, slope, 0)
        return out
