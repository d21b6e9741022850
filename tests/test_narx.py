"""The neuron with output delays: its equation in plain Python, its gradient by other means, the experiment on it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.dynamics import stable_state
from lrdlib.networks import LatchNeuron, NarxNeuron
from lrdlib.plots import narx as plots
from lrdlib.plots.style import Figure
from lrdlib.tasks import Latch
from reproduction.experiments import narx_delays as experiment
from reproduction.experiments import narx_latching
from reproduction.intervals import wilson
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, narx


@st.composite
def cases(draw):
    """A neuron, parameters, and a batch with parts shared by the runs or not, targets at the last step or at all."""
    R, B, T = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(3, 9))
    network = NarxNeuron(draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(1, 3)),
                         draw(st.sampled_from([1.25, -1.1, 0.0, 3.0])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def runs():
        return draw(st.sampled_from([1, R]))

    lengths = rng.integers(1, T + 1, (runs(), B)) if draw(st.booleans()) else np.full((1, B), T)
    targets = rng.uniform(-0.8, 0.8, (runs(), B, T) if draw(st.booleans()) else (runs(), B))
    groups = rng.integers(0, network.n_groups, (runs(), B))
    return network, network.initial(R, rng), Batch(rng.uniform(-1, 1, (runs(), B, T, 1)), lengths, targets, groups)


def plain(network, theta, inputs, group, past):
    """Outputs of one run on one sequence, from the equation; `past` holds the last D outputs, the newest first."""
    h = theta.reshape(network.n_groups, network.L)
    x = list(past)[::-1]
    for t, u in enumerate(inputs, 1):
        a = h[group, t - 1] if t <= network.L else u
        for d in range(1, network.delays + 1):
            a += network.w / network.delays * x[-d]
        x.append(math.tanh(a))
    return x[network.delays:]


few = settings(max_examples=40, deadline=None, derandomize=True)


@few
@given(cases())
def test_the_equation(case):
    network, theta, batch = case
    past = np.random.default_rng(0).uniform(-1, 1, (len(theta), batch.size, network.delays))
    for x0 in (None, past):
        run = network.run(theta, batch.inputs, batch.groups, x0)
        for r in range(len(theta)):
            for p in range(batch.size):
                u = np.broadcast_to(batch.inputs, (len(theta), *batch.inputs.shape[1:]))[r, p, :, 0]
                group = np.broadcast_to(batch.groups, (len(theta), batch.size))[r, p]
                start = np.zeros(network.delays) if x0 is None else past[r, p]
                want = plain(network, theta[r], u, group, start)
                np.testing.assert_allclose(run.outputs[r, p], want, rtol=1e-12, atol=1e-14)
                seen = [*start[::-1], *want]  # the state: the last D outputs, the newest first
                np.testing.assert_array_equal(
                    np.round(run.states[r, p, -1], 9), np.round(seen[::-1][:network.delays], 9))


@few
@given(cases())
def test_gradients_agree(case):
    network, theta, batch = case
    exact = gradients.complex_step(network, theta, batch)
    scale = max(np.abs(exact).max(), 1e-3)
    for algorithm in (gradients.bptt, gradients.rtrl):
        g = algorithm(network, theta, batch)
        np.testing.assert_allclose(g.gradient, exact, rtol=1e-10, atol=1e-12 * scale)
        assert g.gradient.shape == theta.shape and not g.diverged.any()


@few
@given(cases(), st.integers(1, 3))
def test_one_delay_is_the_latch_neuron(case, L):
    given_, _, batch = case
    one, latch = NarxNeuron(1, L, given_.n_groups, given_.w), LatchNeuron(L, given_.n_groups, given_.w)
    assert (one.layout, one.n_units, one.n_weights) == (latch.layout, latch.n_units, latch.n_weights)
    theta = latch.initial(3, np.random.default_rng(0))
    batch = Batch(np.repeat(batch.inputs[:1], 3, 0), batch.lengths[:1], batch.targets[:1], batch.groups[:1])
    a, b = one.run(theta, batch.inputs, batch.groups), latch.run(theta, batch.inputs, batch.groups)
    np.testing.assert_allclose(a.states, b.states, rtol=1e-14, atol=1e-15)
    g, want = (gradients.bptt(network, theta, batch) for network in (one, latch))
    np.testing.assert_allclose(g.gradient, want.gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(g.cost, want.cost, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("D", [1, 3, 6])
def test_it_rests_where_the_latch_neuron_does(D):
    network = NarxNeuron(D)
    theta = network.pack(h=[[-2.0] * 3, [2.0] * 3])
    end = network.run(theta, np.zeros((1, 2, 400, 1)), np.array([[0, 1]])).outputs[0, :, -1]
    np.testing.assert_allclose(end, stable_state(1.25) * np.array([-1, 1]), rtol=1e-9)


def decay(D):
    """The root of z^D = s/D (z^(D-1) + ... + 1) that lies in (0, 1), with s the slope at rest."""
    s = 1.25 * (1 - stable_state(1.25) ** 2)
    return max(z.real for z in np.roots([1.0, *[-s / D] * D]) if abs(z.imag) < 1e-9)


@pytest.mark.parametrize("D", [1, 3, 6])
def test_the_gradient_decays_as_the_companion_matrix_says(D):
    """At rest the error loses the same factor with each step; with delays a factor nearer to 1."""
    network = NarxNeuron(D, L=1, groups=1)
    rest = np.full((1, 1, D), stable_state(1.25))
    sizes = []
    for T in (60, 61):
        run = network.run(np.array([[0.0]]), np.zeros((1, 1, T, 1)), x0=rest)
        delta = network.pull_output(run, T, np.ones((1, 1)), None)
        total = network.accumulator(run)
        for t in range(T, 1, -1):
            delta = network.pull(run, t, delta, total)
        sizes.append(delta[0, 0, 0])
    # the free input is 0 as the noise is, so the neuron stays at rest
    assert sizes[1] / sizes[0] == pytest.approx(decay(D), rel=1e-6)


def test_delays_slow_the_decay_down():
    one, three, six = decay(1), decay(3), decay(6)
    assert one < three < six < 1
    assert 1.5 < np.log(one) / np.log(three) < 3 < np.log(one) / np.log(six) < 6


def test_inputs_that_do_not_fit():
    network, inputs = NarxNeuron(3), np.zeros((1, 2, 5, 1))
    theta = np.zeros((1, 6))
    with pytest.raises(TypeError, match="groups must say which of 2 classes each sequence has, got None"):
        network.run(theta, inputs)
    with pytest.raises(ValueError, match="groups must be below 2, got 2"):
        network.run(theta, inputs, np.array([[0, 2]]))
    with pytest.raises(ValueError, match="at least L = 3 steps, got T = 2"):
        network.run(theta, inputs[:, :, :2], np.array([[0, 1]]))


def test_runs_do_not_depend_on_each_other():
    network, task = NarxNeuron(3), Latch(12, noise=0.2)
    rng = np.random.default_rng(0)
    theta, batch = network.initial(4, rng), task.sample(rng, 6, 4)
    g = gradients.bptt(network, theta, batch).gradient
    one = gradients.bptt(network, theta[2:3], batch.select(np.array([2]))).gradient
    np.testing.assert_allclose(g[2:3], one, rtol=1e-12, atol=1e-15)


CONFIG = experiment.EXPERIMENT.config("quick") | {"T": [8, 14], "runs": 6, "D": [1, 3], "epochs": 20}


def test_one_delay_gives_the_counts_of_the_experiment_with_the_latch_neuron():
    older = narx_latching.EXPERIMENT.config("quick") | {"runs": 6, "epochs": 20}
    for update in narx_latching.UPDATES:
        one = experiment.compute(CONFIG, {"D": 1, "update": update, "T": 14})
        latch = narx_latching.compute(older, {"T": 14, "update": update})
        np.testing.assert_array_equal(one["solved"], latch["solved"])
        np.testing.assert_array_equal(one["ceiling"], latch["ceiling"])


def test_no_free_inputs_bear_more_than_those_that_saturate():
    rng, network = np.random.default_rng(0), NarxNeuron(3)
    strings = Latch(25, noise=0.35).sample(rng, 6, 200)
    ceiling = experiment.bearable(network, strings)
    assert 0 < ceiling.sum() < 200
    for size in (1.0, 5.0):
        theta = rng.uniform(0, size, (200, 2, 3)) * np.array([-1, 1])[:, None]
        outputs = network.run(theta.reshape(200, 6), strings.inputs, strings.groups).outputs[:, :, -1]
        assert not (((outputs > 0) == (strings.targets > 0)).all(1) & ~ceiling).any()


def test_what_reaches_the_free_inputs_is_the_derivative_of_the_outputs():
    network, task = NarxNeuron(3), Latch(9, noise=0.1)
    rng = np.random.default_rng(0)
    theta, strings = network.initial(2, rng), task.sample(rng, 5, 2)
    step = 1e-30
    nudged = theta.astype(complex)
    nudged[:, [2, 5]] += 1j * step  # h_L of both classes
    outputs = network.run(nudged, strings.inputs, strings.groups).outputs[:, :, -1]
    np.testing.assert_allclose(experiment.reach(network, theta, strings), outputs.imag.mean(1) / step, rtol=1e-12)


def test_the_experiment_and_its_figures():
    config = CONFIG | {"D": [1, 3, 6]}
    blocks = experiment.EXPERIMENT.block_list(config)
    data = experiment.assemble(config, blocks, [experiment.compute(config, block) for block in blocks])
    assert data["converged"].shape == data["ceiling"].shape == (3, 2) and data["reach"].shape == (3, 2, 2, 3)
    assert (np.maximum(data["converged"], data["converged_batch"]) <= data["ceiling"]).all()
    shares = np.stack([data["converged"], data["converged_batch"]]) / 6
    rates = np.stack([shares, *wilson((6 * shares).astype(int), 6)], axis=-1)
    for figure in (plots.latched_by_length(data["T"], data["D"], rates, data["ceiling"] / 6, ["on-line", "in batches"]),
                   plots.reach_by_length(data["T"], data["D"], data["reach"][:, 0])):
        assert isinstance(figure, Figure) and len(figure.image()) > 1000


T = np.arange(10, 210, 10)


def test_retention_of_a_line_and_of_one_with_dents():
    line = 1 - T / 200
    assert narx.retention(T, line) == pytest.approx(100)
    assert narx.retention(T, np.ones(20)) == 200 and narx.retention(T, np.zeros(20)) == 10
    dented = line + 0.01 * (-1.0) ** np.arange(20)
    assert narx.retention(T, dented) == pytest.approx(100, abs=5)
    np.testing.assert_allclose(narx.retention(T, np.stack([line, np.ones(20)])), [100, 200])


@few
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_the_falling_curve_is_the_nearest_one(share):
    fitted = narx.falling(share)
    assert (np.diff(fitted) <= 1e-12).all()
    best = optimize.isotonic_regression(share, increasing=False).x
    np.testing.assert_allclose(fitted, best, atol=1e-9)


def delayed(three, six, one=60.0, batch=1.0):
    """Counts that fall along a logistic curve through one half at these lengths."""
    def counts(scale=1.0):
        half = scale * np.array([[one], [three], [six]])
        return np.rint(50 / (1 + np.exp((T - half) / 8))).astype(int)
    return SimpleNamespace(data={"T": T, "D": np.array([1, 3, 6]), "runs": 50, "converged": counts(),
                                 "converged_batch": counts(batch), "ceiling": np.full((3, 20), 50)})


CASES = {"narx.delays_lengthen_retention": (delayed(130, 170), delayed(60, 62))}


@pytest.mark.parametrize("evidence, verdict", [
    (delayed(130, 170), REPRODUCED),
    (delayed(75, 150), PARTLY),  # three delays help too little
    (delayed(130, 170, batch=10), PARTLY),  # in batches nothing ends within the lengths tried
    (delayed(150, 160, one=20), NOT_REPRODUCED),  # far more than three times
    (delayed(160, 400, one=80), REPRODUCED),  # six delays: as long as was tried, and perhaps more
    (delayed(120, 400), PARTLY),  # six delays: more than three times as long
    (delayed(60, 65), NOT_REPRODUCED),
])
def test_the_predicate(evidence, verdict):
    said, text = narx.delays_lengthen_retention(evidence)
    assert said == verdict, text
    assert "D = 6" in text and "nan" not in text


def test_the_interval_of_a_ratio_covers():
    rng, half = np.random.default_rng(0), np.array([[60.0], [130.0]])
    share = 1 / (1 + np.exp((T - half) / 15))
    true = float(np.divide(*narx.retention(T, share)[::-1]))
    found = [narx.ratios(T, rng.binomial(50, share), 50) for _ in range(60)]
    assert np.mean([low[0] <= true <= high[0] for _, low, high in found]) > 0.85
