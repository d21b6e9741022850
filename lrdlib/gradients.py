"""Four ways to dC/dtheta, Jacobian products, and the share of each lag.

With states x_t = F(x_{t-1}, u_t; theta), J_t = dx_t/dx_{t-1} and C = sum_t C_t,

    dC/dtheta = sum_t sum_{tau <= t} dC_t/dx_t (J_t J_{t-1} ... J_{tau+1}) d+x_tau/dtheta,

where d+ holds x_{tau-1} fixed. Back-propagation through time sums this from the right end
backwards, forward propagation (real-time recurrent learning) from the left end forwards; truncated
back-propagation leaves out all lags t - tau from a window on; and where J is diagonal, the forward
sum costs no more than the network itself. All Jacobians here are in the coordinates of the
state x (TNN94, section IV, works with the pre-activation a).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks import LocalFeedback, Network, Trajectory
from lrdlib.tasks import Batch, SquaredError

__all__ = ["Gradient", "bptt", "complex_step", "jacobian_products", "jacobians", "lag_contributions",
           "local_feedback", "rtrl", "truncated_bptt"]


@dataclass(frozen=True)
class Gradient:
    """A gradient and what it cost.

    Attributes
    ----------
    cost : ndarray (R,)
        C, summed over the batch; infinite for a run that diverged.
    gradient : ndarray (R, P)
        dC/dtheta, or what the algorithm takes for it; 0 for a run that diverged.
    diverged : ndarray of bool (R,)
        Runs whose states, cost or gradient left the finite numbers.
    trajectory : Trajectory
    operations : int
        Multiplications for one sequence of one run, counted from the algorithm's own products;
        the unit's activation function counts as none.
    memory : int
        Numbers held at once for one sequence of one run, beside parameters and inputs.
    """

    cost: np.ndarray
    gradient: np.ndarray
    diverged: np.ndarray
    trajectory: Trajectory
    operations: int
    memory: int


def _gradient(cost, gradient, *rest):
    """Mask the runs that diverged, so that no NaN travels."""
    diverged = ~(np.isfinite(cost) & np.isfinite(gradient).all(1))
    if diverged.any():
        cost, gradient = np.where(diverged, np.inf, cost), np.where(diverged[:, None], 0, gradient)
    return Gradient(cost, gradient, diverged, *rest)


def _begin(network, theta, batch, cost):
    """Check, run forward, and return the trajectory, C (R,), and dC/do_t (T, R, B)."""
    check.instance("network", network, Network, "a lrdlib.networks.Network")
    check.instance("batch", batch, Batch, "a lrdlib.tasks.Batch")
    cost = SquaredError() if cost is None else cost
    if not (callable(getattr(cost, "value", None)) and callable(getattr(cost, "derivative", None))):
        raise TypeError(f"cost must have the methods value and derivative, got {cost!r}")
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is masked in the end
        trajectory = network.run(theta, batch.inputs, batch.groups)
    return trajectory, *_errors(trajectory, batch, cost)


def _errors(trajectory, batch, cost):
    o, d = trajectory.o, batch.targets
    (T, R, B), lengths = o.shape, batch.lengths
    for name in ("lengths", "targets"):
        if len(getattr(batch, name)) not in (1, R):
            raise ValueError(f"batch.{name} must have 1 or R = {R} runs, got {len(getattr(batch, name))}")
    finite = np.isfinite(o).all((0, 2))
    if not finite.all():
        C, g = _errors(replace(trajectory, o=np.where(finite[:, None], o, 0)), batch, cost)
        return np.where(finite, C, np.inf), g
    if d.ndim == 3:
        alive = np.arange(1, T + 1)[:, None, None] <= lengths
        d = d.transpose(2, 0, 1)
        return np.where(alive, cost.value(o, d), 0).sum((0, 2)), np.where(alive, cost.derivative(o, d), 0)
    end = lengths[0, 0]
    if (lengths == end).all():
        return cost.value(o[end - 1], d).sum(1), {end: cost.derivative(o[end - 1], d)}
    runs, rows = np.arange(R)[:, None], np.arange(B)
    final = o[lengths - 1, runs, rows]
    g = np.zeros_like(o)
    g[lengths - 1, runs, rows] = cost.derivative(final, d)
    return cost.value(final, d).sum(1), g


def _at(g, t):
    """dC/do_t (R, B), or None where no cost falls on this step."""
    return g.get(t) if isinstance(g, dict) else g[t - 1]


def _sweep(trajectory, g, total):
    """Back-propagate g = dC/do from the last step to the first, into the accumulator `total`."""
    network, delta = trajectory.network, 0
    for t in range(_steps(g, trajectory.T), 0, -1):
        g_t = _at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, total) + delta
        delta = network.pull(trajectory, t, delta, total)


def _steps(g, T):
    """The last step on which a cost falls."""
    return max(g) if isinstance(g, dict) else T


def bptt(network, theta, batch, cost=None):
    """Back-propagation through time.

    delta_t = dC_t/dx_t + J_{t+1}' delta_{t+1}, from the last step to the first (Rumelhart, Hinton &
    Williams, 1986; TNN94, section I). Stores the whole trajectory; each step costs three times
    the products of a forward step.

    Parameters
    ----------
    network : Network
    theta : array_like (R, P)
    batch : Batch
    cost : object with methods value(o, d) and derivative(o, d), optional
        By default `SquaredError`.

    Returns
    -------
    Gradient

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong kind or shape, is empty, or holds NaN or infinity.
    """
    trajectory, C, g = _begin(network, theta, batch, cost)
    total = network.accumulator(trajectory)
    _sweep(trajectory, g, total)
    T = _steps(g, trajectory.T)
    return _gradient(C, network.collect(total), trajectory, 3 * network.n_weights * T,
                    network.n_state * (T + 1))


def truncated_bptt(network, theta, batch, window, cost=None):
    """Back-propagation through time, truncated: only lags below `window` count.

    For each cost C_t the sum over tau runs from t - window + 1 to t. With window >= T this is
    `bptt`; with less it is not the gradient of C, and no unbiased estimate of it.

    Parameters
    ----------
    network, theta, batch, cost
        As for `bptt`.
    window : int
        Number of lags, the present step included.

    Returns
    -------
    Gradient

    Raises
    ------
    TypeError, ValueError
        As `bptt`, and if `window` is no positive integer.
    """
    window = check.count("window", window)
    trajectory, C, g = _begin(network, theta, batch, cost)
    total = network.accumulator(trajectory)
    for end, source in _by_source(trajectory, g):
        _lagged(trajectory, end, source, [total] * min(window, trajectory.T))
    n, T, w = network.n_weights, _steps(g, trajectory.T), min(window, trajectory.T)
    # A cost at every step is taken back through the window from each step
    back = w if batch.targets.ndim == 2 else sum(min(w, t) for t in range(1, T + 1))
    return _gradient(C, network.collect(total), trajectory, n * T + 2 * n * back, network.n_state * (w + 1))


def _refuse_diverged(cost):
    if not np.isfinite(cost).all():
        raise ValueError(f"theta makes run {np.flatnonzero(~np.isfinite(cost))[0]} diverge")


def _by_source(trajectory, g):
    """Split dC/do so that each part has its cost at one time only in each sequence: (ends, source)."""
    T, R, B = trajectory.o.shape
    if isinstance(g, dict):
        for t, g_t in g.items():
            yield t, {t: g_t}
        return
    for t in range(1, T + 1):
        if g[t - 1].any():
            yield t, {t: g[t - 1]}


def _lagged(trajectory, end, source, by_lag):
    """Back-propagate a cost at step `end`; lag k goes to the accumulator by_lag[k], later lags nowhere."""
    network, delta = trajectory.network, None
    for k, into in enumerate(by_lag[:end]):
        if k == 0:
            delta = network.pull_output(trajectory, end, source[end], into)
        delta = network.pull(trajectory, end - k, delta, into)


def lag_contributions(network, theta, batch, cost=None):
    """The contribution of each lag k = t - tau to dC/dtheta.

    sum_t dC_t/dx_t (dx_t/dx_{t-k}) d+x_{t-k}/dtheta for k = 0, 1, ..., T - 1; the sum over k is the
    gradient (TNN94, section IV; El Hihi & Bengio, NIPS 8). What the output's own parameters
    receive counts as lag 0.

    Parameters
    ----------
    network, theta, batch, cost
        As for `bptt`.

    Returns
    -------
    ndarray (R, T, P)

    Raises
    ------
    TypeError, ValueError
        As `bptt`, and if a run diverges.
    """
    trajectory, C, g = _begin(network, theta, batch, cost)
    _refuse_diverged(C)
    by_lag = [network.accumulator(trajectory) for _ in range(trajectory.T)]
    for end, source in _by_source(trajectory, g):
        _lagged(trajectory, end, source, by_lag)
    return np.stack([network.collect(share) for share in by_lag], axis=1)


def rtrl(network, theta, batch, cost=None):
    """Forward propagation of the gradient: real-time recurrent learning.

    S_t = dx_t/dtheta = J_t S_{t-1} + d+x_t/dtheta, forward in time, and
    dC/dtheta = sum_t dC_t/dx_t S_t (Williams & Zipser, 1989; TNN94, section I). Needs no
    past, but the n x P numbers of S_t and n^2 P products a step.

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
    trajectory, C, g = _begin(network, theta, batch, cost)
    direct = network.accumulator(trajectory)  # what the output's own parameters receive
    total = 0
    S = 0
    T, n, P = _steps(g, trajectory.T), network.n_state, network.n_parameters
    for t in range(1, T + 1):
        S = network.parameter_jacobian(trajectory, t) + (np.matmul(network.state_jacobian(trajectory, t), S)
                                                         if t > 1 else 0)
        g_t = _at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, direct)
            total = total + np.einsum("rnb,rbnp->rp", delta, S)
    products = T * (network.n_weights + n * n * P + n * P)
    return _gradient(C, total + network.collect(direct), trajectory, products, n * P)


def local_feedback(network, theta, batch, cost=None):
    """The gradient of a local-feedback network, local in time and linear in its weights.

    Each dynamic neuron depends on its own weights only, so that dx_{i,t}/dtheta_i =
    f'(a_i) (da_i/dtheta_i + w_i dx_{i,t-1}/dtheta_i): one number for each weight, carried forward
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
    trajectory, C, g = _begin(network, theta, batch, cost)
    x, u, w = trajectory.x, trajectory.u, network.views(trajectory.theta)["w"][:, :, None]
    total = network.accumulator(trajectory)
    d = network.views(total)
    dw = np.zeros(x.shape[1:], x.dtype)  # dx_i/dw_i (R, n, B)
    dU = np.zeros((*dw.shape[:2], network.n_inputs, dw.shape[2]), x.dtype)  # (R, n, I, B)
    db = np.zeros_like(dw)
    T = _steps(g, trajectory.T)
    for t in range(1, T + 1):
        slope = network.slope(trajectory, t)
        dw = slope * (x[t - 1] + w * dw)
        dU = slope[:, :, None] * (u[t - 1][:, None] + w[:, :, None] * dU)
        db = slope * (1 + w * db)
        g_t = _at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, total)
            d["w"] += (delta * dw).sum(2)
            d["U"] += (delta[:, :, None] * dU).sum(3)
            d["b"] += (delta * db).sum(2)
    carried = dw.shape[1] * (network.n_inputs + 2)  # numbers that are carried from step to step
    return _gradient(C, total, trajectory, T * (network.n_weights + 3 * carried), carried)


def complex_step(network, theta, batch, cost=None, step=1e-100):
    """dC/dtheta by the complex step, Im C(theta + i step e_j) / step: exact to rounding.

    No difference is taken, so that none cancels (Squire & Trapp, 1998). Costs a forward run for each
    parameter; the judge of all other algorithms here.

    Parameters
    ----------
    network, theta, batch, cost
        As for `bptt`; the cost's methods must accept complex outputs.
    step : float
        Positive.

    Returns
    -------
    ndarray (R, P)

    Raises
    ------
    TypeError, ValueError
        As `bptt`, if a run diverges, and if `step` is not positive.
    """
    step = check.real("step", step, 0, open_low=True)
    _refuse_diverged(_begin(network, theta, batch, cost)[1])
    theta = np.asarray(theta, complex)
    out = np.empty(theta.shape)
    for j in range(theta.shape[1]):
        shifted = theta.copy()
        shifted[:, j] += 1j * step
        out[:, j] = _begin(network, shifted, batch, cost)[1].imag / step
    return out


def jacobians(trajectory):
    """J_t = dx_t/dx_{t-1} at every step, in the coordinates of the state x.

    Parameters
    ----------
    trajectory : Trajectory

    Returns
    -------
    ndarray (R, B, T, n, n)
        ``[r, p, t - 1]`` is J_t.

    Raises
    ------
    TypeError
        If `trajectory` is no Trajectory.
    """
    check.instance("trajectory", trajectory, Trajectory, "a lrdlib.networks.Trajectory")
    network = trajectory.network
    return np.stack([network.state_jacobian(trajectory, t) for t in range(1, trajectory.T + 1)], axis=2)


def jacobian_products(trajectory):
    """dx_t/dx_tau for all pairs of times, in the coordinates of the state x.

    Parameters
    ----------
    trajectory : Trajectory

    Returns
    -------
    ndarray (R, B, T + 1, T + 1, n, n)
        ``[r, p, t, tau]`` is J_t ... J_{tau+1}; the identity for tau = t, zero for tau > t.

    Raises
    ------
    TypeError
        If `trajectory` is no Trajectory.
    """
    J = jacobians(trajectory)
    R, B, T, n, _ = J.shape
    out = np.zeros((R, B, T + 1, T + 1, n, n), J.dtype)
    out[:, :, 0, 0] = np.eye(n)
    for t in range(1, T + 1):
        out[:, :, t, :t] = np.matmul(J[:, :, t - 1, None], out[:, :, t - 1, :t])
        out[:, :, t, t] = np.eye(n)
    return out
