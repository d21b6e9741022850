"""Settings of a learner that are one number for all runs, or one for each."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check

__all__ = ["per_run", "setting"]


def setting(name, value, *, above=None, below=None, low=None, high=None):
    """A copy of a setting, () or (R,), within bounds: `above` and `below` are exclusive, `low` and `high` inclusive."""
    out = np.array(check.array(name, value, [(), ("R",)], low=low, high=high))
    if above is not None and (out <= above).any():
        raise ValueError(f"{name} must be {f'above {above}' if above else 'positive'}, got {value!r}")
    if below is not None and (out >= below).any():
        raise ValueError(f"{name} must be below {below}, got {value!r}")
    return out


def per_run(name, value, R):
    """One number for each run (R,), from one for all or one for each."""
    if value.ndim and len(value) != R:
        raise ValueError(f"{name} must be one number or R = {R} of them, got {len(value)}")
    return np.broadcast_to(value, (R,))
