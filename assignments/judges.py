"""What a test accepts: each judge compares a value with the expected one, and says in a sentence what is wrong.

A judge returns None if the value will do. Values are data (`assignments.values`), whatever a student made of them.
"""

from __future__ import annotations

from numbers import Number

import numpy as np

__all__ = ["JUDGES", "judge", "show"]

DIGITS = 6


def judge(value, case: dict) -> str | None:
    """What is wrong with `value` in this case, by the case's own judge; None if nothing is."""
    return JUDGES[case["judge"]](value, case.get("expected"), **case["settings"])


def show(value, length: int = 160, digits: int = DIGITS) -> str:
    """A value in one short line, as a student would write it."""
    if isinstance(value, (np.ndarray, list)) and _size(value) > 12:
        array = _array(value)
        text = f"an array of shape {array.shape}" if array is not None else f"a list of {len(value)}"
    elif isinstance(value, np.ndarray):
        text = np.array2string(value, precision=digits, separator=", ").replace("\n", "")
    elif isinstance(value, (float, complex)):
        text = f"{value:.{digits}g}"
    elif isinstance(value, list):
        text = "[" + ", ".join(show(entry, length) for entry in value) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key!r}: {show(entry, length)}" for key, entry in value.items()) + "}"
    else:
        text = repr(value)
    return text if len(text) <= length else text[:length - 3] + "..."


def close(value, expected, rtol=1e-7, atol=1e-9):
    """The same shape, and every entry within ``atol + rtol |expected|``; lists and dicts part by part."""
    want, got = _array(expected), _array(value)
    if want is None:
        return _by_part(value, expected, lambda got, want: close(got, want, rtol, atol))
    if got is None:
        return f"expected {show(expected)}, got {show(value)}"
    if got.shape != want.shape:
        return f"expected {_shape(want)}, got {_shape(got)}"
    if np.iscomplexobj(got) and not np.iscomplexobj(want):
        return f"expected real numbers, got complex ones: {show(value)}"
    with np.errstate(all="ignore"):
        right = np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    return _where(right, got, want)


def equal(value, expected):
    """Exactly the expected value."""
    want, got = _array(expected), _array(value)
    if want is None:
        return _by_part(value, expected, equal)
    if got is None:
        return f"expected {show(expected)}, got {show(value)}"
    if got.shape != want.shape:
        return f"expected {_shape(want)}, got {_shape(got)}"
    return _where((got == want) | (np.isnan(got) & np.isnan(want)), got, want)


def between(value, expected, low=-np.inf, high=np.inf):
    """Real numbers in ``[low, high]``; bounds that are arrays are those of the entries."""
    got, low, high = _array(value), np.asarray(low, float), np.asarray(high, float)
    shape = np.broadcast_shapes(low.shape, high.shape)
    if got is None or got.dtype.kind not in "biuf" or got.size == 0:
        return f"expected {'an array of shape ' + str(shape) if shape else 'a number'}, got {show(value)}"
    if shape and got.shape != shape:
        return f"expected an array of shape {shape}, got {_shape(got)}"
    right = (low <= got) & (got <= high)
    if right.all():
        return None
    first = tuple(np.argwhere(~right)[0])
    least, most = (float(np.broadcast_to(bound, got.shape)[first]) for bound in (low, high))
    wanted = (f"at least {show(least)}" if most == np.inf else f"at most {show(most)}" if least == -np.inf
              else f"between {show(least)} and {show(most)}")
    place = f" in entry {list(map(int, first))}" if got.ndim else ""
    return f"expected {wanted}{place}, got {show(got[first].item())}"


def at_least(value, expected, low):
    """Real numbers of at least `low`."""
    return between(value, expected, low=low)


JUDGES = {"close": close, "equal": equal, "between": between, "at_least": at_least}


def _array(value):
    """Numbers as an array; None for what are no numbers, or lists of unequal lengths."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (Number, np.generic)):
        return np.asarray(value)
    if not isinstance(value, list) or not value:
        return np.empty(0) if isinstance(value, list) else None
    entries = [_array(entry) for entry in value]
    if any(entry is None for entry in entries) or len({entry.shape for entry in entries}) > 1:
        return None
    return np.stack(entries)


def _size(value):
    """How many numbers or other entries there are, in nested lists too."""
    return value.size if isinstance(value, np.ndarray) else sum(map(_size, value)) if isinstance(value, list) else 1


def _by_part(value, expected, wrong):
    """Compares dicts and lists part by part, with `wrong`, and what holds no numbers at once."""
    if not isinstance(expected, (dict, list)):
        same = type(value) is type(expected) and value == expected
        return None if same else f"expected {show(expected)}, got {show(value)}"
    keys = sorted(expected) if isinstance(expected, dict) else range(len(expected))
    if not isinstance(value, type(expected)) or len(value) != len(expected) or (
            isinstance(expected, dict) and set(value) != set(expected)):
        wanted = f"the keys {keys}" if isinstance(expected, dict) else f"a list of {len(expected)} values"
        return f"expected {wanted}, got {show(value)}"
    for key in keys:
        said = wrong(value[key], expected[key])
        if said:
            return f"in part {key!r}: {said}"
    return None


def _shape(array):
    return "one number" if array.ndim == 0 else f"an array of shape {array.shape}"


def _where(right, got, want):
    """Says which entries differ: the worst of them, by the distance."""
    if right.all():
        return None
    if right.ndim == 0:
        return _other(got.item(), want.item())
    with np.errstate(all="ignore"):
        distance = np.where(right, -1, np.abs(got.astype(complex) - want.astype(complex)))
    worst = np.unravel_index(np.argmax(np.where(np.isnan(distance), np.inf, distance)), right.shape)
    place = ", ".join(str(int(i)) for i in worst)
    return (f"{np.count_nonzero(~right)} of {right.size} entries differ, most of all entry [{place}]: "
            + _other(got[worst].item(), want[worst].item()))


def _other(got, want):
    """Both numbers, with so many digits that they look as different as they are."""
    digits = next((n for n in range(DIGITS, 17) if show(got, digits=n) != show(want, digits=n)), 17)
    return f"expected {show(want, digits=digits)}, got {show(got, digits=digits)}"
