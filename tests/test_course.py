"""What students get, made from the worked notebooks by nbgrader: nothing is given away, and nothing missing."""

from __future__ import annotations

import copy
import importlib
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader_cells import ASSIGNMENTS, code, every, read, role
from packaging.requirements import Requirement

from assignments import execute
from assignments.__main__ import main
from assignments.check import load
from assignments.teacher import course, leaks, questions, worked

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def handed(tmp_path_factory):
    """``handed(name)``: the zip file of an assignment, its folder unpacked, and what was said; made once."""
    out, made = tmp_path_factory.mktemp("course"), {}

    def make(assignment):
        if assignment not in made:
            said = []
            [path] = course.course([assignment], out, said.append)
            folder = tmp_path_factory.mktemp("student")
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder)
            made[assignment] = path, folder / assignment, said
        return made[assignment]

    return make


def same_database(made, folder):
    """A copy of nbgrader's database for another course folder: to make one takes it seconds."""
    (folder / "_build").mkdir()
    shutil.copy(made[0].parents[1] / "_build" / "gradebook.db", folder / "_build")


@every
def test_a_students_version_gives_nothing_away(assignment, handed):
    path = handed(assignment)[1] / f"{assignment}.ipynb"
    assert leaks.leaks(path, worked.cells(assignment)) == []
    made, source = read(path), read(worked.source(assignment))
    text = "\n".join(cell.source for cell in made.cells)
    assert "SOLUTION" not in text and "HIDDEN" not in text and "### Marking guide" not in text
    assert [cell.id for cell in made.cells] == [cell.id for cell in source.cells]
    for cell, before in zip(made.cells, source.cells):
        empty = "YOUR ANSWER HERE" if cell.cell_type == "markdown" else "raise NotImplementedError()"
        assert (empty in cell.source) == role(before)[0]
        if role(before) == (False, False):
            assert cell.source == before.source
    shown = {line.strip() for line in text.splitlines()}
    for name, lines in leaks.secret(worked.cells(assignment)).items():
        assert lines and not shown.issuperset(lines), name


def test_what_is_given_away_is_seen(handed, tmp_path):
    name = ASSIGNMENTS[0]
    path, cells = tmp_path / "leaky.ipynb", worked.cells(name)
    plain = read(handed(name)[1] / f"{name}.ipynb")
    answers = leaks.secret(cells)
    answer = next(cell.id for cell in code(plain) if role(cell)[0])
    line = max(answers[answer], key=len)
    question = next(iter(worked.written(name)))

    def found(change):
        made = copy.deepcopy(plain)
        change(made)
        nbformat.write(made, path)
        return leaks.leaks(path, cells)

    def add(text):
        return lambda made: made.cells.append(nbformat.v4.new_markdown_cell(text))

    assert found(lambda made: None) == []
    assert found(add(f"    {line}  ")) == [f"a line of the solution of {answer!r} is left in it: {line}"]
    assert f"the solution of {answer!r} is left in it" in found(add("\n".join(answers[answer])))
    assert f"the solution of {question!r} is left in it" in found(add("\n".join(answers[question])))
    assert found(add("### BEGIN HIDDEN TESTS")) == ["'HIDDEN TESTS' is left in it"]
    assert found(lambda made: made.metadata.update(note="MARK SCHEME")) == ["'MARK SCHEME' is left in it"]
    assert found(lambda made: code(made)[0].update(execution_count=1)) == ["a cell has been run"]
    assert len(leaks.leaks(worked.source(name), cells)) > len(answers)


def test_what_gives_something_away_is_not_handed_out(handed, tmp_path, monkeypatch):
    name = ASSIGNMENTS[0]
    same_database(handed(name), tmp_path)
    monkeypatch.setattr(course, "leaks", lambda path, cells: ["a line is left in it"])
    with pytest.raises(course.NotHandedOut, match=f"{name}.ipynb is not handed out: a line is left in it"):
        course.course([name], tmp_path, say=lambda line: None)
    assert [path.name for path in tmp_path.rglob("*.ipynb")] == []
    assert [path.name for path in tmp_path.rglob("*.zip")] == []


@every
def test_the_zip_holds_what_a_student_needs(assignment, handed):
    path, folder, said = handed(assignment)
    names = {name.relative_to(folder).as_posix() for name in folder.rglob("*") if name.is_file()}
    package = {f"assignments/{path.name}" for path in (ROOT / "assignments").glob("*.py")}
    expected = {f"{assignment}.ipynb", "visible.json", "requirements.txt", "README.txt", *package}
    expected.remove("assignments/nbgrader_config.py")
    library = {name for name in names if name.startswith("library/")}
    assert names - library == expected
    assert bool(library) == worked.about(assignment)["library"]
    if library:
        modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "lrdlib").rglob("*.py")}
        assert library == {f"library/{name}" for name in modules | set(course.LIBRARY)}
    assert not any("teacher" in name or "nbgrader" in name for name in names)
    assert load(folder / "visible.json") == load(worked.source(assignment).parent / "visible.json")
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    assert readme.startswith(worked.about(assignment)["title"]) and f"check {assignment}.ipynb" in readme
    assert said[-1].startswith(f"{assignment}: {course.sums(assignment)[0]:g} points given by "
                               f"{len(questions.tests(assignment))} tests")
    before = path.read_bytes()
    assert course.pack(assignment, path.with_suffix("")).read_bytes() == before


def brought(*names):
    """The installed distributions that these bring along, themselves included."""
    found, todo = set(), list(names)
    while todo:
        name = re.sub("[-_.]+", "-", todo.pop()).lower()
        if name not in found:
            found.add(name)
            needs = [Requirement(need) for need in metadata.requires(name) or []]
            todo += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def students_python(tmp_path_factory):
    """A Python that has numpy, matplotlib and Jupyter's kernel, and nothing of ours."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    [site] = folder.rglob("site-packages")
    for name in brought("numpy", "matplotlib", "ipykernel"):
        for part in {file.parts[0] for file in metadata.files(name)} - {"..", "__pycache__"}:
            if not (site / part).exists():
                (site / part).symlink_to(metadata.distribution(name).locate_file(part))
    python = next(folder.glob("*/python"))
    for module, there in [("IPython", True), ("lrdlib", False), ("scipy", False), ("nbgrader", False),
                          ("reproduction", False), ("nbformat", False), ("assignments", False)]:
        done = subprocess.run([python, "-c", f"import {module}"], cwd=folder, capture_output=True)
        assert (done.returncode == 0) == there, module
    return python


def checked(python, folder, name):
    """What a student is told by the command that the readme names."""
    library = folder / "library" / "lrdlib"
    if library.exists():  # as pip installs it
        [site] = python.parents[1].rglob("site-packages")
        (site / "lrdlib").symlink_to(library)
    try:
        done = subprocess.run([python, "-m", "assignments", "check", name], cwd=folder, capture_output=True, text=True)
    finally:
        if library.exists():
            (site / "lrdlib").unlink()
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


@every
def test_a_student_can_check_with_what_is_in_the_zip(assignment, handed, students_python):
    folder, tests = handed(assignment)[1], questions.tests(assignment)
    status, said = checked(students_python, folder, f"{assignment}.ipynb")
    assert status == 1 and [line for line in said if line.startswith("passes")] == []
    assert [line.split()[2] for line in said if line.startswith("not yet")] == [test.name for test in tests]
    (folder / "answered.ipynb").write_bytes(worked.source(assignment).read_bytes())
    status, said = checked(students_python, folder, "answered.ipynb")
    assert status == 0 and [line for line in said if line.startswith("!")] == []
    assert [line.split()[1] for line in said if line.startswith("passes")] == [test.name for test in tests]


def test_a_students_version_runs_up_to_the_first_answer(handed, tmp_path):
    paths = []
    for assignment in ASSIGNMENTS:
        folder = tmp_path / assignment  # without the package: the kernel takes the installed one
        folder.mkdir()
        for name in (f"{assignment}.ipynb", "visible.json"):
            (folder / name).write_bytes((handed(assignment)[1] / name).read_bytes())
        paths.append(folder / f"{assignment}.ipynb")
    report = tmp_path / "report.xml"
    subprocess.run([sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "-p", "no:cov", "-q",
                    f"--rootdir={tmp_path}", f"--junitxml={report}", *paths], cwd=tmp_path, capture_output=True)
    results = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name, number = Path(case.get("classname").replace(".ipynb", "")).name, int(case.get("name").split()[-1])
        failure = case.find("failure")
        results.setdefault(name.split(".")[-1], {})[number] = None if failure is None else failure.text
    for assignment, path in zip(ASSIGNMENTS, paths):
        cells, outcomes = code(read(path)), results[assignment]
        assert sorted(outcomes) == list(range(len(cells)))
        failed = min(number for number, failure in outcomes.items() if failure)
        first = next(i for i, cell in enumerate(cells) if role(cell)[0])
        assert 0 < first <= failed, outcomes
        assert re.search("is not answered yet|NotImplementedError", outcomes[failed]), outcomes[failed]
        graded = {i for i, cell in enumerate(cells) if role(cell)[1]}
        assert graded <= {number for number, failure in outcomes.items() if failure}


def test_what_is_not_there_is_said(tmp_path, capsys):
    assert main(["course", "juggling", "--out", str(tmp_path)]) == 2
    assert "assignment must be one of" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_student_finds_nothing_of_the_teachers():
    assert {name for name in execute.student_files() if "teacher" in name or "nbgrader" in name} == set()


# nbgrader's own road


@pytest.mark.filterwarnings("ignore")  # nbgrader's own
def test_nbgrader_gives_the_same_marks(handed, tmp_path, monkeypatch):
    name = ASSIGNMENTS[0]
    same_database(handed(name), tmp_path)
    course.release(name, tmp_path)
    wrong = min(importlib.import_module(f"wrong_answers.{name}").WRONG.values(), key=lambda answer: len(answer.loses))
    source = read(worked.source(name))
    mistaken = copy.deepcopy(source)
    for old, new in wrong.edits:
        for cell in code(mistaken):
            cell.source = cell.source.replace(old, new)
    empty = read(tmp_path / "release" / name / f"{name}.ipynb")
    handed_in = {"worked": source, "empty": empty, "mistaken": mistaken}
    for student, made in handed_in.items():
        folder = tmp_path / "submitted" / student / name
        folder.mkdir(parents=True)
        nbformat.write(made, folder / f"{name}.ipynb")
    # What comes along with the last notebook must not take the place of ours.
    (folder / "assignments" / "teacher").mkdir(parents=True)
    for file in ("assignments/__init__.py", "assignments/teacher/__init__.py", "assignments/teacher/hidden.py",
                 "numpy.py"):
        (folder / file).write_text("def check(*names):\n    pass\n", encoding="utf-8")
    (folder / "visible.json").write_text(json.dumps({"tests": []}), encoding="utf-8")

    monkeypatch.setenv("MPLBACKEND", "Agg")
    api = course.nbgrader_api(tmp_path)
    for student in handed_in:
        said = api.autograde(name, student)
        assert said["success"], said["log"]
    with Gradebook(api.coursedir.db_url) as gradebook:
        notebooks = {student: gradebook.find_submission_notebook(name, name, student) for student in handed_in}
        marks = {student: {grade.name: grade.auto_score for grade in made.grades} for student, made in notebooks.items()}
    worth = {test.name: worked.points(name)[test.name] for test in questions.tests(name)}
    given = {student: {test: marks[student][test] for test in worth} for student in handed_in}
    nothing = dict.fromkeys(worth, 0)
    assert given == {"worked": worth, "empty": nothing, "mistaken": worth | dict.fromkeys(wrong.loses, 0)}
    assert 0 < sum(given["mistaken"].values()) < sum(worth.values())
    assert {marks["worked"][question] for question in worked.written(name)} == {None}, "a person reads them"
    assert sorted(path.name for path in (tmp_path / "autograded" / "mistaken" / name).iterdir()) == [
        f"{name}.ipynb", "visible.json"]
