"""Values that travel as JSON between a student's code and what judges it: data only, never code or pickles.

Numbers come back to the bit. What is read is checked first, so that a forged text costs neither memory nor more than
an error; the two kinds that stand for something to be evaluated (`Code`, `Rng`) go to the student's side only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["BadValue", "Code", "Rng", "decode", "encode"]

DEPTH = 12  # of nested lists and dicts
ENTRIES = 20_000  # of one list or dict, the nested ones among them; an array may have more
KINDS = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
TYPES = {"bool": bool, "int": int, "float": (int, float), "complex": (int, float)}
DTYPES = {"bool": bool, "int": np.int64, "float": float, "complex": complex}
ARRAY = {"array", "shape", "values"}


class BadValue(ValueError):
    """A value that cannot travel, or a text that stands for none."""


@dataclass(frozen=True)
class Code:
    """A Python expression, evaluated where the student's functions are: ``Code("lambda z: np.sin(z)")``."""

    source: str

    def __repr__(self):
        return self.source


@dataclass(frozen=True)
class Rng:
    """A fresh ``numpy.random.default_rng(seed)``."""

    seed: int

    def __repr__(self):
        return f"np.random.default_rng({self.seed})"


def encode(value):
    """Plain JSON for None, booleans, numbers, strings, arrays, `Code`, `Rng`, and lists, tuples and dicts of them.

    Raises
    ------
    BadValue
        If it is none of these, or too much; the message says what it is.
    """
    data = _encode(value, DEPTH)
    _count(data)
    return data


def _encode(value, depth):
    if depth == 0:
        raise BadValue(f"lists that are nested more than {DEPTH} deep")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        value = {"f": float, "c": complex}.get(value.dtype.kind, np.generic.item)(value)
        if isinstance(value, (bool, str)):
            return value
    if isinstance(value, int):
        if not -2**63 <= value < 2**63:
            raise BadValue("an integer that needs more than 64 bits")
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"number": repr(value)}
    if isinstance(value, complex):
        return {"complex": [_encode(value.real, depth), _encode(value.imag, depth)]}
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, (list, tuple)):
        return [_encode(entry, depth - 1) for entry in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise BadValue("a dict whose keys are not strings")
        return {"dict": {key: _encode(entry, depth - 1) for key, entry in value.items()}}
    if isinstance(value, Code):
        return {"code": value.source}
    if isinstance(value, Rng):
        return {"rng": value.seed}
    raise BadValue(f"{_a(type(value).__name__)}, not a number, an array, a string, or a list of them")


def _encode_array(array):
    kind = KINDS.get(array.dtype.kind)
    if kind is None:
        raise BadValue(f"an array of dtype {array.dtype}, not of numbers")
    if array.dtype.kind == "u" and array.size and array.max() >= 2**63:
        raise BadValue("an array with an integer that needs more than 64 bits")
    flat = np.asarray(array).ravel().astype(DTYPES[kind])  # a matrix is no longer one, and extra precision is lost
    if kind == "complex":
        flat = np.stack([flat.real, flat.imag], axis=-1).ravel()
    values = flat.tolist()
    if kind in ("float", "complex") and not np.isfinite(flat).all():
        values = [entry if np.isfinite(entry) else repr(entry) for entry in values]
    return {"array": kind, "shape": list(array.shape), "values": values}


def _count(data):
    """Refuse long lists: each entry may be an object of its own, of many bytes for one of text."""
    n, waiting = 0, [data]
    while waiting:
        some = waiting.pop()
        if isinstance(some, (list, dict)) and not (isinstance(some, dict) and some.keys() == ARRAY):
            n += len(some)
            if n > ENTRIES:
                raise BadValue(f"a list of more than {ENTRIES} entries that is not an array")
            waiting += some.values() if isinstance(some, dict) else some


def decode(data, namespace: dict | None = None):
    """What `encode` was given (tuples come back as lists).

    Parameters
    ----------
    data
        What a JSON parser gave.
    namespace : dict, optional
        Where `Code` is evaluated. Without one, as for everything that comes from a student's side, `Code` and `Rng` are
        refused.

    Raises
    ------
    BadValue
        On what `encode` cannot have written.
    """
    _count(data)
    return _decode(data, namespace, DEPTH)


def _decode(data, namespace, depth):
    if depth == 0:
        raise BadValue("lists that are nested too deep")
    if isinstance(data, int) and not -2**63 <= data < 2**63:
        raise BadValue("an integer that needs more than 64 bits")
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return [_decode(entry, namespace, depth - 1) for entry in data]
    if not isinstance(data, dict):
        raise BadValue(f"{_a(type(data).__name__)} stands for no value")
    keys = set(data)
    if keys == ARRAY:
        return _decode_array(data["array"], data["shape"], data["values"])
    if keys == {"number"}:
        return _number(data["number"])
    if keys == {"complex"} and isinstance(data["complex"], list) and len(data["complex"]) == 2:
        return complex(*map(_part, data["complex"]))
    if keys == {"dict"} and isinstance(data["dict"], dict):
        return {key: _decode(entry, namespace, depth - 1) for key, entry in data["dict"].items()}
    if namespace is not None and keys == {"code"}:
        return eval(data["code"], namespace)  # noqa: S307 - ours, and only where the student's code runs anyway
    if namespace is not None and keys == {"rng"}:
        return np.random.default_rng(data["rng"])
    raise BadValue(f"a dict of {sorted(keys)!r:.80} stands for no value")


def _decode_array(kind, shape, values):
    if not (isinstance(kind, str) and kind in TYPES and isinstance(shape, list) and len(shape) <= 16
            and isinstance(values, list)):
        raise BadValue("not an array")
    size = room = 1
    for length in shape:
        if type(length) is not int or not 0 <= length < 2**31:
            raise BadValue("an array whose shape is none")
        size, room = size * length, room * max(length, 1)
    if room > 2**26:  # an empty array may claim long sides
        raise BadValue("an array that is too large")
    if size * (2 if kind == "complex" else 1) != len(values):
        raise BadValue(f"an array of {len(values)} values whose shape is another")
    if kind in ("float", "complex"):
        values = [_number(entry) if isinstance(entry, str) else entry for entry in values]
    if not all(isinstance(entry, TYPES[kind]) for entry in values):
        raise BadValue(f"an array of {kind} with something else in it")
    try:
        if kind == "complex":
            return np.array(values, float).view(complex).reshape(shape)
        return np.array(values, DTYPES[kind]).reshape(shape)
    except (OverflowError, ValueError) as error:
        raise BadValue(str(error)) from None


def _part(data):
    """The real or the imaginary part of a complex number."""
    if isinstance(data, dict) and set(data) == {"number"}:
        return _number(data["number"])
    if isinstance(data, float):
        return data
    raise BadValue("a complex number whose parts are no numbers")


def _number(text):
    if not isinstance(text, str) or text not in ("nan", "inf", "-inf"):
        raise BadValue(f"{text!r:.40} is not a number")
    return float(text)


def _a(name):
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
