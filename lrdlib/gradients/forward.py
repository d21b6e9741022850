"""Forwards in time: real-time recurrent learning, local feedback, and the complex step."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.gradients.core import at, begin, finish, quiet, refuse_diverged, steps
from lrdlib.networks import LocalFeedback

__all__ = ["complex_step", "local_feedback", "rtrl"]


@quiet
def rtrl(network, theta, batch, cost=None):
    """Forward propagation of the gradient: real-time recurrent learning.

    ``S_t = dx_t/dtheta = J_t S_{t-1} + d+x_t/dtheta``, forward in time, and
    ``dC/dtheta = sum_t dC_t/dx_t S_t`` (Williams & Zipser, 1989; TNN94, section I). Needs no
    past, but the n x P numbers of ``S_t`` and n^2 P products a step.

    Parameters
    ----------
    network, theta, batch, cost
        As for `bptt`.

    Returns
    -------
    Gradient

    Raises
    ------
    TypeError, ValueError
        As `bptt`.
    """
    trajectory, C, g = begin(network, theta, batch, cost)
    direct = network.accumulator(trajectory)  # what the output's own parameters receive
    total = 0
    S = 0
    T, n, P = steps(g, trajectory.T), network.n_state, network.n_parameters
    for t in range(1, T + 1):
        S = network.parameter_jacobian(trajectory, t) + (np.matmul(network.state_jacobian(trajectory, t), S)
                                                         if t > 1 else 0)
        g_t = at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, direct)
            total = total + np.einsum("rnb,rbnp->rp", delta, S)
    products = T * (network.n_weights + n * n * P + n * P)
    return finish(C, total + network.collect(direct), trajectory, products, n * P)


@quiet
def local_feedback(network, theta, batch, cost=None):
    """The gradient of a local-feedback network, local in time and linear in its weights.

    Each dynamic neuron depends on its own weights only, so that
    ``dx_{i,t}/dtheta_i = f'(a_i) (da_i/dtheta_i + w_i dx_{i,t-1}/dtheta_i)``: one number for each
    weight, carried forward
    (Gori, Bengio & De Mori, 1989; Mozer, 1989; TNN94, section I).

    Parameters
    ----------
    network : LocalFeedback
    theta, batch, cost
        As for `bptt`.

    Returns
    -------
    Gradient

    Raises
    ------
    TypeError
        If the network is no `LocalFeedback`.
    TypeError, ValueError
        As `bptt`.
    """
    check.instance("network", network, LocalFeedback, "a LocalFeedback network")
    trajectory, C, g = begin(network, theta, batch, cost)
    x, u, w = trajectory.x, trajectory.u, network.views(trajectory.theta)["w"][:, :, None]
    total = network.accumulator(trajectory)
    d = network.views(total)
    dw = np.zeros(x.shape[1:], x.dtype)  # dx_i/dw_i (R, n, B)
    dU = np.zeros((*dw.shape[:2], network.n_inputs, dw.shape[2]), x.dtype)  # (R, n, I, B)
    db = np.zeros_like(dw)
    T = steps(g, trajectory.T)
    for t in range(1, T + 1):
        slope = network.slope(trajectory, t)
        dw = slope * (x[t - 1] + w * dw)
        dU = slope[:, :, None] * (u[t - 1][:, None] + w[:, :, None] * dU)
        db = slope * (1 + w * db)
        g_t = at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, total)
            d["w"] += (delta * dw).sum(2)
            d["U"] += (delta[:, :, None] * dU).sum(3)
            d["b"] += (delta * db).sum(2)
    carried = dw.shape[1] * (network.n_inputs + 2)  # numbers that are carried from step to step
    return finish(C, total, trajectory, T * (network.n_weights + 3 * carried), carried)


@quiet
def complex_step(network, theta, batch, cost=None, step=1e-100):
    """``dC/dtheta`` by the complex step, ``Im C(theta + i step e_j) / step``: exact to rounding.

    No difference is taken, so that none cancels (Squire & Trapp, 1998). Costs a forward run for each
    parameter; the judge of all other algorithms here.

    Parameters
    ----------
    network, theta, batch, cost
        As for `bptt`; the cost's methods must accept complex outputs.
    step : float
        From 1e-300, above the numbers that lose digits, to 1e-8, whose square is lost in rounding.

    Returns
    -------
    ndarray (R, P)

    Raises
    ------
    TypeError, ValueError
        As `bptt`, if a run diverges, and if `step` is out of its range.
    """
    step = check.real("step", step, 1e-300, 1e-8)
    refuse_diverged(begin(network, theta, batch, cost)[1])
    theta = np.asarray(theta, complex)
    out = np.empty(theta.shape)
    for j in range(theta.shape[1]):
        shifted = theta.copy()
        shifted[:, j] += 1j * step
        out[:, j] = begin(network, shifted, batch, cost, complex_ok=True)[1].imag / step
    return out
