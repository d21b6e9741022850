"""Where results and unfinished work live."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["PACKAGE", "published", "results", "runs"]

PACKAGE = Path(__file__).resolve().parent


def results() -> Path:
    """The folder of the published results; the environment variable REPRODUCTION_RESULTS names another."""
    return Path(os.environ.get("REPRODUCTION_RESULTS") or PACKAGE / "results")


def published(id: str) -> Path:
    """The file of the published result of an experiment, whether it exists or not."""
    return results() / f"{id}.json"


def runs() -> Path:
    """The folder of unfinished work and unpublished results.

    In a checkout it is ``reproduction/runs``, whatever the current folder, so that the same command goes on
    from anywhere; for an installed copy it is ``reproduction-runs`` in the current folder. The environment
    variable REPRODUCTION_RUNS names another.
    """
    named = os.environ.get("REPRODUCTION_RUNS")
    if named:
        return Path(named)
    checkout = (PACKAGE.parent / "pyproject.toml").is_file()
    return PACKAGE / "runs" if checkout else Path.cwd() / "reproduction-runs"
