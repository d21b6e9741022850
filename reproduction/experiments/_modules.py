"""Module A feeds module B: a static net that reads a window of the input, and one neuron that must keep what A says.

The argument is TNN94's (section IV, from memory); the two modules are our reconstruction, as small as they can be.
A has no state and cannot remember; B has no input but A's.
"""

from __future__ import annotations

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.networks import Network, Trajectory

__all__ = ["TwoModules", "errors", "lag_normalised", "parts"]


class TwoModules(Network):
    """``h_t = v . tanh(U [u_t; ...; u_{t-D+1}] + b)``, module A; ``x_t = f(w x_{t-1} + h_t)``, module B, which is read.

    Parameters
    ----------
    hidden, delays : int
        A's hidden units, and D.
    linear : bool
        Whether B is linear; else f is tanh.
    """

    n_inputs = n_state = 1

    def __init__(self, hidden, delays, linear=False):
        self.hidden, self.delays, self.linear = hidden, delays, linear
        self.n_units = hidden + 1
        self.layout = {"w": (), "U": (hidden, delays), "b": (hidden,), "v": (hidden,)}
        self.n_weights = self.n_parameters

    def _forward(self, theta, u, groups, x0):
        p = self._views(theta)
        T, _, _, B = u.shape
        Z = np.zeros((T, u.shape[1], self.delays, B), u.dtype)  # A's window
        for k in range(self.delays):
            Z[k:, :, k] = u[: T - k, :, 0]
        y = np.tanh(np.matmul(p["U"], Z) + p["b"][:, :, None])
        h = np.matmul(p["v"][:, None], y)  # (T, R, 1, B)
        x = np.empty((T + 1, len(theta), 1, B), h.dtype)
        x[0] = x0
        for t in range(1, T + 1):
            x[t] = p["w"][:, None, None] * x[t - 1] + h[t - 1]
            if not self.linear:
                x[t] = np.tanh(x[t])
        return Trajectory(self, theta, u, groups, x, x[1:, :, 0], (Z, y))

    def slope(self, trajectory, t):
        """f'(a_t) (R, 1, B)."""
        x = trajectory.x[t]
        return np.ones_like(x) if self.linear else 1 - x * x

    def pull_output(self, trajectory, t, g, accumulator):
        return g[:, None]

    def pull(self, trajectory, t, delta, accumulator):
        da = self.slope(trajectory, t) * delta
        d = self._views(accumulator)
        d["w"] += (da * trajectory.x[t - 1]).sum((1, 2))
        self.pull_A(trajectory, t, da, d)
        return self._views(trajectory.theta)["w"][:, None, None] * da

    def pull_A(self, trajectory, t, dh, d):
        """Adds to d what A's parameters receive from dC/dh_t (R, 1, B)."""
        Z, y = (part[t - 1] for part in trajectory.extra)
        d["v"] += np.matmul(y, dh.transpose(0, 2, 1))[:, :, 0]
        db = self._views(trajectory.theta)["v"][:, :, None] * (1 - y * y) * dh
        d["U"] += np.matmul(db, Z.transpose(0, 2, 1))
        d["b"] += db.sum(2)

    def state_jacobian(self, trajectory, t):
        w = self._views(trajectory.theta)["w"][:, None, None]
        return (w * self.slope(trajectory, t)).transpose(0, 2, 1)[..., None]

    def parameter_jacobian(self, trajectory, t):
        R, _, B = trajectory.x[t].shape
        Z, y = (part[t - 1] for part in trajectory.extra)
        db = self._views(trajectory.theta)["v"][:, :, None] * (1 - y * y)  # (R, K, B)
        rows = [trajectory.x[t - 1], (db[:, :, None] * Z[:, None]).reshape(R, -1, B), db, y]
        return (self.slope(trajectory, t) * np.concatenate(rows, axis=1)).transpose(0, 2, 1)[:, :, None]


def errors(trajectory, batch, cost):
    """``dC/dh_t`` (T, R, 1, B), what B hands back to A: for a cost at the last step."""
    network, T = trajectory.network, trajectory.T
    w = network.views(trajectory.theta)["w"][:, None, None]
    delta, out = cost.derivative(trajectory.o[-1], batch.targets)[:, None], []
    for t in range(T, 0, -1):
        out.append(network.slope(trajectory, t) * delta)
        delta = w * out[-1]
    return np.stack(out[::-1])


def parts(network, theta, batch, cost, informative):
    """A's gradient in two parts, (R, P) each: from the first, informative steps, and from all later ones; the
    trajectory; and the errors that B hands back."""
    trajectory = network.run(theta, batch.inputs)
    dh = errors(trajectory, batch, cost)
    out = []
    for steps in (range(1, informative + 1), range(informative + 1, trajectory.T + 1)):
        total = np.zeros_like(theta)
        for t in steps:
            network.pull_A(trajectory, t, dh[t - 1], network.views(total))
        out.append(total)
    return *out, trajectory, dh


def lag_normalised(network, theta, batch, cost, informative):
    """A control, not a gradient: what reaches A from the informative steps is as large as at the end, whatever the lag.

    ``dC/dh_t`` is replaced by ``dC/dh_T`` for these steps, which for w > 0 has the same sign. All the rest, w included,
    keeps its true gradient.
    """
    g = bptt(network, theta, batch, cost)
    early, _, trajectory, dh = parts(network, theta, batch, cost, informative)
    total = np.zeros_like(theta)
    for t in range(1, informative + 1):
        network.pull_A(trajectory, t, dh[-1], network.views(total))
    g.gradient[:] += total - early
    return g
