"""Predicates on output delays: the NARX paper's answer to TNN94."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import verdict

__all__ = ["delays_lengthen_retention"]

RESAMPLES = 2000
UPDATES = {"on-line": "converged", "in batches": "converged_batch"}


def retention(T, share):
    """The length up to which at least half of the runs converge; the ends of T where the share crosses one half
    nowhere.

    Shares (..., nT) are made to fall with T by the nearest non-increasing curve, and interpolated linearly.
    """
    T, fitted = np.asarray(T, float), falling(share)
    above = (fitted >= 0.5).sum(axis=-1)  # lengths, all of them in front
    k = np.clip(above - 1, 0, len(T) - 2)
    left, right = (np.take_along_axis(fitted, (k + i)[..., None], axis=-1)[..., 0] for i in (0, 1))
    part = np.divide(left - 0.5, left - right, out=np.zeros_like(left), where=left > right)
    inside = T[k] + part * (T[k + 1] - T[k])
    return np.where(above == 0, T[0], np.where(above == len(T), T[-1], inside))


def falling(share):
    """The nearest non-increasing sequence along the last axis: min over j <= i of max over k >= i of the mean
    from j to k."""
    share = np.asarray(share, float)
    n = share.shape[-1]
    total = np.concatenate([np.zeros((*share.shape[:-1], 1)), share.cumsum(axis=-1)], axis=-1)
    out = np.empty_like(share)
    for i in range(n):
        k = np.arange(i + 1, n + 1)
        largest = [((total[..., k] - total[..., j, None]) / (k - j)).max(axis=-1) for j in range(i + 1)]
        out[..., i] = np.min(largest, axis=0)
    return out


def ratios(T, counts, runs):
    """How many times longer each row of counts is retained than the first: value, 95% interval (bootstrap over runs).

    Returns
    -------
    value, low, high : ndarray (rows - 1,)
        `high` is infinite where the longest T may be too short to tell.
    """
    counts, rng = np.asarray(counts), np.random.default_rng(0)
    drawn = rng.binomial(int(runs), counts / int(runs), (RESAMPLES, *counts.shape)) / int(runs)
    lengths = retention(T, drawn)
    low, high = np.quantile(lengths[:, 1:] / lengths[:, :1], [0.025, 0.975], axis=0)
    ended = (lengths[:, 1:] >= np.max(T)).mean(axis=0) > 0.025
    at = retention(T, counts / int(runs))
    return at[1:] / at[0], low, np.where(ended, np.inf, high)


def delays_lengthen_retention(narx):
    """With 3 and with 6 output delays the length up to which at least half of the runs latch is two to three
    times that with one: the interval of the ratio (bootstrap over runs) meets [2, 3], with updates on-line and in
    batches. With one delay it must end within the lengths tried."""
    data = narx.data
    T, D, runs = np.asarray(data["T"]), [int(d) for d in data["D"]], int(data["runs"])
    held, texts = [], []
    for update, name in UPDATES.items():
        counts = np.asarray(data[name])
        lengths = retention(T, counts / runs)
        for d, length, value, low, high in zip(D[1:], lengths[1:], *ratios(T, counts, runs)):
            held.append(low <= 3 and high >= 2 and T[0] < lengths[0] < T[-1])
            most = f"{high:.1f}" if np.isfinite(high) else "or more"
            texts.append(f"{value:.1f} times [{low:.1f}, {most}] as long with D = {d} "
                         f"({_length(T, length)} steps against {_length(T, lengths[0])}) {update}")
    ceiling = retention(T, np.asarray(data["ceiling"]) / runs)
    bears = ", ".join(f"{_length(T, length)} (D = {d})" for d, length in zip(D, ceiling))
    return verdict(*held), (f"Half of the runs latch {'; '.join(texts)}. The best free inputs latch half of the runs "
                            f"for {bears} steps.")


def _length(T, length):
    """A retention length in words, with its bound where the lengths tried end."""
    if length <= T[0]:
        return f"at most {T[0]}"
    return f"at least {T[-1]}" if length >= T[-1] else f"{length:.0f}"
