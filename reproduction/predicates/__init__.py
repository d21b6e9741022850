"""What turns evidence into a verdict: one function a claim, its thresholds in code and in its first line of
words.

A predicate takes the published results that its claim names, in that order, and returns ``(verdict,
detail)``: one of :data:`REPRODUCED`, :data:`PARTLY`, :data:`NOT_REPRODUCED`, and a sentence with the numbers
it found. A quantity that a result does not hold is a KeyError, and leaves the claim open. The modules follow
the book's chapters.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from reproduction.predicates.verdicts import NOT_REPRODUCED, PARTLY, REPRODUCED

__all__ = ["NOT_REPRODUCED", "PARTLY", "REPRODUCED", "find"]


def find(name: str) -> Callable:
    """The predicate called ``"module.function"``.

    Raises
    ------
    ValueError
        If there is none.
    """
    module, _, function = str(name).partition(".")
    try:
        found = importlib.import_module(f"{__name__}.{module}")
    except ModuleNotFoundError:
        raise ValueError(f"there is no predicate {name!r}") from None
    if function not in found.__all__:
        raise ValueError(f"there is no predicate {name!r}; {module} has {', '.join(found.__all__)}")
    return getattr(found, function)
