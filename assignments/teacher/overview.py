"""The assignments in a table, made from their sources: for the teacher's page of the book."""

from __future__ import annotations

import re

from assignments.teacher import worked
from assignments.teacher.course import sums
from assignments.teacher.questions import ASSIGNMENTS, page, tests

__all__ = ["chapters", "minutes", "table"]


def minutes(assignment: str) -> int:
    """How long a student needs, as the notebook's first cell says: "about 90 minutes".

    Raises
    ------
    ValueError
        If it does not say so.
    """
    found = re.search(r"about (\d+) minutes", worked.cells(assignment)[0].source)
    if found is None:
        raise ValueError(f"the first cell of {assignment} must say \"about ... minutes\"")
    return int(found[1])


def chapters(assignment: str) -> list[tuple[int, str]]:
    """Number and file of the chapters to which the tests send a student, in the order of the book."""
    return sorted({(int(re.match(r"chapter (\d+)", page(*test.page))[1]), test.page[0]) for test in tests(assignment)})


def table() -> str:
    """All assignments as a table in Markdown; the links are those of a page in `book/`."""
    lines = ["| assignment | name | stands on chapters | minutes | points by tests | by a person |",
             "|---|---|---|--:|--:|--:|"]
    for name in ASSIGNMENTS:
        places = ", ".join(f"[{number}](../chapters/{file})" for number, file in chapters(name))
        automatic, written = sums(name)
        lines.append(f"| {worked.about(name)['title']} | `{name}` | {places} | {minutes(name)} | {automatic:g} | "
                     f"{written:g} |")
    return "\n".join(lines)
