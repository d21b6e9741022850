"""What a window can and cannot keep, what a loop keeps, and the experiment that measures both."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.dynamics import critical_input
from lrdlib.networks import Recurrent, TimeDelay
from lrdlib.plots import memory as plots
from lrdlib.plots.style import Figure
from reproduction.experiments import memory
from reproduction.intervals import wilson

CONFIG = memory.EXPERIMENT.config("quick") | {
    "T": [4, 11], "runs": 12, "presentations": 1000, "rates": [1e-9, 0.1], "intervals": [1.0, 10.0],
    "required_T": [4, 11], "updates": 200}
SEEDS = st.integers(0, 2**32 - 1)
FUNCTIONS = st.sampled_from(["tanh", "logistic", "linear"])


def pasts(rng, T, channels, same):
    """Two sequences whose last `same` inputs agree."""
    inputs = rng.uniform(-1, 1, (1, 2, T, channels))
    inputs[0, 1, T - same:] = inputs[0, 0, T - same:]
    return inputs


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 8), st.integers(1, 4), st.integers(1, 3), FUNCTIONS, FUNCTIONS)
def test_a_window_answers_alike_whatever_came_before_it(seed, delays, hidden, channels, activation, output):
    rng = np.random.default_rng(seed)
    network = TimeDelay(delays, hidden, channels, activation, output)
    inputs = pasts(rng, delays + 5, channels, delays)
    o = network.run(network.initial(4, rng, scale=10 ** rng.uniform(-1, 2)), inputs).outputs
    assert np.array_equal(o[:, 0, -1], o[:, 1, -1])


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 8))
def test_a_window_does_see_its_oldest_input(seed, delays):
    rng = np.random.default_rng(seed)
    network = TimeDelay(delays, 3)
    o = network.run(network.initial(4, rng), pasts(rng, delays + 5, 1, delays - 1)).outputs
    assert (o[:, 0, -1] != o[:, 1, -1]).all()


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(-0.99, 0.99))
def test_a_loop_below_one_forgets_geometrically(seed, w):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(1, 1, 30, 1)).repeat(2, axis=1)
    inputs[0, :, 0, 0] = -1, 1
    o = Recurrent(1, train_input=False).run(np.array([[w]]), inputs).outputs[0]
    gap = np.abs(o[1] - o[0])
    assert (gap <= gap[0] * np.abs(w) ** np.arange(30) + 1e-14).all()


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.floats(1.05, 4))
def test_a_loop_above_one_keeps_the_sign_under_bounded_inputs(seed, w):
    rng = np.random.default_rng(seed)
    bound = 0.99 * critical_input(w)
    inputs = rng.choice([-bound, bound], (1, 2, 200, 1))
    inputs[0, :, 0, 0] = -5, 5
    o = Recurrent(1, train_input=False).run(np.array([[w]]), inputs).outputs[0]
    assert (o[0] < 0).all() and (o[1] > 0).all()


def test_the_two_networks_have_the_same_number_of_parameters():
    assert {network.n_parameters for network in memory.networks(10).values()} == {25}


def test_a_window_is_trained_within_its_length_and_by_no_learner_beyond():
    for learner, setting in (("descent", 0.1), ("guessing", 1.0)):
        short, long = (memory.train(CONFIG, T, "static", learner, setting) for T in (4, 11))
        assert short["n_solved"] == CONFIG["runs"] == short["n_right"]
        assert long["n_solved"] == 0 and long["presentations"] == CONFIG["presentations"]


def test_a_state_is_found_by_guessing_beyond_the_window():
    found = memory.train(CONFIG, 11, "recurrent", "guessing", 10.0)
    assert found["n_solved"] == CONFIG["runs"] and found["presentations"] < 200


@pytest.mark.parametrize("found, best", [
    ([(3, 10), (5, 900), (4, 10)], 1),  # most runs, whatever they cost
    ([(5, 900), (5, 200), (4, 10)], 1),  # among equals the cheapest
    ([(5, 200), (5, 200)], 0),
])
def test_the_best_setting_solves_most_and_then_costs_least(found, best):
    outputs = [{"n_solved": solved, "presentations": spent} for solved, spent in found]
    assert memory.best(outputs) is outputs[best]


def test_settings_compete_on_the_same_data():
    a, b = (memory.train(CONFIG, 2, "recurrent", "descent", rate) for rate in (1e-12, 1e-11))  # neither learns
    assert np.array_equal(a["solved"], b["solved"]) and np.array_equal(a["right"], b["right"])
    assert 0 < a["n_solved"] < CONFIG["runs"]


def test_requirements_agree_with_theory():
    T, n = 11, 2000
    config = CONFIG | {"sequences": n, "rates": memory.FULL["rates"]}
    got = {name: memory.require(config, T, name) for name in memory.SYSTEMS}
    assert got["window"]["kept"] == 0 and got["window"]["updates"] == -1
    assert got["leaky"]["kept"] == pytest.approx(0.9 ** (T - 1))
    assert got["integrator"]["kept"] == pytest.approx(1) and got["integrator"]["updates"] == 1
    assert got["latch"]["correct"] == n and got["latch"]["kept"] > 1 and got["latch"]["updates"] == -1
    s = 0.2 / np.sqrt(3)
    spreads = {"leaky": s * np.sqrt(np.sum(0.81 ** np.arange(T - 1))), "integrator": s * np.sqrt(T - 1)}
    for name, spread in spreads.items():
        low, high = wilson(got[name]["correct"], n, 0.999)
        assert low <= NormalDist().cdf(got[name]["kept"] / spread) <= high


def test_training_the_input_weights_leaves_the_others_alone():
    network, theta = memory.system("leaky", 10, -0.5)
    batch = memory.bit(6).sample(np.random.default_rng(0), 4)
    gradient = network.views(memory.input_weights_only(network, theta, batch).gradient)
    assert gradient["U"].all()
    assert not any(gradient[name].any() for name in ("w", "b", "v", "c"))


def test_responses_end_with_the_window_or_not_at_all():
    got = memory.respond(CONFIG)
    assert got["static_response"][:10].all() and not got["static_response"][10:].any()
    assert (got["recurrent_response"] > 1).all()


def test_the_result_holds_what_its_blocks_found():
    blocks = memory.blocks(CONFIG)
    outputs = [memory.compute(CONFIG, block) for block in blocks]
    data = memory.assemble(CONFIG, blocks, outputs)
    assert (data["setting"][:, 0, 0] == 0.1).all()  # a rate of 1e-9 moves nothing
    for block, output in zip(blocks, outputs):
        if block["part"] == "train":
            place = memory.NETWORKS.index(block["network"]), CONFIG["T"].index(block["T"])
            learner = memory.LEARNERS.index(block["learner"])
            which = CONFIG["rates" if learner == 0 else "intervals"].index(block["setting"])
            assert data[f"solved_{block['learner']}"][(*place, which)] == output["n_solved"]
            if data["setting"][place[0], learner, place[1]] == block["setting"]:
                assert data["solved"][place[0], learner, place[1]] == output["n_solved"]
                assert data["presentations"][place[0], learner, place[1]] == output["presentations"]
            if block["T"] == 4:
                assert data[f"{block['network']}_correct"][0] == CONFIG["runs"]
        elif block["part"] == "require":
            place = memory.SYSTEMS.index(block["system"]), CONFIG["required_T"].index(block["T"])
            assert data["kept"][place] == output["kept"] and data["updates"][place] == output["updates"]


def test_figures():
    rng = np.random.default_rng(0)
    T = np.array(memory.FULL["required_T"])
    rates = rng.uniform(0, 1, (4, len(T)))
    updates = np.where(rng.uniform(size=(4, len(T))) < 0.5, 7, -1)
    solved = rng.uniform(0, 1, (2, 2, 3))
    names = list(memory.SYSTEMS)
    for figure, panels in (
        (plots.sequences(rng.uniform(-1, 1, (3, 9)), np.array([0, 1, 1])), 1),
        (plots.echoes(np.eye(5, 12), 0.5 ** np.arange(12) * np.ones((2, 1)), np.array([0.5, 0.9])), 2),
        (plots.fans(names, rng.normal(size=(4, 3, 9)), np.array([-1, 0.5, 1])), 4),
        (plots.fans(names[:1], rng.normal(size=(1, 3, 9)), np.array([-1, 0.5, 1])), 1),
        (plots.solved_by_length([2, 10, 20], solved, solved, solved, 10, ["a", "b"], [0.1, 1.0],
                                rng.uniform(0, 1, (2, 3, 2))), 2),
        (plots.requirements(T, rates, rates, rates, rates, updates, 1000, names), 3),
    ):
        assert isinstance(figure, Figure) and len(figure.axes) == panels
        assert figure.axes[-1].get_xlabel() and all(ax.get_ylabel() for ax in figure.axes[:1])
        assert figure.image().lstrip().startswith("<?xml")
