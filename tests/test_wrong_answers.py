"""Of each assignment the worked solution earns everything, and typical mistakes cost what they should."""

from __future__ import annotations

import importlib
import json

import pytest

from assignments.teacher import isolation, questions, worked
from assignments.teacher.grade import Grader, grade


def code(made):
    return [cell for cell in made["cells"] if cell["cell_type"] == "code"]


def with_edits(assignment, edits):
    """The worked notebook, with each of the texts replaced at the one place where it stands."""
    made = json.loads(worked.source(assignment).read_text(encoding="utf-8"))
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"])
    for old, new in edits:
        places = [cell for cell in code(made) for _ in range(cell["source"].count(old))]
        assert len(places) == 1, f"{old!r} stands {len(places)} times in {assignment}"
        places[0]["source"] = places[0]["source"].replace(old, new)
    return made


def without_experiments(made):
    """The same but for cells that were given to draw or print what the answers find: no test looks at them."""
    def given(cell):
        own = cell["metadata"].get("nbgrader", {})
        return cell["cell_type"] == "code" and own.get("locked") and not own["grade"] and "import" not in cell["source"]

    return {**made, "cells": [cell for cell in made["cells"] if not given(cell)]}


def wrong(assignment):
    return importlib.import_module(f"wrong_answers.{assignment}").WRONG


@pytest.fixture(scope="module", params=questions.ASSIGNMENTS)
def graded(request, tmp_path_factory):
    """An assignment, its worked solution and its wrong answers, all graded."""
    assignment = request.param
    folder = tmp_path_factory.mktemp(f"{assignment}-handed-in")
    handed_in = {name: without_experiments(with_edits(assignment, answer.edits))
                 for name, answer in wrong(assignment).items()}
    handed_in["worked"] = with_edits(assignment, ())
    handed_in["worked, without experiments"] = without_experiments(handed_in["worked"])
    for name, made in handed_in.items():
        (folder / f"{name}.ipynb").write_text(json.dumps(made), encoding="utf-8")
    grader = Grader(assignment, isolation.choose("none"))
    summary = grade(folder, tmp_path_factory.mktemp("graded"), grader, progress=False)
    assert summary.failed == {}
    return assignment, summary.results


def lost(result):
    return {name for name, mark in result["marks"].items() if not mark}


def test_the_worked_solution_gets_full_marks(graded):
    assignment, results = graded
    result = results["worked"]
    assert lost(result) == lost(results["worked, without experiments"]) == set(), result["failures"]
    assert result["cells"] == [] and result["notes"] == [] and result["problem"] == ""
    assert set(result["written"]) == set(worked.written(assignment))


def test_each_mistake_costs_what_it_should(graded):
    assignment, results = graded
    answers = wrong(assignment)
    assert len(answers) >= 5
    assert {name: lost(results[name]) for name in answers} == {name: set(answers[name].loses) for name in answers}
    assert all(answers[name].loses for name in answers)


def test_a_failure_tells_what_to_do(graded):
    assignment, results = graded
    for name in wrong(assignment):
        for failed in results[name]["failures"].values():
            assert 0 < failed["failed"] <= failed["cases"]
            assert "Read again: chapter" in failed["first"]
            assert "Traceback" not in failed["first"] and len(failed["first"]) < 2500
