"""What the tests of an assignment ask: probes into a student's notebook, and how their values are judged."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np

from assignments.judges import JUDGES
from assignments.values import Code, Rng, encode

__all__ = ["ASSIGNMENTS", "Case", "Code", "Rng", "Test", "draw", "fresh", "page", "tests"]

ROOT = Path(__file__).parents[2]
#: In the order of the book.
ASSIGNMENTS = ("neuron", "bptt", "vanishing", "latching", "learner", "trade_off")


class Case:
    """One probe: an expression, its variables, and how its value is judged.

    Parameters
    ----------
    probe : str
        A Python expression, evaluated in the student's namespace.
    given : dict, optional
        Its variables: data, `Code` or `Rng`.
    judge : str
        One of `assignments.judges.JUDGES`. The expected value is what the worked solution says to the same probe.
    hint : str
        A sentence for the student whose value will not do.
    **settings
        Of the judge.

    Raises
    ------
    BadValue, ValueError
        If something in it cannot travel, or there is no such judge.
    """

    def __init__(self, probe: str, given: dict | None = None, judge: str = "close", hint: str = "", **settings):
        if judge not in JUDGES:
            raise ValueError(f"judge must be one of {sorted(JUDGES)}, got {judge!r}")
        self.probe, self.judge, self.hint = probe, judge, hint
        self.given = {name: encode(value) for name, value in (given or {}).items()}
        self.settings = {name: encode(value) for name, value in settings.items()}


@dataclass(frozen=True)
class Test:
    """Cases that all must pass to earn a test cell's points.

    Attributes
    ----------
    name : str
        The grade_id of the test cell, which says how many points it is worth.
    page : (str, str)
        A chapter's file and a heading in it: what to read again.
    visible : sequence of Case
        What students have in their notebook.
    hidden : callable
        ``hidden(rng)`` draws cases that they have not seen.
    """

    name: str
    page: tuple[str, str]
    visible: Sequence[Case]
    hidden: Callable[[np.random.Generator], Sequence[Case]] = field(repr=False)


def fresh(rng: np.random.Generator) -> Rng:
    """A generator for the student's side, another one each time."""
    return Rng(int(rng.integers(2**31)))


@cache
def tests(assignment: str) -> tuple[Test, ...]:
    """The tests of an assignment.

    Raises
    ------
    ValueError
        If there is no such assignment.
    """
    if assignment not in ASSIGNMENTS:
        raise ValueError(f"assignment must be one of {', '.join(ASSIGNMENTS)}, got {assignment!r}")
    return importlib.import_module(f"assignments.teacher.cases.{assignment}").TESTS


def draw(test: Test, seed: int, student: str = "") -> list[Case]:
    """The hidden cases of a test; other ones for another seed, and for another student if one is named."""
    return list(test.hidden(np.random.default_rng([seed, crc32(test.name.encode()), crc32(student.encode(
        "utf-8", "surrogateescape"))])))


@cache
def page(chapter: str, heading: str) -> str:
    """How a student is sent to a place in the book: the chapter's number and title, the heading, the address.

    Raises
    ------
    ValueError
        If the book has no such place.
    """
    order = re.findall(r"file: chapters/(\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    if chapter not in order:
        raise ValueError(f"chapter must be one of {order}, got {chapter!r}")
    cells = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    lines = [line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).splitlines()]
    headings = [line.lstrip("#").strip() for line in lines if re.match(r"#+ ", line)]
    if heading not in headings:
        raise ValueError(f"heading must be one of {headings}, got {heading!r}")
    anchor = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")  # as docutils makes it
    return (f"chapter {order.index(chapter) + 1}, {headings[0]}: {heading.replace('$', '')} "
            f"(chapters/{chapter}.html#{anchor})")
