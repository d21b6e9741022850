"""A wrong answer: the worked solution with a few words changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A typical wrong answer.

    Attributes
    ----------
    edits : sequence of (old, new)
        Each `old` occurs exactly once in the code of the worked notebook.
    loses : set of str
        The tests that it must lose; it keeps all others.
    """

    edits: Sequence[tuple[str, str]]
    loses: set[str]
