"""Where a student's code runs when it is graded: without network, without files of ours, within limits.

Bubblewrap, which needs no daemon and no image, makes a new view of the machine for each submission; a container engine
does as well. Both close off the same things, and `probe` tries them all before anything is graded.

What remains: the kernel is shared, and a hole in it is a hole here. Bubblewrap's sandboxes have one processor each, as
far as there are enough; a container's processors are not rationed, only its seconds. A container's memory is limited by
the kernel; elsewhere it is measured ten times a second (`Watch`), so that many processes together can have more for a
moment. Buffers of pipes and local sockets are not measured: at most about 200 kB for each of DESCRIPTORS times the
number of processes, 1.6 GB as it stands.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import signal
import sys
import tempfile
import weakref
from pathlib import Path

from assignments.teacher.bubblewrap import Bubblewrap
from assignments.teacher.container import Container
from assignments.teacher.probe import probe
from assignments.teacher.sandbox import DESCRIPTORS, IMAGE, Isolation, IsolationUnavailable, own_threads
from assignments.teacher.watch import Watch

__all__ = ["Bubblewrap", "Container", "Isolation", "IsolationUnavailable", "Unprotected", "Watch", "choose", "probe"]

ADVICE = f"""\
On Linux, install bubblewrap (apt install bubblewrap, dnf install bubblewrap). If it may not make namespaces for
ordinary users, as on Ubuntu 24.04 and later, allow it (an AppArmor profile for bwrap with the rule "userns,"), or grade
as root.
Elsewhere, install Podman or Docker, and in the folder that holds assignments/ build the image once:
    podman build -t {IMAGE} -f assignments/Containerfile .
To run submissions without any protection, with all that you can read and send in their reach: --isolation none"""


class Unprotected(Isolation):
    """No sandbox: a process in an empty folder, with what limits the system has. It can read and send all that you can.

    For a machine that holds nothing, or submissions that one trusts. A process that leaves its session and its
    parents escapes `kill`.
    """

    name = "none"

    def __init__(self):
        self._folder = tempfile.mkdtemp()
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.scratch = (self._folder,)

    def command(self, arguments, limits, slot, packages=()):
        folder = Path(self._folder) / str(slot)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        for package in packages:
            place = Path(self.path(packages)[0]) / package.name
            place.parent.mkdir(exist_ok=True)
            with contextlib.suppress(FileExistsError):  # another slot may have been first
                place.symlink_to(package.resolve(), target_is_directory=True)
        values = {"AS": limits.memory, "CORE": 0, "CPU": math.ceil(limits.total) + 5, "FSIZE": limits.file_size,
                  "NOFILE": DESCRIPTORS, "NPROC": limits.processes + own_threads()}
        return [sys.executable, "-I", "-S", "-c", _BEGIN, str(folder), repr(values), sys.executable, *arguments]

    def path(self, packages):
        """A folder with links to them."""
        return [f"{self._folder}/book"] if packages else []

    def kill(self, process):
        """As far as they can be found."""
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        super().kill(process)


# In a session of its own, with limits where there are any, in its folder, the command that follows.
_BEGIN = """
import ast, os, sys
os.chdir(sys.argv[1])
try:
    import resource
    os.setsid()
except (ImportError, OSError):
    pass
else:
    for name, value in ast.literal_eval(sys.argv[2]).items():
        try:
            resource.setrlimit(getattr(resource, "RLIMIT_" + name), (value, value))
        except (AttributeError, ValueError, OSError):
            pass
os.execv(sys.argv[3], sys.argv[3:])
"""


def choose(name: str = "auto") -> Isolation:
    """A sandbox that works on this machine, or an error; never less than was asked for.

    Parameters
    ----------
    name : {"auto", "bubblewrap", "container", "none"}
        The kind. "auto" takes bubblewrap or else a container; "none", which is no sandbox at all, is taken only if
        it is asked for.

    Returns
    -------
    Isolation

    Raises
    ------
    ValueError
        If there is no such kind.
    IsolationUnavailable
        If it does not work here, or lets through what it must not.
    """
    kinds = {kind.name: kind for kind in (Bubblewrap, Container)}
    if name == Unprotected.name:
        return Unprotected()
    if name not in ("auto", *kinds):
        raise ValueError(f"name must be one of {', '.join(['auto', *kinds, 'none'])}, got {name!r}")
    tried = []
    for kind in kinds.values() if name == "auto" else [kinds[name]]:
        try:
            isolation = kind()
            if not (wrong := probe(isolation)):
                isolation.prepare()
                return isolation
            tried.append(f"{kind.name}: code inside {'; '.join(wrong)}")
        except (IsolationUnavailable, OSError) as error:
            tried.append(f"{kind.name}: {error}")
    raise IsolationUnavailable("\n".join(["No sandbox works here, so no submission was run.", *tried, ADVICE]))
