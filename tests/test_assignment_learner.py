"""The worked functions of the assignment *A learner of your own*, against lrdlib and plain loops."""

import numpy as np
import pytest

from assignments.teacher import worked
from lrdlib import learners, networks, tasks
from reproduction import intervals


@pytest.fixture(scope="module")
def own():
    return worked.namespace("learner")


def bowl(x):
    return np.sum((x - 1) ** 2, axis=-1)


class Recorded:
    """A generator whose draws were made before: what a run draws is then known."""

    def __init__(self, draws):
        self.draws = iter(draws)

    def uniform(self, low, high, size):
        assert (low, high) == (-1, 1)
        return next(self.draws).reshape(size)


def plain_rule(d, failures, better, d0, grow, shrink, patience, smallest):
    if better:
        return min(grow * d, d0), 0
    failures += 1
    if failures == patience:
        d, failures = d / shrink, 0
        if d < smallest * d0:
            d = d0
    return d, failures


def test_the_rule_is_the_one_in_words(own):
    rng = np.random.default_rng(0)
    settings = {"grow": 1.7, "shrink": 3.0, "patience": 4, "smallest": 0.05}
    d0, d, failures = np.array([1.0, 2.0, 5.0]), np.array([1.0, 2.0, 5.0]), np.zeros(3, int)
    slow, wide, small = [(1.0, 0), (2.0, 0), (5.0, 0)], 0, 0
    for _ in range(400):
        better = rng.random(3) < 0.15
        d, failures = own["adapt"](d, failures, better, d0, **settings)
        slow = [plain_rule(*box, b, first, **settings) for box, b, first in zip(slow, better, d0)]
        assert np.allclose(d, [box[0] for box in slow]) and np.array_equal(failures, [box[1] for box in slow])
        wide, small = wide + np.sum(d == d0), small + np.sum(d < 0.15 * d0)
    assert wide and small  # both limits were met
    number = own["adapt"](0.5, 4, False, 1.0)
    assert np.shape(number[0]) == () and number == (0.25, 0)


def test_with_multi_grids_rule_one_run_is_multi_grid_search(own):
    problem = learners.Problem(tasks.Latch(7, L=1), networks.LatchNeuron(L=1), runs=1, rng=np.random.default_rng(1),
                               training_size=8, test_task=tasks.Latch(60, L=1, noise=3.0), test_size=60,
                               budget=learners.Budget(evaluations=90))
    batch, start = problem.training, np.array([0.3, -0.2, 0.1])
    net = networks.LatchNeuron(L=1)

    def cost(theta):
        outputs = tasks.last(net.run(theta[None], batch.inputs, batch.groups).outputs, batch.lengths)
        return float(((outputs - batch.targets) ** 2).sum() / 2)

    fast = learners.MultiGridSearch(2.0, 1 / 0.9).train(problem, start[None], np.random.default_rng(2))
    x, costs, sides = own["search"](cost, start, 2.0, int(fast.evaluations[0]) - 1, np.random.default_rng(2),
                                    own["multigrid"])
    assert fast.evaluations[0] == 90 == len(costs) == len(sides)
    assert np.allclose(fast.theta[0], x, rtol=1e-10) and np.isclose(fast.curve["cost"][-1, 0] * 8, costs[-1])
    assert np.allclose(fast.curve["cost"][1:, 0] * 8, costs) and np.diff(costs).max() <= 0


@pytest.mark.parametrize("goal", [-1.0, 0.3])
def test_many_runs_are_as_many_single_ones(own, goal):
    R, rounds, rng = 6, 60, np.random.default_rng(3)
    starts = rng.normal(0, 2, (R, 2))
    starts[0] = 1.0, 1.4  # is there at once
    draws = rng.uniform(-1, 1, (rounds, R, 2))
    theta, least, n = own["search_all"](bowl, starts, 1.0, rounds, Recorded(draws), own["adapt"], goal)
    ends = set()
    for r in range(R):
        x, costs, _ = own["search"](bowl, starts[r], 1.0, rounds, Recorded(draws[:, r]), own["adapt"])
        reached = np.flatnonzero(costs <= goal)
        stop = reached[0] if reached.size else rounds
        x, costs, _ = own["search"](bowl, starts[r], 1.0, int(stop), Recorded(draws[:, r]), own["adapt"])
        assert n[r] == stop + 1 and np.isclose(least[r], costs[-1]) and np.allclose(theta[r], x)
        ends.add(int(stop))
    assert ends == {rounds} if goal < 0 else len(ends) >= 3


def test_with_multi_grids_rule_the_learner_is_multi_grid_search(own):
    def train(learner):
        problem = learners.Problem(tasks.Latch(20, L=1), networks.LatchNeuron(L=1), runs=30,
                                   rng=np.random.default_rng(4), training_size=10, test_size=50,
                                   budget=learners.Budget(presentations=1500))
        theta0 = np.random.default_rng(5).uniform(-0.5, 0.5, (30, 3))
        return learner.train(problem, theta0, np.random.default_rng(6))

    def rule(d, failures, better, d0):
        return own["multigrid"](d, failures, better, d0, shrink=9.0)

    ours, theirs = train(own["BoxSearch"](3.0, rule)), train(learners.MultiGridSearch(3.0, shrink=9.0))
    assert 3 < len(set(theirs.evaluations.tolist()))  # runs end at many times
    assert np.array_equal(ours.theta, theirs.theta) and np.array_equal(ours.evaluations, theirs.evaluations)
    assert np.array_equal(ours.curve["cost"], theirs.curve["cost"]) and np.array_equal(ours.status, theirs.status)


def test_everybody_enters_on_the_same_terms(own):
    class Spy(learners.Learner):
        stochastic = True

        def train(self, problem, theta0, rng):
            self.seen = problem, problem.training.inputs, theta0, rng.random(3)
            return learners.GradientDescent(0.5, batch_size=5).train(problem, theta0)

        def _step(self, *given):
            raise AssertionError

    spy = Spy()
    solved, shown = own["enter"](spy, 7, 40, 200, 11)
    problem, inputs, theta0, luck = spy.seen
    assert problem.runs == 40 and problem.budget == learners.Budget(presentations=200)
    assert np.array_equal(theta0, np.random.default_rng(12).uniform(-0.5, 0.5, (40, 3)))
    assert np.array_equal(luck, np.random.default_rng(13).random(3))
    task = tasks.Latch(7, L=1, noise=0.2 / np.sqrt(3), distribution="uniform", length="half")
    assert np.array_equal(inputs, task.sample(np.random.default_rng(11), 30, 40).inputs)
    assert solved == np.sum(problem.status == "solved") and 0 < solved < 40
    assert shown == np.median(problem.spent["presentations"])


@pytest.mark.parametrize("n", [1, 20, 100])
def test_wilsons_interval(own, n):
    k = np.arange(n + 1)
    low, high = own["wilson"](k, n, 1.959963984540054)
    want = intervals.wilson(k, n)
    assert np.allclose(low, want[0], atol=1e-12) and np.allclose(high, want[1], atol=1e-12)
    p, z = k / n, 1.96
    for end in own["wilson"](k, n):  # where p is z standard deviations away
        assert np.allclose((p - end) ** 2, z**2 * end * (1 - end) / n)


def test_the_experiments_show_what_the_text_says(own):
    adapt, multigrid, valley = own["adapt"], own["multigrid"], own["valley"]
    for rule in (adapt, multigrid):
        _, _, n = own["search_all"](valley, own["starts"], 1.0, 1500, np.random.default_rng(1), rule, 0.01)
        assert n.max() > 10 * n.min()
    shares = {rounds: [np.mean(own["search_all"](valley, own["starts"], 1.0, rounds, np.random.default_rng(1), rule,
                                                 0.01)[1] <= 0.01) for rule in (adapt, multigrid)]
              for rounds in (400, 1500)}
    assert shares[400][0] < shares[400][1] and shares[1500][0] > shares[1500][1]  # the curves cross
    solved = {name: found[:, 0] for name, found in own["results"].items()}
    descent, narrow, wide, guess = solved.values()
    assert descent[0] > 90 and descent[-1] < 30 and narrow[-1] < narrow[0] - 15 and wide.min() > 80 and guess.min() > 95
    presentations = [found[:, 1].max() for found in own["results"].values()]
    assert presentations[-1] == min(presentations)
