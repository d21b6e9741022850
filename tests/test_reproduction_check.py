"""The check of published results: it passes what stands, and fails what was tampered with."""

import itertools
import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from reproduction import check, compare, folders, results, runner

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """The text of a published result."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        _prepare(patch, folder)
        return runner.run("walk", "quick", 2, publish=True, folder=folder / "runs", progress=False,
                          allow_modified=True).read_text()


@pytest.fixture
def published(original, tmp_path, monkeypatch):
    """A published result, its path, and the tests' experiments instead of the book's."""
    _prepare(monkeypatch, tmp_path)
    folders.published("walk").parent.mkdir()
    folders.published("walk").write_text(original)
    return folders.published("walk")


def _prepare(patch, folder):
    patch.setenv("REPRODUCTION_EXPERIMENTS", "demo_experiments")
    patch.setenv("REPRODUCTION_RESULTS", str(folder / "results"))
    patch.setenv("PYTHONPATH", str(TESTS))
    patch.syspath_prepend(str(TESTS))


def alter(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def other_machine(content):
    content["provenance"]["machine"]["processor"] = "another"


def test_an_honest_result_passes(published):
    report = check.check("walk")
    assert not report.problems
    assert report.identical and not report.changed and not report.warning
    assert report.checked == report.total == 12
    assert "walk: 12 of 12 blocks checked" in str(report) and "identical to the bit" in str(report)


def one_number(content):
    content["outputs"][5]["mixed"]["values"][3] *= 1 + 1e-15


def one_count(content):
    content["outputs"][2]["above"] += 1


def one_datum(content):
    content["data"]["above"]["values"][0][0] -= 1


def another_configuration(content):
    content["config"]["walks"] = 50


def another_block(content):
    content["blocks"][0]["repetition"] = 9


@pytest.mark.parametrize("change", [one_number, one_count, one_datum, another_configuration, another_block])
def test_a_tampered_result_fails(published, change):
    alter(published, change)
    report = check.check("walk")
    assert report.problems and not report.identical
    assert "DIFFERS" in str(report)


def test_elsewhere_a_last_bit_is_granted_and_a_lie_is_not(published):
    alter(published, other_machine)
    alter(published, one_number)
    report = check.check("walk")
    # The data were assembled from the untouched outputs, so they too differ by a bit.
    assert not report.problems and not report.identical and report.changed == ("processor",)
    assert "within the stated bounds, not identical (other processor)" in str(report) and not report.warning

    def lie(content):
        content["outputs"][2]["above"] = 100
        content["data"]["above"]["values"][0][2] = 100

    alter(published, lie)
    report = check.check("walk")
    assert any("'repetition': 2" in problem and "above" in problem for problem in report.problems)


@pytest.mark.parametrize("change, parts", [
    (lambda old: old.update(code="other"), ("code",)),
    (lambda old: old["versions"].update(numpy="0.1"), ("versions",)),
    (lambda old: old.clear(), ("versions", "processor", "code"))])
def test_what_has_changed_is_named(published, change, parts):
    alter(published, lambda content: change(content["provenance"]))
    report = check.check("walk")
    assert report.changed == parts and report.identical and not report.warning
    assert f"identical to the bit (other {', '.join(parts)})" in str(report)


def test_code_that_moves_the_numbers_is_warned_of(published):
    alter(published, one_number)
    alter(published, lambda content: content["provenance"].update(code="other"))
    report = check.check("walk")
    assert not report.problems and not report.identical and report.changed == ("code",)
    assert "not identical (other code). WARNING: " in str(report) and "\n" not in str(report)


def test_the_sample_is_deterministic_and_bounded_in_time(published):
    def long(content):
        content["seconds"] = [1.0] * 12

    alter(published, long)
    start = time.monotonic()
    first, second = check.check("walk", seconds=0.001), check.check("walk", seconds=0.001)
    assert first.checked == second.checked == 1  # at least one block, however little the time
    assert time.monotonic() - start < 30
    order = [check.streams.generator(seed, "check", "walk").permutation(12).tolist() for seed in (0, 0, 1)]
    assert order[0] == order[1] != order[2]


@pytest.fixture
def clock(monkeypatch):
    """Blocks computed in this process by the clock of a machine so many times slower than the result's."""
    now = SimpleNamespace(time=0.0, slower=1.0, recorded=[])

    def compute(_, tasks, processes):
        for task in tasks:
            seconds = now.slower * now.recorded[task[0]]
            now.time += seconds
            yield task, ({}, seconds)

    monkeypatch.setattr(check.pool, "run", compute)
    monkeypatch.setattr(check, "time", SimpleNamespace(perf_counter=lambda: now.time))

    def sample(recorded, seconds, slower=1.0, seed=0):
        now.time, now.slower, now.recorded = 0.0, slower, recorded
        result = SimpleNamespace(id="walk", seconds=recorded, blocks=recorded)
        return [index for index, _ in check._sampled(None, result, seed, seconds)], now.time

    return sample


def test_the_first_block_fits_if_any_does(clock):
    slow = [30.0, 19.0, 6.0, 25.0, 5.0, 6.5]
    assert [clock(slow, 20.0, slower=4.0, seed=seed) for seed in range(5)] == [([4], 20.0)] * 5
    assert clock(slow, 3.0) == ([4], 5.0)  # none fits: the shortest exceeds the time least
    many = [0.5, 1.0, 1.5] * 20
    firsts = {clock(many, 20.0, seed=seed)[0][0] for seed in range(5)}
    assert len(firsts) > 1  # where all are short, chance decides


def test_what_does_not_fit_any_more_gives_way_to_what_does(clock):
    for seed in range(5):
        sampled, taken = clock([6.0] * 3 + [1.0] * 3, 20.0, slower=2.5, seed=seed)
        assert taken <= 20.0 and len(sampled) == 3  # two short ones and a long one, or the three short ones


def test_blocks_that_say_they_took_no_time_do_not_take_all_of_it(clock, monkeypatch):
    sampled, _ = clock([0.0] * 5, 20.0)
    assert len(sampled) == 5
    monkeypatch.setattr(check, "time", SimpleNamespace(perf_counter=itertools.count().__next__))
    assert len(clock([0.0] * 100, 20.0)[0]) < 25


def test_a_result_that_cannot_be_read_fails(published):
    published.write_text(published.read_text()[:300])
    assert check.check("walk").problems


def test_a_result_without_experiment_fails(published):
    published.rename(published.with_name("gone.json"))
    assert check.check("gone").problems
    with pytest.raises(results.MissingResult):
        check.check("walk")


def bound(blocks=10, **tolerance):
    return compare.Bound({"k": "n"}, tolerance, {"n": 100}, blocks)


@pytest.mark.parametrize("old, new, equal, within", [
    ({"k": np.array([50, 60])}, {"k": np.array([50, 60])}, True, True),
    ({"k": np.array([50, 60])}, {"k": np.array([51, 58])}, False, True),
    ({"k": np.array([50, 60])}, {"k": np.array([50, 99])}, False, False),
    ({"k": np.full(40, 50)}, {"k": np.full(40, 57)}, False, False),  # no entry stands out, the sum does
    ({"x": np.array([1.0, 2.0])}, {"x": np.array([1.0, 2.0 + 1e-9])}, False, True),
    ({"x": np.array([1.0, 2.0])}, {"x": np.array([1.0, 2.001])}, False, False),
    ({"x": np.array([1.0, np.nan])}, {"x": np.array([1.0, np.nan])}, True, True),
    ({"x": np.array([1.0, np.nan])}, {"x": np.array([1.0, 2.0])}, False, False),
    ({"loose": np.array([1.0, 2.0])}, {"loose": np.array([1.1, 2.0])}, False, True),
    ({"i": np.array([1, 2])}, {"i": np.array([1, 3])}, False, False),
    ({"b": np.arange(100) < 50}, {"b": np.arange(100) >= 51}, False, True),
    ({"b": np.arange(100) < 50}, {"b": np.arange(100) < 95}, False, False),
    ({"x": np.array([1.0])}, {"x": np.array([1.0, 1.0])}, False, False),
    ({"x": np.array([1.0])}, {"y": np.array([1.0])}, False, False),
    ({"k": np.array([50, 60])}, {"k": np.array([50, 101])}, False, False),  # more than there were trials
    ({"x": [[1.0], [2.0, 3.0]]}, {"x": [[1.0], [2.0, 4.0]]}, False, False),
    ({"t": "a"}, {"t": "b"}, False, False)])
def test_bounds(old, new, equal, within):
    assert (not compare.differences(old, new)) is equal
    assert (not compare.differences(old, new, bound(loose=0.1))) is within


def test_trials_that_are_nowhere_are_named():
    lost = compare.Bound({"k": "nowhere"}, {}, {}, 1)
    with pytest.raises(ValueError, match="k counts 'nowhere'"):
        compare.differences({"k": np.array([1])}, {"k": np.array([2])}, lost)
