"""Grading a folder: what is finished is kept, whatever ends the run; the same marks in any order; tables and pages."""

from __future__ import annotations

import contextlib
import csv
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assignments.execute import NotStarted
from assignments.limits import Limits
from assignments.teacher import isolation, questions, submissions, worked
from assignments.teacher.grade import Grader, grade

ASSIGNMENT = questions.ASSIGNMENTS[0]
ROOT = Path(__file__).parents[1]


def notebook(cells=()):
    made = json.loads(worked.source(ASSIGNMENT).read_text(encoding="utf-8"))
    made["cells"] += [{"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
                      for text in cells]
    return json.dumps(made)


def class_of(folder, n):
    """A folder with n students, of whom every other has not answered the first question."""
    folder.mkdir()
    for i in range(n):
        made = json.loads(notebook())
        if i % 2:
            first = next(cell for cell in made["cells"] if cell["metadata"].get("nbgrader", {}).get("solution"))
            first["source"] = "raise NotImplementedError()"
        (folder / f"student {i:02}.ipynb").write_text(json.dumps(made), encoding="utf-8")
    return folder


def grader(**settings):
    return Grader(ASSIGNMENT, isolation.choose("none"), **settings)


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def times(out):
    return {path.name: path.stat().st_mtime_ns for path in (out / "results").glob("*.json")}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    return class_of(tmp_path_factory.mktemp("class") / "handed-in", 12)


@pytest.fixture(scope="module")
def undisturbed(handed_in, tmp_path_factory):
    """The whole class, graded one after another without interruption."""
    out = tmp_path_factory.mktemp("undisturbed")
    return grade(handed_in, out, grader(), processes=1, progress=False), out


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_killed_goes_on_where_it_was(handed_in, undisturbed, tmp_path, number):
    command = [sys.executable, "-m", "assignments", "grade", str(handed_in), "--out", str(tmp_path / "out"),
               "--isolation", "none", "--processes", "2"]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(times(tmp_path / "out")) < 3:
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(number)
    first.wait()
    before = times(tmp_path / "out")
    assert 3 <= len(before) < 12
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f"12 graded, {len(before)} of them before." in second.stdout
    after = times(tmp_path / "out")
    assert len(after) == 12 and {name: after[name] for name in before} == before  # nothing lost, nothing done twice
    assert table(tmp_path / "out" / "marks.csv") == table(undisturbed[1] / "marks.csv")
    if number == signal.SIGINT:
        assert first.returncode == 130


def test_the_marks_are_those_of_the_answers(undisturbed):
    summary, out = undisturbed
    points = worked.points(ASSIGNMENT)
    most = sum(points[test.name] for test in questions.tests(ASSIGNMENT))
    totals = [float(row["automatic"]) for row in table(out / "marks.csv")]
    assert set(totals[::2]) == {most}
    assert len(set(totals[1::2])) == 1 and 0 < totals[1] < most
    assert {row["out of"] for row in table(out / "marks.csv")} == {f"{sum(points.values()):g}"}
    assert list(summary.results) == [f"student {i:02}" for i in range(12)]


def test_only_what_changed_is_run_again(tmp_path):
    folder, out = class_of(tmp_path / "in", 4), tmp_path / "out"
    grade(folder, out, grader(), progress=False)
    before = times(out)
    assert grade(folder, out, grader(), progress=False).reused == 4
    (folder / "student 02.ipynb").write_text(notebook(["x = 1"]), encoding="utf-8")
    next((out / "results").glob("student_03-*")).write_text('{"fingerprint": "dam', encoding="utf-8")
    assert grade(folder, out, grader(), progress=False).reused == 2
    changed = {name[:10] for name, at in times(out).items() if before[name] != at}
    assert changed == {"student_02", "student_03"}
    assert grade(folder, out, grader(seed=7), progress=False).reused == 0
    assert grade(folder, out, grader(seed=7, limits=Limits(cell=29)), progress=False).reused == 0


def test_students_can_have_cases_of_their_own():
    def cases(student, **settings):
        return [case["given"] for test in grader(**settings).exam(student)["tests"] for case in test["cases"]]
    assert cases("a") == cases("b")
    assert cases("a", vary=True) != cases("b", vary=True)
    assert cases("a", vary=True) == cases("a", vary=True)
    assert cases("a", vary=True, seed=1) != cases("a", vary=True, seed=2)


class Moody(isolation.Unprotected):
    """A sandbox that does not start for the first one who wants it."""

    def __init__(self):
        super().__init__()
        self.first, self.lock = True, threading.Lock()

    @contextlib.contextmanager
    def start(self, arguments, limits=None, slot=0, packages=(), **settings):
        with self.lock:
            first, self.first = self.first, False
        if first:
            raise NotStarted("out of order")
        with super().start(arguments, limits, slot, packages, **settings) as started:
            yield started


def test_a_sandbox_that_does_not_start_costs_nobody_a_mark(tmp_path):
    folder, out = class_of(tmp_path / "in", 3), tmp_path / "out"
    summary = grade(folder, out, Grader(ASSIGNMENT, Moody()), processes=1, progress=False)
    assert summary.failed == {"student 00": "NotStarted: out of order"}
    assert [row["student"] for row in table(out / "marks.csv")] == ["student 01", "student 02"]
    again = grade(folder, out, grader(), progress=False)
    assert again.reused == 2 and again.failed == {} and len(again.results) == 3


def test_an_error_of_ours_costs_the_others_nothing(tmp_path, monkeypatch):
    folder, out = class_of(tmp_path / "in", 3), tmp_path / "out"
    marked = grader()
    right = marked.grade

    def one_is_unlucky(submission, slot=0):
        if submission.student == "student 01":
            raise KeyError("a bug")
        return right(submission, slot)

    monkeypatch.setattr(marked, "grade", one_is_unlucky)
    summary = grade(folder, out, marked, progress=False)
    assert summary.failed == {"student 01": "KeyError: 'a bug'"} and list(summary.results) == ["student 00", "student 02"]


def test_other_code_is_another_grading(monkeypatch):
    folder = [ASSIGNMENT, isolation.choose("none")]
    submission = submissions.Submission("a", "a", None)
    before = Grader(*folder).fingerprint(submission)
    assert Grader(*folder).fingerprint(submission) == before
    changed = Grader(*folder)
    changed._code = ["other code"]
    assert changed.fingerprint(submission) != before


def test_two_runs_do_not_share_a_folder(handed_in, tmp_path):
    with open(tmp_path / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="out must be free"):
            grade(handed_in, tmp_path, grader(), progress=False)


def test_marks_for_written_answers_are_kept_and_counted(tmp_path):
    folder, out = class_of(tmp_path / "in", 2), tmp_path / "out"
    grade(folder, out, grader(), progress=False)
    rows = table(out / "written.csv")
    question, points = rows[0]["question"], float(rows[0]["out of"])
    rows[0]["marks"] = f"{points:g}"
    write(out / "written.csv", rows)
    assert grade(folder, out, grader(), progress=False).reused == 2
    marked = table(out / "marks.csv")[0]
    assert float(marked["total"]) == float(marked["automatic"]) + points and float(marked[question]) == points
    assert question not in marked["notes"]
    page = next((out / "feedback").glob("student_00-*")).read_text(encoding="utf-8")
    assert f"{points:g} of {points:g}" in page
    rows[1]["marks"] = "many"
    write(out / "written.csv", rows)
    with pytest.raises(ValueError, match=r"marks of 'student 00' for .* must be a\s+number from 0 to .*, got 'many'"):
        grade(folder, out, grader(), progress=False)


def write(path, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("options, said", [
    (["nowhere"], "folder must be a folder of submissions"),
    (["."], "assignment must be said|folder must hold notebooks"),
    ([".", "--assignment", ASSIGNMENT, "--processes", "0"], "--processes must be at least 1, got 0"),
    ([".", "--assignment", ASSIGNMENT, "--seed", "-1"], "--seed must be at least 0, got -1"),
    ([".", "--assignment", ASSIGNMENT, "--cell-seconds", "nan"], "cell must be"),
])
def test_nonsense_is_refused_before_any_work(tmp_path, options, said):
    done = subprocess.run([sys.executable, "-m", "assignments", "grade", *options], cwd=tmp_path, text=True,
                          capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert re.search(said, done.stderr)
    assert not list(tmp_path.iterdir())
