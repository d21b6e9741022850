"""Multi-grid random search: against a loop written out for one run, and what its settings promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib import gradients
from lrdlib.learners import Budget, MultiGridSearch, Problem
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Parity




def problem(task=None, network=None, runs=3, evaluations=60, training_size=6, seed=0, **more):
    return Problem(task or Parity(5), network or Recurrent(2), runs=runs, rng=np.random.default_rng(seed),
                   budget=Budget(evaluations=evaluations), training_size=training_size, **more)


def theta0(p):
    return p.network.initial(p.runs, np.random.default_rng(1))


def by_hand(p, theta, shrink, width, patience, smallest, rng):
    """One run after another, in plain Python; all draws as the learner makes them."""
    batch, R, P = p.training, *theta.shape
    draws = [rng.uniform(-1, 1, (R, P)) for _ in range(p.budget.evaluations - 1)]
    out = []
    for r in range(R):
        own = batch.select([r])

        def cost(row):
            x = p.network.run(row[None], own.inputs).outputs[0]
            return sum((x[b, own.lengths[0, b] - 1] - own.targets[0, b]) ** 2 / 2 for b in range(own.size))

        best, d, failures = theta[r], width[r], 0
        least = cost(best)
        for z in draws:
            point = best + d * z[r]
            C = cost(point)
            if C < least:
                best, least, d, failures = point, C, d / shrink[r], 0
            else:
                failures += 1
            if failures >= patience or d < smallest * width[r]:
                d, failures = width[r], 0
        out.append((best, least))
    return out


@pytest.mark.parametrize("shrink", [[9.0] * 3, [1 / 0.9] * 3, [2.0, 9.0, 1.5]])
def test_against_a_loop_over_runs_by_hand(shrink):
    task = Parity(5, length="half")
    task.correct = lambda outputs, targets: np.zeros(outputs.shape, bool)  # nobody is ever solved
    width = np.array([0.5, 1.0, 3.0])
    p = problem(task)
    learner = MultiGridSearch(width, shrink, patience=7, smallest=0.02)
    history = learner.train(p, theta0(p), np.random.default_rng(2))
    assert (history.status == "exhausted").all() and (history.evaluations == 60).all()
    assert (history.presentations == 360).all()
    want = by_hand(problem(task), theta0(p), shrink, width, 7, 0.02, np.random.default_rng(2))
    for r, (best, least) in enumerate(want):
        np.testing.assert_allclose(history.theta[r], best, rtol=1e-9)
        assert history.curve["cost"][-1, r] == pytest.approx(least / 6)


def test_the_cost_never_rises_and_is_that_of_theta():
    p = problem(evaluations=200)
    batch, network = p.training, p.network
    history = MultiGridSearch().train(p, theta0(p), np.random.default_rng(2))
    cost = history.curve["cost"][1:]
    assert (np.diff(cost, axis=0) <= 0).all() and (cost[-1] < cost[0]).all()
    np.testing.assert_allclose(gradients.bptt(network, history.theta, batch).cost / 6, cost[-1])


def test_it_solves_the_latch():
    p = Problem(Latch(20, 1, 0.2 / 3**0.5, "uniform", length="half"), LatchNeuron(1), runs=50,
                rng=np.random.default_rng(0), budget=Budget(presentations=10**4), training_size=30, test_size=100)
    history = MultiGridSearch(5.0).train(p, theta0(p), np.random.default_rng(2))
    assert history.solved.mean() > 0.9


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_a_run_does_not_depend_on_when_others_end(seed):
    net, rng = LatchNeuron(1), np.random.default_rng(seed)
    start = net.initial(3, rng)
    solved = start.copy()
    solved[[0, 2]] = net.pack(w=3.0, h=[[-2.0], [2.0]])
    ends = []
    for theta in (start, solved):
        p = problem(Latch(9, 1, 0.2), net, evaluations=30, seed=seed)
        ends.append(MultiGridSearch(3.0).train(p, theta, np.random.default_rng(seed)))
    assert (ends[1].evaluations[[0, 2]] == 0).all()
    np.testing.assert_allclose(ends[1].theta[1], ends[0].theta[1], rtol=1e-12)
    assert ends[1].evaluations[1] == ends[0].evaluations[1]


def test_without_restart_a_grid_that_fails_is_the_end():
    p = problem()
    history = MultiGridSearch(1e-9, patience=3, restart=False).train(p, theta0(p), np.random.default_rng(0))
    assert set(history.status) <= {"stuck", "solved"} and (history.evaluations < 60).all()
    p = problem(evaluations=5)
    history = MultiGridSearch(1.0, 1e6, restart=False).train(p, theta0(p), np.random.default_rng(0))
    moved = (history.theta != theta0(p)).any(axis=1)
    assert moved.any() and (history.status[moved] == "stuck").all()


def test_one_number_for_each_run_or_for_all():
    p = problem()
    with pytest.raises(ValueError, match="width must be one number or R = 3 of them, got 2"):
        MultiGridSearch([1.0, 2.0]).train(p, theta0(p), np.random.default_rng(0))
    with pytest.raises(ValueError, match="shrink must be one number or R = 3 of them, got 2"):
        MultiGridSearch(1.0, [9.0, 2.0]).train(p, theta0(p), np.random.default_rng(0))
    with pytest.raises(TypeError, match="rng"):
        MultiGridSearch().train(p, theta0(p))
