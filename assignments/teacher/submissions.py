"""Which files were handed in, and by whom."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from assignments import notebooks
from assignments.teacher import worked
from assignments.teacher.questions import ASSIGNMENTS

__all__ = ["Submission", "find", "passed_over", "shares", "version", "which"]

DEPTH = 6  # of folders below a student's


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    entry : str
        The name of their file or folder, as it is on the disk.
    student : str
        The same as it can be printed, without the ending of a file.
    path : Path or None
        The notebook; None if there is none to take.
    problem : str
        Why there is none.
    note : str
        What a teacher should know of the choice.
    """

    entry: str
    student: str
    path: Path | None
    problem: str = ""
    note: str = ""


def find(folder, assignment: str | None = None) -> list[Submission]:
    """The submissions in a folder, ordered by name: a notebook, or a folder with a notebook in it, for each student.

    Links are not followed and hidden files not looked into, nor is a folder called ``assignments`` beside those of
    the students. Of several notebooks in one student's folder, the one with the assignment's name is taken.

    Raises
    ------
    FileNotFoundError
        If the folder is not there, or holds no submission.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"folder must be a folder of submissions, got {folder}")
    found = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: os.fsencode(entry.name)):
            if _is_passed_over(entry) or entry.name == "assignments":
                continue
            if entry.is_dir(follow_symlinks=False):
                try:
                    path, problem, note = _choose(sorted(_notebooks(Path(entry.path), DEPTH)), assignment)
                except OSError as error:
                    path, problem, note = None, f"cannot be read: {error.strerror}", ""
                found.append(Submission(entry.name, entry.name, path, problem, note))
            elif entry.name.lower().endswith(".ipynb"):
                found.append(Submission(entry.name, entry.name[:-len(".ipynb")], Path(entry.path)))
    if not found:
        raise FileNotFoundError(f"folder must hold notebooks (.ipynb) or a folder for each student, got {folder}")
    twice = Counter(_printable(submission.student) for submission in found)
    names: set[str] = set()
    for i, submission in enumerate(found):
        name = _printable(submission.student)
        name = again = name if twice[name] == 1 else _printable(submission.entry)
        n = 1
        while again in names:  # names that differ in what cannot be printed
            n += 1
            again = f"{name} ({n})"
        names.add(again)
        found[i] = replace(submission, student=again)
    return found


def which(submissions: list[Submission]) -> str:
    """The assignment that most of these notebooks are versions of, by the names of their cells.

    Raises
    ------
    ValueError
        If none of them is a version of any.
    """
    votes: Counter = Counter()
    for submission in submissions[:50]:
        try:
            votes[version(notebooks.read(submission.path) if submission.path else [])] += 1
        except notebooks.Unreadable:
            continue
    del votes[None]
    if not votes:
        raise ValueError("assignment must be said: none of these notebooks has a cell of any assignment")
    return votes.most_common(1)[0][0]


def version(cells: list[notebooks.Cell]) -> str | None:
    """The assignment of which these are the cells, by their names; None if they are of none."""
    shared = {assignment: shares(cells, assignment) for assignment in ASSIGNMENTS}
    best = max(ASSIGNMENTS, key=shared.get)
    return best if shared[best] else None


def shares(cells: list[notebooks.Cell], assignment: str) -> int:
    """How many tests and questions of an assignment have a cell among these."""
    return len({cell.name for cell in cells} & set(worked.points(assignment)))


def passed_over(folder, found: list[Submission]) -> list[str]:
    """What lies in the folder of submissions and is none; of what is hidden, only notebooks and folders with some."""
    taken, names = {submission.entry for submission in found}, []
    with os.scandir(folder) as entries:
        for entry in entries:
            hidden = entry.name.startswith(".")
            if entry.name not in taken and (not hidden or _holds_notebooks(entry)):
                names.append(entry.name)
    return sorted(names, key=os.fsencode)


def _holds_notebooks(entry):
    if entry.name.startswith("._") or entry.name == ".ipynb_checkpoints":  # of macOS, and Jupyter's copies
        return False
    try:
        return entry.name.lower().endswith(".ipynb") or (
            entry.is_dir(follow_symlinks=False) and any(_notebooks(Path(entry.path), DEPTH)))
    except OSError:
        return True


def _notebooks(folder, depth):
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_passed_over(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth:
                    yield from _notebooks(Path(entry.path), depth - 1)
            elif entry.name.lower().endswith(".ipynb"):
                yield Path(entry.path)


def _is_passed_over(entry):
    return entry.name.startswith(".") or entry.name == "__MACOSX"


def _choose(paths, assignment):
    if not paths:
        return None, "holds no notebook (.ipynb)", ""
    named = [path for path in paths if path.stem == assignment]
    if len(named) == 1:
        return named[0], "", f"Of {len(paths)} notebooks {assignment}.ipynb was taken." if len(paths) > 1 else ""
    if len(paths) == 1:
        return paths[0], "", ""
    return None, f"holds {len(paths)} notebooks, and not exactly one is called {assignment}.ipynb", ""


def _printable(name):
    """Without bytes that are no text and without control characters, which could play tricks on a terminal."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
