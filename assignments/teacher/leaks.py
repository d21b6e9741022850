"""What must not be left in a notebook that is handed out: looked for in the file itself, whoever made it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from assignments import notebooks

__all__ = ["leaks", "secret"]

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.DOTALL | re.MULTILINE)
MARKS = ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "MARK SCHEME", "Marking guide", "assignments.teacher")


def secret(cells: list[notebooks.Cell]) -> dict[str, list[str]]:
    """By cell, the lines of a worked notebook that answer a question; without indentation, and without empty ones.

    Parameters
    ----------
    cells : list of Cell
        Of the worked notebook.
    """
    parts = {}
    for cell in cells:
        if cell.solution:
            parts[cell.name] = _lines("\n".join(SOLUTION.findall(cell.source)) or cell.source)
    return parts


def leaks(path, worked: list[notebooks.Cell]) -> list[str]:
    """What a notebook gives away, in sentences.

    A line of a solution that the worked notebook also has outside of all solutions is no secret, unless all lines of
    that solution are there.

    Parameters
    ----------
    path : path
        The notebook that is to be handed out.
    worked : list of Cell
        The cells of the worked notebook.
    """
    found = []
    handed = "\n".join(cell.source for cell in notebooks.read(path))
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    found += [f"{mark!r} is left in it" for mark in MARKS if mark in json.dumps(raw)]
    if any(cell.get("outputs") or cell.get("execution_count") for cell in raw["cells"]):
        found.append("a cell has been run")
    visible = set(_lines(handed))
    given = {line for cell in worked for line in _lines(_outside(cell))}
    for name, lines in secret(worked).items():
        if lines and visible.issuperset(lines):
            found.append(f"the solution of {name!r} is left in it")
        else:
            found += [f"a line of the solution of {name!r} is left in it: {line}"
                      for line in sorted(visible.intersection(lines) - given)]
    return found


def _outside(cell):
    """What of a cell of the worked notebook is no solution."""
    if not cell.solution:
        return cell.source
    return SOLUTION.sub("", cell.source) if SOLUTION.search(cell.source) else ""


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]
