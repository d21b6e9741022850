"""The ledger: every claim is whole, every predicate can say yes and no, and nobody types a verdict."""

import importlib
import pkgutil
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import test_narx
import test_reproduction_contest
import test_reproduction_em
import test_reproduction_discrete
import test_reproduction_lags
import test_reproduction_modules
import test_reproduction_newton
import test_reproduction_search
import test_reproduction_sets
import test_reproduction_theorems
import test_trade_off
import yaml

from reproduction import claims, folders, ledger, predicates, results

LEDGER = claims.read()
NAMES = sorted({claim.predicate for claim in LEDGER if claim.predicate})
T = np.array([4, 10, 20, 40, 60, 80, 100, 150])
FALL = np.linspace(100, 5, 8).astype(int)
FLAT = np.full(8, 50)


def result(**data):
    return SimpleNamespace(data=data)


def costs(weights, time, disagreement=1e-15, memory=0.0):
    parameters = np.array([10, 40, 160, 640])
    operations = parameters[:, None] ** float(weights) * T**float(time)
    held = np.ones((4, 1)) * T**float(memory)
    kinds = ("bptt", "rtrl", "local")
    return result(parameters=parameters, T=T, disagreement_rtrl=disagreement, disagreement_local=disagreement,
                  disagreement_free_inputs=disagreement, **{f"operations_{kind}": operations for kind in kinds},
                  **{f"memory_{kind}": held for kind in kinds})


def memory(static, recurrent, response):
    return result(T=T, delays=20, trials=100, static_correct=np.array(static), recurrent_correct=np.array(recurrent),
                  static_response=np.array(response), recurrent_response=np.ones(40))


def density(converged):
    return result(w0=np.linspace(1, 2, 8), s=np.linspace(0, 1, 8), runs=100, converged=converged)


def length(learned, ceiling):
    return result(T=T, runs=100, converged=np.broadcast_to(learned, (2, 2, 8)),
                  ceiling=np.broadcast_to(ceiling, (2, 2, 8)))


def neuron(**changes):
    ratio = np.array([0.5, 0.9, 1.1, 2.0, 4.0])
    good = {"w_stable": np.array([0.5, 1.0, 1.5]), "n_stable": np.array([1, 1, 2]), "w": np.array([1.1, 1.5, 2.0]),
            "h_star_numeric": np.array([0.1, 0.2, 0.3]), "h_star_closed": np.array([0.1, 0.2, 0.3]),
            "h_over_h_star": ratio, "L1": np.array([[np.inf, np.inf, 9, 4, 1]]), "runs": 1000,
            "survival_w": np.array([1.25, 2.0]), "survival_steps": np.array([17, 97]),
            "survival": np.array([[[900, 600], [1000, 1000]]]), "bounds": np.array([0.05, 0.155]),
            "bounded_worst_steps": np.array([np.inf, np.inf]), "bounded_random": np.array([1000, 1000]),
            "bound_steps": 197}
    return result(**{**good, **{name: np.array(value) for name, value in changes.items()}})


GRID = np.outer(np.linspace(0, 1, 8), np.linspace(1, 0, 8)) * 100
CASES = {  # for each predicate: evidence that it must call reproduced, and evidence that it must not
    "memory.static_response_is_finite": (memory(FLAT, FLAT, [1] * 20 + [0] * 20), memory(FLAT, FLAT, [1] * 40)),
    "memory.recurrent_stores_and_static_does_not": (memory(FLAT, FLAT + 50, [0]), memory(FLAT + 50, FLAT, [0])),
    "memory.static_solves_short_delays_only": (memory([100] * 3 + [50] * 5, FLAT, [0]), memory([60] * 8, FLAT, [0])),
    "memory.recurrent_keeps_the_bit_at_every_length": (memory(FLAT, FLAT + 50, [0]), memory(FLAT, FALL, [0])),
    "gradients.bptt_costs_weights_and_stores_time": (costs(1, 1, memory=1), costs(2, 2, memory=0)),
    "gradients.rtrl_is_local_but_expensive": (costs(2, 1), costs(1, 1, memory=1)),
    "gradients.local_feedback_is_local_and_linear": (costs(1, 1), costs(2, 1, 1e-3, 1)),
    "gradients.gradients_agree": (costs(1, 1), costs(1, 1, 1e-3)),
    "gradients.free_inputs_stand_for_a_module": (costs(1, 1), costs(1, 1, 1e-3)),
    "neuron.two_stable_states_above_one": (neuron(), neuron(n_stable=[2, 2, 1])),
    "neuron.critical_input_switches": (neuron(), neuron(L1=[[3, np.inf, np.inf, 4, 1]])),
    "neuron.critical_input_grows_with_w": (neuron(), neuron(h_star_numeric=[0.1, 0.3, 0.2])),
    "neuron.critical_input_has_closed_form": (neuron(), neuron(h_star_numeric=[0.1, 0.2, 0.31])),
    "neuron.switching_time_shrinks": (neuron(), neuron(L1=[[np.inf, np.inf, 4, 5, 9]])),
    "neuron.noise_erases_the_bit_at_small_w": (neuron(), neuron(survival=[[[900, 990], [900, 600]]])),
    "neuron.strong_neuron_resists_noise": (neuron(), neuron(survival=[[[900, 600], [900, 600]]])),
    "neuron.narx_interval_is_robust": (neuron(), neuron(bounded_worst_steps=[np.inf, 30], bounded_random=[9, 9])),
    "latch.large_noise_defeats_training": (density(GRID.astype(int)), density(np.full((8, 8), 50))),
    "latch.small_weight_defeats_training": (density(GRID.astype(int)), density(np.full((8, 8), 50))),
    "latch.convergence_falls_with_length": (length(FALL, FALL), length(FLAT, FLAT)),
    "latch.ceiling_falls_when_frozen": (length(FALL, FALL / 100), length(FALL, FLAT)),
    "latch.converges_below_ceiling": (length(FALL, FLAT), length(FALL, FALL)),
    "latch.retention_falls_with_length": (result(T=T, runs=100, converged=FALL), result(T=T, runs=100, converged=FLAT)),
    **test_narx.CASES,
    **test_reproduction_contest.CASES,
    **test_reproduction_em.CASES,
    **test_reproduction_discrete.CASES,
    **test_reproduction_lags.CASES,
    **test_reproduction_modules.CASES,
    **test_reproduction_newton.CASES,
    **test_reproduction_search.CASES,
    **test_reproduction_theorems.CASES,
    **test_reproduction_sets.CASES,
    **test_trade_off.CASES,
}


def test_every_predicate_is_used_and_tested():
    modules = [info.name for info in pkgutil.iter_modules(predicates.__path__)
               if info.name != "verdicts" and not info.name.startswith("_")]
    written = {f"{name}.{function}" for name in modules
               for function in importlib.import_module(f"reproduction.predicates.{name}").__all__}
    assert written == set(NAMES) == set(CASES)


@pytest.mark.parametrize("name", NAMES)
def test_a_predicate_can_say_yes_and_no(name):
    predicate = predicates.find(name)
    yes, no = (predicate(*(evidence if isinstance(evidence, tuple) else (evidence,))) for evidence in CASES[name])
    assert yes[0] == predicates.REPRODUCED, yes
    assert no[0] in (predicates.PARTLY, predicates.NOT_REPRODUCED), no
    assert yes[1].endswith(".") and any(digit in yes[1] for digit in "0123456789")
    assert not re.search(r"\bnan\b", yes[1] + no[1])


def test_a_predicate_without_its_quantity_leaves_the_claim_open(monkeypatch):
    monkeypatch.setattr(results, "current", lambda id: result(T=T))
    monkeypatch.setattr(folders, "published", lambda id: folders.PACKAGE)
    for claim in LEDGER:
        if claim.predicate:
            found = claims.judge(claim)
            assert found.verdict == claims.OPEN and found.detail.startswith("Awaits '")


def test_the_ledger_is_whole():
    assert {claim.section for claim in LEDGER} == set(claims.SECTIONS)
    for claim in LEDGER:
        assert claim.statement.endswith(".") and claim.source and claim.quantity, claim.id
        if claim.predicate:
            assert claim.test.endswith("."), claim.id


def test_without_results_every_claim_is_open_or_not_testable(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path))
    ledger = claims.judge_all()
    assert {found.verdict for found in ledger} == {claims.OPEN, claims.NOT_TESTABLE}
    assert all(found.detail.strip() for found in ledger)
    assert "memory" in next(found.detail for found in ledger if found.claim.id == "static-cannot-store")


def test_a_damaged_result_leaves_the_claim_open(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path))
    (tmp_path / "memory.json").write_text("{")
    found = claims.judge(next(claim for claim in LEDGER if "memory" in claim.evidence))
    assert found.verdict == claims.OPEN and "memory.json" in found.detail


@pytest.fixture
def evidence(monkeypatch):
    """Results that are not on the disk."""
    known = {"narx-latching": CASES["latch.retention_falls_with_length"][0],
             "flat": CASES["latch.retention_falls_with_length"][1]}
    monkeypatch.setattr(folders, "published", lambda id: folders.PACKAGE if id in known else folders.PACKAGE / "none")
    monkeypatch.setattr(results, "current", lambda id: known[id])
    return known


CLAIM = replace(next(claim for claim in LEDGER if claim.id == "narx-retention"))


@pytest.mark.parametrize("certainty, verdict", [("c", "reproduced"), ("d", "reproduced"), (
    "s", "consistent with the reconstruction"), ("m", "consistent with the reconstruction")])
def test_what_is_not_confirmed_is_consistent_at_best(evidence, certainty, verdict):
    assert claims.judge(replace(CLAIM, certainty=certainty)).verdict == verdict
    failed = claims.judge(replace(CLAIM, certainty=certainty, evidence=("flat",)))
    assert failed.verdict == "not reproduced"
    assert ("our reconstruction" in failed.detail) is (certainty in "sm")


@pytest.mark.parametrize("holds, verdict, words", [
    ([True, True, False], "reproduced", "2 of 3 settings"), ([True, False, False], "partly", "1 of 3 settings")])
def test_the_share_of_open_settings_counts(evidence, holds, verdict, words):
    evidence["sweep"] = result(holds=np.array(holds))
    found = claims.judge(replace(CLAIM, share=("sweep", "holds")))
    assert found.verdict == verdict and words in found.detail
    assert "awaits" in claims.judge(replace(CLAIM, share=("sweep", "other"))).detail


ENTRY = {"id": "a", "place": "III, here", "certainty": "c", "source": "there", "statement": "It is so.",
         "evidence": ["narx-latching"], "quantity": "what", "predicate": "latch.retention_falls_with_length"}


@pytest.mark.parametrize("change, message", [
    ({"statement": None}, "missing"), ({"verdict": "reproduced"}, "unknown.*verdict"),
    ({"certainty": "x"}, "certainty"), ({"predicate": "latch.none"}, "latch.none"),
    ({"predicate": "none.none"}, "none.none"), ({"evidence": []}, "evidence"),
    ({"place": "VII"}, "place"), ({"awaits": "more"}, "one of"), ({"predicate": None}, "one of")])
def test_incomplete_claims_are_refused(tmp_path, change, message):
    entry = {key: value for key, value in {**ENTRY, **change}.items() if value is not None}
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump([ENTRY]))
    assert claims.read(path)[0].section == "III"
    path.write_text(yaml.safe_dump([entry]))
    with pytest.raises(ValueError, match=message):
        claims.read(path)


def test_ids_are_unique(tmp_path):
    (tmp_path / "claims.yml").write_text(yaml.safe_dump([ENTRY, ENTRY]))
    with pytest.raises(ValueError, match="twice there: a"):
        claims.read(tmp_path / "claims.yml")


def test_the_page_shows_every_claim_once():
    judged = claims.judge_all()
    page = "\n".join(ledger.section(judged, name) for name in claims.SECTIONS)
    blocks = [line for line in page.splitlines() if line.startswith("- **")]
    assert len(blocks) == len(judged)
    for row in judged:
        assert sum(f"- **{ledger.prose(row.claim.statement)}**\\" == line for line in blocks) == 1
        assert ledger.prose(row.detail) in page
    maths = re.compile(r"\$[^$]*\$|`[^`]*`")
    assert not re.search(r"\^|\\_|h\\\*|\de-\d", maths.sub("", page))  # each formula is set as one
    assert not re.search(r"-0\.0+\b(?!\d)", page)
    total = sum(int(line.split(": ")[1].split()[0]) for line in ledger.summary(judged).splitlines() if line[:1] == "-")
    assert total == len(judged)


@pytest.mark.parametrize("text, page", [
    ("at 1.001 h* it takes L1 steps", "at 1.001 $h^*$ it takes $L_1$ steps"),
    ("as weights^2.03 and T^-0.50", r"as $\text{weights}^{2.03}$ and $T^{-0.50}$"),
    ("by 2.3e-15 [1%, 2%]", r"by $2.3 \times 10^{-15}$ \[1%, 2%\]"),
    ("if x_t = tanh(w x_{t-1} + h_t), w > 1.", r"if $x_t = \tanh(w\, x_{t-1} + h_t)$, $w > 1$."),
    ("Kendall's tau falls with s, T and RTRL", "Kendall's tau falls with $s$, $T$ and RTRL"),
    ("if w = 1.25, a `b`", r"if $w = 1.25$, a \`b\`")])
def test_formulas_are_set(text, page):
    assert ledger.prose(text) == page


def test_what_markdown_would_read_as_markup_stands_for_itself():
    text = "h* and *h*, |g| < 2, a_t, [1%, 2%], `x`, <b>, $w$ and a\\b"
    escaped = ledger.plain(text)
    assert re.sub(r"\\(.)", r"\1", escaped) == text
    assert not re.search(r"(?<!\\)[*_`<>$|]", escaped)
