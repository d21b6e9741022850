"""The static network with delays: a finite window and no memory beyond it."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import ACTIVATIONS, Network, Trajectory

__all__ = ["TimeDelay"]


class TimeDelay(Network):
    """A static network that sees the last D inputs.

    ``y_t = f(U [u_t; u_{t-1}; ...; u_{t-D+1}] + b)``, ``o_t = g(v . y_t + c)``.

    Its response to an impulse ends after D steps, whatever its parameters: the systems that TNN94's
    introduction sets against recurrent networks. As a dynamical system its state is the window, a
    shift register without a trained parameter in the loop.

    Parameters
    ----------
    delays : int
        D, length of the window, the present step included.
    hidden : int
        Hidden units.
    n_inputs : int
        I, input channels.
    activation, output : {"tanh", "logistic", "linear"}
        f and g.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer, or an activation has another name.

    Notes
    -----
    ``layout``: U (hidden, D I), with the present step first; b (hidden,), v (hidden,), c ().
    """

    def __init__(self, delays, hidden, n_inputs=1, activation="tanh", output="tanh"):
        self.delays = D = check.count("delays", delays)
        self.hidden = hidden = check.count("hidden", hidden)
        self.n_inputs = I = check.count("n_inputs", n_inputs)
        self.activation = check.choice("activation", activation, ACTIVATIONS)
        self.output = check.choice("output", output, ACTIVATIONS)
        self.n_state, self.n_units = D * I, hidden + 1
        self.layout = {"U": (hidden, D * I), "b": (hidden,), "v": (hidden,), "c": ()}
        self.n_weights = self.n_parameters

    def _forward(self, theta, u, groups, x0):
        p, I = self._views(theta), self.n_inputs
        f, g = ACTIVATIONS[self.activation][0], ACTIVATIONS[self.output][0]
        T, _, _, B = u.shape
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        x = np.empty((T + 1, len(theta), self.n_state, B), dtype)
        y = np.empty((T, len(theta), self.hidden, B), dtype)
        x[0] = x0
        for t in range(1, T + 1):
            x[t, :, :I] = u[t - 1]
            x[t, :, I:] = x[t - 1, :, : self.n_state - I]
            y[t - 1] = f(np.matmul(p["U"], x[t]) + p["b"][:, :, None])
        o = g(np.matmul(p["v"][:, None], y)[:, :, 0] + p["c"][:, None])
        return Trajectory(self, theta, u, groups, x, o, y)

    def pull_output(self, trajectory, t, g, accumulator):
        p, d, y = self._views(trajectory.theta), self._views(accumulator), trajectory.extra[t - 1]
        g = g * ACTIVATIONS[self.output][1](trajectory.o[t - 1])
        d["v"] += np.matmul(y, g[:, :, None])[:, :, 0]
        d["c"] += g.sum(1)
        da = ACTIVATIONS[self.activation][1](y) * p["v"][:, :, None] * g[:, None]
        d["U"] += np.matmul(da, trajectory.x[t].transpose(0, 2, 1))
        d["b"] += da.sum(2)
        return np.matmul(p["U"].transpose(0, 2, 1), da)

    def pull(self, trajectory, t, delta, accumulator):
        back = np.zeros_like(delta)
        back[:, : self.n_state - self.n_inputs] = delta[:, self.n_inputs :]
        return back

    def state_jacobian(self, trajectory, t):
        _, R, n, B = trajectory.x.shape
        return np.broadcast_to(np.eye(n, k=-self.n_inputs), (R, B, n, n))

    def parameter_jacobian(self, trajectory, t):
        _, R, n, B = trajectory.x.shape
        return np.zeros((R, B, n, self.n_parameters), trajectory.x.dtype)
