"""The trade-off: what is measured, on systems whose robustness and gradients are known; and its predicate."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import integrate, optimize

from lrdlib import dynamics
from lrdlib.plots import tradeoff as plots
from reproduction.experiments import _trade_off, trade_off
from reproduction.experiments._trade_off import GRADIENTS, PAIRS, ROBUSTNESS, measure, pairs_of_states, proved
from reproduction.predicates import tradeoff

CONFIG = trade_off.EXPERIMENT.config("quick")


def evidence(random=0, violations=0, trained=0.0, bred=0.0, built=0.0):
    """Of one system of each population: robust, with these gradients."""
    full = {"robustness": np.full((1, len(ROBUSTNESS)), 0.5)}
    data = {"robustness": list(ROBUSTNESS), "gradients": list(GRADIENTS), "pairs": np.array(PAIRS),
            "corner": 0.1, "T": 50, "shown": [list(pair) for pair in trade_off.SHOWN],
            "qualified": 1000, "random_violations": violations,
            "random_corner": np.full(len(PAIRS), random), "trained_excess": np.array([-1.0]),
            "bred_goal": np.arange(3), "bred": np.column_stack([np.full(3, 0.5), np.full(3, bred), np.zeros((3, 3))])}
    for name, g in (("trained", trained), ("built", built)):
        data |= {f"{name}_robustness": full["robustness"], f"{name}_gradients": np.full((1, len(GRADIENTS)), g)}
    return SimpleNamespace(data=data)


CASES = {"tradeoff.robust_excludes_trainable": (evidence(), evidence(random=3))}


@pytest.mark.parametrize("found", [{"random": 1}, {"trained": 0.2}, {"bred": 0.2}, {"built": 0.2}])
def test_one_system_of_any_population_is_enough_to_fail(found):
    assert tradeoff.robust_excludes_trainable(evidence(**found))[0] == "not reproduced"


def test_a_product_beyond_the_theorem_spoils_the_first_reading_only():
    assert tradeoff.robust_excludes_trainable(evidence(violations=1))[0] == "partly"


def test_counts_of_the_corner_are_by_pair():
    data = evidence().data
    pair = PAIRS.index((ROBUSTNESS.index("opponent"), GRADIENTS.index("bit, noise")))
    data["random_corner"][pair] = 7
    assert tradeoff.in_the_corner(data, "opponent", "bit, noise") == {"random": 7, "trained": 0, "built": 0, "bred": 0}
    assert tradeoff.in_the_corner(data, "chance", "bit, noise") == {"random": 0, "trained": 0, "built": 0}
    assert tradeoff.robust_excludes_trainable(SimpleNamespace(data=data))[0] == "partly"


def test_a_neuron_and_a_slow_unit_beside_it():
    """One neuron: h*, and powers of its slope. Beside a slow unit the state's gradient is that unit's."""
    w, forget, T = np.array([1.5, 2.0]), 0.97, CONFIG["T"]
    x = dynamics.stable_state(w)
    slope = w * (1 - x**2)
    rng = np.random.default_rng(0)
    alone, beside = (measure(dynamics.PreActivation(W), a, True, rng, CONFIG, 2) for W, a in (
        (w[:, None, None], (w * x)[:, None, None] * np.array([[1], [-1]])),
        (np.stack([np.diag([each, forget]) for each in w]), (w * x)[:, None, None] * np.array([[1, 0], [-1, 0]]))))
    g = dict(zip(GRADIENTS, alone["gradients"].T))
    for name in ("state, at rest", "bit, at rest"):
        np.testing.assert_allclose(g[name], slope**T, rtol=1e-10)
    b = dict(zip(ROBUSTNESS, alone["robustness"].T))
    np.testing.assert_allclose(b["opponent"], dynamics.input_to_switch(w, CONFIG["push"]), rtol=0.02)
    np.testing.assert_allclose(b["opponent / distance"], b["opponent"] / (w * x), rtol=1e-12)
    assert np.all(b["theorem 3"] < b["opponent"]) and np.all(b["opponent"] < b["chance"])
    g = dict(zip(GRADIENTS, beside["gradients"].T))
    np.testing.assert_allclose(g["state, at rest"], forget**T, rtol=1e-10)
    np.testing.assert_allclose(g["bit, at rest"], slope**T, rtol=1e-8)
    np.testing.assert_allclose(beside["robustness"][:, 2], b["opponent"], rtol=0.02)
    assert np.all(g["state, held"] >= g["state, noise, median"])


def test_gradients_under_noise_are_products_of_jacobians_along_the_path():
    map = dynamics.PreActivation(np.random.default_rng(3).normal(0, 1.2, (2, 3, 3)))
    a, rng = np.zeros((2, 1, 3)), np.random.default_rng(5)
    v = np.array([[1.0, 0, 0], [0, 0.6, 0.8]])
    state, bit = _trade_off._paths(map, a, v, np.full((2, 1), 0.3), np.random.default_rng(7), 4, 6)
    u = np.random.default_rng(7).normal(size=(6, 4, 3))
    rng = np.random.default_rng(7)
    rng.normal(size=(6, 4, 3))
    u *= 0.3 * rng.uniform(size=(6, 4, 1)) ** (1 / 3) / np.linalg.norm(u, axis=-1, keepdims=True)
    h = 1e-7
    ends = [map.orbit(np.repeat(a, 4, axis=1) + e, 6, u.transpose(1, 0, 2)[None])[:, :, -1]
            for e in h * np.concatenate([np.eye(3), -np.eye(3)])]
    P = np.stack([(ends[k] - ends[k + 3]) / (2 * h) for k in range(3)], axis=-1)
    np.testing.assert_allclose(np.linalg.norm(P, 2, axis=(-2, -1)), state[:, 0], rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(np.einsum("ri,rpij->rpj", v, P), axis=-1), bit[:, 0], rtol=1e-6)


def test_pairs_are_the_farthest_apart():
    w = np.array([3.0, 1.5])
    map = dynamics.PreActivation(np.stack([np.diag(w), np.diag([0.5, 0.5])]))
    which, a, slow = pairs_of_states(map, np.random.default_rng(0).normal(0, 2, (1, 40, 2)), True)
    assert which.tolist() == [0] and slow == 0
    np.testing.assert_allclose(np.abs(a[0]), np.tile(w * dynamics.stable_state(w), (2, 1)), rtol=1e-9)
    np.testing.assert_allclose(a[0, 0], -a[0, 1], rtol=1e-9)


def test_what_is_proved_is_so():
    w = np.array([2.0, 1.5])
    a, h = w * dynamics.stable_state(w), float(dynamics.critical_input(1.5))
    assert proved(np.diag(w), a, 0.9 * h, cells=(401,)) and not proved(np.diag(w), a, 1.01 * h, cells=(401,))


class TestOneNeuron:
    """The closed forms on which the chapter rests."""

    data = trade_off.neuron(CONFIG, {})

    def test_what_it_bears_is_the_area_over_its_slope(self):
        """b = integral of (1 - M'(s)) ds from the edge to the state, for any bias; hence M' <= 1 - b / d."""
        w = np.array(CONFIG["neuron_w"])
        b, factor, d = (self.data[f"weak_{name}"] for name in ("bears", "factor", "distance"))
        for k in range(len(w)):
            edge = np.arctanh(np.sqrt(1 - 1 / w[k]))
            for i in range(0, b.shape[1] - 1, 8):
                area = integrate.quad(lambda s: 1 - w[k] / np.cosh(s) ** 2, edge, edge + d[k, i])[0]
                np.testing.assert_allclose(b[k, i], area, rtol=1e-7)
        inside = d > 0
        assert np.all(factor[inside] <= 1 - b[inside] / d[inside] + 1e-12)

    def test_no_weight_and_bias_beat_the_neuron_without_bias(self):
        """At a given factor the weaker state bears most where there is no bias; as w grows, (log(1/f) - 1 + f) / 2."""
        f = np.array([0.3, 0.6, 0.9])

        def bears(w, f):
            a, edge = np.arccosh(np.sqrt(w / f)), np.arctanh(np.sqrt(1 - 1 / w))
            return (a - w * np.tanh(a)) - (edge - w * np.tanh(edge))

        for each in f:
            w0 = optimize.brentq(lambda w: w * (1 - float(dynamics.stable_state(w)) ** 2) - each, 1.0001, 50)
            w = w0 * np.geomspace(1, 1e4, 200)
            b = bears(w, each)
            np.testing.assert_allclose(b[0], float(dynamics.critical_input(w0)), rtol=1e-9)
            assert np.all(np.diff(b) < 0)
            np.testing.assert_allclose(b[-1], (np.log(1 / each) - 1 + each) / 2, rtol=1e-3, atol=1e-6)

    def test_a_state_held_at_the_edge_does_not_forget(self):
        held = self.data["held_factor"]
        assert np.all(np.diff(held, axis=1) > 0) and np.all(held < 1) and np.all(held[:, -1] > 0.94)


def test_blocks_come_back_alone():
    block = {"part": "random", "n": 2, "kind": "non-normal", "bias": True, "repetition": 0}
    small = {**CONFIG, "quota": 8, "draw": 60, "chance": 2, "strong": 2, "trials": 10}
    first, again = (trade_off.compute(small, block) for _ in range(2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert first["density_1"].sum() <= 8 and first["violations"] == 0


class TestFigures:
    share, factor, b = trade_off.SHARE_EDGES, trade_off.FACTOR_EDGES, trade_off.B_EDGES
    points = np.array([[0.2, 0.97]])

    def test_the_corner_begins_where_the_thresholds_say(self):
        counts = np.ones((len(self.share) - 1, len(self.factor) - 1), int)
        fig = plots.contracting_corner(self.share, self.factor, counts, self.points, 0.1, 50)
        box = next(line.get_xydata() for line in fig.axes[0].lines if len(line.get_xdata()) == 3)
        np.testing.assert_allclose(box[1], [0.1, 0.1 ** (1 / 50)])
        assert "whole state" in fig.axes[0].get_ylabel() and fig.image()

    def test_two_panels_of_what_an_opponent_needs(self):
        counts = np.ones((len(self.b) - 1, len(self.factor) - 1), int)
        frontier = np.linspace(1, 0, len(self.b) - 1)
        fig = plots.open_corner(self.b, self.factor, [counts] * 2, [frontier] * 2, [self.points] * 2,
                                [np.array([True])] * 2, [np.zeros((0, 2))] * 2, 0.1, 50)
        titles = [ax.get_title(loc="left") for ax in fig.axes[:2]]
        assert titles == ["Gradient of the whole state", "Gradient of the bit"]
        assert "pre-activation" in fig.axes[1].get_xlabel() and fig.image()

    def test_a_neurons_curve_and_what_can_be_reached(self):
        data = TestOneNeuron.data
        w = 1 + np.linspace(0.1, 1, 20)
        fig = plots.neuron_curve(dynamics.critical_input(w), w * (1 - dynamics.stable_state(w) ** 2),
                                 np.array(CONFIG["neuron_w"]), data["weak_bears"], data["weak_factor"], 3)
        assert "pre-activation" in fig.axes[0].get_xlabel() and fig.image()
        map = dynamics.PreActivation([np.diag([2.0, 1.5])])
        a = (np.array([2.0, 1.5]) * dynamics.stable_state([2.0, 1.5]))[None, None]
        found, x = dynamics.reachable(map, a, 0.1, -3, 3, 60), np.linspace(-3, 3, 20)
        basin = np.ones((20, 20), bool)
        fig = plots.reachable_set(found.centres, found.reached, (x, basin), [a[0, 0], -a[0, 0]], map.orbit(a, 5)[0, 0])
        assert "pre-activation" in fig.axes[0].get_ylabel() and fig.image()


def test_a_product_that_underflows_exceeds_nothing():
    """Latches so steep that their slope at rest to the power T is below all numbers."""
    w = np.array([30.0, 1e3, 1e6])
    a = (w * dynamics.stable_state(w))[:, None, None] * np.array([[1.0], [-1.0]])
    found = measure(dynamics.PreActivation(w[:, None, None]), a, True, np.random.default_rng(0), CONFIG | {"T": 60})
    assert np.all(found["excess"] <= 1e-8) and np.all(found["gradients"][1:, 0] == 0)
