"""The worked notebooks: nbgrader can read them, every test has its cell, and visible.json is what they answer today."""

from __future__ import annotations

import ast
import copy
import json
import re
import sys
from functools import cache
from pathlib import Path

import docutils.core
import nbformat
import numpy as np
import pytest
from myst_parser.parsers.docutils_ import Parser
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader_cells import ASSIGNMENTS, code, every, read, role

from assignments.check import load
from assignments.teacher import course, overview, questions, worked

ROOT = Path(__file__).parents[1]


@every
def test_a_source_is_a_notebook_for_nbgrader(assignment):
    made = read(worked.source(assignment))
    nbformat.validate(made)
    MetadataValidator().validate_nb(made)
    assert made.metadata.kernelspec.name == "python3"
    assert made.metadata.assignment.name == assignment
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code(made))


@every
def test_cells_keep_their_ids(assignment):
    cells = read(worked.source(assignment)).cells
    ids = [cell.id for cell in cells]
    assert len(set(ids)) == len(ids)
    assert [cell.id for cell in cells if re.fullmatch("[0-9a-f]{8}", cell.id)] == [], "made anew at each conversion"
    graded = [cell for cell in cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader.grade_id for cell in graded] == [cell.id for cell in graded]


def test_no_two_questions_have_one_name():
    names = [name for assignment in ASSIGNMENTS for name in worked.points(assignment)]
    assert len(set(names)) == len(names)


@every
def test_each_test_has_its_cell(assignment):
    made = read(worked.source(assignment))
    cells = {cell.id: cell.source for cell in code(made) if role(cell) == (False, True)}
    assert list(cells) == [test.name for test in questions.tests(assignment)]
    for name, source in cells.items():
        assert source == (f'check("{name}")\n### BEGIN HIDDEN TESTS\nfrom assignments.teacher import hidden\n\n'
                          f'hidden.check("{assignment}", "{name}")\n### END HIDDEN TESTS')


@every
def test_an_answer_is_a_solution_cell_and_nothing_else_is(assignment):
    for cell in read(worked.source(assignment)).cells:
        assert role(cell) != (True, True) or cell.cell_type == "markdown", "code is marked by test cells of its own"
        if cell.cell_type == "code":
            begins, ends = cell.source.count("### BEGIN SOLUTION\n"), cell.source.count("### END SOLUTION")
            assert begins == ends and bool(begins) == role(cell)[0], cell.id
        if role(cell) == (False, False) and "nbgrader" in cell.metadata:
            assert cell.metadata.nbgrader.locked, cell.id


@every
def test_points_and_marking_guides(assignment):
    worth, written = worked.points(assignment), worked.written(assignment)
    assert 20 <= sum(worth.values()) <= 40
    assert sum(course.sums(assignment)) == sum(worth.values())
    assert set(worth) == {test.name for test in questions.tests(assignment)} | set(written)
    assert len(written) == 2
    for name, (answer, guide) in written.items():
        lines = [re.match(r"- \[(\d+)\] \S", line) for line in guide.splitlines() if line.startswith("- ")]
        assert len(answer.split()) > 20, name
        assert all(lines) and sum(int(line[1]) for line in lines) == worth[name], name


@every
def test_the_first_cell_says_how_long_and_for_how_much(assignment):
    assert 60 <= overview.minutes(assignment) <= 120
    said = re.search(r"(\d+) points come from tests, (\d+) from two", worked.cells(assignment)[0].source)
    assert said and (float(said[1]), float(said[2])) == course.sums(assignment)


def test_the_teachers_page_has_them_all():
    head, _, *rows = overview.table().splitlines()
    assert {row.count("|") for row in rows} == {head.count("|")}
    for assignment, row in zip(ASSIGNMENTS, rows, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[0] == worked.about(assignment)["title"] and cells[1] == f"`{assignment}`"
        read_again = {test.page[0] for test in questions.tests(assignment)}
        assert {file for _, file in overview.chapters(assignment)} == read_again
        assert all(f"[{number}](../chapters/{file})" in cells[2] for number, file in overview.chapters(assignment))
        assert tuple(map(float, cells[4:])) == course.sums(assignment)


@every
def test_the_library_is_used_only_where_it_may_be(assignment):
    used = set()
    for cell in code(read(worked.source(assignment))):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add(node.module.split(".")[0])
    students = {"assignments", "numpy", "matplotlib"} | ({"lrdlib"} if worked.about(assignment)["library"] else set())
    assert used <= students | sys.stdlib_module_names


@cache
def anchors(chapter):
    """Of each heading of a chapter, the anchor that the built page has, by the book's own parser."""
    cells = read(ROOT / "chapters" / f"{chapter}.ipynb").cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    lines = [line for line in text.splitlines() if re.match(r"#+ ", line)]
    tree = docutils.core.publish_doctree("\n\n".join(lines), parser=Parser(), settings_overrides={
        "myst_enable_extensions": ["dollarmath"], "report_level": 5, "doctitle_xform": False})
    ids = [node["ids"][0] for node in tree.findall(lambda node: node.tagname == "section")]
    return dict(zip([line.lstrip("#").strip() for line in lines], ids, strict=True))


@every
def test_where_to_read_again_is_in_the_book(assignment):
    for test in questions.tests(assignment):
        chapter, heading = test.page
        assert questions.page(chapter, heading).endswith(f"(chapters/{chapter}.html#{anchors(chapter)[heading]})")
    with pytest.raises(ValueError, match="heading must be one of"):
        questions.page(chapter, heading + "!")


# The visible tests


@every
def test_visible_tests_are_what_the_worked_notebook_says(assignment):
    stored = load(worked.source(assignment).parent / "visible.json")
    assert course.same(stored, worked.visible(assignment)), "make course writes it anew"


def test_a_difference_in_visible_tests_is_seen():
    exam = worked.visible(ASSIGNMENTS[0])
    i, j = next((i, j) for i, test in enumerate(exam["tests"]) for j, case in enumerate(test["cases"])
                if case["judge"] == "close" and isinstance(case["expected"], float))

    def changed(**change):
        other = copy.deepcopy(exam)
        other["tests"][i]["cases"][j] |= change
        return other

    expected = exam["tests"][i]["cases"][j]["expected"]
    assert course.same(exam, changed(expected=float(np.nextafter(expected, 9)))), "the last digit is the machine's"
    assert not course.same(exam, changed(expected=expected + 1e-3))
    assert not course.same(exam, changed(expected=None)) and not course.same(changed(expected=None), exam)
    assert not course.same(exam, changed(hint="another"))
    assert not course.same(exam, {**exam, "tests": exam["tests"][1:]})
    assert json.loads(course._text(exam)) == exam


def test_visible_tests_are_written_only_if_they_changed(tmp_path, monkeypatch):
    name = ASSIGNMENTS[0]
    exam = worked.visible(name)
    path = tmp_path / name / "visible.json"
    path.parent.mkdir()
    monkeypatch.setattr(worked, "visible", lambda assignment: exam)
    monkeypatch.setattr(worked, "source", lambda assignment: path.with_name(f"{name}.ipynb"))
    assert course.write_visible(name) and not course.write_visible(name)
    assert load(path) == exam
    assert len(path.read_text(encoding="utf-8").splitlines()) > sum(len(test["cases"]) for test in exam["tests"])
    path.write_text(path.read_text(encoding="utf-8").replace(exam["title"], "Another title"), encoding="utf-8")
    assert course.write_visible(name) and load(path) == exam
