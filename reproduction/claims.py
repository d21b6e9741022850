"""The ledger of claims: what the paper claims, how sure we are of it, and what our experiments say.

The claims stand in ``claims.yml``. A claim names its evidence and a predicate, a function of
:mod:`reproduction.predicates`; the verdict is what the predicate returns on the published results. Nobody
types it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from reproduction import folders, predicates, results
from reproduction.experiment import ExperimentError

__all__ = ["CERTAINTY", "VERDICTS", "Claim", "Judgement", "as_text", "judge", "judge_all", "read"]

CONSISTENT = "consistent with the reconstruction"
NOT_TESTABLE = "not testable"
OPEN = "open"
VERDICTS = (predicates.REPRODUCED, CONSISTENT, predicates.PARTLY, predicates.NOT_REPRODUCED, NOT_TESTABLE, OPEN)

CERTAINTY = {"c": "confirmed in the text", "s": "second hand", "m": "from memory", "d": "derived here"}
UNSURE = ("s", "m")
SECTIONS = {"I": "Introduction", "II": "The minimal task", "III": "One neuron", "IV": "Theory",
            "V": "Alternatives to gradient descent", "VI": "Experiments"}
FIELDS = {"id", "place", "certainty", "source", "statement", "evidence", "quantity"}
SETTLED_BY = {"predicate", "untestable", "awaits"}
OPTIONAL = {"share"}


@dataclass(frozen=True)
class Claim:
    """One claim of the paper.

    Attributes
    ----------
    id : str
        Lower-case words joined by hyphens.
    place : str
        The section in Roman numerals, and more after a comma: ``"III, Fig. 3(a)"``.
    certainty : str
        A key of :data:`CERTAINTY`: of the weakest part that the claim needs.
    source : str
        Where the claim is known from.
    statement : str
        In our words.
    evidence : tuple of str
        The experiments whose published results the predicate is given.
    quantity : str
        What of these results bears on the claim.
    predicate : str or None
        Module and function in :mod:`reproduction.predicates`: ``"latch.convergence_falls_with_length"``.
    untestable : str or None
        Why no experiment can decide the claim, if that is so.
    awaits : str or None
        What must be built before the claim can be judged, if it cannot be now.
    share : tuple of (str, str) or None
        An experiment, and its boolean array over settings that the paper leaves open: in which the claim
        holds.
    """

    id: str
    place: str
    certainty: str
    source: str
    statement: str
    evidence: tuple[str, ...]
    quantity: str
    predicate: str | None = None
    untestable: str | None = None
    awaits: str | None = None
    share: tuple[str, str] | None = None

    @property
    def section(self) -> str:
        """The section's Roman numeral."""
        return self.place.split(",")[0].strip()

    @property
    def test(self) -> str:
        """The predicate's threshold in words; empty if the claim has none."""
        if self.predicate is None:
            return ""
        return inspect.getdoc(predicates.find(self.predicate)).split("\n\n")[0].replace("\n", " ")


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict, one of :data:`VERDICTS`, and the numbers or reasons behind it."""

    claim: Claim
    verdict: str
    detail: str

    def as_dict(self) -> dict:
        """Plain JSON values."""
        claim = self.claim
        return {"id": claim.id, "place": claim.place, "certainty": claim.certainty,
                "certainty_in_words": CERTAINTY[claim.certainty], "source": claim.source,
                "statement": claim.statement, "evidence": list(claim.evidence), "quantity": claim.quantity,
                "test": claim.test, "verdict": self.verdict, "detail": self.detail}


def read(path=None) -> list[Claim]:
    """The claims, in the order of the file.

    Parameters
    ----------
    path : path, optional
        A YAML file; by default the ledger that comes with the package.

    Raises
    ------
    ValueError
        If a claim lacks a field or has an unknown one, or a field has no known value; the message names the
        claim.
    """
    path = Path(path) if path is not None else folders.PACKAGE / "claims.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    claims = [_claim(entry) for entry in entries]
    ids = [claim.id for claim in claims]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise ValueError(f"claims must have ids of their own, twice there: {', '.join(twice)}")
    return claims


def _claim(entry: dict) -> Claim:
    name = entry.get("id", entry)
    missing, unknown = FIELDS - set(entry), set(entry) - FIELDS - SETTLED_BY - OPTIONAL
    if missing or unknown:
        raise ValueError(f"claim {name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    if len(SETTLED_BY & set(entry)) != 1:
        raise ValueError(f"claim {name} must have one of {', '.join(sorted(SETTLED_BY))}")
    if entry["certainty"] not in CERTAINTY:
        raise ValueError(f"claim {name}: certainty must be one of {', '.join(CERTAINTY)}, got {entry['certainty']!r}")
    if "predicate" in entry:
        predicates.find(entry["predicate"])
        if not entry["evidence"]:
            raise ValueError(f"claim {name} has a predicate but no evidence")
    share = tuple(entry["share"]) if "share" in entry else None
    claim = Claim(**{**entry, "evidence": tuple(entry["evidence"]), "share": share})
    if claim.section not in SECTIONS:
        raise ValueError(f"claim {name}: place must begin with a section, {', '.join(SECTIONS)}, got {claim.place!r}")
    return claim


def judge(claim: Claim) -> Judgement:
    """Judge one claim by the published results; without them it is open, as it is where they are damaged, or
    not of the scale and configuration that their experiment has now."""
    if claim.untestable is not None:
        return Judgement(claim, NOT_TESTABLE, claim.untestable)
    if claim.predicate is None:
        return Judgement(claim, OPEN, f"Awaits {claim.awaits}.")
    missing = [id for id in claim.evidence if not folders.published(id).exists()]
    if missing:
        return Judgement(claim, OPEN, f"Awaits the published result of {' and '.join(missing)}.")
    names = " and ".join(claim.evidence)
    try:
        evidence = [results.current(id) for id in claim.evidence]
        verdict, detail = predicates.find(claim.predicate)(*evidence)
        if claim.share is not None:
            verdict, detail = _shared(claim.share, verdict, detail)
    except (results.ResultError, ExperimentError) as error:
        return Judgement(claim, OPEN, f"Awaits a result of the experiment as it is: {error}.")
    except KeyError as error:
        return Judgement(claim, OPEN, f"Awaits {error} in the result of {names}.")
    except Exception as error:  # noqa: BLE001 - damaged data can make a predicate raise anything
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Judgement(claim, OPEN, f"Awaits data of {names} that its test can read: {reason}.")
    if claim.certainty in UNSURE:
        if verdict == predicates.REPRODUCED:
            return Judgement(claim, CONSISTENT, detail)
        detail += f" The claim is known {CERTAINTY[claim.certainty]} only: what fails may be our reconstruction of it."
    return Judgement(claim, verdict, detail)


def _shared(share: tuple[str, str], verdict: str, detail: str) -> tuple[str, str]:
    """Add the share of open settings in which a claim holds; in less than half of them, it holds partly at
    best."""
    experiment, name = share
    try:
        holds = np.asarray(results.current(experiment).data[name])
    except (results.ResultError, ExperimentError, KeyError):
        return verdict, f"{detail} In what share of the open settings it holds awaits the result of {experiment}."
    if verdict == predicates.REPRODUCED and holds.mean() < 0.5:
        verdict = predicates.PARTLY
    return verdict, f"{detail} It holds in {int(holds.sum())} of {holds.size} settings that the paper leaves open."


def judge_all(path=None) -> list[Judgement]:
    """Judge all claims of a file; by default of the ledger."""
    return [judge(claim) for claim in read(path)]


def as_text(ledger: list[Judgement]) -> str:
    """The ledger for a terminal: one short paragraph for each claim, a summary at the end."""
    lines = []
    for found in ledger:
        claim = found.claim
        lines.append(f"{claim.id} ({claim.place}; {CERTAINTY[claim.certainty]}): {found.verdict.upper()}")
        lines.append(f"    {claim.statement}")
        lines.append(f"    evidence: {', '.join(claim.evidence) or 'none'} - {claim.quantity}")
        lines.append(f"    {found.detail}")
    counted = {verdict: sum(found.verdict == verdict for found in ledger) for verdict in VERDICTS}
    lines.append(f"{len(ledger)} claims: " + ", ".join(f"{n} {verdict}" for verdict, n in counted.items() if n))
    return "\n".join(lines)
