"""Runs a notebook's cells and evaluates probes, in a process of its own; whoever started it must not trust it.

The job comes as one line of JSON on standard input; what happened goes out, line by line, on what was
standard output. The student's code runs in this same process: nothing here is a defence.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import signal
import sys
import time
import traceback

from assignments.values import BadValue, decode, encode

__all__ = ["BOOTSTRAP", "run"]

# What the process is started with: it unpacks the job's files, this module among them, and goes on here.
BOOTSTRAP = """
import json, os, sys
job = json.loads(sys.stdin.buffer.readline())
for name, text in job["files"].items():
    os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
sys.path[:0] = [os.getcwd(), *job["path"]]
sys.modules.update(dict.fromkeys(job["without"]))
from assignments import runner
runner.run(job)
"""
OUTPUT = 20_000  # characters of a cell's print that are kept
ERROR = 500


class TimeUp(BaseException):
    """A step took longer than it may. Not an Exception, so that ``except Exception`` does not swallow it."""


def run(job: dict) -> None:
    """Run the cells of the job, then its probes, and report each.

    Parameters
    ----------
    job : dict
        `cells`: list of sources, or None for a cell to leave out; `probes`: list of {probe, given}, or None; `seconds`:
        the time for a step; `files`, `path`, `without`: texts to lay down, folders to import from, modules to do
        without.
    """
    report = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)

    own = os.getpid()

    def send(**message) -> None:
        if os.getpid() != own:  # a fork of the student's, which has come out of its cell
            os._exit(0)
        report.write(json.dumps(message) + "\n")
        report.flush()

    shell = _shell()
    for kind, steps, do in (("cell", job["cells"], _cell), ("probe", job["probes"], _probe)):
        for i, step in enumerate(steps):
            if step is not None:
                send(begin=[kind, i])
                start = time.monotonic()
                said = do(shell, step, job["seconds"])
                send(end=[kind, i], seconds=time.monotonic() - start, **said)
    send(done=True)
    os._exit(0)  # whatever threads the student's code has left


class _Printed(io.StringIO):
    """The beginning of what is printed."""

    def write(self, text):
        if self.tell() < OUTPUT:
            super().write(text[:OUTPUT])
        return len(text)


def _shell():
    """IPython without a terminal, so that magics and top-level await work as they do in a notebook."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.showtraceback = lambda *args, **kwargs: None
    shell._tee = lambda channel: contextlib.nullcontext()  # from IPython 9 on it would keep all that is printed
    shell.system = shell.system_piped = shell.system_raw = lambda command: print("(No shell here: not run.)")
    shell.getoutput = lambda *args, **kwargs: []
    shell.enable_gui = lambda gui=None: None  # what %matplotlib asks for
    shell.ask_exit = lambda: None  # what exit asks for
    return shell


def _cell(shell, source, seconds):
    printed, result, error = _Printed(), None, None
    try:
        with _limit(seconds), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = shell.run_cell(source, store_history=False)
    except BaseException as stopped:  # noqa: BLE001 - nothing that a cell raises may end the run
        error = stopped
    if result is not None:
        error = result.error_before_exec or result.error_in_exec
    return {"error": explain(error, seconds) if error is not None else None, "output": printed.getvalue()}


def _probe(shell, probe, seconds):
    printed = _Printed()
    try:
        with _limit(seconds), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            value = evaluate(probe["probe"], probe["given"], shell.user_ns)
        return {"error": None, "value": encode(value)}
    except BadValue as error:
        return {"error": f"gave {error}", "value": None}
    except BaseException as error:  # noqa: BLE001
        return {"error": explain(error, seconds), "value": None}


def evaluate(probe: str, given: dict, namespace: dict):
    """The value of the expression `probe` in a namespace, with the variables `given` (encoded) besides."""
    variables = {name: decode(data, {"np": sys.modules.get("numpy"), **namespace}) for name, data in given.items()}
    code = compile(probe, "<probe>", "eval")
    python = {name: getattr(builtins, name) for name in code.co_names if hasattr(builtins, name)}  # list is list here
    return eval(code, {**namespace, **python, **variables})  # noqa: S307 - the test's own expression


def explain(error: BaseException, seconds: float | None = None) -> str:
    """One line on an error of the student's code, with the line of their cell in which it arose."""
    if isinstance(error, TimeUp):
        return f"took more than {seconds:g} s"
    with contextlib.suppress(BaseException):  # an error's own __str__ may raise whatever it likes
        said = " ".join(str(error.msg if isinstance(error, SyntaxError) else error)[:ERROR].split())
        if isinstance(error, NotImplementedError) and not said:
            return "is not answered yet"
        text = f"stopped with {type(error).__name__}" + (f": {said}" if said else "")
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames
               if "ipykernel" in frame.filename or frame.filename.startswith("<ipython-input")]
        if isinstance(error, SyntaxError):
            return f"{text} (line {error.lineno})"
        if isinstance(error, NameError) and not own:
            text += " (was the cell that defines it run, without an error?)"
        if own:
            name = own[-1].name
            text += f" (line {own[-1].lineno} of the cell{'' if name.startswith('<') else f', in {name}'})"
        return text
    return "stopped with an error that cannot be printed"


@contextlib.contextmanager
def _limit(seconds):
    """Raise `TimeUp` after `seconds`, and again every second, as long as the code inside swallows it."""
    if not hasattr(signal, "setitimer"):  # Windows: whoever started this process ends it
        yield
        return

    def stop(number, frame):
        raise TimeUp

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
