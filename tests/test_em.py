"""EM for the input-output HMM, against the enumeration of all paths, against derivatives, and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_markov import KINDS, case, plain_matrix

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.learners import (Budget, ExpectationMaximisation, GradientDescent, LearningStopped, Problem, em,
                             expectation, likelihood_gradient)
from lrdlib.networks import InputOutputHMM, Recurrent, two_chains
from lrdlib.tasks import Latch, Parity, TwoSequence

few = settings(max_examples=25, deadline=None, derandomize=True)


class LogLoss:
    """-log P(right), from the output: for derivatives by the complex step."""

    def __init__(self, network):
        self.low, self.high = network.outputs

    def value(self, o, d):
        p = (o - self.low) / (self.high - self.low)
        return -np.log(np.where(d > (self.low + self.high) / 2, p, 1 - p))

    def derivative(self, o, d):
        p = (o - self.low) / (self.high - self.low)
        return np.where(d > (self.low + self.high) / 2, -1 / p, 1 / (1 - p)) / (self.high - self.low)


def enumerated(network, theta, batch):
    """log P(right) (R, B), and expected transitions j -> i at each step (R, B, T, n, n), path by path."""
    (R, B, T), n = batch.inputs.shape[:3], network.n_state
    log_likelihood, joint = np.zeros((R, B)), np.zeros((R, B, T, n, n))
    for r, p in itertools.product(range(R), range(B)):
        end = batch.lengths[r, p]
        u, group = batch.inputs[r, p], batch.groups[r, p]
        A = [plain_matrix(network, theta[r], u[t - 1], group, t) for t in range(1, end + 1)]
        right = [i for i in range(n) if (i in network.accepting) == (batch.targets[r, p] == network.outputs[1])]
        for path in itertools.product(range(n), repeat=end):
            if path[-1] in right:
                steps = list(zip((network.start, *path), path))
                probability = np.prod([A[t][j][i] for t, (j, i) in enumerate(steps)])
                log_likelihood[r, p] += probability
                for t, (j, i) in enumerate(steps):
                    joint[r, p, t, i, j] += probability
        joint[r, p] /= log_likelihood[r, p]
    return np.log(log_likelihood), joint


def places(network, batch):
    """Where the transitions of each step are counted, (R, B, T)."""
    R, B, T = batch.inputs.shape[:3]
    if network.levels is None:
        return np.broadcast_to(np.arange(T) * B + np.arange(B)[:, None], (R, B, T))
    level = np.searchsorted(network.levels, batch.inputs[..., 0], side="right")
    free = network.n_seen + batch.groups[..., None] * (network.L or 0) + np.arange(T)
    return np.where(np.arange(T) < (network.L or 0), free, level)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "two chains"])
def test_likelihood_and_posterior_against_all_paths(kind):
    network, theta, batch = case(kind, R=2, B=3, T=5)
    found, (log_likelihood, joint) = expectation(network, theta, batch), enumerated(network, theta, batch)
    np.testing.assert_allclose(found.log_likelihood, log_likelihood, rtol=1e-12)
    want = np.zeros((found.counts.shape[3], 2, *joint.shape[3:]))
    for r, p, t in np.ndindex(joint.shape[:3]):
        want[places(network, batch)[r, p, t], r] += joint[r, p, t]
    got = network.dense(found.counts.reshape(*found.counts.shape[:2], -1), 2)
    np.testing.assert_allclose(got.transpose(1, 0, 2, 3), want, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_by_fishers_identity(kind):
    network, theta, batch = case(kind, R=2, T=8)
    g, cost = likelihood_gradient(network, theta, batch), LogLoss(network)
    truth = gradients.complex_step(network, theta, batch, cost)
    np.testing.assert_allclose(g.gradient, truth, atol=1e-12 * abs(truth).max())
    by_bptt = gradients.bptt(network, theta, batch, cost)
    np.testing.assert_allclose(g.cost, by_bptt.cost, rtol=1e-12)
    np.testing.assert_allclose(g.gradient, by_bptt.gradient, atol=1e-12 * abs(truth).max())


@few
@given(st.sampled_from([kind for kind in KINDS if "levels" in KINDS[kind]]), st.integers(0, 10**6),
       st.sampled_from([0.1, 1.0, 6.0]), st.integers(3, 30))
def test_the_likelihood_never_falls_with_tables(kind, seed, scale, T):
    network, theta, batch = case(kind, R=4, B=6, T=T, scale=scale, seed=seed)
    before = None
    for _ in range(12):
        found = expectation(network, theta, batch)
        now = found.log_likelihood.sum(1)
        assert before is None or (now >= before - 1e-10 * (1 + np.abs(before))).all()
        theta, before = em._exact(network, theta, found), now


@few
@given(st.sampled_from(list(KINDS)), st.integers(0, 10**6), st.sampled_from([0.0, 0.5, 20.0]))
def test_a_generalised_step_lowers_nothing(kind, seed, weight):
    """What is raised is log L + weight D, D by numpy's determinants of the matrices at each step."""
    network, theta, batch = case(kind, R=3, B=5, T=9, seed=seed)
    weights, before = np.full(3, weight), None
    for _ in range(6):
        found, share = expectation(network, theta, batch), em._shares(network, batch, 3)
        A = gradients.jacobians(network.run(theta, batch.inputs, batch.groups))
        alive = np.arange(9) < batch.lengths[..., None]
        D = (np.abs(np.linalg.det(A)) * alive).sum(2) / batch.lengths
        now = found.log_likelihood.sum(1) + weight * D.sum(1)
        assert before is None or (now >= before - 1e-9 * (1 + np.abs(before))).all()
        spread = em._spread(network, theta, found, weights, share)
        np.testing.assert_allclose(spread, weight * D.sum(1), rtol=1e-9, atol=1e-12)
        theta, before = em._ascend(network, theta, found, weights, share, 3), now


@pytest.mark.parametrize("kind", ["masked tables", "masked subnetworks"])
def test_the_generalised_step_follows_the_gradient(kind):
    """At the theta of the E step Q and log L have the same slope, and D's is that of numpy's determinants."""
    network, theta, batch = case(kind, R=1, B=3, T=5)
    found, share, weight = expectation(network, theta, batch), em._shares(network, batch, 1), np.array([3.0])

    def goal(theta):
        A = gradients.jacobians(network.run(theta, batch.inputs, batch.groups))
        alive = np.arange(5) < batch.lengths[..., None]
        D = ((np.abs(np.linalg.det(A)) * alive).sum(2) / batch.lengths).sum()
        return expectation(network, theta, batch).log_likelihood.sum() + 3 * D

    by_hand = [(goal(theta + h) - goal(theta - h)) / 2e-5 for h in 1e-5 * np.eye(theta.shape[1])]
    got = em._auxiliary(network, theta, found, weight, share)[1][0]
    np.testing.assert_allclose(got, by_hand, atol=1e-6 * np.abs(by_hand).max())


def test_many_generalised_steps_reach_the_exact_maximum():
    network, theta, batch = case("tables", R=3, B=12, T=8)
    found = expectation(network, theta, batch)
    exact = em._exact(network, theta, found)
    slow = em._ascend(network, theta, found, np.zeros(3), 0.0, 300)
    u = np.array([[-1.0], [1.0]])
    np.testing.assert_allclose(network.transitions(exact, u), network.transitions(slow, u), atol=1e-6)


def test_one_step_sequences_by_hand():
    """With T = 1 nothing is hidden: the tables become the frequencies of the classes at each level."""
    network = InputOutputHMM(2, levels=[0.0])
    inputs = np.array([-1, -1, -1, -1, 1, 1.0])[None, :, None, None]
    batch = Batch(inputs, np.ones((1, 6), int), [[0, 0, 0, 1, 1, 1.0]])
    theta = network.initial(2, np.random.default_rng(0))
    new = em._exact(network, theta, expectation(network, theta, batch))
    A = network.transitions(new, [[-1.0], [1.0]])
    np.testing.assert_allclose(A[:, :, :, 0], [[[0.75, 0.25], [0, 1]]] * 2, atol=1e-15)
    np.testing.assert_allclose(A[:, :, :, 1], network.transitions(theta, [[-1.0], [1.0]])[:, :, :, 1])  # never left
    found = expectation(network, new, batch)
    assert found.log_likelihood[0].sum() == pytest.approx(3 * np.log(0.75) + np.log(0.25))


def test_a_likelihood_far_below_the_smallest_number():
    """To end in the state between start and trap the path must stay there, 499 times against the odds."""
    allowed = np.array([[0, 0, 0], [1, 1, 0], [0, 1, 1]], bool)
    network = InputOutputHMM(3, levels=[0.0], allowed=allowed, accepting=[1])
    stay = 1e-4
    row = [0.0, np.log(stay), np.log(1 - stay), 0.0]
    batch = Batch(np.zeros((1, 1, 500, 1)), [[500]], [[1.0]])
    found = expectation(network, network.pack(logits=[row, row]), batch)
    assert found.log_likelihood[0, 0] == pytest.approx(499 * np.log(stay), rel=1e-12)
    np.testing.assert_allclose(found.counts.sum(3)[0, :, 0], [1, 499, 0], atol=1e-9)
    new = em._exact(network, network.pack(logits=[row, row]), found)
    assert expectation(network, new, batch).log_likelihood[0, 0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("kind", ["tables", "subnetworks"])
def test_what_comes_after_the_end_does_not_count(kind):
    network, theta, batch = case(kind, R=2, B=3, T=8)
    short = Batch(batch.inputs[:, :, :5], np.full((1, 3), 5), batch.targets, batch.groups)
    long = Batch(batch.inputs, np.full((1, 3), 5), batch.targets, batch.groups)
    both = [expectation(network, theta, each) for each in (short, long)]
    np.testing.assert_array_equal(both[0].log_likelihood, both[1].log_likelihood)
    np.testing.assert_allclose(both[0].counts.sum(3), both[1].counts.sum(3), rtol=1e-13)


def test_determinants_of_two_states_in_closed_form():
    A = np.random.default_rng(0).uniform(0, 1, (5, 2, 2))
    A[4] = [[0.3, 0.3], [0.7, 0.7]]  # singular: the size is 0, and a slope is chosen
    size, slope = em._determinants(A)
    det = A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]
    np.testing.assert_allclose(size, np.abs(det), atol=1e-15)
    cofactors = np.stack([A[:, 1, 1], -A[:, 1, 0], -A[:, 0, 1], A[:, 0, 0]], 1).reshape(5, 2, 2)
    np.testing.assert_allclose(slope[:4], (np.sign(det)[:, None, None] * cofactors)[:4], rtol=1e-9)
    np.testing.assert_allclose(np.abs(slope[4]), np.abs(cofactors[4]), rtol=1e-9)


def problem(task, network, runs=6, evaluations=40, size=30, seed=0, **more):
    return Problem(task, network, runs=runs, rng=np.random.default_rng(seed), training_size=size,
                   budget=Budget(evaluations=evaluations), **more)


PARITY = InputOutputHMM(2, levels=[0.0])
CHAINS = InputOutputHMM(7, [-0.5, 0.0, 0.5], allowed=two_chains(wait=True), accepting=[4, 5, 6], outputs=(-0.8, 0.8))


def test_chains_solve_two_sequence_at_once():
    p = problem(TwoSequence(40, 3, [[-0.9, 0.3, 0.1], [0.8, 0.3, 0.1]]), CHAINS)
    history = ExpectationMaximisation().train(p, CHAINS.initial(6, np.random.default_rng(1)))
    assert history.solved.all() and (history.evaluations <= 3).all()


def test_subnetworks_learn_and_the_likelihood_never_falls():
    network = InputOutputHMM(2, outputs=(-0.8, 0.8))
    p = problem(TwoSequence(4, 1, [[-0.9], [0.9]], length="fixed"), network, evaluations=60)
    history = ExpectationMaximisation().train(p, network.initial(6, np.random.default_rng(1)))
    assert history.solved.sum() >= 3
    cost = history.curve["cost"][1:]
    assert (np.diff(cost, axis=0) <= 1e-9 * (1 + cost[1:])).all()


def test_the_determinant_and_new_starts_solve_a_long_parity():
    p = problem(Parity(40, length="half"), PARITY, runs=8, evaluations=150)
    learner = ExpectationMaximisation(determinant=20.0, tolerance=1e-2, patience=2, restart=0.5)
    rng = np.random.default_rng(1)
    history = learner.train(p, PARITY.initial(8, rng), rng)
    assert history.solved.mean() > 0.7
    A = PARITY.transitions(history.theta, [[-1.0], [1.0]])[history.solved]
    assert np.abs(A - [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]).max() < 0.1  # keep at -1, change at +1


def test_a_run_does_not_depend_on_the_others():
    learner = ExpectationMaximisation(determinant=[20.0, 0.0, 5.0], tolerance=1e-2, patience=2, restart=0.5)
    theta = PARITY.initial(3, np.random.default_rng(1))
    both = learner.train(problem(Parity(12), PARITY, 3), theta, np.random.default_rng(2))
    theta[0] = [60.0, 0, 0, 60, 0, 60, 60, 0]  # solved before the first iteration
    again = learner.train(problem(Parity(12), PARITY, 3), theta, np.random.default_rng(2))
    assert again.evaluations[0] == 0 < both.evaluations[0]
    np.testing.assert_allclose(again.theta[1:], both.theta[1:], rtol=1e-9)
    assert (again.evaluations[1:] == both.evaluations[1:]).all()


def test_stuck_runs_end():
    p = problem(Parity(30), PARITY, evaluations=400)
    theta = PARITY.initial(6, np.random.default_rng(1), 0.1)
    history = ExpectationMaximisation(tolerance=1e-4, patience=3).train(p, theta)
    assert (history.status == "stuck").all() and (history.evaluations < 400).all() and not history.solved.any()


def test_gradient_ascent_on_the_likelihood():
    p = problem(Parity(3), PARITY, evaluations=200)
    theta = PARITY.initial(6, np.random.default_rng(1), 2.0)
    history = GradientDescent(0.1, gradient=likelihood_gradient).train(p, theta)
    cost = history.curve["cost"][1:]
    assert history.solved.any() and (cost[-1] < cost[0]).all()


def test_the_latch_with_tables_of_its_own():
    network = InputOutputHMM(3, levels=[0.0], L=2, allowed=two_chains(1), accepting=[2], outputs=(-0.8, 0.8))
    p = problem(Latch(60, 2, 0.3), network)
    assert ExpectationMaximisation().train(p, network.initial(6, np.random.default_rng(1))).solved.all()


def test_no_way_to_a_right_state_is_said():
    network = InputOutputHMM(7, levels=[0.0], allowed=two_chains(), accepting=[6], outputs=(-0.8, 0.8))
    batch = Batch(np.zeros((1, 2, 2, 1)), [[2, 2]], [[-0.8, 0.8]])
    theta = network.initial(1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="network must allow a path .* sequence 1 of run 0"):
        expectation(network, theta, batch)
    p = problem(TwoSequence(2, 2, [[0.0, 0], [1, 1]], length="fixed"), network)
    with pytest.raises(LearningStopped, match="stopped after 1 evaluations: network must allow a path"):
        ExpectationMaximisation().train(p, np.zeros((6, network.n_parameters)))


def test_bad_use():
    net, other = PARITY, Recurrent(2)
    with pytest.raises(TypeError, match="network of problem must be an InputOutputHMM"):
        ExpectationMaximisation().train(problem(Parity(4), other), np.zeros((6, other.n_parameters)))
    with pytest.raises(ValueError, match="outputs must lie as far above as below the threshold"):
        ExpectationMaximisation().train(problem(Latch(4), net), np.zeros((6, net.n_parameters)))
    with pytest.raises(ValueError, match="determinant must be one number or R = 6"):
        ExpectationMaximisation([1.0, 2.0]).train(problem(Parity(4), net), np.zeros((6, net.n_parameters)))
    with pytest.raises(TypeError, match="rng"):
        ExpectationMaximisation(restart=1.0).train(problem(Parity(4), net), np.zeros((6, net.n_parameters)))
    every = Batch(np.zeros((1, 1, 3, 1)), [[3]], np.zeros((1, 1, 3)))
    with pytest.raises(ValueError, match="targets at the last step only"):
        expectation(net, np.zeros((1, 8)), every)
    with pytest.raises(ValueError, match="batch must have 1 inputs"):
        expectation(net, np.zeros((1, 8)), Batch(np.zeros((1, 1, 3, 2)), [[3]], [[0.0]]))
    with pytest.raises(ValueError, match="theta must have the R = 2 runs of batch, got 3"):
        expectation(net, np.zeros((3, 8)), Batch(np.zeros((2, 1, 3, 1)), [[3]], [[0.0]]))
