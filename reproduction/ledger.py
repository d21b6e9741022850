"""The ledger of claims as Markdown: one short block for each claim, readable on a narrow screen."""

from __future__ import annotations

import re

from reproduction.claims import CERTAINTY, VERDICTS, Judgement

__all__ = ["plain", "prose", "section", "summary"]

SIGNS = dict(zip(VERDICTS, "✓≈◐✗–○"))

# How the plain text of claims and predicates is set in the book: a pattern, and its LaTeX.
MATHS = {
    r"x_t = tanh\(w x_\{t-1\} \+ h_t\)": r"x_t = \\tanh(w\\, x_{t-1} + h_t)",
    r"a_t = W tanh\(a_\{t-1\}\)": r"a_t = W \\tanh(a_{t-1})",
    r"h\*\(w\) = w sqrt\(1 - 1/w\) - atanh\(sqrt\(1 - 1/w\)\)":
        r"h^*(w) = w\\sqrt{1 - 1/w} - \\operatorname{atanh}\\sqrt{1 - 1/w}",
    r"\b([a-z]) ([<>]) ([\d.]*\d)": r"\1 \2 \3",
    r"\b([a-z]) <= ([\d.]*\d)": r"\1 \\le \2",
    r"\b([a-zA-Z]) = ([\d.]*\d)": r"\1 = \2",
    r"\bT >> L\b": r"T \\gg L",
    r"\bh\*": r"h^*",
    r"\b(L1|w0)\b": lambda found: f"{found[1][0]}_{found[1][1]}",
    r"\bT\^(-?[\d.]*\d)": r"T^{\1}",
    r"\bweights\^(-?[\d.]*\d)": r"\\text{weights}^{\1}",
    r"\b(\d\.\d+)e-0*(\d+)": r"\1 \\times 10^{-\2}",
    r"\b1e-0*(\d+)": r"10^{-\1}",
    r"(?<![\w'])([wsTLDWX])(?![\w'])": r"\1",
}


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
    lines = [f"**{prose(claim.statement)}**",
             f"{SIGNS[row.verdict]} *{row.verdict}.* {prose(row.detail)}",
             f"Known: {CERTAINTY[claim.certainty]} ({plain(claim.source)}). Place: {claim.place}."]
    if claim.test:
        names = ", ".join(f"`{id}`" for id in claim.evidence)
        lines.append(f"Test: {prose(claim.test)} Evidence: {names}, {prose(claim.quantity)}.")
    first, *rest = lines
    return "\n".join([f"- {first}\\", *(f"  {line}\\" for line in rest[:-1]), f"  {rest[-1]}"])


def prose(text: str) -> str:
    """Text whose formulas are set as such, and whose every other character stands for itself."""
    out, rest = [], 0
    for found in re.finditer("|".join(f"(?:{pattern})" for pattern in MATHS), text):
        latex = next(re.sub(pattern, set_as, found[0]) for pattern, set_as in MATHS.items()
                     if re.fullmatch(pattern, found[0]))
        out += [plain(text[rest:found.start()]), f"${latex}$"]
        rest = found.end()
    return "".join(out) + plain(text[rest:])


def plain(text: str) -> str:
    """Text whose every character stands for itself in Markdown."""
    return re.sub(r"([\\`*_\[\]<>|$~])", r"\\\1", text)
