"""Hostile and clumsy submissions are graded in one run beside honest ones: nobody gains, loses or sees another's."""

from __future__ import annotations

import csv
import json
import os
import re

import hostile
import pytest

from assignments.limits import MiB, Limits
from assignments.teacher import isolation, questions, submissions, worked
from assignments.teacher.grade import Grader, grade

LIMITS = Limits(cell=2, total=25, memory=1024 * MiB, disk=32 * MiB)
ALL = {test.name for test in questions.tests(hostile.ASSIGNMENT)}


@pytest.fixture(scope="module")
def sandbox():
    try:
        return isolation.choose("bubblewrap")
    except isolation.IsolationUnavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"needs bubblewrap: {error}")


@pytest.fixture(scope="module")
def graded(sandbox, tmp_path_factory):
    """Everything in one folder, graded at once: each student's result, by name; and where."""
    folder, out = tmp_path_factory.mktemp("handed-in"), tmp_path_factory.mktemp("graded")
    made = hostile.notebook()
    made["cells"].append(hostile.code(f"secret = {hostile.SECRET!r}"))
    (folder / "an honest one.ipynb").write_bytes(hostile.data(made))
    (folder / "Zoë 李明 \N{GRADUATION CAP}.ipynb").write_bytes(hostile.data(hostile.notebook()))
    (folder / "\u202eevil\n\x1b[31m.ipynb").write_bytes(hostile.data(hostile.notebook()))
    (folder / "=cmd|' -C calc'!A1.ipynb").write_bytes(hostile.data(hostile.notebook()))
    with open(os.path.join(os.fsencode(folder), b"bytes \xff\xfe.ipynb"), "wb") as file:
        file.write(hostile.data(hostile.notebook()))
    for name, submission in hostile.clumsy().items():
        path = folder / f"{name}.ipynb"
        if callable(submission.content):
            submission.content(path)
        else:
            path.write_bytes(submission.content)
    secrets = [str(folder), str(out), str(worked.source(hostile.ASSIGNMENT)), str(worked.SOURCE.parent)]
    for name, content in hostile.cheating(secrets).items():
        (folder / f"cheat {name}.ipynb").write_bytes(content)
    summary = grade(folder, out, Grader(hostile.ASSIGNMENT, sandbox, LIMITS), processes=2, progress=False)
    return summary, folder, out


def won(result):
    return {name for name, mark in result["marks"].items() if mark}


def told(result):
    return " ".join([f"The submission {result['problem']}." if result["problem"] else "", *result["notes"],
                     *(cell["error"] for cell in result["cells"])])


@pytest.mark.parametrize("name", hostile.clumsy())
def test_marks_earned_are_marks_kept(graded, name):
    result, submission = graded[0].results[name], hostile.clumsy()[name]
    assert won(result) == (ALL if submission.earns is None else submission.earns), told(result)
    assert re.search(submission.says, told(result)) if submission.says else told(result).strip() == ""


@pytest.mark.parametrize("name", hostile.cheating([]))
def test_nobody_gains_a_mark(graded, name):
    result = graded[0].results[f"cheat {name}"]
    assert won(result) == set(), told(result)
    assert result["problem"] == ""


def test_nobody_sees_what_is_anothers(graded):
    summary, _, out = graded
    for name in ("cheat reads the solution", "cheat searches the disk"):
        assert "FOUND []" in told(summary.results[name])
    assert "FOUND" not in told(summary.results["cheat imports the book's library"])
    assert not any(hostile.SECRET in path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file())


def test_the_search_can_find(tmp_path):
    """The very cell finds a solution where there is no sandbox."""
    (tmp_path / "worked.ipynb").write_bytes(hostile.data(hostile.notebook()))
    with pytest.raises(RuntimeError, match=r"FOUND \['worked.ipynb'\]"):
        exec(hostile.read([str(tmp_path)]), {})  # noqa: S102


def test_the_honest_are_untouched(graded):
    summary, folder, _ = graded
    assert len(summary.results) == len(os.listdir(folder)) and summary.failed == {}
    honest = [name for name in summary.results
              if not name.startswith("cheat ") and name not in hostile.clumsy()]
    assert len(honest) == 5
    for name in honest:
        assert won(summary.results[name]) == ALL and told(summary.results[name]).strip() == ""


def test_the_tables_and_pages_hold(graded):
    summary, _, out = graded
    with (out / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["student"].lstrip("'") for row in rows] == list(summary.results)
    most = sum(worked.points(hostile.ASSIGNMENT)[name] for name in ALL)
    assert {float(row["automatic"]) for row in rows if row["student"] == "an honest one"} == {most}
    assert max(float(row["automatic"]) for row in rows) == most
    assert all(not re.match(r"[=+\-@]", value) for row in rows for value in row.values() if value)
    assert len(list((out / "feedback").iterdir())) == len(rows)


def test_what_the_teacher_reads_is_clean(graded):
    summary, _, out = graded
    assert all(name.isprintable() for name in summary.results)
    for path in (out / "results").iterdir():
        json.loads(path.read_text(encoding="utf-8"))
    assert submissions.which(submissions.find(graded[1])) == hostile.ASSIGNMENT
