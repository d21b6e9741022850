"""Results that are damaged, or not what their experiment defines: claims stay open, checks fail, no traceback."""

import json

import pytest

from reproduction import check, claims, experiment, folders, results

LEDGER = [claim for claim in claims.read() if claim.evidence == ("neuron-dynamics",) and claim.predicate]


def first_array(content):
    return next(value for value in content["data"].values() if isinstance(value, dict) and value["shape"])


def cut(content):
    array = first_array(content)
    array["values"], array["shape"] = array["values"][:1], [1, *array["shape"][1:]]


def flat(content):
    for value in content["data"].values():
        if isinstance(value, dict):
            value.update(values=[1.0], shape=[1], dtype="float64")


def words(content):
    content["data"] = dict.fromkeys(content["data"], "words")


def ragged(content):
    content["data"] = {name: [[1, 2], [3]] for name in content["data"]}


def outputs_of_another_shape(content):
    content["outputs"] = [dict.fromkeys(output, 1) for output in content["outputs"]]


def without_outputs(content):
    content["outputs"] = [{} for _ in content["outputs"]]


def quick(content):
    content["scale"] = "quick"


def another_seed(content):
    content["config"]["seed"] += 1


def another_id(content):
    content["id"] = "memory"


def another_block(content):
    content["blocks"][0]["more"] = 1


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """A function that publishes an altered result of neuron-dynamics, in a folder of the test's own."""
    text = (folders.PACKAGE / "results" / "neuron-dynamics.json").read_text()
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path))

    def write(change):
        content = json.loads(text)
        change(content)
        folders.published("neuron-dynamics").write_text(json.dumps(content))

    return write


@pytest.mark.parametrize("change, reason", [
    (quick, "at scale quick, and is published at full"), (another_seed, "another configuration"),
    (another_id, "of 'memory'"), (another_block, "blocks")])
def test_a_result_that_is_not_the_experiments_leaves_claims_open(damaged, change, reason):
    damaged(change)
    with pytest.raises(results.ResultError, match=reason):
        results.current("neuron-dynamics")
    for claim in LEDGER:
        found = claims.judge(claim)
        assert found.verdict == claims.OPEN and reason in found.detail and "neuron-dynamics.json" in found.detail
    report = check.check("neuron-dynamics")
    assert reason in report.problems[0] and report.checked == 0


def test_a_result_of_no_experiment_leaves_the_claim_open(damaged, monkeypatch):
    damaged(lambda content: None)
    monkeypatch.setattr(experiment, "find", lambda id: (_ for _ in ()).throw(experiment.ExperimentError("no such")))
    found = claims.judge(LEDGER[0])
    assert found.verdict == claims.OPEN and "no such" in found.detail


@pytest.mark.parametrize("change", [flat, words, ragged])
def test_data_that_a_predicate_cannot_read_leave_the_claim_open(damaged, change):
    damaged(change)
    for claim in LEDGER:
        found = claims.judge(claim)
        assert found.detail.strip() and "nan" not in found.detail
        if change is not flat:
            assert found.verdict == claims.OPEN, found


@pytest.mark.parametrize("change", [cut, flat, words, ragged, outputs_of_another_shape, without_outputs])
def test_a_check_of_damaged_data_fails_in_one_line(damaged, monkeypatch, change):
    monkeypatch.setattr(check.pool, "run", lambda *arguments: iter(()))  # the blocks are another test's matter
    damaged(change)
    report = check.check("neuron-dynamics")
    assert report.problems and not report.identical and "\n" not in str(report)
