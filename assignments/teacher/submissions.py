"""Which files were handed in, and by whom."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from assignments import notebooks
from assignments.teacher import worked
from assignments.teacher.questions import ASSIGNMENTS

__all__ = ["Submission", "find", "which"]

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
    """

    entry: str
    student: str
    path: Path | None
    problem: str = ""


def find(folder, assignment: str | None = None) -> list[Submission]:
    """The submissions in a folder, ordered by name: a notebook, or a folder with a notebook in it, for each student.

    Links are not followed, hidden files and folders called ``assignments`` not looked into. Of several notebooks in
    one student's folder, the one with the assignment's name is taken.

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
            if _is_passed_over(entry):
                continue
            if entry.is_dir(follow_symlinks=False):
                try:
                    path, problem = _choose(sorted(_notebooks(Path(entry.path), DEPTH)), assignment)
                except OSError as error:
                    path, problem = None, f"cannot be read: {error.strerror}"
                found.append(Submission(entry.name, entry.name, path, problem))
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
    names = {assignment: set(worked.points(assignment)) for assignment in ASSIGNMENTS}
    for submission in submissions[:50]:
        try:
            found = {cell.name for cell in notebooks.read(submission.path)} if submission.path else set()
        except notebooks.Unreadable:
            continue
        best = max(ASSIGNMENTS, key=lambda assignment: len(names[assignment] & found))
        votes[best] += bool(names[best] & found)
    if not votes.total():
        raise ValueError("assignment must be said: none of these notebooks has a cell of any assignment")
    return votes.most_common(1)[0][0]


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
    return entry.name.startswith(".") or entry.name in ("assignments", "__MACOSX")


def _choose(paths, assignment):
    if not paths:
        return None, "holds no notebook (.ipynb)"
    named = [path for path in paths if path.stem == assignment]
    if len(named) == 1:
        return named[0], ""
    if len(paths) == 1:
        return paths[0], ""
    return None, f"holds {len(paths)} notebooks, and not exactly one is called {assignment}.ipynb"


def _printable(name):
    """Without bytes that are no text and without control characters, which could play tricks on a terminal."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
