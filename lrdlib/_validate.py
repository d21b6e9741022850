"""Checks at the public boundary: each names the argument, what it got and what it wants."""

from __future__ import annotations

import operator

import numpy as np

__all__ = ["array", "choice", "count", "generator", "instance", "mask", "real"]


def _range(low, high, open_low=False, open_high=False):
    left = "" if low is None else f" {'>' if open_low else '>='} {low}"
    right = "" if high is None else f" {'<' if open_high else '<='} {high}"
    return left + (" and" if left and right else "") + right


def count(name, value, minimum=1, maximum=2**31 - 1):
    """`value` as an int from `minimum` to `maximum`; bools and floats are refused."""
    try:
        if isinstance(value, (bool, np.bool_)):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer >= {minimum}, got {value!r}") from None
    if number < minimum:
        raise ValueError(f"{name} must be an integer >= {minimum}, got {number}")
    if number > maximum:
        raise ValueError(f"{name} must be an integer <= {maximum}, got {number}")
    return number


def real(name, value, low=None, high=None, *, open_low=False, open_high=False):
    """`value` as a finite float, within the bounds (both inclusive unless said to be open)."""
    wanted = f"a finite number{_range(low, high, open_low, open_high)}"
    try:
        out = np.asarray(value)
    except ValueError:
        raise TypeError(f"{name} must be {wanted}, got a ragged sequence") from None
    if out.ndim or out.dtype.kind not in "iuf" or np.ma.is_masked(value):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    number = float(out)
    below = low is not None and (number <= low if open_low else number < low)
    above = high is not None and (number >= high if open_high else number > high)
    if not np.isfinite(number) or below or above:
        raise ValueError(f"{name} must be {wanted}, got {value!r}")
    return number


def array(name, value, shape=None, *, dtype=float, complex_ok=False, low=None, high=None):
    """`value` as a finite, non-empty array.

    Parameters
    ----------
    shape : tuple of int or str, or list of such tuples, optional
        An int is the size that an axis must have; a letter takes any size, and the same letter the
        same size; ``"R|1"`` takes any size too, and says that 1 is shared by all. Of several tuples,
        the one with the array's number of axes counts.
    dtype : float or int
        For float, float32 is kept; ints are raised to float64. For int, only integers are taken.
    complex_ok : bool
        Whether complex numbers may pass (for complex-step derivatives).
    low, high : float, optional
        Inclusive bounds on every entry (of the real part).
    """
    wanted = f"{'integers' if dtype is int else 'finite numbers'}{_range(low, high)}"
    shapes = [shape] if isinstance(shape, tuple) else shape
    if shape is not None:
        wanted += " of shape " + " or ".join(
            f"({', '.join(map(str, each))}{',' if len(each) == 1 else ''})" for each in shapes)
    try:
        out = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be {wanted}, got a ragged sequence") from None
    if out.dtype == bool or out.dtype.kind not in "iufc":
        raise TypeError(f"{name} must be {wanted}, got {type(value).__name__} of dtype {out.dtype}")
    if dtype is int and out.dtype.kind not in "iu":
        raise TypeError(f"{name} must be {wanted}, got dtype {out.dtype}")
    if out.dtype.kind == "c" and not complex_ok:
        raise TypeError(f"{name} must be {wanted}, got complex numbers")
    if shape is not None:
        _match(name, out.shape, shapes, wanted)
    if out.size == 0:
        raise ValueError(f"{name} must be {wanted}, got an empty array of shape {out.shape}")
    if np.ma.is_masked(value):
        raise ValueError(f"{name} must be {wanted}, got masked entries")
    if not np.isfinite(out).all():
        raise ValueError(f"{name} must be {wanted}, got NaN or infinity")
    if (low is not None and (out.real < low).any()) or (high is not None and (out.real > high).any()):
        raise ValueError(f"{name} must be {wanted}, got values from {out.real.min()} to {out.real.max()}")
    if dtype is int:
        if out.max() > np.iinfo(np.intp).max:  # would wrap round to a negative number
            raise ValueError(f"{name} must be {wanted}, got {out.max()}")
        return out.astype(np.intp, copy=False)
    return out if out.dtype.kind in "fc" else out.astype(float)


def _match(name, got, shapes, wanted):
    sizes = {}
    shape = next((each for each in shapes if len(each) == len(got)), None)
    fits = shape is not None
    for size, want in zip(got, shape or ()):
        if isinstance(want, str) and not want.endswith("|1"):
            want = sizes.setdefault(want, size)
        fits = fits and (isinstance(want, str) or size == want)
    if not fits:
        raise ValueError(f"{name} must be {wanted}, got shape {got}")


def mask(name, value, shape):
    """`value` as an array of bools of this shape."""
    try:
        out = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be booleans of shape {shape}, got a ragged sequence") from None
    if out.dtype != bool:
        raise TypeError(f"{name} must be booleans of shape {shape}, got dtype {out.dtype}")
    if out.shape != tuple(shape):
        raise ValueError(f"{name} must be booleans of shape {shape}, got shape {out.shape}")
    return out


def choice(name, value, options):
    """`value`, which must be one of `options`."""
    if not isinstance(value, str) or value not in options:
        kind = ValueError if isinstance(value, str) else TypeError
        raise kind(f"{name} must be one of {', '.join(map(repr, options))}, got {value!r}")
    return value


def instance(name, value, kind, wanted):
    """`value`, which must be of this class; `wanted` says so in words."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    return value


def generator(name, value):
    """`value`, which must be a numpy Generator."""
    return instance(name, value, np.random.Generator, "a numpy.random.Generator")
