"""Files that are whole or absent: atomic writing, and JSON that holds numpy arrays readably and exactly."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["decode", "dumps", "encode", "write"]

WIDTH = 110


def write(path, text: str) -> None:
    """Replace a file by `text`, atomically: a reader sees the old file or the new one, never a part of one.

    The text goes to a temporary file in the same folder, which is flushed to the disk and then renamed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def encode(value, name: str = "value"):
    """Plain JSON values for `value`; numpy arrays become dicts of dtype, shape and values.

    Booleans are strings of 0 and 1; numbers are written as Python writes them, so that they come back to the
    bit; nan and the infinities are strings.

    Raises
    ------
    TypeError
        On anything but booleans, integers, real numbers, strings, None, and arrays, lists and dicts of them;
        the message gives the `name` of the part.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        if isinstance(value, np.generic) and value.dtype.kind in "biufU":
            return encode(value.item(), name)
        kind = value.dtype.kind
        if kind not in "biuf" or value.dtype.itemsize > 8:
            raise TypeError(f"{name} has dtype {value.dtype}: results hold booleans, integers and real numbers")
        if kind == "b":
            values = "".join("1" if entry else "0" for entry in value.ravel().tolist())
        else:
            values = value.tolist() if kind in "iu" or np.isfinite(value).all() else _mark(value.tolist())
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": values}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError(f"{name} has keys that are not strings: {list(value)!r}")
        if set(value) in ({"dtype", "shape", "values"}, {"number"}):
            raise TypeError(f"{name} has the keys that mark an encoded number: {list(value)!r}")
        return {key: encode(entry, f"{name}.{key}") for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(entry, f"{name}[{i}]") for i, entry in enumerate(value)]
    if isinstance(value, float) and not np.isfinite(value):
        return {"number": repr(value)}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{name} is a {type(value).__name__}: results hold arrays, numbers, strings, lists and dicts")


def decode(value):
    """What :func:`encode` was given (tuples come back as lists, numpy scalars as Python's).

    Raises
    ------
    ArithmeticError, AttributeError, TypeError, ValueError
        On what it cannot have written.
    """
    if isinstance(value, list):
        return [decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"number"}:
        return float(value["number"])
    if set(value) != {"dtype", "shape", "values"}:
        return {key: decode(entry) for key, entry in value.items()}
    values, dtype = value["values"], np.dtype(value["dtype"])
    if dtype.kind not in "biuf":
        raise ValueError(f"an array has dtype {dtype}")
    if dtype.kind == "b":
        values = np.frombuffer(values.encode("ascii"), dtype=np.uint8) == ord("1")
    array = np.array(values, dtype=dtype).reshape(value["shape"])
    if list(array.shape) != value["shape"]:
        raise ValueError(f"an array has shape {value['shape']}")
    return array


def dumps(value, indent: int = 0) -> str:
    """JSON with one array, or one short dict or list, on each line."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    nested = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value))
    if not nested or not value or len(text) + indent <= WIDTH or _is_array(value):
        return text
    space = " " * (indent + 1)
    if isinstance(value, list):
        return "[\n" + ",\n".join(space + dumps(entry, indent + 1) for entry in value) + "\n" + space[1:] + "]"
    lines = (f"{space}{json.dumps(key, ensure_ascii=False)}: {dumps(entry, indent + 1)}"
             for key, entry in value.items())
    return "{\n" + ",\n".join(lines) + "\n" + space[1:] + "}"


def _is_array(value) -> bool:
    return isinstance(value, dict) and set(value) == {"dtype", "shape", "values"}


def _mark(values):
    if isinstance(values, list):
        return [_mark(entry) for entry in values]
    return values if np.isfinite(values) else repr(values)
