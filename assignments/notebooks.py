"""What a notebook file holds, read without trusting it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["STUB", "Cell", "Unreadable", "data", "read", "steps", "tell"]

STUB = "YOUR ANSWER HERE"  # what nbgrader hands out for an answer in words
LARGEST = 256 * 2**20  # bytes
LARGE = 16 * 2**20  # bytes from which a file is read in a process of its own: lists of nothing take 20 times their text
MEMORY = 2 * 2**30  # bytes of that process
MANY = 2000  # cells
LONG = 10_000  # characters; longer cells are none that only call check
CHECKS = re.compile(r'\s*(check\(["\'][\w-]+["\']\)\s*)+')
HIDDEN = re.compile(r"^### BEGIN HIDDEN TESTS.*?^### END HIDDEN TESTS\s*?$", re.DOTALL | re.MULTILINE)


class Unreadable(ValueError):
    """A file that is no notebook; the message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell: its `kind`, "code" or "markdown", its `name`, the grade_id or "", and the `points` that it claims."""

    kind: str
    source: str
    name: str = ""
    points: float | None = None
    solution: bool = False

    @property
    def is_check(self) -> bool:
        """Whether it does nothing but call `check`."""
        if self.kind != "code" or len(self.source) >= LONG or "check(" not in self.source:
            return False
        return bool(CHECKS.fullmatch(HIDDEN.sub("", self.source)))


def read(path) -> list[Cell]:
    """The cells of a notebook of format 4, without their outputs.

    Raises
    ------
    Unreadable
        If the file is empty, too large, not a file, or no such notebook.
    """
    text = _text(path)
    return _cells(text) if len(text) < LARGE else _read_apart(text)


def _cells(text):
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise Unreadable("is nested too deep to be a notebook") from None
    except ValueError as error:
        raise Unreadable(f"is no notebook: not JSON ({str(error):.100})") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if isinstance(notebook, dict) and "worksheets" in notebook:
        raise Unreadable("is a notebook of an old format: open and save it in Jupyter")
    if not isinstance(cells, list):
        raise Unreadable("is no notebook: it has no list of cells")
    if len(cells) > MANY:
        raise Unreadable(f"holds {len(cells)} cells, {MANY} are allowed")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _read_apart(text):
    """The same in another process, whose memory has a limit where the system knows limits."""
    code = ("import sys; sys.path.insert(0, sys.argv[1])\n"
            "from assignments import notebooks; notebooks.tell(sys.stdin.buffer.read(), sys.stdout)")
    done = subprocess.run([sys.executable, "-I", "-c", code, str(Path(__file__).parents[1])], input=text.encode(),
                          capture_output=True)
    if done.returncode:
        raise Unreadable(f"is too large to be read: {len(text) / 2**20:.0f} MB (clear its outputs)")
    said = json.loads(done.stdout)
    if isinstance(said, str):
        raise Unreadable(said)
    return [Cell(**cell) for cell in said]


def tell(data: bytes, out) -> None:
    """Write the cells of a notebook as JSON, or why it is none."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        said = [asdict(cell) for cell in _cells(data.decode())]
    except Unreadable as error:
        said = str(error)
    json.dump(said, out)


def steps(cells: list[Cell]) -> list[str]:
    """The sources of the code cells to run: all but empty ones and those that only call `check`."""
    return [cell.source for cell in cells if cell.kind == "code" and cell.source.strip() and not cell.is_check]


def data(path) -> bytes:
    """The bytes of a file that may be anything.

    Raises
    ------
    Unreadable
        If it is a link or a device, is empty or too large.
    """
    path = Path(path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        reason = "is a link, not a file" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise Unreadable(reason) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise Unreadable("is not a file")
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > LARGEST:
            raise Unreadable(f"is too large: {status.st_size / 2**20:.0f} MB, {LARGEST / 2**20:.0f} MB are allowed "
                             "(clear its outputs)")
        found = file.read(LARGEST + 1)
    if not found.strip():
        raise Unreadable("is empty")
    return found


def _text(path):
    try:
        return data(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("is no notebook: not text in UTF-8") from None


def _cell(data):
    source = data.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    metadata = data.get("metadata")
    own = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    own = own if isinstance(own, dict) else {}
    name, points = own.get("grade_id"), own.get("points")
    return Cell(kind=data["cell_type"] if data.get("cell_type") in ("code", "markdown") else "other",
                source=_sound(source), name=_sound(name),
                points=points if own.get("grade") is True and type(points) in (int, float) else None,
                solution=own.get("solution") is True)


def _sound(text):
    """Without lone surrogates, which JSON can hold and no file or program; nothing for what is no text."""
    return text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else ""
