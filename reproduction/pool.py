"""Worker processes that compute tasks one at a time, each with one BLAS thread.

Small matrices gain nothing from more threads, and sums must not depend on how many there are: so even a
single process is a worker, started with the threads' number set before numpy is imported.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection

__all__ = ["TaskError", "run"]

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                                     "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")}


class TaskError(Exception):
    """A task failed; `task` is the task, `trace` its traceback as text."""

    def __init__(self, task, message: str, trace: str = ""):
        super().__init__(message)
        self.task, self.trace = task, trace


def run(function: Callable, tasks: Iterable, processes: int) -> Iterator[tuple]:
    """Compute ``function(task)`` for every task, in worker processes.

    Tasks are taken from the iterable one at a time, when a process is free and the values before were
    consumed.

    Yields
    ------
    task, value
        As they are finished, in any order.

    Raises
    ------
    TaskError
        When a task fails or its process dies: no more tasks are begun, those under way are finished and
        yielded, then the error is raised. When the caller stops the iteration, or is interrupted, the workers
        are stopped at once.
    """
    context = multiprocessing.get_context("spawn")
    waiting = iter(tasks)
    busy: dict[connection.Connection, object] = {}
    workers = []
    error = None

    def give(pipe) -> None:
        for task in itertools.islice(waiting, 1):
            busy[pipe] = task
            with contextlib.suppress(OSError):  # a dead worker is found out when its answer is awaited
                pipe.send(task)

    try:
        with _one_thread(), _sigint_ignored():
            for _ in range(processes):
                ours, theirs = context.Pipe()
                worker = context.Process(target=_work, args=(function, theirs), daemon=True)
                worker.start()
                theirs.close()
                workers.append((worker, ours))
        for _, pipe in workers:
            give(pipe)
        while busy:
            for pipe in connection.wait(list(busy)):
                task = busy.pop(pipe)
                try:
                    failed, value = pipe.recv()
                except (EOFError, OSError):
                    error = error or TaskError(task, "its process died (killed, or out of memory)")
                    continue
                if failed:
                    error = error or TaskError(task, *value)
                    continue
                yield task, value
                if error is None:
                    give(pipe)
        if error is not None:
            raise error
    finally:
        for worker, pipe in workers:
            pipe.close()
            worker.terminate()
        for worker, _ in workers:
            worker.join()


def _work(function: Callable, pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                answer = (False, function(task))
            except Exception as error:  # noqa: BLE001 - whatever a task raises is reported with the task
                answer = (True, (f"{type(error).__name__}: {error}", traceback.format_exc()))
            pipe.send(answer)


def _end_with_parent() -> None:
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


@contextlib.contextmanager
def _one_thread():
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _sigint_ignored():
    """Workers are started deaf to Ctrl-C, which reaches the whole group: their parent decides what happens to
    them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
