"""Where a result comes from: versions, machine, code, commit and date."""

from __future__ import annotations

import datetime
import platform
import subprocess
from importlib import metadata

import numpy as np

from reproduction import folders, source

__all__ = ["commit", "environment", "record"]

PACKAGES = ("lrdlib", "numpy", "scipy")


def environment(module: str) -> dict:
    """All that may change a result's bits: versions, processor, and the code that `module` imports.

    Two computations in equal environments give equal bits.
    """
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return {"versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
            "machine": {"system": platform.system(), "machine": platform.machine(), "processor": _processor(),
                        "simd": [*simd.get("baseline", []), *simd.get("found", [])]},
            "code": source.fingerprint(module)}


def record(environment: dict, seed: int, processes: int, seconds: float, wall_seconds: float) -> dict:
    """The provenance of a result that is being finished now.

    Parameters
    ----------
    environment : dict
        From :func:`environment`.
    seed : int
        The experiment's.
    processes : int
        How many computed, in the last session.
    seconds : float
        The blocks' computing times, summed over all sessions.
    wall_seconds : float
        The wall time of the last session.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {**environment, "seed": seed, "processes": processes, "compute_seconds": round(seconds, 3),
            "wall_seconds": round(wall_seconds, 3), "date": now, **commit()}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.lower().startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def commit() -> dict:
    """The commit of the checkout, and whether its code has been modified since; None for both outside a
    checkout. Published results are no code."""
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=folders.PACKAGE, capture_output=True, text=True,
                              check=True, timeout=10).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"),
                "modified": bool(git("status", "--porcelain", "--untracked-files=no", "--", "../lrdlib", ".",
                                     ":(exclude)results"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "modified": None}
