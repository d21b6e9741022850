"""Blocks on the disk: each finished block is a file of its own, whole or absent, that knows what it belongs
to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from reproduction import experiment, files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
    import msvcrt

__all__ = ["Busy", "Folder", "Unusable", "compute", "fingerprint"]


class Busy(Exception):
    """Another process computes the same blocks."""


class Unusable(Exception):
    """A folder cannot be made, or not be written to."""


def fingerprint(id: str, scale: str, config: dict, blocks: list[dict], environment: dict) -> str:
    """SHA-256 of all that a block's output depends on: blocks of another fingerprint are never mixed in."""
    text = json.dumps([id, scale, config, blocks, environment], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def compute(module: str, id: str, config: dict, block: dict) -> tuple[dict, float]:
    """The encoded outputs of one block, and the seconds they took."""
    # By its module, since worker processes need not import the others.
    found = experiment.of_module(module)[id]
    start = time.perf_counter()
    output = found.compute(json.loads(json.dumps(config)), dict(block))
    seconds = time.perf_counter() - start
    if not isinstance(output, dict):
        raise TypeError(f"compute must return a dict, got {type(output).__name__}")
    return files.encode(output, "output"), seconds


@dataclass(frozen=True)
class Folder:
    """The folder of the blocks of one fingerprint.

    Attributes
    ----------
    path : Path
        The folder.
    fingerprint : str
        What every block in it must bear.
    """

    path: Path
    fingerprint: str

    def file(self, index: int) -> Path:
        """The file of block number `index`."""
        return self.path / f"{index:05d}.json"

    def write(self, index: int, block: dict, output: dict, seconds: float) -> None:
        """Store the encoded output of a block, atomically."""
        content = {"fingerprint": self.fingerprint, "index": index, "block": block,
                   "seconds": seconds, "output": output}
        content["checksum"] = _checksum(content)
        files.write(self.file(index), files.dumps(content) + "\n")

    def read(self, index: int, block: dict) -> tuple[dict, float] | None:
        """The encoded output and the seconds of a block; None if it is absent, damaged or of something
        else."""
        try:
            content = json.loads(self.file(index).read_text(encoding="utf-8"))
            whole = content.pop("checksum") == _checksum(content)
            found = content["fingerprint"], content["index"], content["block"]
            values = content["output"], content["seconds"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # no file, no JSON, no block
            return None
        return values if whole and found == (self.fingerprint, index, block) else None

    @contextlib.contextmanager
    def locked(self):
        """Hold the folder for this process; the system frees it when the process ends, however it ends.

        Raises
        ------
        Busy
            If another process holds it.
        Unusable
            If it cannot be made, or not be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise Unusable(f"blocks cannot be kept in {self.path}: {error.strerror}") from error
        try:
            try:
                if fcntl:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                else:
                    msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            except OSError:
                raise Busy("another process is running it; wait for it to end, or stop it") from None
            for leftover in self.path.glob(".*.part"):
                leftover.unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)


def _checksum(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
