"""Grading a class: in sandboxes, several at a time, and by nbgrader's autograde, one after another, without any."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import warnings
from pathlib import Path

from assignments.teacher import course, isolation, marks, worked
from assignments.teacher.grade import Grader, grade
from benchmarks.timing import Contender, race, table

UNANSWERED = "raise NotImplementedError()"


def notebook(assignment, k):
    """The worked solution, with k of its answers left out."""
    made = json.loads(worked.source(assignment).read_text(encoding="utf-8"))
    answers = [cell for cell in made["cells"]
               if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution")]
    for cell in answers[:k % (len(answers) + 1)]:
        cell["source"] = UNANSWERED
    return json.dumps(made)


def class_of(students, assignment, folder):
    """A folder for each student, as nbgrader wants it."""
    for k in range(students):
        path = folder / f"student{k:03}" / assignment / f"{assignment}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(notebook(assignment, k), encoding="utf-8")


def in_sandboxes(handed_in, out, assignment, sandbox, processes):
    """Each student's automatic points; nothing is left of an earlier turn."""
    shutil.rmtree(out, ignore_errors=True)
    results = grade(handed_in, out, Grader(assignment, sandbox), processes, progress=False).results
    return {student: marks.automatic(result) for student, result in results.items()}


def by_nbgrader(root, assignment, students):
    """The same by nbgrader's autograde, in the students' own kernels."""
    from nbgrader.api import Gradebook

    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        api = course.nbgrader_api(root)
        for student in students:
            said = api.autograde(assignment, student, force=True)
            if not said["success"]:
                raise RuntimeError(f"nbgrader failed on {student}: {said['error']}")
        with Gradebook(api.coursedir.db_url) as book:
            return {student: book.find_submission(assignment, student).score for student in students}


def run(students=100, loop=4, turns=2, assignment="neuron", processes=2):
    """Race, and return the table as text."""
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        root, out = Path(place), Path(place) / "graded"
        class_of(students, assignment, root / "submitted")
        try:
            sandbox = isolation.choose()
        except isolation.IsolationUnavailable:
            sandbox = isolation.choose("none")
        some = [f"student{k:03}" for k in range(loop)]
        few = stack.enter_context(tempfile.TemporaryDirectory())
        for student in some:
            shutil.copytree(root / "submitted" / student, Path(few) / student)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            course.release(assignment, root)
        found, theirs = in_sandboxes(few, out, assignment, sandbox, processes), by_nbgrader(root, assignment, some)
        assert found == theirs, f"assignments grade gives {found}, nbgrader {theirs}"
        contenders = [
            Contender(f"assignments grade, {sandbox.name}",
                      lambda: in_sandboxes(root / "submitted", out, assignment, sandbox, processes), students),
            Contender("the same, one at a time", lambda: in_sandboxes(few, out, assignment, sandbox, 1), loop),
            Contender("nbgrader autograde, no sandbox", lambda: by_nbgrader(root, assignment, some), loop)]
        title = (f"grading: {students} submissions of {assignment}, {processes} at a time; an item is one submission")
        return table(title, "one", contenders, race(contenders, turns))
