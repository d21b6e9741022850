"""A self-test of a sandbox: an attempt at everything that must not be possible, made inside."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from assignments.limits import MiB, Limits

__all__ = ["probe"]

SMALL = Limits(memory=128 * MiB, processes=16, file_size=1 * MiB, disk=4 * MiB, cell=5, total=20)
NEEDED = """
import numpy, matplotlib.figure, IPython.core.interactiveshell
numpy.linalg.eig(numpy.eye(9))
print("works")
"""
ATTEMPTS = 9  # lines that escape.py prints, the last of them only if it survives
ESCAPE = Path(__file__).with_name("escape.py")


def probe(isolation) -> list[str]:
    """What is not as it must be in a sandbox.

    Parameters
    ----------
    isolation : Isolation
        The sandbox.

    Returns
    -------
    list of str
        Ends of sentences on what a student's code can do inside, or on why it cannot run. Empty if all is well.
    """
    said, noise = _run(isolation, ["-I", "-c", NEEDED], "", Limits())
    if said != "works\n":
        return [f"cannot run numpy, matplotlib and IPython: {noise.strip()[-500:] or 'it says nothing'}"]
    with _server() as (port, local), tempfile.NamedTemporaryFile() as secret:
        facts = {"hidden": [secret.name, *_hidden()], "port": port, "local": local, "namespaces": _namespaces(),
                 "scratch": isolation.scratch, **dataclasses.asdict(SMALL)}
        said, noise = _run(isolation, ["-I", "-c", ESCAPE.read_text(encoding="utf-8")], json.dumps(facts) + "\n", SMALL)
    lines = said.splitlines()
    if len(lines) < ATTEMPTS - 1:
        return [f"ended in the middle of its self-test: {noise.strip()[-500:] or 'it says nothing'}"]
    return [sentence for line in lines for sentence in json.loads(line)]


def _run(isolation, arguments, said, limits):
    """What Python prints inside, and its errors."""
    with tempfile.TemporaryFile("w+") as noise:
        with isolation.start(arguments, limits, slot=0, packages=(), stderr=noise) as (process, _):
            try:
                output = process.communicate(said.encode(), timeout=limits.total)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                isolation.kill(process)
                output = process.communicate()[0].decode("utf-8", "replace")
        noise.seek(0)
        return output, noise.read()


def _hidden():
    """Files of ours and of the teacher's that must not be there, but for those that belong to Python."""
    root = Path(__file__).parents[2]
    ours = [Path(__file__), *(path for path in root.iterdir() if not path.name.startswith("."))]
    with contextlib.suppress(OSError, RuntimeError):
        ours += sorted(Path.home().iterdir())[:50]
    parts = [Path(path).resolve() for path in (sys.prefix, sys.base_prefix, sys.executable)]
    return [str(path) for path in ours if not any(part.is_relative_to(path.resolve()) for part in parts)]


def _namespaces():
    names = ("pid", "net", "ipc", "mnt", "uts") if os.path.isdir("/proc/self/ns") else ()
    return {name: os.readlink(f"/proc/self/ns/{name}") for name in names}


@contextlib.contextmanager
def _server():
    """A port and an abstract local address on which this machine listens."""
    local = f"\0{secrets.token_hex(8)}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as other:
        with contextlib.suppress(OSError):  # only Linux has abstract addresses
            other.bind(local)
            other.listen()
        yield server.getsockname()[1], local
