"""Grades a folder of submissions: student code in a sandbox, its data judged here, one result a student."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import queue
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm import tqdm

from assignments import notebooks
from assignments.check import failure, first_line
from assignments.execute import execute, student_files
from assignments.limits import Limits
from assignments.teacher import feedback, marks, submissions, worked
from assignments.teacher.isolation import Isolation
from assignments.teacher.words import in_words
from reproduction import files

__all__ = ["Grader", "Summary", "grade"]

LIBRARY = Path(__file__).parents[2] / "lrdlib"
KEYS = {"fingerprint", "student", "entry", "problem", "marks", "failures", "written", "cells", "notes"}  # of a result
CODE = 4 * 2**20  # characters of code that a submission may hold


@dataclass(frozen=True)
class Summary:
    """What became of a folder.

    Attributes
    ----------
    assignment : str
    results : dict
        By student, in order: see `Grader.grade`.
    reused : int
        How many of them had been graded before.
    failed : dict
        Why a student's submission could not be graded at all: the machine's fault, not theirs.
    said : list of str
        What the teacher should know of ``written.csv``.
    """

    assignment: str
    results: dict
    reused: int
    failed: dict
    said: list[str] = field(default_factory=list)


class Grader:
    """Grades submissions of one assignment.

    Parameters
    ----------
    assignment : str
    isolation : Isolation
        Where the student's code runs.
    limits : Limits, optional
    seed : int
        Of the hidden cases.
    vary : bool
        Whether each student has hidden cases of their own.
    """

    def __init__(self, assignment: str, isolation: Isolation, limits: Limits | None = None, seed: int = 1994,
                 vary: bool = False):
        self.assignment, self.isolation, self.limits = assignment, isolation, limits or Limits()
        self.seed, self.vary = seed, vary
        self.library = worked.about(assignment)["library"]
        self.files = student_files(worked.source(assignment).parent)
        self.stopped = False
        self._lock, self._running = threading.Lock(), set()

    def exam(self, student: str) -> dict:
        """The student's tests, with the expected values."""
        with self._lock:  # the worked solution is run in this process
            return worked.hidden(self.assignment, self.seed, student if self.vary else "")

    def fingerprint(self, submission: submissions.Submission) -> str:
        """Changes whenever the result could: with the file, tests, limits, code, versions and sandbox."""
        parts = [submission.entry.encode("utf-8", "surrogateescape"), submission.problem.encode(),
                 json.dumps([self.exam(submission.student), self.files, asdict(self.limits), self.isolation.name,
                             self._code]).encode()]
        with contextlib.suppress(OSError, notebooks.Unreadable):
            if submission.path is not None:
                parts.append(notebooks.data(submission.path))
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def grade(self, submission: submissions.Submission, slot: int = 0) -> dict:
        """One submission's result.

        Parameters
        ----------
        submission : Submission
        slot : int
            Which of the sandboxes that run at a time.

        Returns
        -------
        dict
            `marks` and `failures` by test, `written` answers, what went wrong in `cells`, `notes`, `problem`.

        Raises
        ------
        NotStarted
            If the sandbox could not be started.
        """
        exam = self.exam(submission.student)
        result = {"student": submission.student, "entry": _text(submission.entry), "problem": submission.problem,
                  "marks": {}, "failures": {}, "written": {}, "cells": [], "notes": [], "seconds": 0.0}
        cells: list[notebooks.Cell] = []
        if submission.path is not None:
            try:
                cells = notebooks.read(submission.path)
            except notebooks.Unreadable as error:
                result["problem"] = str(error)
        if sum(len(cell.source) for cell in cells if cell.kind == "code") > CODE:
            result["problem"], cells = f"holds more than {CODE / 2**20:.0f} MB of code", []
        sources = notebooks.steps(cells)
        if cells and (other := submissions.version(cells)) and not submissions.shares(cells, self.assignment):
            result["problem"], cells, sources = f"is a notebook of another assignment ({other})", [], []
        probes = [case for test in exam["tests"] for case in test["cases"]]
        answers = [None] * len(probes)
        if sources:
            run = execute(sources, probes, files=self.files, start=lambda arguments: self._start(arguments, slot),
                          limits=self.limits, path=self.isolation.path(self._packages),
                          without=() if self.library else ("lrdlib",))
            answers, result["notes"], result["seconds"] = run.probes, run.notes, run.seconds
            result["cells"] = [{"begins": first_line(source), "error": answer.error if answer else "was not reached",
                                "output": answer.output[-2000:] if answer else ""}
                               for source, answer in zip(sources, run.cells) if answer is None or answer.error]
        answers = iter(answers)
        for test in exam["tests"]:
            wrong = [text for case in test["cases"] if (text := failure(test, case, next(answers)))]
            result["marks"][test["name"]] = 0 if wrong else test["points"]
            if wrong:
                result["failures"][test["name"]] = {"cases": len(test["cases"]), "failed": len(wrong),
                                                    "first": wrong[0]}
        result["written"], notes = in_words(self.assignment, cells)
        result["notes"] = [*result["notes"], *notes]
        return result

    @cached_property
    def _code(self):
        """Of what marks and is marked: the versions, and a hash of our own code."""
        folders = [Path(__file__).parent, *self._packages]
        sources = [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.py"))]
        return [sys.version, np.__version__, hashlib.sha256(b"\0".join(sources)).hexdigest()]

    def stop(self) -> None:
        """Kill what is running; its results are dropped."""
        self.stopped = True
        with self._lock:
            for process in self._running:
                process.kill()

    @property
    def _packages(self):
        return [LIBRARY] if self.library else []

    @contextlib.contextmanager
    def _start(self, arguments, slot):
        with self.isolation.start(arguments, self.limits, slot, self._packages) as (process, reason):
            with self._lock:
                self._running.add(process)
            try:
                if self.stopped:
                    raise KeyboardInterrupt
                yield process, reason
            finally:
                with self._lock:
                    self._running.discard(process)


def grade(folder, out, grader: Grader, processes: int | None = None, progress: bool = True) -> Summary:
    """Grade all submissions in a folder, several at a time; go on where an interrupted run had stopped.

    Parameters
    ----------
    folder : path
        See `submissions.find`.
    out : path
        Takes ``results/`` (one JSON a student: what makes a run resumable), ``feedback/`` (one page a student),
        ``marks.csv``, ``written.csv`` and ``written.html``. Marks that a person wrote into ``written.csv`` are kept
        and counted.
    grader : Grader
    processes : int, optional
        Sandboxes at a time; by default the number of processors.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Summary

    Raises
    ------
    FileNotFoundError, ValueError
        Before any work, if there is nothing to grade, ``written.csv`` holds what is no mark, `out` is no folder, lies
        within `folder` or holds the marks of another assignment, or another run is at work in it.
    KeyboardInterrupt
        If interrupted; the finished results are kept.
    """
    found = submissions.find(folder, grader.assignment)
    out = Path(out)
    if Path(folder).resolve() in (out.resolve(), *out.resolve().parents):
        raise ValueError(f"out must not lie within the folder of submissions, where it would be graded, got {out}")
    if out.exists() and not out.is_dir():
        raise ValueError(f"out must be a folder, got {out}, which is a file")
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        _of_one_assignment(out, grader.assignment)
        given = marks.read_written(out / "written.csv", worked.points(grader.assignment))
        results, failed, reused, todo = {}, {}, 0, []
        for submission in found:
            known = _known(_place(out, submission), grader.fingerprint(submission))
            if known is None:
                todo.append(submission)
            else:
                results[submission.student], reused = known, reused + 1
        try:
            for submission, result, error in _each(todo, out, grader, processes or os.cpu_count() or 1, progress):
                if error:
                    failed[submission.student] = error
                else:
                    results[submission.student] = result
        finally:
            results = {s.student: _with_note(results[s.student], s.note) for s in found if s.student in results}
            expected = [s.student for s in found if s.student not in results]
            given, said = marks.update(out, grader.assignment, results, given, expected)
            for submission in found:
                if submission.student in results:
                    page = feedback.page(grader.assignment, results[submission.student], given)
                    files.write(out / "feedback" / f"{_name(submission)}.html", page)
            files.write(out / "written.html", feedback.written(grader.assignment, results, given))
        return Summary(grader.assignment, results, reused, failed, said)


def _each(todo, out, grader, processes, progress):
    """Yields each submission with its result, or what went wrong, as they come; a result is on the disk before that."""
    slots: queue.SimpleQueue = queue.SimpleQueue()
    for slot in range(processes):
        slots.put(slot)

    def one(submission):
        slot = slots.get()
        try:
            fingerprint = grader.fingerprint(submission)
            result = grader.grade(submission, slot)
            if grader.stopped:
                raise KeyboardInterrupt
            files.write(_place(out, submission), json.dumps({"fingerprint": fingerprint, **result}, indent=1))
            return result
        finally:
            slots.put(slot)

    bar = tqdm(total=len(todo), unit="notebook", disable=not (progress and todo))
    with ThreadPoolExecutor(processes) as pool, bar:
        waiting = {pool.submit(one, submission): submission for submission in todo}
        try:
            for done in as_completed(waiting):
                bar.update()
                try:
                    yield waiting[done], done.result(), None
                except Exception as error:  # noqa: BLE001 - whatever it is, it must not cost the others their marks
                    yield waiting[done], None, f"{type(error).__name__}: {error}"
        except BaseException:
            grader.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _with_note(result, note):
    return {**result, "notes": [*result["notes"], *([note] if note else [])]}


def _of_one_assignment(out, assignment):
    """A second assignment's marks would take the place of the first one's."""
    path = out / "assignment.txt"
    if not path.is_file():
        files.write(path, assignment + "\n")
    elif (there := path.read_text(encoding="utf-8").strip()) != assignment:
        raise ValueError(f"out must be another folder for {assignment}, got {out}, which holds the marks of {there}")


@contextlib.contextmanager
def _alone(out):
    """Hold the folder for this process; whatever ends the process lets it go."""
    with open(out / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"out must be free, got {out}, in which another run is at work") from None
        yield


def _known(path, fingerprint):
    """An earlier result of the same submission under the same tests; None if there is none, or it is damaged."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(result, dict) and KEYS <= set(result)
    return result if whole and result.pop("fingerprint") == fingerprint else None


def _name(submission):
    """A file name for a student: readable, and different for different entries."""
    stem = re.sub(r"[^\w-]", "_", submission.student)[:40]
    return f"{stem}-{hashlib.sha256(os.fsencode(submission.entry)).hexdigest()[:8]}"


def _place(out, submission):
    return out / "results" / f"{_name(submission)}.json"


def _text(text):
    """Without lone surrogates, which no file takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
