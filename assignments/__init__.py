"""Assignments that grade themselves. In a notebook: ``from assignments import check``."""

from assignments.check import check

__all__ = ["check"]
