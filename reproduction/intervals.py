"""Intervals for a rate, and the exact test of whether two rates differ."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy import special

__all__ = ["clopper_pearson", "fisher", "wilson"]


def wilson(successes, trials, level: float = 0.95):
    """Wilson's score interval for a rate.

    Parameters
    ----------
    successes, trials : int or array of int
        0 <= successes <= trials, trials >= 1; they broadcast.
    level : float
        The confidence, between 0 and 1.

    Returns
    -------
    low, high : float or array
        With 0 <= low <= successes / trials <= high <= 1.

    Raises
    ------
    TypeError, ValueError
        On counts that are no counts, or a level outside (0, 1).

    Notes
    -----
    E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209-212: all rates p with
    \\|k/n - p\\| <= z sqrt(p (1 - p) / n).
    """
    k, n = _counts(successes, trials)
    z = NormalDist().inv_cdf(0.5 + _level(level) / 2)
    p = k / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At k = 0 and k = n the bound is 0 or 1 exactly; rounding must not move it past the rate itself.
    return _plain(np.clip(centre - half, 0.0, p)), _plain(np.clip(centre + half, p, 1.0))


def clopper_pearson(successes, trials, level: float = 0.95):
    """The exact (Clopper-Pearson) interval for a rate: it covers at least with probability `level`.

    Parameters, returns and errors as in :func:`wilson`.

    Notes
    -----
    C. J. Clopper and E. S. Pearson (1934), Biometrika 26, 404-413.
    """
    k, n = _counts(successes, trials)
    tail = (1 - _level(level)) / 2
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    high = np.where(k < n, special.betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return _plain(low), _plain(high)


def fisher(successes_a, trials_a, successes_b, trials_b):
    """Fisher's exact test, two-sided: the probability, were the two rates equal, of counts at most as likely
    as these.

    Parameters
    ----------
    successes_a, trials_a, successes_b, trials_b : int or array of int
        Two counts of successes and of trials; they broadcast.

    Returns
    -------
    p : float or array
        The p-value.

    Raises
    ------
    TypeError, ValueError
        On counts that are no counts.
    """
    (a, n), (b, m) = _counts(successes_a, trials_a), _counts(successes_b, trials_b)
    a, n, b, m = np.broadcast_arrays(a, n, b, m)
    p = [_fisher(*four) for four in zip(a.ravel(), n.ravel(), b.ravel(), m.ravel())]
    return _plain(np.reshape(p, a.shape))


def _fisher(a, n, b, m) -> float:
    total = a + b
    k = np.arange(max(0.0, total - m), min(n, total) + 1)  # all counts a could have, given the sum
    log_p = _log_choose(n, k) + _log_choose(m, total - k) - _log_choose(n + m, total)
    seen = log_p[int(a - k[0])]
    return float(min(1.0, np.exp(log_p[log_p <= seen + 1e-9]).sum()))


def _log_choose(n, k):
    return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)


def _counts(successes, trials):
    k, n = np.asarray(successes), np.asarray(trials)
    for name, value in (("successes", k), ("trials", n)):
        if value.dtype.kind not in "iu":
            raise TypeError(f"{name} must be integers, got {value.dtype} values: {value!r}")
    if np.any(n < 1):
        raise ValueError(f"trials must be at least 1, got {int(n.min())}")
    if np.any(k < 0) or np.any(k > n):
        raise ValueError(f"successes must lie between 0 and trials, got {successes!r} of {trials!r}")
    return k.astype(float), n.astype(float)


def _level(level) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level!r}")
    return float(level)


def _plain(value):
    value = np.asarray(value)
    return float(value) if value.ndim == 0 else value
