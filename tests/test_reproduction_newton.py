"""The experiment on pseudo-Newton: its numbers by other means, and what its predicates say."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrdlib.gradients import hessian, lag_contributions, lag_shares
from lrdlib.learners import GradientDescent, PseudoNewton, TimeWeightedPseudoNewton
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Latch
from reproduction.experiments import pseudo_newton as experiment
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, newton

CONFIG = {**experiment.EXPERIMENT.config("quick"), "runs": 12, "nets": 6, "presentations": 300, "trials": 3,
          "budget": 90}
QUARTILES = [0.25, 0.5, 0.75]


@pytest.fixture(scope="module")
def data():
    blocks = [b for b in experiment.EXPERIMENT.block_list(CONFIG) if b.get("kind", "") != "two-sequence, trained"]
    return {tuple(b.values()): experiment.compute(CONFIG, b) for b in blocks if b["part"] != "trained"}


def test_one_unit_has_no_gap_and_more_have(data):
    for key in (("gap", "latch"), ("units", 1)):
        assert data[key]["worst"] < 1e-12 and data[key]["shared_error"][1] > 0.01
        np.testing.assert_allclose(data[key]["shared_error"], data[key]["diagonal_error"], rtol=1e-9)
    for n in (2, 5):
        out = data["units", n]
        assert out["worst"] > 1e-3 and (out["error"][:2] < 1e-12).all() and (out["error"][2:-1, 1] > 0.01).all()


def test_the_sum_over_time_against_the_hessian():
    net, theta, batch = experiment.nets(CONFIG, "two-sequence", np.random.default_rng(0))
    out = experiment.compared(net, theta, batch)
    truth = np.einsum("rpp->rp", hessian(net, theta, batch))
    diagonal = experiment.instance_derivatives(net, theta, batch, method="exact").curvature.sum(1)
    error = np.abs(diagonal - truth) / np.abs(truth)
    np.testing.assert_allclose(out["diagonal_error"], np.quantile(error, QUARTILES), rtol=1e-6)
    assert out["diagonal_sign"] == (np.sign(diagonal) == np.sign(truth)).sum() and out["diagonal_pairs"] == truth.size


def test_agreement_by_hand():
    found = experiment.agreement(np.array([2.0, 3.0, -3.0, 5.0]), np.array([1.0, 2.0, 4.0, 0.0]))
    assert found["sign"] == 2 and found["pairs"] == 3
    np.testing.assert_allclose(found["error"], np.quantile([1.0, 0.5, 1.75], QUARTILES))
    assert found["rank"] == pytest.approx(-0.5)
    assert experiment.agreement(np.zeros(3), np.zeros(3))["pairs"] == 0


def test_parts_of_descent_are_the_lags_of_the_gradient():
    rng, R, T = np.random.default_rng(0), 12, CONFIG["long_T"]
    net = LatchNeuron(3)
    theta = net.pack(w=np.full(R, 1.5), h=np.ones((R, 2, 3)) * np.array([-1.0, 1.0])[:, None])
    batch = Latch(T, 3, 0.1).sample(rng, 1, R)
    found = experiment.parts(CONFIG, net, theta, batch, np.ones(R, bool))
    lags = lag_contributions(net, theta, batch)[:, :, :1]
    np.testing.assert_allclose(found["descent profile"][0], np.median(np.abs(lags[:, :, 0]), axis=0), rtol=1e-9)
    reach = np.ma.getdata(lag_shares(lags).reach(0.9))
    np.testing.assert_allclose(found["descent reach"][0], np.quantile(reach, QUARTILES))
    norm = np.ma.getdata(lag_shares(lags).norm)
    ratio = norm[:, -10:].sum(1) / norm[:, :10].sum(1)
    np.testing.assert_allclose(found["descent ratio"][0], np.quantile(ratio, QUARTILES), rtol=1e-6)


def test_far_from_the_end_a_neuron_at_rest_is_moved_alike_at_every_lag_without_mu():
    """At the state of rest x with slope r = w (1 - x^2), the share of a lag tends to (1 - r) / (2 x^2)."""
    config = {**CONFIG, "runs": 4}
    found = experiment.neuron(config, {"w": 1.5}, np.random.default_rng(0))
    x = 0.8585594
    want = (1 - 1.5 * (1 - x**2)) / (2 * x**2)
    np.testing.assert_allclose(found["time-weighted exact profile"][0, 15:35], want, rtol=0.1)  # with noise 0.1
    assert found["time-weighted exact even"][0] == 4 and found["descent even"][0] == 0
    assert not found["time-weighted exact even"][1:].any()


def test_what_keeps_no_bit_is_left_out():
    rng, net = np.random.default_rng(0), LatchNeuron(3)
    batch = Latch(CONFIG["long_T"], 3, 0.1).sample(rng, 1, 2)
    theta = net.pack(w=[1.5, 1.5], h=np.ones((2, 2, 3)))
    found = experiment.parts(CONFIG, net, theta, batch, np.array([True, False]))
    assert found["kept"] == 1 and found["descent reach"].shape == (1, 3)


def test_bins_of_the_longest_step(data):
    out = data["bound", 1.0]
    assert out["steps"].sum() == out["total"] and not out["broken"].any()
    assert out["longest"].shape == (1 + len(CONFIG["mu"]), len(experiment.DECADES) + 1)
    assert (np.diff(out["longest"], axis=0) <= 0).all()  # a larger mu makes no step longer


@pytest.mark.parametrize("name, kind, curvature", [
    ("descent", GradientDescent, None), ("pseudo-newton", PseudoNewton, "recursion"),
    ("pseudo-newton-exact", PseudoNewton, "exact"), ("time-weighted", TimeWeightedPseudoNewton, "recursion"),
    ("time-weighted-exact", TimeWeightedPseudoNewton, "exact")])
def test_learners_by_name(name, kind, curvature):
    made = experiment.learner({"learner": name, "rate": 0.01, "mu": 0.1})
    assert type(made) is kind and getattr(made, "curvature", None) == curvature
    assert made.momentum == 0.8 and made.batch_size == 1


def test_all_settings_meet_the_same_sequences(data):
    """With so large a mu nothing moves, and every learner ends as it began."""
    errors = [experiment.training(CONFIG, {"part": "training", "T": 5, "learner": name, "rate": 1e-9, "mu": 1e6}, None)
              for name in experiment.LEARNERS]
    assert len({out["mean_error"] for out in errors}) == 1
    assert len({out["presentations"] for out in errors}) == 1


def result(**changes):
    """What the predicates read, of 100 neurons a weight and 100 nets, with mu 0.001 and 0.1."""
    data = {"mu": [0.001, 0.1], "least_mu": 1e-12, "decades": [-6, -3, 0], "T": 20, "long_T": 50, "n": [1, 2],
            "bound_broken": np.zeros((1, 3), int), "bound_total": np.array([50]),
            "bound_longest": np.array([[[1e4, 1e3, 9.0, 9.0], [10.0, 5.0, 9.0, 9.0], [1.0, 0.5, 9.0, 9.0]]]),
            "kinds": ["latch"], "units_worst": np.array([1e-15, 1.0]), "gap_worst": np.array([1e-15]),
            "units_error": np.full((2, 20, 3), 0.5), "units_shared_error": np.full((2, 3), 0.9),
            "gap_shared_error": np.full((1, 3), 0.9), "gap_shared_sign": [40], "gap_shared_pairs": [80]}
    for kind, shape in (("neuron", (1, 3)), ("trained", (3,))):
        data[f"{kind}_kept"] = np.full(shape[:-1], 100)
        data[f"{kind}_time-weighted_exact_even"] = np.full(shape, 100)
        data[f"{kind}_time-weighted_exact_ratio"] = np.full((*shape, 3), 0.9)
        data[f"{kind}_descent_even"] = np.zeros((*shape[:-1], 1), int)
    return SimpleNamespace(data={**data, **changes})


SHORT = {"neuron_time-weighted_exact_even": np.array([[100, 0, 0]])}
BROKEN = {"bound_broken": np.ones((1, 3), int), "bound_longest": np.ones((1, 3, 4))}
WRONG = {"units_worst": np.array([1.0, 1.0]), "units_error": np.zeros((2, 20, 3)),
         "units_shared_error": np.zeros((2, 3))}
CASES = {"newton.mu_bounds_the_step": (result(), result(**BROKEN)),
         "newton.time_weighting_balances_times": (result(), result(**SHORT)),
         "newton.curvature_recursion": (result(), result(**WRONG))}


@pytest.mark.parametrize("changes, said", [
    ({}, REPRODUCED),
    ({"bound_broken": np.array([[0, 0, 1]])}, PARTLY),
    ({"bound_longest": np.array([[[50.0, 1, 0, 0], [10.0, 1, 0, 0], [1.0, 1, 0, 0]]])}, PARTLY),  # mu changes little
    (BROKEN, NOT_REPRODUCED),
])
def test_the_bound(changes, said):
    verdict, text = newton.mu_bounds_the_step(result(**changes))
    assert verdict == said and "of 150 steps" in text


@pytest.mark.parametrize("changes, said", [
    ({}, REPRODUCED),
    (SHORT, PARTLY),
    ({"trained_time-weighted_exact_even": np.array([55, 55, 55])}, PARTLY),  # may be less than half
    ({"trained_kept": np.array(0), "neuron_kept": np.array([0])}, NOT_REPRODUCED),
    ({"trained_descent_even": np.array([90]), "neuron_descent_even": np.array([[90]])}, NOT_REPRODUCED),
    ({f"{kind}_time-weighted_exact_even": np.zeros((1, 3), int) for kind in ("neuron", "trained")}, NOT_REPRODUCED),
])
def test_the_weighting(changes, said):
    assert newton.time_weighting_balances_times(result(**changes))[0] == said


@pytest.mark.parametrize("changes, said", [
    ({}, REPRODUCED),
    ({"units_worst": np.array([1e-3, 1.0])}, PARTLY),
    ({"gap_shared_error": np.zeros((1, 3))}, PARTLY),
    (WRONG, NOT_REPRODUCED),
])
def test_the_recursion(changes, said):
    assert newton.curvature_recursion(result(**changes))[0] == said


def test_a_result_without_the_units_leaves_the_claim_open():
    with pytest.raises(KeyError):
        newton.curvature_recursion(result(n=[2, 5]))
