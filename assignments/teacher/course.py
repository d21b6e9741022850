"""The students' versions of the assignments, made by nbgrader from the worked notebooks, and zip files to hand out."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import warnings
import zipfile
from pathlib import Path

from assignments.check import load
from assignments.execute import student_files
from assignments.judges import judge
from assignments.teacher import worked
from assignments.teacher.leaks import leaks
from assignments.teacher.questions import tests
from assignments.values import decode

__all__ = ["NotHandedOut", "course", "nbgrader_api", "pack", "release", "write_visible"]

ASSIGNMENTS = Path(__file__).parents[1]
ROOT = ASSIGNMENTS.parent
#: What the book's code needs of a project to be installed by itself.
LIBRARY = ("pyproject.toml", "README.md", "LICENSE")


class NotHandedOut(RuntimeError):
    """A students' version that was not made, or must not be handed out; the message says why."""


def course(assignments, out=None, say=print) -> list[Path]:
    """Make what is handed out to students.

    Parameters
    ----------
    assignments : sequence of str
        Names.
    out : path, optional
        nbgrader's course folder, in which `release/` and its database `_build/gradebook.db` are made. By default
        `assignments/`.
    say : callable
        Takes each line on what was made.

    Returns
    -------
    list of Path
        The zip files.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such assignment; nothing is made then.
    NotHandedOut
        If nbgrader fails, or a solution is left in what it made; that is removed.
    """
    zips = []
    for name in assignments:
        tests(name)
        if not worked.source(name).is_file():
            raise FileNotFoundError(f"{name} has no worked notebook: {worked.source(name)} is not there")
    for name in assignments:
        if write_visible(name):
            say(f"{name}: the visible tests have changed, and source/{name}/visible.json with them.")
        folder = release(name, out)
        zips.append(pack(name, folder))
        automatic, written = sums(name)
        say(f"{name}: {automatic:g} points given by {len(tests(name))} tests, {written:g} by a person. {zips[-1]}, "
            f"{zips[-1].stat().st_size / 1000:.0f} kB")
    return zips


def sums(assignment: str) -> tuple[float, float]:
    """The points that tests give, and those that a person gives."""
    written = worked.written(assignment)
    automatic = [points for name, points in worked.points(assignment).items() if name not in written]
    return sum(automatic), sum(worked.points(assignment)[name] for name in written)


def write_visible(assignment: str) -> bool:
    """Write the visible tests, with what is expected, beside the worked notebook; only if they have changed.

    Expected values are compared as a student's would be: their last digits may differ from one machine to the next.

    Returns
    -------
    bool
        Whether it was written.
    """
    path, exam = worked.source(assignment).parent / "visible.json", worked.visible(assignment)
    if path.is_file() and path.read_text(encoding="utf-8") == _text(load(path)) and same(load(path), exam):
        return False
    path.write_text(_text(exam), encoding="utf-8")
    return True


def same(exam: dict, other: dict) -> bool:
    """Whether two exams ask the same, and expect the same by each case's own judge."""
    if _without_expected(exam) != _without_expected(other):
        return False
    pairs = zip(_cases(exam), _cases(other))
    return all(judge(decode(case["expected"]), {**new, "expected": decode(new["expected"]), "settings": _settings(new)})
               is None for case, new in pairs if new["expected"] is not None or case["expected"] is not None)


def _cases(exam):
    return [case for test in exam["tests"] for case in test["cases"]]


def _settings(case):
    return {key: decode(value) for key, value in case["settings"].items()}


def _without_expected(exam):
    return {**exam, "tests": [{**test, "cases": [{**case, "expected": None} for case in test["cases"]]}
                              for test in exam["tests"]]}


def _text(exam):
    """JSON with a line for each case, so that a change of one is a change of one line."""
    def line(data):
        return json.dumps(data, ensure_ascii=False)

    parts = []
    for test in exam["tests"]:
        head = line({key: value for key, value in test.items() if key != "cases"})
        cases = ",\n".join(f"   {line(case)}" for case in test["cases"])
        parts.append(f'  {head[:-1]}, "cases": [\n{cases}\n  ]}}')
    head = line({key: value for key, value in exam.items() if key != "tests"})
    return f'{head[:-1]},\n "tests": [\n' + ",\n".join(parts) + "\n ]}\n"


def nbgrader_api(out=None):
    """nbgrader, with the settings of `nbgrader_config.py`, at work in the course folder `out`."""
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ASSIGNMENTS)).load_config()
    if out is not None:
        out = Path(out).resolve()
        (out / "_build").mkdir(parents=True, exist_ok=True)
        config.CourseDirectory.root = str(out)
        config.CourseDirectory.db_url = f"sqlite:///{out / '_build' / 'gradebook.db'}"
        config.CourseDirectory.source_directory = str(ASSIGNMENTS / "source")
    # For its database nbgrader starts a program that is installed beside it.
    programs = sysconfig.get_path("scripts")
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
    return NbGraderAPI(config=config, log_level="ERROR")


def release(assignment: str, out=None) -> Path:
    """Have nbgrader make the students' version, and look through it; the folder in which it lies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own
        api = nbgrader_api(out)
        said = api.generate_assignment(assignment)
    folder = Path(api.coursedir.format_path(api.coursedir.release_directory, ".", assignment)).resolve()
    if not said["success"]:
        raise NotHandedOut(f"nbgrader did not make {assignment}:\n{said['log']}\n{said['error']}")
    notebook = folder / f"{assignment}.ipynb"
    found = leaks(notebook, worked.cells(assignment))
    if found:
        notebook.unlink()
        raise NotHandedOut(f"{notebook.name} is not handed out: " + "; ".join(found))
    return folder


def pack(assignment: str, folder: Path) -> Path:
    """Put what a student needs into a zip file beside the folder of their version: the same bytes every time."""
    files = {path.name: path.read_text(encoding="utf-8") for path in
             (folder / f"{assignment}.ipynb", folder / "visible.json")}
    files |= student_files()
    library = worked.about(assignment)["library"]
    files["requirements.txt"] = _requirements(library)
    files["README.txt"] = _readme(assignment)
    if library:
        files |= {f"library/{name}": (ROOT / name).read_text(encoding="utf-8") for name in LIBRARY}
        files |= {f"library/{path.relative_to(ROOT).as_posix()}": path.read_text(encoding="utf-8")
                  for path in (ROOT / "lrdlib").rglob("*.py")}
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{assignment}/{name}")  # dated 1980
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, files[name])
    return path


def _requirements(library):
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = [line for line in lines if line.partition("==")[0] in ("numpy", "matplotlib")]
    text = f"# Python 3.11 or later. Tested with {' and '.join(tested)}.\nnumpy\nmatplotlib\njupyterlab\n"
    return text + ("# lrdlib, the library of the book\n./library\n" if library else "")


def _readme(assignment):
    title, (automatic, written) = worked.about(assignment)["title"], sums(assignment)
    return f"""{title}
{"=" * len(title)}

{automatic:g} points are given by tests, {written:g} by a person who reads your answers in words.

To start
    In a terminal, in this folder:
        pip install -r requirements.txt
        jupyter lab {assignment}.ipynb
    If you have the book's own environment, activate it: numpy, matplotlib and lrdlib are in it.
    Keep the notebook in this folder. visible.json and the folder assignments/ belong to it.

To check
    check("...") in the notebook tests what you have written so far. Before handing in, save the notebook, then
        python -m assignments check {assignment}.ipynb
    runs it from top to bottom in a fresh process, as it will be run for your mark.
    In the notebook, a check that does not pass stops "Run All": go on with the next cell by hand.
    Your mark comes from more tests of the same functions, with other numbers and sizes.

To hand in
    {assignment}.ipynb, and nothing else. You may add cells. Do not delete any: each keeps a name by which it is found.
    What is not finished costs its own points only, so hand in what you have.
"""


def main(arguments) -> int:
    """``visible NAME ...``: write the visible tests of these assignments, if they have changed."""
    if arguments[:1] != ["visible"]:
        print("usage: python -m assignments.teacher.course visible NAME ...", file=sys.stderr)
        return 2
    for name in arguments[1:]:
        print(f"{name}: visible.json {'is written' if write_visible(name) else 'is as it was'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
