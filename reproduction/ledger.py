"""The ledger of claims as Markdown: one short block for each claim, readable on a narrow screen."""

from __future__ import annotations

import re

from reproduction.claims import CERTAINTY, VERDICTS, Judgement

__all__ = ["section", "summary"]

SIGNS = dict(zip(VERDICTS, "✓≈◐✗–○"))


def summary(ledger: list[Judgement]) -> str:
    """How many claims have which verdict, and how sure we are of them, as a Markdown table."""
    lines = ["| verdict | " + " | ".join(CERTAINTY.values()) + " | all |", "|---|" + "--:|" * (len(CERTAINTY) + 1)]
    for verdict in VERDICTS:
        found = [row.claim.certainty for row in ledger if row.verdict == verdict]
        counts = [*(found.count(certainty) for certainty in CERTAINTY), len(found)]
        lines.append(f"| {SIGNS[verdict]} {verdict} | " + " | ".join(str(n or "") for n in counts) + " |")
    return "\n".join(lines)


def section(ledger: list[Judgement], name: str) -> str:
    """The claims of one section, by its Roman numeral: statement, verdict with its numbers, source, evidence and test."""
    return "\n\n".join(_block(row) for row in ledger if row.claim.section == name)


def _block(row: Judgement) -> str:
    claim = row.claim
    lines = [f"**{_plain(claim.statement)}**",
             f"{SIGNS[row.verdict]} *{row.verdict}.* {_plain(row.detail)}",
             f"Known: {CERTAINTY[claim.certainty]} ({_plain(claim.source)}). Place: {claim.place}."]
    if claim.test:
        names = ", ".join(f"`{id}`" for id in claim.evidence)
        lines.append(f"Test: {_plain(claim.test)} Evidence: {names}, {_plain(claim.quantity)}.")
    first, *rest = lines
    return "\n".join([f"- {first}\\", *(f"  {line}\\" for line in rest[:-1]), f"  {rest[-1]}"])


def _plain(text: str) -> str:
    """Text whose every character stands for itself in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", text)
