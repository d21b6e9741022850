"""The fully recurrent network, with same-step connections where wanted."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import ACTIVATIONS, Network, Trajectory

__all__ = ["Recurrent"]


class Recurrent(Network):
    """n units, each connected to all.

    ``a_t = W x_{t-1} + U u_t + b``, ``x_t = f(a_t)``, ``o_t = x_{output,t}``.

    A connection (i, j) of `same_step` carries ``x_{j,t}`` instead of ``x_{j,t-1}``: unit j comes first
    within the step. The two nets of TNN94, section VI, as the NIPS sibling counts their parameters:

    - two-sequence, 25 parameters: ``Recurrent(5, input_to=[0], train_input=False)``; which unit is
      read is not known, here the last one;
    - parity, 7 parameters: ``Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0],
      same_step=[(1, 0)])``: hidden unit 0 first, output unit 1 then reads it.

    Parameters
    ----------
    n : int
        Number of units.
    n_inputs : int
        I, input channels.
    activation : {"tanh", "logistic"}
    input_to : list of int, optional
        Units that see the input; by default all.
    train_input : bool
        If False, the input weights are fixed at 1 and are no parameters.
    output : int, optional
        The unit that is read; by default the last.
    bias : bool or list of int
        Units with a trained bias.
    same_step : iterable of (int, int)
        Connections (i, j), j < i, from unit j to unit i that act within the step.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, a unit does not exist or stands twice, or a same-step
        connection does not go from an earlier to a later unit.

    Notes
    -----
    ``layout``: W (n, n), then U (len(input_to), I) if trained, then b (number of biased units,).
    """

    def __init__(self, n, n_inputs=1, activation="tanh", input_to=None, train_input=True, output=None,
                 bias=False, same_step=()):
        self.n_state = self.n_units = n = check.count("n", n)
        self.n_inputs = I = check.count("n_inputs", n_inputs)
        self.activation = check.choice("activation", activation, ("tanh", "logistic"))
        self.input_to = _units("input_to", range(n) if input_to is None else input_to, n)
        if not self.input_to:
            raise ValueError("input_to must name at least one unit, got none")
        self.train_input = check.instance("train_input", train_input, (bool, np.bool_), "True or False")
        self.output = _units("output", [n - 1 if output is None else output], n)[0]
        biased = bias if not isinstance(bias, (bool, np.bool_)) else range(n) if bias else []
        self.biased = _units("bias", biased, n)
        self.same_step = np.zeros((n, n), bool)
        for i, j in _pairs(same_step):
            i, j = _units("same_step", [i, j], n)
            if j >= i:
                raise ValueError(f"same_step must hold pairs (i, j) with j < i, got ({i}, {j})")
            self.same_step[i, j] = True
        self.layout = {"W": (n, n)}
        if train_input:
            self.layout["U"] = (len(self.input_to), I)
        if self.biased:
            self.layout["b"] = (len(self.biased),)
        # Where theta stands in the matrix M of a_t = M [x_{t-1}; u_t; 1]
        U = [i * (n + I + 1) + n + k for i in self.input_to for k in range(I)]
        W = [i * (n + I + 1) + j for i in range(n) for j in range(n)]
        b = [i * (n + I + 1) + n + I for i in self.biased]
        self._place = np.array(W + (U if train_input else []) + b)
        self._fixed = np.array([] if train_input else U, int)
        self.n_weights = n * n + len(U) + len(b)

    def _matrices(self, theta):
        """M (R, n, n + I + 1) for what comes from before, and V (R, n, n) for the same step."""
        n = self.n_state
        M = np.zeros((len(theta), n * (n + self.n_inputs + 1)), theta.dtype)
        M[:, self._place] = theta
        M[:, self._fixed] = 1
        M = M.reshape(len(theta), n, -1)
        V = np.where(self.same_step, M[:, :, :n], 0)
        M[:, :, :n][:, self.same_step] = 0
        return M, V

    def _forward(self, theta, u, groups, x0):
        n, R, (T, _, I, B) = self.n_state, len(theta), u.shape
        f, _ = ACTIVATIONS[self.activation]
        M, V = self._matrices(theta)
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        Z = np.empty((T + 1, R, n + I + 1, B), dtype)  # Z[t] = [x_t; u_{t+1}; 1]
        Z[0, :, :n] = x0
        Z[:-1, :, n:-1] = u
        Z[-1, :, n:-1] = 0
        Z[:, :, -1] = 1
        x = Z[:, :, :n]
        for t in range(1, T + 1):
            a = np.matmul(M, Z[t - 1])
            if not self.same_step.any():
                x[t] = f(a)
                continue
            for i in range(n):  # unit by unit: V reads units that come earlier in this step
                x[t, :, i] = f(a[:, i] + np.matmul(V[:, i : i + 1, :i], x[t, :, :i])[:, 0])
        return Trajectory(self, theta, u, groups, x, x[1:, :, self.output], (Z, M, V))

    def accumulator(self, trajectory):
        return np.zeros_like(trajectory.extra[1], dtype=trajectory.x.dtype)

    def collect(self, accumulator):
        return accumulator.reshape(len(accumulator), -1)[:, self._place]

    def pull_output(self, trajectory, t, g, accumulator):
        delta = np.zeros(trajectory.x.shape[1:], trajectory.x.dtype)
        delta[:, self.output] = g
        return delta

    def pull(self, trajectory, t, delta, accumulator):
        n, x, (Z, M, V) = self.n_state, trajectory.x, trajectory.extra
        slope = ACTIVATIONS[self.activation][1](x[t])
        if not self.same_step.any():
            da = slope * delta  # dC/da_t
            accumulator += np.matmul(da, Z[t - 1].transpose(0, 2, 1))
        else:
            da, delta = np.empty_like(delta), delta.copy()
            for i in reversed(range(n)):
                da[:, i] = slope[:, i] * delta[:, i]
                delta[:, :i] += V[:, i, :i, None] * da[:, i, None]
            share = np.matmul(da, Z[t - 1].transpose(0, 2, 1))
            now = np.matmul(da, x[t].transpose(0, 2, 1))
            share[:, :, :n][:, self.same_step] = now[:, self.same_step]
            accumulator += share
        return np.matmul(M[:, :, :n].transpose(0, 2, 1), da)

    def _push(self, trajectory, t, da):
        """dx_t from da_t (R, B, n, any), which leaves out what comes through same-step connections."""
        slope = ACTIVATIONS[self.activation][1](trajectory.x[t]).transpose(0, 2, 1)[..., None]
        if not self.same_step.any():
            return slope * da
        V = trajectory.extra[2][:, None]
        return np.linalg.solve(np.eye(self.n_state) - slope * V, slope * da)

    def state_jacobian(self, trajectory, t):
        W = trajectory.extra[1][:, None, :, : self.n_state]
        return self._push(trajectory, t, W)

    def parameter_jacobian(self, trajectory, t):
        n, Z, x = self.n_state, trajectory.extra[0], trajectory.x
        R, m, B = Z.shape[1:]
        da = np.zeros((R, B, n, n, m), x.dtype)  # da_i/dM_kl = Z_l if i = k
        for i in range(n):
            da[:, :, i, i] = Z[t - 1].transpose(0, 2, 1)
            now = np.flatnonzero(self.same_step[i])
            da[:, :, i, i, now] = x[t][:, now].transpose(0, 2, 1)
        return self._push(trajectory, t, da.reshape(R, B, n, -1)[..., self._place])


def _units(name, units, n):
    try:
        units = [check.count(name, unit, 0) for unit in units]
    except TypeError:
        raise TypeError(f"{name} must hold units, integers from 0 to {n - 1}, got {units!r}") from None
    if any(unit >= n for unit in units) or len(set(units)) < len(units):
        raise ValueError(f"{name} must hold different units from 0 to {n - 1}, got {units}")
    return units


def _pairs(same_step):
    try:
        return [(i, j) for i, j in same_step]
    except (TypeError, ValueError):
        raise TypeError(f"same_step must hold pairs (i, j) of units, got {same_step!r}") from None
