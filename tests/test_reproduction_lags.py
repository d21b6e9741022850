"""The experiment on lags: its shares seen by other means, and what its predicate says."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrdlib.gradients import truncated_bptt
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Latch
from reproduction.experiments import lag_shares as experiment
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, lags

CONFIG = {**experiment.EXPERIMENT.config("quick"), "runs": 20, "T": 40}


def test_shares_are_differences_of_windows():
    """Lag k is what a window of k + 1 has and one of k has not."""
    L, T, R = 3, 40, 20
    network, rng = LatchNeuron(L), np.random.default_rng(0)
    theta = network.pack(w=np.full(R, 1.5), h=np.ones((R, 2, L)) * np.array([-1.0, 1.0])[:, None])
    batch = Latch(T, L, 0.1).sample(rng, 1, R)
    found = experiment.measured(CONFIG, network, theta, batch, np.ones(R, bool), 1)
    windows = np.stack([truncated_bptt(network, theta, batch, k).gradient[:, 0] for k in range(1, T + 1)], axis=1)
    size = np.abs(np.diff(windows, axis=1, prepend=0))
    norm = size / size.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["profile"], np.median(norm, axis=0), rtol=1e-6, atol=1e-12)
    reach = 1 + (norm.cumsum(axis=1) >= 0.9).argmax(axis=1)
    np.testing.assert_allclose(found["reach90"], np.quantile(reach, experiment.QUARTILES))
    assert found["dominated"] == np.sum(norm[:, :8].sum(axis=1) >= 0.9)


def test_a_neuron_at_rest_forgets_at_the_rate_of_its_slope():
    found = experiment.neuron(CONFIG, {"w": 1.5, "s": 1e-9}, np.random.default_rng(0))
    xbar = 0.8585594
    slope = 1.5 * (1 - xbar**2)
    profile = found["profile"][:20]
    np.testing.assert_allclose(profile[1:] / profile[:-1], slope, rtol=1e-3)


def test_a_linear_unit_spreads_its_gradient_over_all_lags():
    found = experiment.control(CONFIG, {"name": "linear unit"}, np.random.default_rng(0))
    assert found["kept"] == 20 and found["dominated"] == 0
    assert found["reach90"][2] > 30


def test_radius_of_the_random_weights():
    W = experiment.weights(np.random.default_rng(0), 7, 4, 1.5)
    np.testing.assert_allclose(np.abs(np.linalg.eigvals(W)).max(axis=1), 1.5)


def test_nothing_kept_is_not_hidden():
    found = experiment.neuron(CONFIG, {"w": 1.01, "s": 2.0}, np.random.default_rng(0))
    assert found["kept"] == found["dominated"] == 0 and (found["profile"] == -1).all()


def test_training_is_counted():
    config = {**CONFIG, "nets": 4, "presentations": 300, "learned_T": 6}
    found = experiment.trained_net(config, {}, np.random.default_rng(1))
    assert 0 <= found["trained_dominated"] <= found["trained_kept"] <= found["trained_solved"] <= 4


def result(neuron=(100, 100), latch=(100, 100), net=(100, 98), controls=(0, 1)):
    """Counts (kept, dominated) of each kind, and dominated controls of 100."""
    data = {"T": 100, "controls": ["linear unit", "other"], "control_kept": np.array([100, 100]),
            "control_dominated": np.array(controls)}
    for kind, (kept, dominated) in {"neuron": neuron, "latch": latch, "net": net}.items():
        data |= {f"{kind}_kept": np.array(kept), f"{kind}_dominated": np.array(dominated),
                 f"{kind}_dominated_every": np.array(dominated)}
    return SimpleNamespace(data=data)


CASES = {"lags.short_term_dominates": (result(), result(neuron=(100, 40)))}


@pytest.mark.parametrize("given, said", [
    ({}, REPRODUCED),
    ({"net": (100, 92)}, PARTLY),  # 92 of 100 may be less than 90%
    ({"neuron": (100, 40)}, PARTLY),
    ({"latch": (0, 0)}, PARTLY),  # nothing was latched, so nothing is shown
    ({"controls": (0, 100)}, PARTLY),  # a test that everything passes
    ({"neuron": (100, 10), "latch": (100, 10), "net": (100, 10), "controls": (90, 90)}, NOT_REPRODUCED),
])
def test_the_predicate(given, said):
    verdict, text = lags.short_term_dominates(result(**given))
    assert verdict == said and "linear unit" in text


def test_a_gradient_of_zero_is_counted_apart():
    """Saturated to the last digit: no share can be said."""
    L, T, R = 3, 40, 4
    network = LatchNeuron(L)
    theta = network.pack(w=[1.5, 1.5, 60.0, 60.0], h=np.ones((R, 2, L)) * np.array([-30.0, 30.0])[:, None])
    batch = Latch(T, L, 0.1).sample(np.random.default_rng(0), 1, R)
    found = experiment.measured(CONFIG, network, theta, batch, np.ones(R, bool), 1)
    assert (found["silent"], found["kept"]) == (2, 2) and found["dominated"] == 2


def test_the_exponent_of_a_neuron_is_its_slope_at_rest():
    network, batch = LatchNeuron(3), Latch(40, 3, 0.1).sample(np.random.default_rng(0), 3, 1)
    theta = network.pack(w=[1.5], h=np.zeros((1, 2, 3)) + np.array([-1.0, 1.0])[:, None])
    # Without its class's inputs the neuron rests at once; the free inputs of the run add a push that fades
    exponent = experiment.top_exponent(network, theta, batch)[0]
    assert exponent == pytest.approx(np.log(1.5 * (1 - 0.8585594**2)), rel=1e-3)
