"""Runs a student's cells and the probes of a test in another process, and brings back data.

The process may do what it likes: it may print forged messages, hang, or die. It is given limited time; what it says is
read as data of limited length; a step that kills it is left out, and the rest is run again without it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assignments.limits import Limits
from assignments.runner import BOOTSTRAP
from assignments.values import BadValue, decode

__all__ = ["Answer", "NotStarted", "Run", "execute", "plain", "student_files"]

GRACE = 3.0        # seconds beyond a step's limit before its process is killed
MESSAGES = 16 * 2**20  # bytes that one process may say
LINES = 1000  # that it may say beyond its reports
RESTARTS = 12


class NotStarted(RuntimeError):
    """The process did not begin: the fault of the machine or the sandbox, never of a submission."""


@dataclass(frozen=True)
class Answer:
    """What became of a cell or a probe: its `value` (decoded), or the `error` in words; `output` is what it printed."""

    value: object = None
    error: str | None = None
    output: str = ""
    seconds: float = 0.0


@dataclass
class Run:
    """Answers of cells and probes, by their index; None for those that were not reached."""

    cells: list
    probes: list
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def student_files(folder: Path | None = None) -> dict[str, str]:
    """The texts that a student's code finds beside it: the student's part of this package, and visible.json."""
    package = Path(__file__).parent
    files = {f"assignments/{path.name}": path.read_text(encoding="utf-8") for path in sorted(package.glob("*.py"))
             if path.name != "nbgrader_config.py"}
    if folder is not None and (folder / "visible.json").is_file():
        files["visible.json"] = (folder / "visible.json").read_text(encoding="utf-8")
    return files


@contextlib.contextmanager
def plain(arguments: Sequence[str]):
    """A process without any protection, in an empty folder: for a student's own machine, and trusted code."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, "MPLBACKEND": "Agg", **dict.fromkeys(names, "1")}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            yield process, lambda: None
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()


def execute(cells: Sequence[str], probes: Sequence[dict], *, files: dict[str, str], start: Callable = plain,
            limits: Limits | None = None, path: Sequence[str] = (), without: Sequence[str] = ()) -> Run:
    """Run cells in order, then evaluate the probes.

    Parameters
    ----------
    cells : sequence of str
        Sources.
    probes : sequence of dict
        Each has `probe`, an expression, and `given`, its variables, encoded.
    files : dict
        Texts to lay down in the process's folder, by name.
    start : callable
        ``start(arguments)`` is a context manager that starts Python with these arguments and gives the
        process, with pipes, and a function that says why it was killed, or None.
    limits : Limits, optional
        Seconds for a step and in total; the rest is for `start` to keep.
    path, without
        Folders to import from, and modules that must not be found.

    Returns
    -------
    Run

    Raises
    ------
    NotStarted
        If the process ends, or the time does, before it ran anything.
    """
    limits = limits or Limits()
    run = Run([None] * len(cells), [None] * len(probes))
    skip: set[tuple[str, int]] = set()
    job = {"files": files, "path": list(path), "without": list(without), "seconds": limits.cell}
    begin = time.monotonic()
    for _ in range(RESTARTS):
        job["cells"] = [None if ("cell", i) in skip else source for i, source in enumerate(cells)]
        job["probes"] = [None if run.probes[i] is not None else {"probe": probe["probe"], "given": probe["given"]}
                         for i, probe in enumerate(probes)]
        with start(["-I", "-c", BOOTSTRAP]) as (process, reason):
            step, why = _listen(process, job, run, limits, begin + limits.total, first=not skip)
            why = reason() or why
        if why is None:
            break
        if step is None:  # before it ran anything
            run.notes.append(f"The run {why}.")
            break
        kind, i = step = _culprit(step, run, skip)
        answers = run.cells if kind == "cell" else run.probes
        skip.add(step)
        answers[i] = Answer(error=why)
        late = time.monotonic() >= begin + limits.total
        what = f"Cell {i + 1} of those that are run" if kind == "cell" else f"The call {probes[i]['probe']}"
        run.notes.append(f"{what} {why}{'' if late else '; the rest was run without it'}.")
        if late:
            break
    else:
        run.notes.append(f"After {RESTARTS} such steps the rest was left.")
    run.seconds = time.monotonic() - begin
    if run.seconds >= limits.total:
        run.notes.append(f"The time of {limits.total:g} s in total was used up.")
    return run


def _culprit(step, run, skip):
    """The step to leave out: the last cell that was interrupted, which may have left something behind, or `step`."""
    interrupted = [("cell", i) for i, answer in enumerate(run.cells)
                   if answer is not None and (answer.error or "").startswith("took more than")
                   and ("cell", i) not in skip]
    return interrupted[-1] if interrupted else step


def _listen(process, job, run, limits, end, first):
    """Follow one process. Returns the step that it died of, and why; why is None if it came to its end.

    Between two steps, the one before is taken to have left something behind that ended it.
    """
    threading.Thread(target=_feed, args=(process.stdin, json.dumps(job).encode()), daemon=True).start()
    heard: queue.Queue = queue.Queue()
    threading.Thread(target=_hear, args=(process.stdout, heard), daemon=True).start()
    step, said, told, parts, deadline = None, 0, 0, [], time.monotonic() + limits.cell + 10 * GRACE
    while True:
        try:
            data = heard.get(timeout=max(0.0, min(deadline, end) - time.monotonic()))
            if time.monotonic() >= end:
                raise queue.Empty
        except queue.Empty:
            if said == 0 and first:
                raise NotStarted("the process did not begin in time") from None
            late = time.monotonic() >= end
            return step, f"used up the {limits.total:g} s in total" if late else f"took more than {limits.cell:g} s"
        said += len(data)
        if not data:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            if said == 0 and first:
                raise NotStarted(f"the process {_ended(process.returncode)} before it ran anything")
            return step, _ended(process.returncode)
        if said > MESSAGES:
            return step, f"gave back more than {MESSAGES / 2**20:.0f} MB"
        parts.append(data)
        if b"\n" not in data:
            continue
        *lines, rest = b"".join(parts).split(b"\n")
        parts = [rest]
        told += len(lines)
        if told > LINES + 4 * (len(job["cells"]) + len(job["probes"])):
            return step, "said too much"
        for line in lines:
            event, place, answer = _understand(line, job)
            if event == "begin":
                step, deadline = place, time.monotonic() + limits.cell + GRACE
            elif event == "end" and place == step:
                kind, i = place
                (run.cells if kind == "cell" else run.probes)[i] = answer
                deadline = time.monotonic() + limits.cell + GRACE
            elif event == "done":
                return None, None


def _feed(pipe, data):
    with contextlib.suppress(OSError, ValueError):
        pipe.write(data)
        pipe.close()


def _hear(pipe, heard):
    """Hand on what comes, and b"" at the end (by a thread: not everywhere can one wait for a pipe with a limit)."""
    said = 0
    with contextlib.suppress(OSError, ValueError):
        while said <= MESSAGES and (data := os.read(pipe.fileno(), 2**16)):
            said += len(data)
            heard.put(data)
    heard.put(b"")


def _understand(line, job):
    """An event, its step, and the answer, from a line that anybody may have written; nothing from nonsense."""
    nothing = (None, None, None)
    if not line.startswith(b"{"):
        return nothing
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return nothing
    if not isinstance(message, dict):
        return nothing
    if message.get("done") is True:
        return "done", None, None
    for event in ("begin", "end"):
        place = message.get(event)
        if (isinstance(place, list) and len(place) == 2 and place[0] in ("cell", "probe") and type(place[1]) is int
                and 0 <= place[1] < len(job[f"{place[0]}s"])):
            return event, tuple(place), _answer(message) if event == "end" else None
    return nothing


def _answer(message):
    error, output, seconds = message.get("error"), message.get("output", ""), message.get("seconds")
    try:
        value = decode(message.get("value"))
    except BadValue as bad:
        value, error = None, f"gave {bad}"
    return Answer(value, _sound(error[:1000]) if isinstance(error, str) else None,
                  _sound(output[:20_000]) if isinstance(output, str) else "",
                  float(seconds) if isinstance(seconds, (int, float)) and 0 <= seconds < 1e6 else 0.0)


def _sound(text):
    """Without lone surrogates, which JSON can hold and no file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _ended(code):
    if code is not None and code < 0:
        return f"was killed (signal {-code})"
    return f"ended its process (exit code {code})"
