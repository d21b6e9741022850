"""Compare outputs: to the bit, or within the bounds that another machine is granted.

Equal bits can be asked of a whole block alone, computed with the same versions, processor and code. Training
at a large initial weight and much noise is chaotic: one bit's difference in a parameter or a sum, or a cell
computed without its neighbours, can turn a run that converges into one that does not. Rates over many runs
stand; so it is counts that are compared elsewhere, by an exact test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reproduction import files
from reproduction.intervals import fisher

__all__ = ["Bound", "differences"]

# The chance that equal rates are called different, shared out over all comparisons of a result's check.
ALPHA = 1e-3
REAL_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Bound:
    """How far the numbers of another machine may be from the published ones.

    Counts of successes, and booleans, must pass Fisher's exact test, entry by entry and in sum. The two
    counts use the same random numbers, so they are far closer than two independent samples would be: the test
    is lenient. Other numbers must lie within a tolerance relative to the array's largest entry.

    Attributes
    ----------
    counts, tolerance : mapping
        As in :class:`reproduction.Experiment`.
    config : dict
        The configuration, in which trials may be named.
    blocks : int
        How many blocks the result has: :data:`ALPHA` is shared out over them.
    """

    counts: Mapping[str, int | str]
    tolerance: Mapping[str, float]
    config: dict
    blocks: int

    def accepts(self, name: str, old: np.ndarray, new: np.ndarray, trials) -> bool:
        """Whether `new` is within the bound of `old`; `trials` None if they are not counts."""
        if trials is not None:
            trials = np.broadcast_to(trials, old.shape)
            if any(np.any(count < 0) or np.any(count > trials) for count in (old, new)):
                return False
            alpha = ALPHA / (2 * self.blocks)
            total = fisher(int(old.sum()), int(trials.sum()), int(new.sum()), int(trials.sum()))
            moved = old != new
            if not moved.any():
                return True
            entries = fisher(old[moved], trials[moved], new[moved], trials[moved])
            return total >= alpha and np.min(entries) >= alpha / old.size
        real = old.dtype.kind == "f"
        largest = np.abs(old[np.isfinite(old)]).max(initial=0.0)
        allowed = self.tolerance.get(name, REAL_TOLERANCE if real else 0.0) * largest
        return bool(np.allclose(new, old, rtol=0.0, atol=allowed, equal_nan=True))

    def trials(self, name: str, outputs: dict, block: dict):
        """How many trials each entry of an output counts; None if it counts none."""
        trials = self.counts.get(name)
        if isinstance(trials, str):
            for place in (block, self.config, outputs):
                if trials in place:
                    return np.asarray(place[trials])
            raise ValueError(f"{name} counts {trials!r}, which is in neither block, configuration nor outputs")
        return trials


def differences(old: dict, new: dict, bound: Bound | None = None, block: dict | None = None) -> list[str]:
    """What differs between two dicts of outputs, a line for each entry.

    Parameters
    ----------
    old, new : dict
        The published outputs, and those computed again.
    bound : Bound, optional
        How far they may differ; by default not by a bit.
    block : dict, optional
        The block they belong to.
    """
    if set(old) != set(new):
        return [f"has {sorted(new)} instead of {sorted(old)}"]
    found = []
    for name in sorted(old):
        a, b = old[name], new[name]
        if files.encode(a) == files.encode(b) or (bound and _within(bound, name, a, b, new, block or {})):
            continue
        found.append(f"{name} {_how(a, b)}")
    return found


def _within(bound: Bound, name: str, old, new, outputs: dict, block: dict) -> bool:
    a, b = _array(old), _array(new)
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind or a.dtype.kind not in "biuf":
        return False
    trials = bound.trials(name, outputs, block)
    if a.dtype.kind == "b":
        a, b = a.sum(keepdims=True), b.sum(keepdims=True)
        trials = np.size(old)
    return bound.accepts(name, a, b, trials)


def _array(value) -> np.ndarray:
    try:
        return np.asarray(value)
    except ValueError:  # a ragged list
        return np.asarray(None)


def _how(old, new) -> str:
    a, b = _array(old), _array(new)
    if a.shape != b.shape or a.dtype != b.dtype or a.dtype.kind not in "biuf":
        return "is of another kind or shape" if a.dtype.kind in "biuf" else "differs"
    unequal = ~((a == b) | (np.isnan(a) & np.isnan(b)))
    if not unequal.any():
        return "differs in the last bit"
    where = tuple(int(i) for i in np.argwhere(unequal)[0])
    place = f" at {list(where)}" if where else ""
    return f"differs in {int(unequal.sum())} of {a.size} entries: {b[where]} instead of {a[where]}{place}"
