"""What every kind of sandbox can do."""

from __future__ import annotations

import contextlib
import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import psutil

from assignments.limits import Limits
from assignments.teacher.watch import Watch, tree

__all__ = ["BOOK", "DESCRIPTORS", "IMAGE", "Isolation", "IsolationUnavailable", "own_threads", "user"]

BOOK = "/book"
USER = 60600  # the first of the user ids that are lent to sandboxes; no distribution gives them to anybody
DESCRIPTORS = 128
IMAGE = "lrdlib-assignments"


def user(slot: int) -> int:
    """The user id of a slot: another one for each slot of this process, and nearly always for those of other processes.

    The kernel counts processes by user, so sandboxes that shared one could starve each other.
    """
    return USER + (os.getpid() * 16 + slot) % 580


class IsolationUnavailable(RuntimeError):
    """There is no sandbox of this kind on this machine."""


class Isolation(ABC):
    """A kind of sandbox.

    Attributes
    ----------
    name : str
        As the command line knows it.
    scratch : tuple of str
        Where code inside may write. It starts there, in an empty folder.
    """

    name: str
    scratch: tuple[str, ...]

    @abstractmethod
    def command(self, arguments: Sequence[str], limits: Limits, slot: int, packages: Sequence[Path] = ()) -> list[str]:
        """The command that runs Python isolated.

        Parameters
        ----------
        arguments : sequence of str
            Python's.
        limits : Limits
            All but `cell`, which is for whoever waits, are kept.
        slot : int
            Numbers the sandboxes that run at the same time from 0.
        packages : sequence of Path
            Folders of packages to be found inside in one of `path`.

        Returns
        -------
        list of str
        """

    def path(self, packages: Sequence[Path]) -> list[str]:
        """The folders inside from which packages are imported."""
        return [BOOK] if packages else []

    def prepare(self) -> None:
        """Do once what would have to be done in each sandbox."""

    def environment(self) -> dict[str, str]:
        """Variables of the process; nothing is inherited."""
        home = self.scratch[0]
        return {"PATH": "/usr/bin:/bin", "HOME": home, "USER": "student", "LOGNAME": "student", "LANG": "C.UTF-8",
                "TMPDIR": home, "MPLBACKEND": "Agg", "MPLCONFIGDIR": f"{home}/.matplotlib",
                "IPYTHONDIR": f"{home}/.ipython", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                "MKL_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    def kill(self, process: subprocess.Popen) -> None:
        """End the process and all that it started, and wait for their end."""
        others = []
        for pid in tree(process.pid)[1:]:
            with contextlib.suppress(psutil.Error):
                others.append(psutil.Process(pid))
        for other in others:  # first, so that their parent, which still lives, puts them to rest
            with contextlib.suppress(psutil.Error):
                other.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1 if others else 0)
        process.kill()
        process.wait()

    @contextlib.contextmanager
    def start(self, arguments: Sequence[str], limits: Limits | None = None, slot: int = 0,
              packages: Sequence[Path] = (), stderr=subprocess.DEVNULL):
        """A context: Python runs isolated and watched, and is ended afterwards.

        Parameters
        ----------
        arguments, limits, slot, packages
            As for `command`.
        stderr : file, optional
            Where its error messages go.

        Yields
        ------
        process : subprocess.Popen
            With pipes for its standard input and output.
        reason : callable
            Says why it was ended, as the end of a sentence, or None.
        """
        limits = limits or Limits()
        process = subprocess.Popen(self.command(arguments, limits, slot, packages), env=self.environment(),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        try:
            with Watch(process, limits, self.kill, self.scratch) as watch:
                yield process, lambda: watch.reason
        finally:
            self.kill(process)
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()


def own_threads():
    """Threads of all processes of the user, which the kernel counts as processes."""
    count = 0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, AttributeError):
            if process.uids().real == os.getuid():
                count += process.num_threads()
    return count
