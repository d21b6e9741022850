"""What the predicates on the contest of methods share: the cells of a protocol, and means over runs with intervals.

A statement about a mean, such as "at most 11 % error", is held to agree with ours if our 95% interval meets what
it allows, and to be contradicted if the interval lies wholly outside. With 50 runs whose errors lie between 0 and
one half an interval reaches 7 points to either side at the most.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reproduction.predicates import verdicts

__all__: list[str] = []

#: The methods of N93's tables, in this order.
N93 = ("descent", "pseudo-newton", "time-weighted", "multi-grid", "discrete", "annealing", "em")
NAMES = {"descent": "back-propagation", "pseudo-newton": "pseudo-Newton",
         "time-weighted": "time-weighted pseudo-Newton",
         "multi-grid": "multi-grid search", "discrete": "discrete propagation", "annealing": "simulated annealing",
         "em": "EM", "guessing": "random guessing"}
LARGEST = "100000"  # the largest budget of the tuned protocol, in presentations


class Mean(NamedTuple):
    """A mean over runs and its 95% interval."""

    value: float
    low: float
    high: float

    def meets(self, low, high):
        """Whether the interval has something in common with [low, high]."""
        return bool(self.low <= high and self.high >= low)

    def below(self, other):
        """Whether it is lower, the intervals apart."""
        return bool(self.high < other.low)


def mean_of(values) -> Mean:
    """The mean of one value a run, at least two, and 1.96 standard errors to either side."""
    values = np.asarray(values, float)
    if len(values) < 2:
        raise ValueError(f"a mean over runs wants two runs at least, got {len(values)}")
    centre, half = values.mean(), 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return Mean(float(centre), float(centre - half), float(centre + half))


class Cells:
    """The cells of one protocol, "published" or "tuned", of a result; what is missing is a KeyError."""

    def __init__(self, result, protocol="published"):
        self.protocol = protocol
        self.found = {(str(cell["method"]), int(cell["T"])): cell for cell in result.data[protocol]}

    def lengths(self, method, low=0, high=float("inf")):
        """The lengths T, ascending, at which a method was run, from `low` to `high`."""
        lengths = sorted(T for name, T in self.found if name == method and low <= T <= high)
        if not lengths:
            raise KeyError(f"{method} at T from {low} to {high}")
        return lengths

    def ends(self, method):
        """The shortest and the longest length of a method: two different ones."""
        lengths = self.lengths(method)
        if len(lengths) < 2:
            raise KeyError(f"{method} at a second T")
        return lengths[0], lengths[-1]

    def runs_of(self, method, T, what="error"):
        """One value for each run (runs,): "error" at the end, "solved", or what was charged.

        Of the tuned protocol the error is the one after the largest budget.
        """
        if (method, T) not in self.found:
            raise KeyError(f"{method} at T = {T}")
        cell = self.found[method, T]
        tuned = what == "error" and self.protocol == "tuned"
        return np.asarray(cell["error_at"][LARGEST] if tuned else cell[what])

    def mean(self, method, T, what="error") -> Mean:
        """The mean over runs in one cell."""
        return mean_of(self.runs_of(method, T, what))

    def average(self, method, what="error", lengths=None) -> Mean:
        """The mean over lengths, then over runs; of counts, the mean of their logarithms to base 10."""
        lengths = self.lengths(method) if lengths is None else lengths
        runs = np.stack([self.runs_of(method, T, what).astype(float) for T in lengths])
        return mean_of((runs if what == "error" else np.log10(np.maximum(runs, 1))).mean(axis=0))

    def errors(self, method, lengths=None) -> list[Mean]:
        """The mean error at each length."""
        return [self.mean(method, T) for T in (self.lengths(method) if lengths is None else lengths)]

    def rises(self, method):
        """Whether the error at the longest T is above that at the shortest, the intervals apart."""
        shortest, longest = self.ends(method)
        return self.mean(method, shortest).below(self.mean(method, longest))


def percents(cells, method, lengths=None):
    """The mean errors in words: ``43% [40%, 46%] at T = 5, 50% [48%, 52%] at 10``."""
    lengths = cells.lengths(method) if lengths is None else lengths
    return _listed(lengths, [percent(cells.mean(method, T)) for T in lengths])


def _listed(lengths, values):
    return ", ".join(f"{value} at {'' if k else 'T = '}{T}" for k, (T, value) in enumerate(zip(lengths, values)))


def percent(mean):
    """A mean error and its interval in words, clipped to what an error can be."""
    return verdicts.percent(tuple(np.clip(mean, 0, 1)))


def number(value):
    """A count with two digits that count: ``2900``, ``49 000``; below 10 with one decimal."""
    if value < 10:
        return f"{value:.1f}"
    rounded = int(float(f"{value:.1e}"))
    return f"{rounded:,}".replace(",", " ") if rounded >= 10000 else str(rounded)


def counts(cells, method, lengths=None, what="presentations"):
    """Mean counts in words: ``2900 at T = 5, 3000 at 10``."""
    lengths = cells.lengths(method) if lengths is None else lengths
    return _listed(lengths, [number(cells.mean(method, T, what).value) for T in lengths])


def exact_too(cells):
    """What the methods that divide by a curvature do with the exact one, as a sentence after a space, if they ran."""
    parts = []
    for method in ("pseudo-newton", "time-weighted"):
        lengths = sorted(T for name, T in cells.found if name == f"{method}-exact")
        errors = _listed(lengths, [f"{cells.mean(f'{method}-exact', T).value:.0%}" for T in lengths])
        parts += [f"{NAMES[method]} {errors}"] if lengths else []
    return f" With the exact curvature: {'; '.join(parts)}." if parts else ""


def tuned_too(result, *methods):
    """What the tuned protocol gives for some methods, as a sentence."""
    cells, parts = Cells(result, "tuned"), []
    for method in methods:
        lengths = sorted(T for name, T in cells.found if name == method)
        if lengths:
            errors = _listed(lengths, [f"{cells.mean(method, T).value:.0%}" for T in lengths])
            parts.append(f"{NAMES[method]} {errors}")
    text = "; ".join(parts) if parts else "not run for this"
    return f"Tuned, with {number(int(LARGEST))} presentations: {text}."
