"""What a submission may use."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

MiB = 2**20
DAY = 24 * 60 * 60
MOST = 2**50


@dataclass(frozen=True)
class Limits:
    """What a submission may use, all its processes together unless it says otherwise.

    Attributes
    ----------
    memory : int
        Bytes of memory; also of one process's address space.
    processes : int
        Processes and threads.
    file_size : int
        Bytes of one file.
    disk : int
        Bytes of scratch space, which is memory too.
    cell, total : float
        Seconds of one cell or probe, and of everything.
    """

    memory: int = 2048 * MiB
    processes: int = 64
    file_size: int = 64 * MiB
    disk: int = 128 * MiB
    cell: float = 30.0
    total: float = 180.0

    def __post_init__(self):
        for name, kind, least in (("memory", int, 32 * MiB), ("processes", int, 1), ("file_size", int, MiB),
                                  ("disk", int, MiB), ("cell", (int, float), 0), ("total", (int, float), 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, kind):
                raise TypeError(f"{name} must be a number, got {value!r}")
            if not least <= value <= (MOST if least else DAY) or value == 0:
                raise ValueError(f"{name} must be from {least} to {MOST}, got {value}" if least else
                                 f"{name} must be positive and at most {DAY} s, a day, got {value}")
