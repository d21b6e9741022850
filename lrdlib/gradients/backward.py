"""Backwards in time: back-propagation, truncated or not, and the contribution of each lag."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.gradients.core import at, begin, finish, quiet, refuse_diverged, steps

__all__ = ["bptt", "lag_contributions", "truncated_bptt"]


def _sweep(trajectory, g, total):
    """Back-propagate g = dC/do from the last step to the first, into the accumulator `total`."""
    network, delta = trajectory.network, 0
    for t in range(steps(g, trajectory.T), 0, -1):
        g_t = at(g, t)
        if g_t is not None:
            delta = network.pull_output(trajectory, t, g_t, total) + delta
        delta = network.pull(trajectory, t, delta, total)


@quiet
def bptt(network, theta, batch, cost=None):
    """Back-propagation through time.

    ``delta_t = dC_t/dx_t + J_{t+1}' delta_{t+1}``, from the last step to the first (Rumelhart, Hinton &
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
    trajectory, C, g = begin(network, theta, batch, cost)
    total = network.accumulator(trajectory)
    _sweep(trajectory, g, total)
    T = steps(g, trajectory.T)
    return finish(C, network.collect(total), trajectory, 3 * network.n_weights * T,
                    network.n_state * (T + 1))


@quiet
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
    trajectory, C, g = begin(network, theta, batch, cost)
    total = network.accumulator(trajectory)
    for end, source in _by_source(trajectory, g):
        _lagged(trajectory, end, source, [total] * min(window, trajectory.T))
    n, T, w = network.n_weights, steps(g, trajectory.T), min(window, trajectory.T)
    # A cost at every step is taken back through the window from each step
    back = w if batch.targets.ndim == 2 else sum(min(w, t) for t in range(1, T + 1))
    return finish(C, network.collect(total), trajectory, n * T + 2 * n * back, network.n_state * (w + 1))


def _by_source(trajectory, g):
    """Split dC/do so that each part has its cost at one time only in each sequence: (ends, source)."""
    if isinstance(g, dict):
        for t, g_t in g.items():
            yield t, {t: g_t}
        return
    for t in range(1, trajectory.T + 1):
        if g[t - 1].any():
            yield t, {t: g[t - 1]}


def _lagged(trajectory, end, source, by_lag):
    """Back-propagate a cost at step `end`; lag k goes to the accumulator by_lag[k], later lags nowhere."""
    network, delta = trajectory.network, None
    for k, into in enumerate(by_lag[:end]):
        if k == 0:
            delta = network.pull_output(trajectory, end, source[end], into)
        delta = network.pull(trajectory, end - k, delta, into)


@quiet
def lag_contributions(network, theta, batch, cost=None):
    """The contribution of each lag ``k = t - tau`` to ``dC/dtheta``.

    ``sum_t dC_t/dx_t (dx_t/dx_{t-k}) d+x_{t-k}/dtheta`` for k = 0, 1, ..., T - 1; the sum over k is the
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
    trajectory, C, g = begin(network, theta, batch, cost)
    refuse_diverged(C)
    by_lag = [network.accumulator(trajectory) for _ in range(trajectory.T)]
    for end, source in _by_source(trajectory, g):
        _lagged(trajectory, end, source, by_lag)
    return np.stack([network.collect(share) for share in by_lag], axis=1)
