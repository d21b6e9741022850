"""Contenders take turns; what counts is the ratio within a turn."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

__all__ = ["Contender", "race", "table"]


@dataclass(frozen=True)
class Contender:
    """A way to do the work.

    Attributes
    ----------
    name : str
    work : callable ()
        Does the work for some items.
    items : int
        How many items (neurons, nets) that is.
    """

    name: str
    work: object
    items: int


def race(contenders, turns):
    """Seconds for each item, (turns, contenders): every contender once in each turn."""
    seconds = np.empty((turns, len(contenders)))
    for contender in contenders:
        contender.work()  # once without the clock: imports, caches
    for turn in seconds:
        for k, contender in enumerate(contenders):
            start = time.perf_counter()
            contender.work()
            turn[k] = (time.perf_counter() - start) / contender.items
    return seconds


def table(title, item, contenders, seconds):
    """A table of medians as text; the first contender is what the others are compared with."""
    ratios = seconds / seconds[:, :1]
    lines = [title, f"{'':34}{'items':>7}{f'us a {item}':>15}{'ratio, median (least to most)':>34}"]
    for k, contender in enumerate(contenders):
        low, mid, high = np.min(ratios[:, k]), np.median(ratios[:, k]), np.max(ratios[:, k])
        lines.append(f"{contender.name:34}{contender.items:7}{1e6 * np.median(seconds[:, k]):15.2f}"
                     f"{f'{mid:.1f} ({low:.1f} to {high:.1f})':>34}")
    return "\n".join(lines)
