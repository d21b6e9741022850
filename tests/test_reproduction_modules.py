"""Two modules: the network against the complex step, its errors against its gradient, and what the predicate says."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.tasks import SquaredError
from reproduction.experiments import two_modules as experiment
from reproduction.experiments._modules import TwoModules, errors, lag_normalised, parts
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, modules

COST = SquaredError()


def case(linear, T=9):
    rng = np.random.default_rng(3)
    network = TwoModules(3, 2, linear)
    theta = network.initial(4, rng)
    batch = Batch(rng.uniform(-1, 1, (4, 5, T, 1)), np.full((1, 5), T), rng.choice([-0.8, 0.8], (1, 5)))
    return network, theta, batch


@pytest.mark.parametrize("linear", [False, True])
class TestTheNetwork:
    def test_gradients_agree(self, linear):
        network, theta, batch = case(linear)
        judge = gradients.complex_step(network, theta, batch)
        for algorithm in (gradients.bptt, gradients.rtrl):
            np.testing.assert_allclose(algorithm(network, theta, batch).gradient, judge, rtol=1e-10, atol=1e-13)

    def test_outputs_are_those_of_the_equations(self, linear):
        network, theta, batch = case(linear)
        p = {name: block[1] for name, block in network.views(theta).items()}
        x, u = 0.0, batch.inputs[1, 2, :, 0]
        for t in range(len(u)):
            window = np.array([u[t - k] if t >= k else 0.0 for k in range(2)])
            x = p["w"] * x + p["v"] @ np.tanh(p["U"] @ window + p["b"])
            x = x if linear else np.tanh(x)
        np.testing.assert_allclose(network.run(theta, batch.inputs).outputs[1, 2, -1], x, rtol=1e-13)

    def test_both_parts_are_all_that_A_receives(self, linear):
        network, theta, batch = case(linear)
        early, late, trajectory, dh = parts(network, theta, batch, COST, 4)
        whole = gradients.bptt(network, theta, batch, COST).gradient
        np.testing.assert_allclose((early + late)[:, 1:], whole[:, 1:], rtol=1e-11, atol=1e-15)
        assert not early[:, 0].any() and not late[:, 0].any()
        w = (dh[:, :, 0] * trajectory.x[:-1, :, 0]).sum((0, 2))
        np.testing.assert_allclose(w, whole[:, 0], rtol=1e-11)
        np.testing.assert_array_equal(errors(trajectory, batch, COST), dh)

    def test_the_normalised_gradient_differs_in_the_informative_part_only(self, linear):
        network, theta, batch = case(linear)
        early, late, trajectory, dh = parts(network, theta, batch, COST, 4)
        g = lag_normalised(network, theta, batch, COST, 4).gradient
        stretched = np.zeros_like(theta)
        for t in range(1, 5):
            network.pull_A(trajectory, t, dh[-1], network.views(stretched))
        np.testing.assert_allclose(g[:, 1:], (late + stretched)[:, 1:], rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(g[:, 0], gradients.bptt(network, theta, batch, COST).gradient[:, 0])


def test_an_integrator_passes_the_error_on_and_a_latch_does_not():
    config = {**experiment.EXPERIMENT.config("quick"), "epochs": 2, "runs": 4}
    passed = {}
    for arm in ("linear integrator", "latching, frozen", "not latching"):
        block = {"arm": arm, "T": 40, "rate": 0.02, "repetition": 0}
        passed[arm] = experiment.compute(config, block)["passed_first"]
    np.testing.assert_allclose(passed["linear integrator"], 1, rtol=1e-12)
    assert np.all(passed["latching, frozen"] < 1e-3) and np.all(passed["not latching"] < 1e-6)


def test_frozen_is_frozen_and_runs_that_diverge_are_counted():
    config = {**experiment.EXPERIMENT.config("quick"), "epochs": 20, "runs": 4}
    out = experiment.compute(config, {"arm": "latching hard, frozen", "T": 10, "rate": 0.5, "repetition": 0})
    np.testing.assert_array_equal(out["w"], [2.0, 2.0, 2.0])
    config["epochs"] = 200
    out = experiment.compute(config, {"arm": "linear integrator", "T": 80, "rate": 50.0, "repetition": 0})
    assert out["diverged"].all() and not out["solved"].any()


def test_cut_off_leaves_the_noisy_steps_alone():
    config = {**experiment.EXPERIMENT.config("quick"), "epochs": 30, "runs": 4}
    block = {"T": 5, "rate": 0.1, "repetition": 0}  # all steps are informative: nothing is left
    cut = experiment.compute(config, {"arm": "latching, frozen, cut", **block})
    assert cut["evaluations"].max() == 30 and cut["early_first"] == pytest.approx(cut["early_last"])
    free = experiment.compute(config, {"arm": "latching, frozen", **block})
    assert np.all(free["early_first"] != free["early_last"])


def result(kept=0.1, passed=1e-9, solved=(0, 0, 0, 95)):
    arms = list(experiment.ARMS)
    trained = [arm for arm in arms if arm != "guessing"]
    counts = np.zeros((len(arms), 2, 2), int)
    for arm, count in zip(("not latching", "latching, frozen", "latching, frozen, cut", "latching, frozen, normalised"), solved):
        counts[arms.index(arm), -1] = count
    shape = (len(trained), 2, 2, 3)
    return SimpleNamespace(data={"T": np.array([5, 80]), "arms": arms, "trained": trained, "runs": 100, "solved": counts,
                                 "best": np.zeros((len(arms), 2), int), "kept_last": np.full(shape, kept),
                                 "passed_first": np.full(shape, passed)})


CASES = {"modules.neither_before_nor_after_latching": (result(), result(kept=5.0, passed=0.5, solved=(90, 90, 5, 90)))}


def test_the_predicate_weighs_three_things():
    predicate = modules.neither_before_nor_after_latching
    assert predicate(result())[0] == REPRODUCED
    for change in ({"kept": -3.0}, {"passed": 0.1}, {"solved": (0, 85, 80, 90)}, {"solved": (0, 50, 5, 95)}):
        assert predicate(result(**change))[0] == PARTLY
    assert predicate(result(kept=5.0, passed=0.5, solved=(90, 90, 5, 90)))[0] == NOT_REPRODUCED
