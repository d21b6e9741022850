"""The verdicts a predicate can return, and what several predicates need to reach one."""

from __future__ import annotations

import numpy as np
from scipy import stats

from reproduction.intervals import wilson

__all__ = ["NOT_REPRODUCED", "PARTLY", "REPRODUCED", "falls", "percent", "rate", "verdict"]

REPRODUCED = "reproduced"
PARTLY = "partly"
NOT_REPRODUCED = "not reproduced"


def verdict(*conditions: bool) -> str:
    """Reproduced if all conditions hold, partly if some do, not reproduced if none does."""
    held = [bool(condition) for condition in conditions]
    return REPRODUCED if all(held) else PARTLY if any(held) else NOT_REPRODUCED


def rate(successes, trials: int) -> tuple[float, float, float]:
    """The mean rate of some counts, with Wilson's 95% interval as if they were one count.

    Neighbouring cells of an experiment may share their noise. The interval therefore counts the `trials` of
    one entry only, however many entries are averaged: it is too wide rather than too narrow.

    Parameters
    ----------
    successes : array of int
        Counts, each out of `trials`.
    trials : int
        The trials of each.

    Returns
    -------
    mean, low, high : float
    """
    mean = float(np.mean(successes)) / int(trials)
    low, high = wilson(round(mean * int(trials)), int(trials))
    return mean, min(low, mean), max(high, mean)


def falls(x, successes, trials: int, level: float = -0.5) -> tuple[bool, str]:
    """Whether a rate falls along x, and a sentence on it.

    It falls if Kendall's tau between x and the rate is at most `level`, and the Wilson 95% intervals of the
    lowest and highest quarter of x do not overlap.

    Parameters
    ----------
    x : array (n,)
        In ascending order.
    successes : array of int (n, ...)
        Counts out of `trials`; later axes are averaged.
    trials : int
        The trials of each entry.
    level : float
        The largest tau that counts as falling.
    """
    x, counts = np.asarray(x), np.asarray(successes)
    quarter = max(1, len(x) // 4)
    first, last = rate(counts[:quarter], trials), rate(counts[-quarter:], trials)
    means = counts.reshape(len(x), -1).mean(axis=1)
    tau = 0.0 if np.ptp(means) == 0 else float(stats.kendalltau(x, means).statistic)
    text = f"from {percent(first)} to {percent(last)} (Kendall's tau {tau:+.2f})"
    return bool(tau <= level and first[1] > last[2]), text


def percent(estimate: tuple[float, float, float]) -> str:
    """A rate and its interval in words, such as ``83% [76%, 88%]``."""
    mean, low, high = estimate
    return f"{mean:.0%} [{low:.0%}, {high:.0%}]"
