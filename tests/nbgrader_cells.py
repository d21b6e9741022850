"""The assignments' notebooks as nbgrader sees them."""

from __future__ import annotations

import nbformat
import pytest

from assignments.teacher import questions

ASSIGNMENTS = questions.ASSIGNMENTS
every = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def read(path):
    return nbformat.read(path, as_version=4)


def code(made):
    return [cell for cell in made.cells if cell.cell_type == "code"]


def role(cell):
    """What nbgrader makes of a cell."""
    own = cell.metadata.get("nbgrader", {})
    return own.get("solution", False), own.get("grade", False)
