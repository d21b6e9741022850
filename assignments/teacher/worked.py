"""The worked solutions: what they answer to a probe is what is expected of a student."""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from functools import cache
from pathlib import Path

from assignments import notebooks
from assignments.runner import evaluate
from assignments.teacher.questions import Case, draw, page, tests
from assignments.values import encode

__all__ = ["about", "cells", "exam", "hidden", "namespace", "points", "source", "visible", "written"]

SOURCE = Path(__file__).parents[1] / "source"
GUIDE = "### Marking guide"


def source(assignment: str) -> Path:
    """Where the worked notebook of an assignment lies."""
    return SOURCE / assignment / f"{assignment}.ipynb"


@cache
def about(assignment: str) -> dict:
    """What the notebook says of the assignment: its `name`, its `title`, and whether it may use the `library`."""
    return json.loads(source(assignment).read_text(encoding="utf-8"))["metadata"]["assignment"]


@cache
def cells(assignment: str) -> list[notebooks.Cell]:
    """The worked notebook's cells."""
    return notebooks.read(source(assignment))


@cache
def points(assignment: str) -> dict[str, float]:
    """What each test and each written answer is worth, in the notebook's order."""
    return {cell.name: cell.points for cell in cells(assignment) if cell.points is not None}


@cache
def written(assignment: str) -> dict[str, tuple[str, str]]:
    """For each question to be answered in words: a model answer, and the marking guide."""
    answers = {}
    for cell in cells(assignment):
        if cell.kind == "markdown" and cell.solution and cell.points is not None:
            model, _, guide = cell.source.partition(GUIDE)
            answers[cell.name] = (model.strip(), guide.strip())
    return answers


@cache
def namespace(assignment: str) -> dict:
    """What the worked notebook has defined when it was run from top to bottom (in this process: it is ours)."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    names: dict = {"__name__": "__main__"}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        for text in notebooks.steps(cells(assignment)):
            exec(compile(text, f"<worked {assignment}>", "exec"), names)  # noqa: S102
    return names


def exam(assignment: str, cases) -> dict:
    """The tests of an assignment as data, with the expected values.

    Parameters
    ----------
    assignment : str
    cases : callable
        ``cases(test)`` gives the cases to ask.
    """
    worth = points(assignment)
    return {"assignment": assignment, "title": about(assignment)["title"], "library": about(assignment)["library"],
            "written": list(written(assignment)),
            "tests": [{"name": test.name, "points": worth[test.name], "page": page(*test.page),
                       "cases": [_ask(assignment, case) for case in cases(test)]} for test in tests(assignment)]}


@cache
def visible(assignment: str) -> dict:
    """The exam that students have beside their notebook."""
    return exam(assignment, lambda test: test.visible)


@cache
def hidden(assignment: str, seed: int, student: str = "") -> dict:
    """The exam that they have not: the visible cases and the hidden ones of a seed."""
    return exam(assignment, lambda test: [*test.visible, *draw(test, seed, student)])


def _ask(assignment: str, case: Case) -> dict:
    expected = None
    if case.judge in ("close", "equal"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = encode(evaluate(case.probe, case.given, namespace(assignment)))
    return {"probe": case.probe, "given": case.given, "judge": case.judge, "settings": case.settings,
            "hint": case.hint, "expected": expected}
