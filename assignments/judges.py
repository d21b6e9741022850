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
    try:
        return JUDGES[case["judge"]](value, case.get("expected"), **case["settings"])
    except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        # No value is known to do this; one that does must not stop the marking of the others'.
        return f"got {show(value)}, which cannot be judged ({type(error).__name__})"


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
    """A real number in ``[low, high]``; with bounds that are arrays, an array of their shape, entry by entry."""
    got, low, high = _array(value), np.asarray(low, float), np.asarray(high, float)
    shape = np.broadcast_shapes(low.shape, high.shape)
    if got is None or got.dtype.kind not in "biuf" or got.size == 0:
        return f"expected {'an array of shape ' + str(shape) if shape else 'a number'}, got {show(value)}"
    if got.shape != shape:
        return f"expected {'an array of shape ' + str(shape) if shape else 'one number'}, got {_shape(got)}"
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
    """A real number of at least `low`, or an array like `low`."""
    return between(value, expected, low=low)


def two_states(value, expected, steps=40, norms=0.0, radii=np.inf, least=0.0, most=np.inf):
    """A system ``a_t = W tanh(a_{t-1}) + u_t``, led to and fro by inputs between two states: the list ``[W, a, b]``.

    With M'(a) = W diag(1 - tanh^2 a): both norms are at least `norms`, all eigenvalues of both at most `radii` in
    absolute value, and the norm of the product of `steps` (an even number) Jacobians lies in ``[least, most]``.
    """
    W, a, b = [_array(part) for part in value] if isinstance(value, list) and len(value) == 3 else (None,) * 3
    n = len(a) if a is not None and a.ndim == 1 else 0
    if (W is None or b is None or not 1 <= n <= 5 or W.shape != (n, n) or b.shape != (n,)
            or any(part.dtype.kind not in "biuf" or not np.isfinite(part).all() for part in (W, a, b))):
        return f"expected W (n, n), a (n,) and b (n,) of finite real numbers, n from 1 to 5, got {show(value)}"
    with np.errstate(all="ignore"):
        at = {name: W * (1 - np.tanh(state.astype(float))**2) for name, state in (("a", a), ("b", b))}
        size = 0.0
        if all(np.isfinite(J).all() for J in at.values()):
            pair = at["b"] @ at["a"]
            product = np.linalg.matrix_power(pair, steps // 2) if np.isfinite(pair).all() else np.full((n, n), np.inf)
            size = float(np.linalg.norm(product, 2)) if np.isfinite(product).all() else np.inf
    for name, J in at.items():
        norm, radius = float(np.linalg.norm(J, 2)), float(np.abs(np.linalg.eigvals(J)).max())
        if norm < norms - 1e-9:
            return f"expected |M'({name})| of at least {show(norms)}, got {show(norm)}"
        if radius > radii + 1e-6:  # a defective matrix's are known to half the digits
            return f"expected eigenvalues of M'({name}) of at most {show(radii)} in absolute value, got {show(radius)}"
    if not least <= size <= most:
        wanted = f"at least {show(least)}" if most == np.inf else f"at most {show(most)}"
        return f"expected a product of {steps} Jacobians of norm {wanted}, got {show(size)}"
    return None


JUDGES = {"close": close, "equal": equal, "between": between, "at_least": at_least, "two_states": two_states}


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
