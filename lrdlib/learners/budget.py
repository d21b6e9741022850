"""What a run may spend."""

from __future__ import annotations

from dataclasses import dataclass

from lrdlib import _validate as check

__all__ = ["CHARGES", "Budget"]

#: What is charged, and what a budget may limit.
CHARGES = ("evaluations", "presentations", "unit_steps")


@dataclass(frozen=True)
class Budget:
    """The most that each run may spend; None for no limit, but one limit there must be.

    Attributes
    ----------
    evaluations : int, optional
        Batches for which a cost (and perhaps a gradient) was computed.
    presentations : int, optional
        Sequences shown: TNN94, section VI, counts these as function evaluations.
    unit_steps : int, optional
        Units updated: the sum of lengths of the sequences shown, times the network's units. The next batch is
        reckoned at the full length T, so that a run may end with a rest.

    Raises
    ------
    TypeError, ValueError
        If a limit is no positive integer, or there is none.
    """

    evaluations: int | None = None
    presentations: int | None = None
    unit_steps: int | None = None

    def __post_init__(self):
        limits = {name: getattr(self, name) for name in CHARGES if getattr(self, name) is not None}
        if not limits:
            raise ValueError("a Budget wants at least one of evaluations, presentations and unit_steps")
        for name, limit in limits.items():
            check.count(name, limit, maximum=2**63 - 1)
