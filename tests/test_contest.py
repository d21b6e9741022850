"""The contest is fair: same data, same number of settings, and what is tried at once is what is tried alone."""

import numpy as np
import pytest

from lrdlib.learners import History
from reproduction.experiments import _contest, _contestants, latch_methods, parity, two_sequence

EXPERIMENTS = {"latch": latch_methods, "two-sequence": two_sequence, "parity": parity}
TASKS = list(EXPERIMENTS)


def config(task, **changes):
    return {**EXPERIMENTS[task].EXPERIMENT.config("quick"), **changes}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", two_sequence.METHODS)
class TestEachLearner:
    def test_has_eight_settings_to_choose_from(self, task, method):
        found = _contestants.settings(method, task)
        assert len(found) == 8 and len({_contestants.words(each) for each in found}) == 8
        assert sorted(k for group in _contestants.groups(method, found) for k in group) == list(range(8))

    @pytest.mark.parametrize("protocol", ["published", "tuned"])
    def test_stays_within_the_budget(self, task, method, protocol):
        few = config(task, runs=3, presentations=300, search_runs=2, search_presentations=100,
                     budgets={method: 200})
        out = _contest.compute(few, {"protocol": protocol, "method": method, "T": 5})
        assert out["error"].shape == (3,) and ((0 <= out["error"]) & (out["error"] <= 1)).all()
        assert (out["presentations"] <= (200 if protocol == "published" else 300)).all()
        assert (out["error"][out["solved"]] == 0).all()
        if protocol == "tuned":
            assert out["search"] <= 8 * 2 * 100 and len(out["search_errors"]) == 8
            assert out["search_errors"][out["setting"]] == out["search_errors"].min()
            np.testing.assert_array_equal(out["error_at_1000"], out["error"])  # the budget ends before


@pytest.mark.parametrize("task", TASKS)
def test_learners_of_the_same_net_start_alike_on_the_same_data(task, monkeypatch):
    seen = []

    class Spy(Exception):
        pass

    def build(method, task, net, settings):
        real_net, learner = real(method, task, net, settings)

        def train(problem, theta0, rng):
            seen.append((problem.training, problem._test, theta0))
            raise Spy

        learner.train = train
        return real_net, learner

    real = _contestants.build
    monkeypatch.setattr(_contestants, "build", build)
    for method in ("descent", "annealing", "time-weighted"):
        with pytest.raises(Spy):
            _contest.compete(config(task), method, _contestants.as_published(method, task), 5, 4, 100, "published")
    (training, test, theta), *others = seen
    for other, other_test, other_theta in others:
        np.testing.assert_array_equal(training.inputs, other.inputs)
        np.testing.assert_array_equal(test.targets, other_test.targets)
        np.testing.assert_array_equal(theta, other_theta)


def test_settings_tried_at_once_are_those_tried_alone():
    """On the same data: descent at two rates, in one ensemble of copies and alone."""
    settings = [{"rate": rate, "momentum": 0.5, "batch": "tuned"} for rate in (0.05, 0.2)]
    merged = _contestants.merge(settings, 3)
    assert merged["momentum"] == 0.5
    np.testing.assert_array_equal(merged["rate"], [0.05] * 3 + [0.2] * 3)
    together = _contest.compete(config("two-sequence"), "descent", merged, 5, 3, 200, "search", 2)
    alone = _contest.compete(config("two-sequence"), "descent", settings[0], 5, 3, 200, "search", 2)
    np.testing.assert_array_equal(together.theta[:3], alone.theta[:3])
    assert not np.array_equal(together.theta[3:], alone.theta[3:])


def test_copies_share_prototypes_and_first_weights():
    task, _ = _contest.arena(config("two-sequence"), 5, 3, "search", copies=2)
    np.testing.assert_array_equal(task.prototypes[:3], task.prototypes[3:])


def test_the_search_sees_no_data_of_the_contest():
    a, b = (_contest.prototypes(config("two-sequence"), 20, part) for part in ("search", "tuned"))
    assert not np.isin(a, b).any()


def test_the_error_at_a_number_of_presentations_is_that_of_the_last_test_by_then():
    shown = np.array([[0, 0], [10, 10], [25, 25], [60, 25]])
    error = np.array([[0.5, 0.5], [0.4, 0.3], [0.2, 0.0], [0.1, 0.0]])
    ends = [np.zeros(2, int)] * 3
    history = History(np.zeros((2, 1)), np.array(["exhausted", "solved"]), *ends, error=error[-1],
                      curve={"presentations": shown, "error": error})
    for at, want in ((0, [0.5, 0.5]), (24, [0.4, 0.3]), (25, [0.2, 0.0]), (59, [0.2, 0.0]), (1000, [0.1, 0.0])):
        np.testing.assert_array_equal(_contest.error_at(history, at), want)
