"""Sandboxes that are containers of Podman or Docker."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import shutil
import subprocess

from assignments.teacher.sandbox import BOOK, DESCRIPTORS, IMAGE, Isolation, IsolationUnavailable, user

__all__ = ["Container"]


class Container(Isolation):
    """A container of Podman or Docker, from the image that ``assignments/Containerfile`` describes.

    Seen to keep what it must with Podman 4.3. With Docker, which understands the same options, it was never run: there
    `probe`, which always comes first, has the say.

    Parameters
    ----------
    engine : str, optional
        The program; the first of podman and docker that has the image, if none is named.
    image : str
        The image's name.

    Raises
    ------
    IsolationUnavailable
        If there is no engine, or it has no such image.
    """

    name = "container"
    scratch = ("/tmp", "/dev/shm")

    def __init__(self, engine: str | None = None, image: str = IMAGE):
        engines = [place for name in ([engine] if engine else ["podman", "docker"]) if (place := shutil.which(name))]
        if not engines:
            raise IsolationUnavailable("there is neither podman nor docker on this machine")
        ready = [place for place in engines if _quiet([place, "image", "inspect", image])]
        if not ready:
            raise IsolationUnavailable(f"{' and '.join(map(os.path.basename, engines))} cannot find the image {image} "
                                       "(or are not running)")
        self.engine, self.image = ready[0], image
        # Podman would add folders in memory of any size
        podman = os.path.basename(self.engine).startswith("podman")
        self._read_only = ["--read-only", *(["--read-only-tmpfs=false"] if podman else [])]

    def command(self, arguments, limits, slot, packages=()):
        own, shared = user(slot), limits.disk // 8
        return [
            self.engine, "run", "--rm", "--interactive", "--name", f"{IMAGE}-{secrets.token_hex(8)}",
            "--network", "none", *self._read_only, "--user", f"{own}:{own}", "--workdir", "/tmp",
            "--hostname", "sandbox", "--cap-drop", "ALL",
            "--security-opt", "no-new-privileges", "--pids-limit", str(limits.processes),
            "--memory", str(limits.memory), "--memory-swap", str(limits.memory), "--shm-size", str(shared),
            "--tmpfs", f"/tmp:rw,nosuid,nodev,mode=1777,size={limits.disk - shared}",
            *(f"--ulimit={name}={value}:{value}" for name, value in (
                ("core", 0), ("cpu", math.ceil(limits.total) + 5), ("fsize", limits.file_size),
                ("nofile", DESCRIPTORS), ("nproc", limits.processes))),
            *(f"--env={name}={value}" for name, value in Isolation.environment(self).items() if name != "PATH"),
            *(f"--volume={package}:{BOOK}/{package.name}:ro" for package in packages),
            # Should nobody be there any more to kill it, it ends by itself
            self.image, "timeout", "--signal=KILL", str(math.ceil(limits.total) + 5),
            "prlimit", f"--as={limits.memory}:{limits.memory}", "--", "python", *arguments]

    def environment(self):
        """That of the engine's client, which is ours; inside are the variables that `command` sets, and no others."""
        return dict(os.environ)

    def kill(self, process):
        """End the container too: it outlives the client that started it."""
        ended = process.poll() is not None and process.returncode >= 0
        super().kill(process)
        if not ended:
            _quiet([self.engine, "rm", "--force", process.args[process.args.index("--name") + 1]])


def _quiet(command):
    """Whether a command ends well."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0
    return False
