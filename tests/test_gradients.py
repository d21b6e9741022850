"""Every gradient against truth from outside: the complex step, differences, and one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import FAMILIES, cases, plain_outputs

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent, TimeDelay
from lrdlib.tasks import Latch, SquaredError

EXACT, COMPLEX, DIFFERENCE = 1e-12, 1e-10, 1e-6
many = settings(max_examples=80, deadline=None, derandomize=True)
few = settings(max_examples=40, deadline=None, derandomize=True)


def close(got, truth, tolerance):
    """Equal relative to the largest entry of the truth."""
    assert got.shape == truth.shape
    assert np.abs(got - truth).max() <= tolerance * max(np.abs(truth).max(), 1e-300)


def plain_cost(case, theta, r):
    """C of run r from outside: plain forward runs, plain sums."""
    batch, total = case.batch, 0.0
    part = {name: getattr(batch, name) for name in ("inputs", "lengths", "targets", "groups")}
    part = {name: a[r % len(a)] if a is not None else None for name, a in part.items()}
    network = case.network.select([r])
    for p in range(batch.size):
        group = 0 if part["groups"] is None else part["groups"][p]
        o = plain_outputs(network, theta, part["inputs"][p], group)[: part["lengths"][p]]
        d = part["targets"][p]
        total += ((o - d[: len(o)]) ** 2).sum() / 2 if np.ndim(d) else (o[-1] - d) ** 2 / 2
    return total


@many
@given(cases())
def test_all_agree_with_bptt(case):
    network, theta, batch = case.network, case.theta, case.batch
    bptt = gradients.bptt(network, theta, batch)
    assert not bptt.diverged.any()
    close(gradients.complex_step(network, theta, batch), bptt.gradient, COMPLEX)
    close(gradients.rtrl(network, theta, batch).gradient, bptt.gradient, EXACT)
    for window in (batch.T, batch.T + 3):
        close(gradients.truncated_bptt(network, theta, batch, window).gradient, bptt.gradient, EXACT)
    if isinstance(network, LocalFeedback):
        close(gradients.local_feedback(network, theta, batch).gradient, bptt.gradient, EXACT)


@many
@given(cases())
def test_cost_and_gradient_against_a_plain_program(case):
    bptt = gradients.bptt(case.network, case.theta, case.batch)
    R, P = case.theta.shape
    truth, step = np.empty((R, P)), 1e-5
    for r in range(R):
        assert bptt.cost[r] == pytest.approx(plain_cost(case, case.theta[r], r), rel=1e-12)
        for j in range(P):
            up, down = case.theta[r].copy(), case.theta[r].copy()
            up[j], down[j] = up[j] + step, down[j] - step
            truth[r, j] = (plain_cost(case, up, r) - plain_cost(case, down, r)) / (2 * step)
    scale = max(np.abs(truth).max(), np.abs(bptt.cost).max())  # a difference of costs cancels
    assert np.abs(bptt.gradient - truth).max() <= DIFFERENCE * scale


@few
@given(cases())
def test_lags_sum_to_the_gradient_and_are_differences_of_truncations(case):
    network, theta, batch = case.network, case.theta, case.batch
    whole = gradients.bptt(network, theta, batch).gradient
    shares = gradients.lag_contributions(network, theta, batch)
    assert shares.shape == (len(theta), batch.T, network.n_parameters)
    close(shares.sum(1), whole, EXACT)
    before = np.zeros_like(whole)
    for k in range(batch.T):
        upto = gradients.truncated_bptt(network, theta, batch, k + 1).gradient
        assert np.abs(shares[:, k] - (upto - before)).max() <= EXACT * np.abs(shares).max()
        before = upto


@few
@given(cases())
def test_jacobians_and_their_products(case):
    network, R = case.network, len(case.theta)
    B, T, n = case.batch.size, case.batch.T, network.n_state
    x0 = case.rng.uniform(-0.5, 0.5, (R, B, n))
    run = network.run(case.theta, case.batch.inputs, case.batch.groups, x0)
    J, products = gradients.jacobians(run), gradients.jacobian_products(run)
    assert J.shape == (R, B, T, n, n) and products.shape == (R, B, T + 1, T + 1, n, n)
    for j in range(n):  # the first column of products: dx_t/dx_0 by the complex step
        moved = x0 + 1j * 1e-100 * np.eye(n)[j]
        states = network.run(case.theta, case.batch.inputs, case.batch.groups, moved).states.imag / 1e-100
        assert np.abs(products[:, :, :, 0, :, j] - states).max() <= COMPLEX
    for t in range(T + 1):
        assert (products[:, :, t, t] == np.eye(n)).all()
        assert not products[:, :, t, t + 1:].any()
        for tau in range(t):
            assert np.abs(products[:, :, t, tau] - J[:, :, t - 1] @ products[:, :, t - 1, tau]).max() <= EXACT
    assert np.abs(products[:, :, 1, 0] - J[:, :, 0]).max() <= EXACT


@few
@given(cases(), st.data())
def test_products_between_later_times(case, data):
    """dx_t/dx_tau for tau > 0: the same system started anew at x_tau."""
    network, batch = case.network, case.batch
    low = network.L if isinstance(network, LatchNeuron) else 0  # its free inputs belong to the first steps
    tau = data.draw(st.integers(0, batch.T - 1))
    run = network.run(case.theta, batch.inputs, batch.groups)
    products = gradients.jacobian_products(run)
    rest, n = batch.inputs[:, :, tau:], network.n_state
    if tau and low:
        w = (case.theta[:, 0] if network.w is None else np.broadcast_to(network.w, len(case.theta)))
        if tau < low:
            return
        network = Recurrent(1, train_input=False)
        theta = w[:, None]
    else:
        theta = case.theta
    x0 = run.states[:, :, tau]
    for j in range(n):
        states = network.run(theta, rest, batch.groups, x0 + 1j * 1e-100 * np.eye(n)[j]).states.imag / 1e-100
        assert np.abs(products[:, :, tau:, tau, :, j] - states).max() <= COMPLEX


@few
@given(cases())
def test_runs_are_independent(case):
    whole = gradients.bptt(case.network, case.theta, case.batch)
    for r in range(len(case.theta)):
        alone = gradients.bptt(case.network.select([r]), case.theta[[r]], case.batch.select([r]))
        assert alone.cost[0] == pytest.approx(whole.cost[r], rel=1e-13)
        close(alone.gradient[0], whole.gradient[r], 1e-13)


@few
@given(cases())
def test_float32_is_kept_and_near(case):
    theta = case.theta.astype(np.float32)
    single = gradients.bptt(case.network, theta, case.batch)
    double = gradients.bptt(case.network, theta.astype(float), case.batch).gradient
    if not isinstance(case.network, LatchNeuron) or case.network.w is None:
        assert single.trajectory.x.dtype == np.float32
    close(single.gradient, double, 1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_forward_against_a_plain_program(family):
    rng = np.random.default_rng(4)
    network = {"latch": LatchNeuron(2, 1, w=1.3), "recurrent": Recurrent(3, 2, bias=[1], same_step=[(2, 0)]),
               "local": LocalFeedback(3, 2), "delay": TimeDelay(3, 2, 2)}[family]
    inputs, x0 = rng.normal(size=(1, 1, 9, network.n_inputs)), rng.normal(size=network.n_state)
    theta = network.initial(1, rng)
    got = network.run(theta, inputs, x0=x0[None, None]).outputs[0, 0]
    assert np.abs(got - plain_outputs(network, theta[0], inputs[0, 0], 0, x0)).max() < 1e-14
    assert np.abs(got - network.run(theta, inputs).outputs[0, 0]).max() > 1e-6  # x0 matters


def descent(network, batch, theta, algorithm, steps=200, rate=0.05):
    for _ in range(steps):
        g = algorithm(network, theta, batch)
        theta = theta - rate * g.gradient
    return theta, g.cost


@pytest.mark.parametrize("algorithm", [gradients.bptt, gradients.rtrl])
def test_the_weights_move_and_the_cost_falls(algorithm):
    rng = np.random.default_rng(0)
    network, batch = LatchNeuron(3), Latch(20, 3, noise=0.1).sample(rng, 6)
    wrong = network.pack(w=1.5, h=[[0.02] * 3, [-0.02] * 3])  # each class is drawn to the other's side
    theta = wrong + network.initial(4, rng, 0.01)
    start = algorithm(network, theta, batch)
    trained, cost = descent(network, batch, theta, algorithm)
    assert (cost < 0.1 * start.cost).all()
    assert (np.abs(trained - theta).max(1) > 0.1).all()


# Truncation


def test_truncation_is_not_the_gradient():
    """On a neuron that remembers, one lag is not the gradient; it is on one that does not."""
    rng = np.random.default_rng(1)
    network, batch = LatchNeuron(3), Latch(20, 3, noise=0).sample(rng, 4)
    theta = network.pack(w=1.0, h=[[-0.3] * 3, [0.3] * 3])
    whole = gradients.bptt(network, theta, batch).gradient
    short = gradients.truncated_bptt(network, theta, batch, 5).gradient
    assert (short[:, 1:] == 0).all() and (np.abs(whole[:, 1:]) > 1e-3).all()  # nothing gets so far
    theta[:, 0] = 0
    close(gradients.truncated_bptt(network, theta, batch, 1).gradient,
          gradients.bptt(network, theta, batch).gradient, 1e-15)


# What they cost: counted by hand


@pytest.mark.parametrize("n, T", [(2, 5), (4, 10), (8, 40)])
def test_operations_and_memory(n, T):
    rng = np.random.default_rng(n)
    network, local = Recurrent(n, bias=True), LocalFeedback(n)
    batch = Batch(rng.normal(size=(1, 2, T, 1)), np.full((1, 2), T), np.zeros((1, 2)))
    P, weights = n * n + 2 * n, 4 * n + 1
    theta = network.initial(1, rng)
    bptt, rtrl = gradients.bptt(network, theta, batch), gradients.rtrl(network, theta, batch)
    truncated = gradients.truncated_bptt(network, theta, batch, 3)
    forward = gradients.local_feedback(local, local.initial(1, rng), batch)
    assert (bptt.operations, bptt.memory) == (3 * P * T, n * (T + 1))
    assert (rtrl.operations, rtrl.memory) == (T * (P + n * n * P + n * P), n * P)
    assert (truncated.operations, truncated.memory) == (P * T + 2 * P * 3, 4 * n)
    assert (forward.operations, forward.memory) == (T * (weights + 9 * n), 3 * n)


# Divergence


@pytest.mark.parametrize("algorithm", [gradients.bptt, gradients.rtrl, gradients.local_feedback,
                                       lambda *a: gradients.truncated_bptt(*a, window=10)])
def test_a_run_that_diverges_is_masked_and_the_others_go_on(algorithm):
    rng = np.random.default_rng(2)
    network, T = LocalFeedback(2, activation="linear", output="linear"), 2000
    batch = Batch(rng.normal(size=(1, 3, T, 1)), np.full((1, 3), T), rng.normal(size=(1, 3)))
    theta = network.initial(4, rng)
    good = algorithm(network, theta, batch)
    bad_theta = theta.copy()
    network.views(bad_theta)["w"][1] = 3
    bad = algorithm(network, bad_theta, batch)
    others = np.array([0, 2, 3])
    assert bad.diverged.tolist() == [False, True, False, False] and not good.diverged.any()
    assert bad.cost[1] == np.inf and (bad.gradient[1] == 0).all()
    assert (bad.cost[others] == good.cost[others]).all()
    assert (bad.gradient[others] == good.gradient[others]).all()
    with pytest.raises(ValueError, match="theta makes run 1 diverge"):
        gradients.lag_contributions(network, bad_theta, batch)
    with pytest.raises(ValueError, match="theta makes run 1 diverge"):
        gradients.complex_step(network, bad_theta, batch)


# Bad input

NETWORK = LatchNeuron(2)
BATCH = Latch(5, 2).sample(np.random.default_rng(0), 4)
THETA = NETWORK.initial(3, np.random.default_rng(0))
LOCAL = LocalFeedback(2)
TAKERS = {
    "bptt": gradients.bptt, "rtrl": gradients.rtrl, "complex_step": gradients.complex_step,
    "lag_contributions": gradients.lag_contributions,
    "truncated_bptt": lambda *a, **k: gradients.truncated_bptt(*a, window=3, **k),
    "local_feedback": gradients.local_feedback,
}


def nan(a):
    a = np.array(a, float)
    a.flat[0] = np.nan
    return a


@pytest.mark.parametrize("name", TAKERS)
def test_bad_input_is_named(name):
    f, network = TAKERS[name], LOCAL if name == "local_feedback" else NETWORK
    theta = network.initial(3, np.random.default_rng(0))
    f(network, theta, BATCH)
    P = network.n_parameters
    for bad in (theta[0], theta[:, :-1], theta[:0], nan(theta), np.full((3, P), np.inf), [[0.0] * P, [0.0]]):
        with pytest.raises(ValueError, match="theta"):
            f(network, bad, BATCH)
    for bad in ("theta", None, theta > 0, [[None] * P]):
        with pytest.raises(TypeError, match="theta"):
            f(network, bad, BATCH)
    with pytest.raises(TypeError, match="network"):
        f(None, theta, BATCH)
    with pytest.raises(TypeError, match="batch"):
        f(network, theta, BATCH.inputs)
    with pytest.raises(TypeError, match="cost"):
        f(network, theta, BATCH, cost=lambda o, d: 0)
    with pytest.raises(ValueError, match="inputs"):
        f(network, theta, Batch(np.zeros((1, 4, 5, 2)), BATCH.lengths, BATCH.targets, BATCH.groups))
    two = [Batch(np.repeat(BATCH.inputs, 2, 0), BATCH.lengths, BATCH.targets, BATCH.groups),
           Batch(BATCH.inputs, np.repeat(BATCH.lengths, 2, 0), BATCH.targets, BATCH.groups),
           Batch(BATCH.inputs, BATCH.lengths, np.repeat(BATCH.targets, 2, 0), BATCH.groups)]
    for batch, part in zip(two, ("inputs", "lengths", "targets")):
        with pytest.raises(ValueError, match=part):  # two runs of data for three of theta
            f(network, theta, batch)


def test_bad_input_of_single_functions():
    for window, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="window"):
            gradients.truncated_bptt(NETWORK, THETA, BATCH, window)
    for step, error in ((0, ValueError), (-1e-9, ValueError), (np.nan, ValueError), ("1", TypeError)):
        with pytest.raises(error, match="step"):
            gradients.complex_step(NETWORK, THETA, BATCH, step=step)
    with pytest.raises(TypeError, match="network must be a LocalFeedback"):
        gradients.local_feedback(NETWORK, THETA, BATCH)
    for f in (gradients.jacobians, gradients.jacobian_products):
        with pytest.raises(TypeError, match="trajectory"):
            f(BATCH)
    for name in ("value", "derivative"):
        f = getattr(SquaredError(), name)
        for o, d, wrong in ((nan([1.0]), [1.0], "o"), ([1.0], nan([1.0]), "d"), ([], [1.0], "o"),
                            ([1.0, 2.0], [1.0, 2.0, 3.0], "d")):
            with pytest.raises(ValueError, match=f"^{wrong} must"):
                f(o, d)


def test_the_jacobians_of_a_run_that_diverged_are_refused():
    network = LocalFeedback(1, activation="linear")
    trajectory = network.run(network.pack(w=[[0.5], [3.0]], U=[[[1]]] * 2, b=[[0]] * 2, v=[[1]] * 2, c=[0] * 2),
                             np.ones((1, 1, 2000, 1)))
    assert trajectory.diverged.tolist() == [False, True]
    with pytest.raises(ValueError, match="run 1 diverged"):
        gradients.jacobians(trajectory)
