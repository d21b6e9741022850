"""Watches the memory of a process and all its descendants, and ends them when it is too much."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from assignments.limits import Limits

__all__ = ["Watch", "memory", "tree"]

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
INODE = 1024  # bytes that the kernel spends on one small file of a tmpfs, about


def tree(pid: int) -> list[int]:
    """The process and its descendants.

    Linux lists the children of each thread, which is far cheaper than to look at all processes.
    """
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
        with contextlib.suppress(psutil.Error):
            return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        return [pid]
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{found[-1]}/task"):
                with contextlib.suppress(OSError):
                    todo += map(int, Path(f"/proc/{found[-1]}/task/{thread}/children").read_bytes().split())
    return found


def memory(pid: int, limit: int, scratch: tuple[str, ...] = ()) -> int:
    """Bytes of memory that a process, its descendants and their scratch folders use.

    Memory that processes share, as after a fork, counts once. To find that out is slow, so where the sum of all that is
    resident stays below `limit`, that sum is returned.

    Parameters
    ----------
    pid : int
        The process.
    limit : int
        Bytes.
    scratch : tuple of str
        Folders of the innermost process's view that are file systems in memory.

    Returns
    -------
    int
    """
    pids = tree(pid)
    files = sum(_held(pids, folder) for folder in scratch)
    total = files + sum(map(_resident, pids))
    return total if total <= limit else files + sum(map(_proportional, pids))


def _resident(pid):
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE
    if not os.path.isdir("/proc/self"):
        with contextlib.suppress(psutil.Error):
            return psutil.Process(pid).memory_info().rss
    return 0


def _proportional(pid):
    """The resident pages, each divided by the number of processes that share it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(pid)


def _held(pids, folder):
    """What the file system at `folder`, as the innermost process sees it, holds; 0 if it is the one that we see."""
    for pid in reversed(pids):
        with contextlib.suppress(OSError):
            there = f"/proc/{pid}/root{folder}"
            if os.stat(there).st_dev == os.stat(folder).st_dev:
                return 0
            use = os.statvfs(there)
            return (use.f_blocks - use.f_bfree) * use.f_frsize + (use.f_files - use.f_ffree) * INODE
    return 0


class Watch:
    """A context in which a process may not use more than its memory.

    Looks ten times a second. What a process may ask for beyond the limit before it is seen is what the kernel can hand
    out in that time, about a gigabyte per core; one process alone is held by the limit of its address space already.

    Parameters
    ----------
    process : subprocess.Popen
        The process.
    limits : Limits
        Its memory counts.
    kill : callable
        ``kill(process)`` ends it and all that belongs to it.
    scratch : tuple of str
        Folders that are file systems in memory, as the innermost process sees them.
    interval : float
        Seconds between two looks.

    Attributes
    ----------
    reason : str or None
        Why the process was ended, as the end of a sentence on it.
    peak : int
        The most bytes that were seen.
    """

    def __init__(self, process: subprocess.Popen, limits: Limits, kill: Callable[[subprocess.Popen], None],
                 scratch: tuple[str, ...] = (), interval: float = 0.1):
        self.process, self.limits, self.kill, self.scratch, self.interval = process, limits, kill, scratch, interval
        self.reason: str | None = None
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(self.interval) and self.process.returncode is None:
            used = memory(self.process.pid, self.limits.memory, self.scratch)
            self.peak = max(self.peak, used)
            if used > self.limits.memory:
                self.reason = f"used more than {self.limits.memory / 2**20:.0f} MB of memory"
                self.kill(self.process)
                return
