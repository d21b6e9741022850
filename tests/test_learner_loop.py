"""The loop that learners share: momentum, tests that thin out, and errors on the way that lose nothing."""

import pickle

import numpy as np
import pytest

from lrdlib import gradients
from lrdlib.learners import (
    Budget,
    DiscretePropagation,
    ExpectationMaximisation,
    GradientDescent,
    Learner,
    LearningStopped,
    Problem,
    RandomGuessing,
    Step,
)
from lrdlib.networks import InputOutputHMM, LatchNeuron, LocalFeedback, Recurrent
from lrdlib.tasks import Batch, Latch, Parity, SquaredError


def problem(task=None, network=None, runs=3, evaluations=20, training_size=6, **more):
    return Problem(task or Latch(8, noise=0.3), network or LatchNeuron(), runs=runs, rng=np.random.default_rng(0),
                   budget=Budget(evaluations=evaluations), training_size=training_size, **more)


def theta0(p, scale=0.5):
    return p.network.initial(p.runs, np.random.default_rng(1), scale)


@pytest.mark.parametrize("momentum", [0.0, 0.8, [0.0, 0.5, 0.9]])
def test_momentum_against_a_loop_with_complex_step_gradients(momentum):
    task, net = Parity(5), Recurrent(2)
    p = problem(task, net)
    history = GradientDescent(0.05, 2, momentum=momentum).train(p, theta0(p))
    q = problem(task, net)
    for r in range(3):
        assert history.status[r] == "exhausted"
    theta, v = theta0(q), 0
    for _ in range(20):
        g = gradients.complex_step(net, theta, q.draw(2))
        v = np.broadcast_to(momentum, 3)[:, None] * v - 0.05 * g
        theta = theta + v
    np.testing.assert_allclose(history.theta, theta, rtol=1e-9, atol=1e-12)


def test_tests_thin_out():
    p = problem(Parity(9), LocalFeedback(1), evaluations=1000)
    curve = GradientDescent(1e-9, 1, check_every=2, check_growth=1.5).train(p, theta0(p)).curve["evaluations"][:, 0]
    gaps = np.diff(curve)[:-1]  # the last evaluation is tested in any case
    assert curve[0] == 0 and curve[-1] == 1000 and gaps[0] == 2
    for before, gap in zip(curve[1:-2], gaps[1:]):
        assert gap == max(2, before // 2)


class Failing(SquaredError):
    """A cost that gives NaN at its n-th call."""

    def __init__(self, at):
        self.calls, self.at = 0, at

    def value(self, o, d):
        self.calls += 1
        return super().value(o, d) * (np.nan if self.calls == self.at else 1)


class Spoilt(Parity):
    """A task whose n-th batch is not what the first ones were."""

    def __init__(self, at, spoil):
        super().__init__(9)
        self.calls, self.at, self.spoil = 0, at, spoil

    def sample(self, *given):
        self.calls += 1
        batch = super().sample(*given)
        return self.spoil(batch) if self.calls == self.at else batch


def test_a_cost_of_nan_stops_with_what_was_found():
    task, want = Parity(9), Parity(9)
    task.cost = Failing(at=8)
    p, q = problem(task, LocalFeedback(1)), problem(want, LocalFeedback(1), evaluations=7)
    with pytest.raises(LearningStopped, match="stopped after 8 evaluations: cost.value must .* NaN") as stopped:
        GradientDescent(0.1, 2).train(p, theta0(p))
    history = stopped.value.history
    np.testing.assert_array_equal(history.theta, GradientDescent(0.1, 2).train(q, theta0(q)).theta)
    assert (history.status == "stopped").all() and (history.evaluations == 8).all()
    assert isinstance(stopped.value.__cause__, ValueError)


@pytest.mark.parametrize("spoil", [
    lambda b: Batch(b.inputs[:, :, :, [0, 0]], b.lengths, b.targets),
    lambda b: Batch(b.inputs[:, 1:], b.lengths[:, 1:], b.targets[:, 1:]),
    lambda b: None,
], ids=["more inputs", "fewer sequences", "nothing"])
def test_an_inconsistent_task_stops_with_what_was_found(spoil):
    task = Spoilt(6, spoil)
    p = problem(task, LocalFeedback(1), training_size=None, test_size=10)
    with pytest.raises(LearningStopped, match="what task.sample gives must be") as stopped:
        GradientDescent(0.1, 2).train(p, theta0(p))
    assert not np.array_equal(stopped.value.history.theta, theta0(p))
    assert (stopped.value.history.evaluations == 4).all()  # the first sample was the test's


def test_a_run_that_was_solved_before_stays_solved():
    net = LatchNeuron()
    theta = np.concatenate([net.pack(w=3.0, h=[[-2.0] * 3, [2] * 3]), net.initial(1, np.random.default_rng(0))])
    task = Latch(8, noise=0.1)
    task.cost = Failing(at=3)
    with pytest.raises(LearningStopped) as stopped:
        GradientDescent(1e-6).train(problem(task, net, runs=2), theta)
    assert stopped.value.history.status.tolist() == ["solved", "stopped"]


@pytest.mark.parametrize("budget", [Budget(presentations=5), Budget(unit_steps=30)])
def test_a_budget_that_pays_for_nothing_is_refused_before_any_work(budget):
    p = Problem(Latch(8, noise=0.3), LatchNeuron(), runs=2, rng=np.random.default_rng(0), budget=budget, training_size=6)
    with pytest.raises(ValueError, match="budget of problem must pay for one batch at least, got Budget"):
        GradientDescent(0.1).train(p, theta0(p))
    assert not p.spent["evaluations"].any()


class GivesUp(Learner):
    """Gives up run 1 at once, and solves run 0 as it gives it up."""

    def _step(self, problem, theta, batch, state):
        active = problem.active
        theta[active[active == 0]] = LatchNeuron().pack(w=3.0, h=[[-2.0] * 3, [2] * 3])
        return Step(problem.cost(theta[active], batch), stuck=active < 2)


def test_stuck_runs_are_tested_once_more_and_end():
    p = problem(Latch(8, noise=0.1))
    history = GivesUp(check_every=100).train(p, np.zeros((3, 7)))
    assert history.status.tolist() == ["solved", "stuck", "exhausted"]
    assert history.evaluations.tolist() == [1, 1, 20]


def test_the_cost_alone_is_that_of_the_gradient():
    p = problem(Parity(7), Recurrent(2), training_size=5)
    theta, batch = theta0(p), p.draw()
    np.testing.assert_array_equal(p.cost(theta, batch), p.gradient(theta, batch).cost)


def test_a_run_that_diverges_costs_infinity():
    net = LocalFeedback(1, activation="linear", output="linear")
    p = problem(Parity(7), net)
    theta = theta0(p)
    theta[1] = 1e200
    cost = p.cost(theta, p.draw())
    assert np.isinf(cost[1]) and np.isfinite(cost[[0, 2]]).all()


def test_charges_by_hand_are_counted_and_end_a_run_that_has_spent_its_budget():
    p = problem(evaluations=5)
    assert p.training.size == 6 and p.training.runs == 3
    p.charge([1, 5, 2], [3, 9, 4], [24, 72, 32])
    assert p.active.tolist() == [0, 2] and p.status.tolist() == ["running", "exhausted", "running"]
    p.charge([1, 3], [0, 1], [0, 8])
    assert p.spent["evaluations"].tolist() == [2, 5, 5]
    assert p.spent["presentations"].tolist() == [3, 9, 5]
    assert p.spent["unit_steps"].tolist() == [24, 72, 40]
    assert p.active.tolist() == [0]


@pytest.mark.parametrize("wrong", [
    lambda n: Step(np.full(n, np.nan)), lambda n: Step(np.zeros(n + 1)), lambda n: Step(0.0), lambda n: None,
    lambda n: Step(np.zeros(n, bool)), lambda n: Step(np.zeros(n), stuck=np.arange(n)),
], ids=["NaN", "another shape", "a scalar", "nothing", "bools", "integers for a mask"])
def test_a_step_of_ones_own_is_checked(wrong):
    class Mine(Learner):
        def _step(self, problem, theta, batch, state):
            return wrong(len(problem.active))

    with pytest.raises(LearningStopped, match="Step|stuck"):
        Mine().train(problem(), np.zeros((3, 7)))


def test_a_nan_in_theta_is_refused_and_the_history_has_what_was_before():
    class Spoils(Learner):
        def _step(self, problem, theta, batch, state):
            theta[problem.active] += np.nan if problem.spent["evaluations"].max() == 3 else 1e-3
            return Step(problem.cost(np.zeros((len(problem.active), 7)), batch))

    with pytest.raises(LearningStopped, match="theta must stay finite") as stopped:
        Spoils().train(problem(), np.zeros((3, 7)))
    np.testing.assert_allclose(stopped.value.history.theta, 2e-3)


def test_whatever_the_task_raises_loses_nothing_and_gets_through_a_pipe():
    def spoil(batch):
        raise RuntimeError("the disk is full")

    p = problem(Spoilt(4, spoil), LocalFeedback(1), training_size=None, test_size=10)
    with pytest.raises(LearningStopped, match="RuntimeError: the disk is full") as stopped:
        GradientDescent(0.1, 2).train(p, theta0(p))
    again = pickle.loads(pickle.dumps(stopped.value))
    np.testing.assert_array_equal(again.history.theta, stopped.value.history.theta)
    assert str(again) == str(stopped.value)


def test_the_curve_ends_where_all_runs_diverged():
    net = LocalFeedback(2, activation="linear", output="linear")
    p = problem(Parity(6), net, runs=2, training_size=8)
    history = GradientDescent([1e3, 1e3], check_every=10).train(p, theta0(p))
    assert (history.status == "diverged").all()
    np.testing.assert_array_equal(history.curve["evaluations"][-1], history.evaluations)
    assert np.isinf(history.curve["cost"][-1]).all()


def test_settings_are_the_learners_own():
    rate = np.array([0.1, 0.2, 0.3])
    learner = GradientDescent(rate)
    rate[:] = -5
    assert (learner.rate > 0).all()


def test_a_batch_size_there_must_be_without_a_training_set():
    p = problem(training_size=None, test_size=5)
    with pytest.raises(ValueError, match="batch_size must be given"):
        GradientDescent(0.1).train(p, np.zeros((3, 7)))


def test_a_guess_that_overflows_in_the_test_is_wrong_and_guessing_goes_on():
    net = LocalFeedback(1, activation="linear", output="linear")
    p = Problem(Latch(3, noise=0), net, runs=5, rng=np.random.default_rng(0), budget=Budget(evaluations=3000),
                training_size=4, test_size=10, test_task=Latch(400, noise=0))
    history = RandomGuessing(100.0).train(p, theta0(p), np.random.default_rng(1))
    assert (history.status == "exhausted").all() and (history.evaluations == 3000).all()


@pytest.mark.parametrize("learner, network", [
    (DiscretePropagation(), Recurrent(2, activation="sign")),
    (ExpectationMaximisation(), InputOutputHMM(2, [0.0], outputs=(0.0, 2.0)))])
def test_a_network_that_cannot_answer_on_both_sides_of_the_threshold_is_refused(learner, network):
    task = Parity(5)
    task.threshold = 1.5
    p = problem(task, network)
    with pytest.raises(ValueError, match="threshold of task"):
        learner.train(p, theta0(p), np.random.default_rng(0))
