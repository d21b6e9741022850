"""Pseudo-Newton and its time-weighted form, against plain loops with derivatives from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from test_curvature import unfolded_slope

from lrdlib import gradients
from lrdlib.learners import Budget, LearningStopped, Problem, PseudoNewton, TimeWeightedPseudoNewton
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent
from lrdlib.tasks import Latch, Parity, SquaredError, TwoSequence

BOTH = [PseudoNewton, TimeWeightedPseudoNewton]
NET = Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0], same_step=[(1, 0)])


def problem(task=None, network=NET, runs=3, evaluations=12, training_size=6, **more):
    return Problem(task or Parity(5, noise=0.1, length="half"), network, runs=runs, rng=np.random.default_rng(0),
                   budget=Budget(evaluations=evaluations), training_size=training_size, tolerance=0.0, **more)


def theta0(p):
    return 2 * p.network.initial(p.runs, np.random.default_rng(1))


def loop(p, rescaled, rate, mu, momentum, size):
    """Descent with a step of one's own, without the library's loop; no run may be solved on the way."""
    theta, v = theta0(p), 0
    rate, mu, momentum = (np.broadcast_to(value, p.runs)[:, None] for value in (rate, mu, momentum))
    while (batch := p.draw(size)) is not None:
        v = momentum * v - rate * rescaled(theta, batch, mu)
        theta = theta + v
    return theta


def newton(theta, batch, mu):
    hessian = gradients.hessian(NET, theta, batch)
    return gradients.complex_step(NET, theta, batch) / (np.abs(np.einsum("rpp->rp", hessian)) + mu)


class Unfolded:
    """What `unfolded_slope` reads of a case."""

    def __init__(self, batch):
        self.network, self.batch = NET, batch


def time_weighted(theta, batch, mu):
    step, e = np.zeros_like(theta), 1e-5
    for r, t, j in np.ndindex(len(theta), batch.T, theta.shape[1]):
        weights = np.repeat(theta[r : r + 1], batch.T, axis=0)
        up, down = weights.copy(), weights.copy()
        up[t, j], down[t, j] = up[t, j] + e, down[t, j] - e
        first, above, below = (unfolded_slope(Unfolded(batch), r, each, t, j) for each in (weights, up, down))
        step[r, j] += first / (abs((above - below) / (2 * e)) + mu[r, 0])
    return step


SETTINGS = {"rate": [0.05, 0.1, 0.2], "mu": [0.01, 0.1, 0.3], "momentum": [0.0, 0.5, 0.8]}


def test_pseudo_newton_against_a_loop_with_the_hessian_by_complex_step():
    p, q = problem(), problem()
    history = PseudoNewton(**SETTINGS, batch_size=2, curvature="exact").train(p, theta0(p))
    assert (history.status == "exhausted").all()
    np.testing.assert_allclose(history.theta, loop(q, newton, **SETTINGS, size=2), rtol=1e-9)


def test_time_weighted_against_a_loop_with_an_unfolded_net():
    p, q = problem(evaluations=2), problem(evaluations=2)
    history = TimeWeightedPseudoNewton(**SETTINGS, batch_size=2, curvature="exact").train(p, theta0(p))
    assert (history.status == "exhausted").all()
    np.testing.assert_allclose(history.theta, loop(q, time_weighted, **SETTINGS, size=2), rtol=1e-6)


def test_both_with_the_recursion_against_loops_over_stored_instances():
    for learner in BOTH:
        def rescaled(theta, batch, mu, learner=learner):
            each = gradients.instance_derivatives(NET, theta, batch)
            if learner is PseudoNewton:
                return each.gradient.sum(1) / (np.abs(each.curvature.sum(1)) + mu)
            return (each.gradient / (np.abs(each.curvature) + mu[:, None])).sum(1)

        p, q = problem(), problem()
        history = learner(**SETTINGS, batch_size=1).train(p, theta0(p))
        assert (history.status == "exhausted").all()
        np.testing.assert_allclose(history.theta, loop(q, rescaled, **SETTINGS, size=1), rtol=1e-9)


def test_by_hand_one_step_of_each():
    """x_1 = tanh h, C = (x_1 - d)^2 / 2 for the two classes, one sequence each, one step: both learners agree."""
    h, d, rate, mu = np.array([0.3, -0.5]), np.array([-0.8, 0.8]), 0.1, 0.2
    x = np.tanh(h)
    g = (1 - x**2) * (x - d)
    c = (1 - x**2) ** 2 - 2 * x * (1 - x**2) * (x - d)
    for learner in BOTH:
        p = problem(Latch(1, 1, noise=0), LatchNeuron(1, w=1.5), runs=1, evaluations=1, training_size=2)
        history = learner(rate, mu).train(p, [h])
        np.testing.assert_allclose(history.theta[0], h - rate * g / (np.abs(c) + mu), rtol=1e-12)


@pytest.mark.parametrize("learner", BOTH)
@pytest.mark.parametrize("curvature", ["recursion", "exact"])
def test_no_step_is_longer_than_mu_allows(learner, curvature):
    rate, mu = 0.1, np.array([1e-3, 1e-2, 1.0])
    p = problem(TwoSequence(12, 3, np.random.default_rng(3)), Recurrent(5, input_to=[0], train_input=False))
    q = problem(TwoSequence(12, 3, np.random.default_rng(3)), Recurrent(5, input_to=[0], train_input=False))
    p.budget = Budget(evaluations=1)
    history = learner(rate, mu, 1, curvature).train(p, theta0(p))
    batch = q.draw(1)
    if learner is PseudoNewton:
        size = np.abs(gradients.bptt(q.network, theta0(q), batch).gradient)
    else:
        size = np.abs(gradients.instance_derivatives(q.network, theta0(q), batch).gradient).sum(1)
    moved = np.abs(history.theta - theta0(p))
    assert (moved <= rate * size / mu[:, None] * (1 + 1e-12) + 1e-15).all() and moved.any()


@pytest.mark.parametrize("learner", BOTH)
def test_a_run_goes_its_own_way(learner):
    """Whatever the others do: here one diverges at once, and its settings are its own."""
    task, net = TwoSequence(8, 3, np.random.default_rng(3)), Recurrent(3)
    p, q = (Problem(task, net, runs=3, rng=np.random.default_rng(0), budget=Budget(evaluations=40), test_size=20)
            for _ in range(2))
    theta = theta0(p)
    settings = {"rate": [0.1, 0.1, 0.05], "mu": [0.01, 0.1, 1.0], "batch_size": 2}
    fine = learner(**settings).train(p, theta)
    theta[1] = -1e200  # whose square is infinite
    lost = learner(**settings).train(q, theta)
    assert lost.status[1] == "diverged" and lost.evaluations[1] == 1 and (lost.theta[1] == -1e200).all()
    for r in (0, 2):
        np.testing.assert_allclose(lost.theta[r], fine.theta[r], rtol=1e-9)
        assert lost.status[r] == fine.status[r] and fine.status[r] != "diverged"


@pytest.mark.parametrize("learner", BOTH)
def test_it_learns(learner):
    p = Problem(Latch(5, 1, 0.1, length="half"), LatchNeuron(1), runs=20, rng=np.random.default_rng(0), test_size=50,
                budget=Budget(presentations=2000), training_size=30)
    history = learner(0.03, 0.1, 1, momentum=0.8, check_every=10).train(p, theta0(p))
    assert history.solved.mean() > 0.8


@pytest.mark.parametrize("learner", BOTH)
def test_what_does_not_fit_is_refused_before_any_work(learner):
    p = problem(network=LocalFeedback(2))
    with pytest.raises(TypeError, match="the network of problem must be a Recurrent network or a LatchNeuron"):
        learner(0.1, 0.1).train(p, theta0(p))
    task = Parity(5)
    task.cost = type("Plain", (), {"value": SquaredError().value, "derivative": SquaredError().derivative})()
    q = problem(task)
    with pytest.raises(TypeError, match="cost of problem's task must have the method curvature"):
        learner(0.1, 0.1).train(q, theta0(q))
    r = problem()
    with pytest.raises(ValueError, match="mu must be one number or R = 3 of them, got 2"):
        learner(0.1, [0.1, 0.2]).train(r, theta0(r))
    for each in (p, q, r):
        assert not each.spent["evaluations"].any()


@pytest.mark.parametrize("learner", BOTH)
def test_a_curvature_of_nan_stops_with_what_was_found(learner):
    class Failing(SquaredError):
        calls = 0

        def curvature(self, o, d):
            self.calls += 1
            return super().curvature(o, d) * (np.nan if self.calls == 4 else 1)

    task = Parity(5)
    task.cost = Failing()
    p = problem(task)
    with pytest.raises(LearningStopped, match="stopped after 4 evaluations: cost.curvature must .* NaN") as stopped:
        learner(0.1, 0.1, 2).train(p, theta0(p))
    same = learner(0.1, 0.1, 2).train(problem(Parity(5), evaluations=3), theta0(p))
    np.testing.assert_array_equal(stopped.value.history.theta, same.theta)
