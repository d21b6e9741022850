"""The ledger of claims as Markdown: one short block for each claim, readable on a narrow screen."""

from __future__ import annotations

import re

from reproduction.claims import CERTAINTY, VERDICTS, Judgement

__all__ = ["plain", "section", "summary"]

SIGNS = dict(zip(VERDICTS, "✓≈◐✗–○"))


def summary(ledger: list[Judgement]) -> str:
    """How many claims have which verdict, and how sure we are of them, as a Markdown list."""
    lines = []
    for verdict in VERDICTS:
        found = [row.claim.certainty for row in ledger if row.verdict == verdict]
        if found:
            sure = (f"{found.count(key)} {words}" for key, words in CERTAINTY.items() if key in found)
            lines.append(f"- {SIGNS[verdict]} *{verdict}*: {len(found)} ({', '.join(sure)})")
    return f"{len(ledger)} claims:\n\n" + "\n".join(lines)


def section(ledger: list[Judgement], name: str) -> str:
    """The claims of one section, by its Roman numeral: statement, verdict with its numbers, source, evidence
    and test."""
    return "\n\n".join(_block(row) for row in ledger if row.claim.section == name)


def _block(row: Judgement) -> str:
    claim = row.claim
    lines = [f"**{plain(claim.statement)}**",
             f"{SIGNS[row.verdict]} *{row.verdict}.* {plain(row.detail)}",
             f"Known: {CERTAINTY[claim.certainty]} ({plain(claim.source)}). Place: {claim.place}."]
    if claim.test:
        names = ", ".join(f"`{id}`" for id in claim.evidence)
        lines.append(f"Test: {plain(claim.test)} Evidence: {names}, {plain(claim.quantity)}.")
    first, *rest = lines
    return "\n".join([f"- {first}\\", *(f"  {line}\\" for line in rest[:-1]), f"  {rest[-1]}"])


def plain(text: str) -> str:
    """Text whose every character stands for itself in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", text)
