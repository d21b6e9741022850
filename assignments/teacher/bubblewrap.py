"""Sandboxes made with bubblewrap, which needs no daemon and no image."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
import tempfile
import weakref
from pathlib import Path

from assignments.teacher import seccomp
from assignments.teacher.sandbox import BOOK, DESCRIPTORS, Isolation, IsolationUnavailable, own_threads, user

__all__ = ["Bubblewrap"]

OURS = ("lrdlib", "reproduction", "assignments", "benchmarks")  # not to be found, even where they are installed
NOBODY = 65534


class Bubblewrap(Isolation):
    """Namespaces, made with bubblewrap: a new root that holds Python and system libraries, read-only, and nothing else.

    Run by root, it lends each slot a user id of its own, for the kernel does not limit root's processes. Run by
    anybody else, it makes a user namespace, in which the processes of a sandbox are counted apart (Linux 5.14 and
    later; before that, all of the user's processes count together, and those there are now are added to the limit).

    Raises
    ------
    IsolationUnavailable
        If this is not Linux, or a program is missing.
    """

    name = "bubblewrap"
    scratch = ("/tmp", "/dev/shm")

    def __init__(self):
        self._root = sys.platform == "linux" and os.geteuid() == 0
        needed = ("sh", "bwrap", "prlimit", *(("setpriv",) if self._root else ()))
        self._tools = {name: shutil.which(name) for name in needed}
        self._taskset = shutil.which("taskset")
        if missing := [name for name, place in self._tools.items() if place is None]:
            raise IsolationUnavailable(f"there is no {' and no '.join(missing)} on this machine")
        program = seccomp.program()
        self._filter = self._keep(program) if program is not None else None
        self._fonts: list[str] = []

    def prepare(self):
        """Let matplotlib list its fonts once, in a sandbox: in each anew it would take a tenth of a second."""
        with self.start(["-I", "-c", _LIST_FONTS]) as (process, _):
            name, _, fonts = process.communicate()[0].partition(b"\n")
        if fonts:
            folder = self.environment()["MPLCONFIGDIR"]
            self._fonts = ["--perms", "1777", "--dir", folder,
                           "--ro-bind", self._keep(fonts), f"{folder}/{name.decode()}"]

    def _keep(self, data):
        """The name of a file with this content, for as long as this object lives."""
        handle, name = tempfile.mkstemp()
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(handle, 0o644)
        weakref.finalize(self, os.unlink, name)
        return name

    def command(self, arguments, limits, slot, packages=()):
        view = _View()
        view.add_python()
        for name in ("prlimit", "setpriv"):
            if name in self._tools:
                view.bind(self._tools[name])
        for package in packages:
            view.bind(package, f"{BOOK}/{package.name}")
        view.hide_ours()
        shared = limits.disk // 8
        return [
            *self._begin(slot), "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net",
            "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL", *self._user(),
            "--clearenv", *(word for item in self.environment().items() for word in ("--setenv", *item)),
            "--perms", "1777", "--size", str(limits.disk - shared), "--tmpfs", "/tmp",
            "--dev", "/dev", "--perms", "1777", "--size", str(shared), "--tmpfs", "/dev/shm",
            *self._fonts, *view.arguments, "--proc", "/proc", "--remount-ro", "/dev", "--remount-ro", "/",
            "--chdir", "/tmp", *(["--seccomp", "3"] if self._filter else []), "--",
            *self._become(slot), self._tools["prlimit"], *self._rlimits(limits), "--", sys.executable, *arguments]

    def _begin(self, slot):
        """A shell opens the filter's file for bubblewrap; if the machine's memory runs out, this is to end first.

        Each slot has a processor of its own, so that a submission with many processes does not slow the others.
        """
        processors = sorted(os.sched_getaffinity(0))
        own = [self._taskset, "-c", str(processors[slot % len(processors)])] if self._taskset else []
        script = 'echo 1000 2>/dev/null >/proc/self/oom_score_adj; exec "$@"'
        return [self._tools["sh"], "-c", f'exec 3<"$0"; {script}' if self._filter else script,
                self._filter or "sh", *own, self._tools["bwrap"]]

    def _user(self):
        if self._root:
            return [word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")]
        return ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]

    def _become(self, slot):
        if not self._root:
            return []
        own = str(user(slot))
        return [self._tools["setpriv"], "--reuid", own, "--regid", own, "--clear-groups", "--no-new-privs",
                "--inh-caps=-all", "--bounding-set=-all", "--"]

    def _rlimits(self, limits):
        processes = limits.processes
        if not self._root and _kernel() < (5, 14):
            processes += own_threads()
        values = {"as": limits.memory, "core": 0, "cpu": math.ceil(limits.total) + 5, "fsize": limits.file_size,
                  "memlock": 0, "msgqueue": 0, "nofile": DESCRIPTORS, "nproc": processes, "sigpending": 256}
        return [f"--{name}={value}:{value}" for name, value in values.items()]


_LIST_FONTS = """
import glob, os, sys
import matplotlib.font_manager
for path in glob.glob(os.environ["MPLCONFIGDIR"] + "/fontlist-*.json"):
    print(os.path.basename(path))
    print(open(path).read())
"""


class _View:
    """Bubblewrap's arguments for what is to be seen of the machine, read-only, at the places where it is."""

    def __init__(self):
        self.arguments: list[str] = []
        self._places: list[str] = []
        self._folders = {"/", "/tmp"}

    def bind(self, source, place=None):
        """Show a file or folder, if it exists and is not seen yet."""
        place = str(place or source)
        if os.path.exists(source) and not self._sees(place):
            self._above(place)
            self.arguments += ["--ro-bind", str(source), place]
            self._places.append(place)

    def link(self, target, place):
        """Make a symbolic link."""
        if not self._sees(place):
            self._above(place)
            self.arguments += ["--symlink", target, place]
            self._places.append(place)

    def add_python(self):
        """This Python, with its packages, and the system's libraries."""
        for folder in ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/nix/store", "/gnu/store",
                       "/usr/share/matplotlib", "/etc/alternatives", "/etc/ld.so.cache", "/etc/matplotlibrc"):
            self.bind(folder)
        for folder in ("/lib", "/lib32", "/lib64"):
            self.link(os.readlink(folder), folder) if os.path.islink(folder) else self.bind(folder)
        for prefix in dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)):
            for name in ("lib", "lib64", "pyvenv.cfg"):
                part = os.path.join(prefix, name)
                self.bind(part)
                self.bind(os.path.realpath(part))
        step = sys.executable
        while os.path.islink(step):  # each link on the way to the program, which finds its packages by them
            further = os.path.normpath(os.path.join(os.path.realpath(os.path.dirname(step)), os.readlink(step)))
            self.link(further, step)
            step = further
        self.bind(step)

    def hide_ours(self):
        """Cover packages of ours that are installed where Python looks for packages."""
        for place in sorted({os.path.join(folder, name) for folder in sys.path for name in OURS}):
            if os.path.isdir(place) and self._sees(place):
                self.arguments += ["--size", "4096", "--tmpfs", place, "--remount-ro", place]

    def _sees(self, place):
        return any(Path(place).is_relative_to(seen) for seen in self._places)

    def _above(self, place):
        """The folders above it, for everybody to pass: bubblewrap's own are often for nobody but their owner."""
        for folder in reversed([str(folder) for folder in Path(place).parents]):
            if folder not in self._folders:
                self.arguments += ["--perms", "0755", "--dir", folder]
                self._folders.add(folder)


def _kernel():
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
