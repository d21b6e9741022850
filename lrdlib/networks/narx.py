"""The latch neuron with output delays: the NARX answer to the vanishing gradient."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import Trajectory
from lrdlib.networks.free_inputs import FreeInputs

__all__ = ["NarxNeuron"]


class NarxNeuron(FreeInputs):
    """One neuron that sees its last D outputs, and inputs of its own choice for the first L steps.

    ``x_t = tanh(a_t)``, ``a_t = w/D (x_{t-1} + ... + x_{t-D}) + h_t``, all outputs before t = 1 being 0,

    where ``h_t`` is a free parameter for t <= L, one set for each class, and the input ``u_t`` afterwards. The
    weights of the loop, w/D each, are fixed: only the free inputs are learned. The neuron rests where a
    `LatchNeuron` of weight w does, and equals it for D = 1; with more delays an error of the last step jumps back
    by up to D steps at once, so that fewer factors below 1 stand between it and the free inputs. Source: Lin,
    Horne, Tino & Giles (NIPS 8), the latching problem: w = 1.25, D = 1, 3 and 6 (confirmed there).

    Parameters
    ----------
    delays : int
        D, the outputs that are fed back.
    L : int
        Number of steps with free inputs.
    groups : int
        Number of classes, each with its own free inputs.
    w : float
        Sum of the loop's weights.

    Raises
    ------
    TypeError, ValueError
        If delays, L or groups is not a positive integer, or w no finite number.

    Notes
    -----
    ``layout`` is ``{"h": (groups, L)}``. The state is the last D outputs, the newest first. Arrays keep the runs
    last in memory, as `LatchNeuron`'s do.
    """

    n_inputs = n_units = 1

    def __init__(self, delays, L=3, groups=2, w=1.25):
        self.delays = self.n_state = self.n_weights = check.count("delays", delays)
        super().__init__(L, groups)
        self.w = check.real("w", w)
        self.layout = {"h": (self.n_groups, self.L)}

    def _forward(self, theta, u, groups, x0):
        h, D, R = self._views(theta)["h"], self.delays, len(theta)
        T, _, _, B = u.shape
        self._enough(T)
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        y = np.empty((D + T, B, R), dtype)  # y[D - 1 + t] = x_t, from t = 1 - D on
        y[:D] = x0 if np.isscalar(x0) else x0.transpose(1, 2, 0)[::-1]
        noise, share = u[:, :, 0].transpose(0, 2, 1), self.w / D
        for t in range(1, T + 1):
            now = y[D - 1 + t]
            np.add.reduce(y[t - 1 : D - 1 + t], axis=0, out=now)
            now *= share
            now += self._free(h, groups, t) if t <= self.L else noise[t - 1]
            np.tanh(now, out=now)
        windows = np.lib.stride_tricks.sliding_window_view(y, D, axis=0)  # (T + 1, B, R, D), the oldest first
        o = y[D:].transpose(0, 2, 1)
        return Trajectory(self, theta, u, groups, windows[..., ::-1].transpose(0, 2, 3, 1), o, 1 - o**2)

    def _free(self, h, groups, t):
        """h_t (B, R)."""
        if len(groups) == 1:
            return h[:, :, t - 1].T[groups[0]]
        return np.take_along_axis(h[:, :, t - 1], groups, 1).T

    def pull_output(self, trajectory, t, g, accumulator):
        delta = np.zeros((self.delays, *g.shape[::-1]), trajectory.x.dtype).transpose(2, 0, 1)
        delta[:, 0] = g
        return delta

    def pull(self, trajectory, t, delta, accumulator):
        da = trajectory.extra[t - 1] * delta[:, 0]  # dC/da_t, (R, B)
        if t <= self.L:
            for g in range(self.n_groups):
                accumulator[g * self.L + t - 1] += np.where(trajectory.groups == g, da, 0).sum(1)
        da = self.w / self.delays * da  # what each of the last outputs gets
        back = np.empty((self.delays, *da.shape[::-1]), da.dtype).transpose(2, 0, 1)
        np.add(delta[:, 1:], da[:, None], out=back[:, :-1])  # they grow older by a step
        back[:, -1] = da
        return back

    def state_jacobian(self, trajectory, t):
        _, R, D, B = trajectory.x.shape
        J = np.zeros((R, B, D, D), trajectory.x.dtype)
        J[:, :, 0] = self.w / D * trajectory.extra[t - 1][..., None]
        J[:, :, np.arange(1, D), np.arange(D - 1)] = 1
        return J

    def parameter_jacobian(self, trajectory, t):
        _, R, D, B = trajectory.x.shape
        out = np.zeros((R, B, D, self.n_parameters), trajectory.x.dtype)
        if t <= self.L:
            for g in range(self.n_groups):
                out[:, :, 0, g * self.L + t - 1] = np.where(trajectory.groups == g, trajectory.extra[t - 1], 0)
        return out
