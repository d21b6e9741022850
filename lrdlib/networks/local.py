"""The network of dynamic neurons with local feedback."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import ACTIVATIONS, Network, Trajectory

__all__ = ["LocalFeedback"]


class LocalFeedback(Network):
    """n dynamic neurons, each of which sees the input layer and itself only, and an output unit.

    ``x_{i,t} = f(w_i x_{i,t-1} + U_i u_t + b_i)``, ``o_t = g(v . x_t + c)``.

    The architecture that TNN94's introduction names as local in time and linear in cost (Gori,
    Bengio & De Mori; Mozer's focused back-propagation). The equations are a reconstruction: these
    works differ in where the nonlinearity stands in the loop.

    Parameters
    ----------
    n : int
        Dynamic neurons.
    n_inputs : int
        I, input channels.
    activation : {"tanh", "logistic", "linear"}
        f.
    output : {"tanh", "logistic", "linear"}
        g.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or an activation has another name.

    Notes
    -----
    ``layout``: w (n,), U (n, I), b (n,), v (n,), c ().
    """

    def __init__(self, n, n_inputs=1, activation="tanh", output="tanh"):
        self.n_state = n = check.count("n", n)
        self.n_inputs = I = check.count("n_inputs", n_inputs)
        self.activation = check.choice("activation", activation, ACTIVATIONS)
        self.output = check.choice("output", output, ACTIVATIONS)
        self.n_units = n + 1
        self.layout = {"w": (n,), "U": (n, I), "b": (n,), "v": (n,), "c": ()}
        self.n_weights = self.n_parameters

    def _forward(self, theta, u, groups, x0):
        p = self._views(theta)
        f, g = ACTIVATIONS[self.activation][0], ACTIVATIONS[self.output][0]
        T, _, _, B = u.shape
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        x = np.empty((T + 1, len(theta), self.n_state, B), dtype)
        x[0] = x0
        for t in range(1, T + 1):
            x[t] = f(p["w"][:, :, None] * x[t - 1] + np.matmul(p["U"], u[t - 1]) + p["b"][:, :, None])
        o = g(np.matmul(p["v"][:, None], x[1:])[:, :, 0] + p["c"][:, None])
        return Trajectory(self, theta, u, groups, x, o)

    def pull_output(self, trajectory, t, g, accumulator):
        p, d = self._views(trajectory.theta), self._views(accumulator)
        g = g * ACTIVATIONS[self.output][1](trajectory.o[t - 1])
        d["v"] += np.matmul(trajectory.x[t], g[:, :, None])[:, :, 0]
        d["c"] += g.sum(1)
        return p["v"][:, :, None] * g[:, None]

    def slope(self, trajectory, t):
        """dx_t/da_t (R, n, B): this Jacobian is diagonal."""
        return ACTIVATIONS[self.activation][1](trajectory.x[t])

    def pull(self, trajectory, t, delta, accumulator):
        p, d = self._views(trajectory.theta), self._views(accumulator)
        da = self.slope(trajectory, t) * delta  # dC/da_t
        d["w"] += (da * trajectory.x[t - 1]).sum(2)
        d["U"] += np.matmul(da, trajectory.u[t - 1].transpose(0, 2, 1))
        d["b"] += da.sum(2)
        return p["w"][:, :, None] * da

    def state_jacobian(self, trajectory, t):
        w = self._views(trajectory.theta)["w"][:, :, None]
        diagonal = (w * self.slope(trajectory, t)).transpose(0, 2, 1)
        return diagonal[..., None] * np.eye(self.n_state)

    def parameter_jacobian(self, trajectory, t):
        n, I = self.n_state, self.n_inputs
        slope = self.slope(trajectory, t).transpose(0, 2, 1)  # (R, B, n)
        out = np.zeros((*slope.shape, self.n_parameters), slope.dtype)
        i = np.arange(n)
        out[:, :, i, i] = slope * trajectory.x[t - 1].transpose(0, 2, 1)
        for k in range(I):
            out[:, :, i, n + i * I + k] = slope * trajectory.u[t - 1, :, k, :, None]
        out[:, :, i, n + n * I + i] = slope
        return out
