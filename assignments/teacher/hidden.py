"""The hidden tests for nbgrader's own autograde: they run in the student's kernel, where they protect nothing."""

from __future__ import annotations

import os
import sys

from assignments.check import ask
from assignments.teacher import worked

__all__ = ["check"]


def check(assignment: str, name: str) -> None:
    """Run the hidden tests called `name` on what the calling notebook has defined.

    The seed is that of the environment's variable LRD_SEED, 1994 without one.

    Raises
    ------
    NotYet
        If one does not pass.
    """
    exam = worked.hidden(assignment, int(os.environ.get("LRD_SEED", "1994")))
    ask(exam, name, sys._getframe(1).f_globals, "a hidden case does not pass")
