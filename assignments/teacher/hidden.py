"""The hidden tests for nbgrader's own autograde: they run in the student's kernel, where they protect nothing."""

from __future__ import annotations

import os
import sys

from assignments.check import NotYet, _find, _here, failure
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
    namespace = sys._getframe(1).f_globals
    test = _find(worked.hidden(assignment, int(os.environ.get("LRD_SEED", "1994")))["tests"], name)
    for case in test["cases"]:
        wrong = failure(test, case, _here(case, namespace))
        if wrong:
            raise NotYet(f"{name}: a hidden case does not pass.\n{wrong}") from None
