"""The experiment on attracting sets: what it finds, seen by other means, and what its predicates say."""

from types import SimpleNamespace

import numpy as np
import pytest

from lrdlib.dynamics import PreActivation, attractors, augmented, basins, reduced_sets, trapping_box
from reproduction.experiments import _sets
from reproduction.experiments import attracting_sets as experiment
from reproduction.experiments._systems import random_weights
from reproduction.predicates import NOT_REPRODUCED, PARTLY, REPRODUCED, sets

QUICK = experiment.EXPERIMENT.config("quick") | {
    "symmetric_nets": 40, "proof_nets": 20, "eigenvalue_nets": 40, "search_radius": [0.9], "search_draws": 4000,
    "search_population": 20, "search_rounds": 10, "systems": 2, "T": 30, "member_nets": 40,
    "volume_nets": 15, "share_states": 30, "later_steps": 4000}


def run(part, **block):
    return experiment.compute(QUICK, {"part": part, **block})


class TestSymmetric:
    def test_slow_motion_creeps_and_a_cycle_does_not(self):
        """At w = 1 a state needs 3 / (2 a^2) steps to come down to a: it never settles, and never swings. At w = -1
        it swings while it creeps; past that it ends in a cycle, whose steps do not shrink."""
        map = PreActivation([[[1.0]], [[-1.0]], [[-2.0]]])
        starts = np.array([[[0.5], [-1.0]]])
        found = experiment.at_rest(map, np.repeat(starts, 3, axis=0), QUICK | {"steps": 500, "long_steps": 4000})
        assert found["unresolved"] == 4 and found["with_cycle"] == 1 and found["lengths"][:2].tolist() == [0, 1]
        one = np.ones((3, 2), bool)
        assert experiment.creep(map, np.repeat(starts, 3, axis=0), one, 4000) == 2  # the two at w = 1
        growing = PreActivation([[[-1.0 - 1e-7]]])  # towards a cycle of amplitude 5e-4
        assert experiment.creep(growing, np.full((1, 1, 1), 1e-4), np.ones((1, 1), bool), 4000) == 0
        assert experiment.creep(map, np.repeat(starts, 3, axis=0), ~one, 4000) == 0

    def test_the_energy_falls_on_every_step(self):
        """With x = tanh(a), ``E = -x'Wx / 2 + sum F(x) - c'x`` never rises if all eigenvalues of W are above -1: the
        reason that there is no cycle (Marcus and Westervelt, Phys. Rev. A 40, 1989)."""
        rng = np.random.default_rng(0)
        W = random_weights(rng, 100, 3, "symmetric")
        values, Q = np.linalg.eigh(W)
        W = (Q * np.maximum(values, -0.999)[:, None]) @ Q.transpose(0, 2, 1)
        c = rng.normal(size=(100, 3))
        x = np.tanh(PreActivation(W, c).orbit(rng.normal(size=(100, 5, 3)), 60))[:, :, 1:]
        F = x * np.arctanh(x) + np.log1p(-(x**2)) / 2
        E = -np.einsum("rpti,rij,rptj->rpt", x, W, x) / 2 + (F - c[:, None, None] * x).sum(-1)
        assert np.diff(E, axis=-1).max() < 1e-9

    @pytest.mark.parametrize("n", [1, 3])
    def test_cycles_on_one_side_only(self, n):
        found = run("symmetric", n=n, input=0)
        assert found["with_cycle_above"] == found["with_any_2_cycle_above"] == 0 < found["with_cycle_below"]
        assert found["searched_above"] == 20 and found["lengths_above"][1:].sum() == 0


class TestEigenvalues:
    def test_normal_nets_have_one_fixed_point_and_others_more(self):
        for kind in ("symmetric", "normal"):
            found = run("eigenvalues", n=3, kind=kind, repetition=0)
            assert found["several"] == 0 and found["within_norm"] == found["proved"] == 40
        found = run("eigenvalues", n=5, kind="non-normal", repetition=0)
        assert found["several"] > 0 == found["several_within_norm"] and found["largest_radius"] < 1
        assert found["nets_by_norm"].sum() == found["nets_by_departure"].sum() == 40
        assert found["several_by_norm"].sum() == found["several_by_departure"].sum() == found["several"]

    def test_the_counter_example_is_one(self):
        """Eigenvalues, and a state that stays, with nothing but W and tanh."""
        it = run("smallest norm", radius=0.9)
        assert np.abs(np.linalg.eigvals(it["W"])).max() == pytest.approx(0.9)
        a = it["last_point"]
        for _ in range(1000):
            a = it["W"] @ np.tanh(a)
        np.testing.assert_allclose(a, it["last_point"], atol=1e-8)
        assert np.linalg.norm(a) > 0.1 and it["norm"] == pytest.approx(np.linalg.norm(it["W"], 2)) and it["norm"] > 1

    def test_departure_from_normality(self):
        size, radius, departure = experiment.measures(np.array([[[0.5, 3.0], [0.0, 0.5]], [[0.6, -0.8], [0.8, 0.6]]]))
        np.testing.assert_allclose(departure, [3, 0], atol=1e-7)
        np.testing.assert_allclose(radius, [0.5, 1])
        assert size[1] == pytest.approx(1) and size[0] > 3


class TestSets:
    def test_the_readings_differ_as_they_should(self):
        """By products of Jacobians written out here, in which Gamma's definition is looked at to the letter."""
        map, starts = _sets.random_nets(QUICK, "members", {"n": 2, "kind": "non-normal"}, 60)
        found = attractors(map, starts, QUICK["steps"])
        low, high = trapping_box(map)
        a = np.random.default_rng(0).uniform(low[:, None], high[:, None], (60, 40, 2))
        label = basins(map, a, found, 2000)
        period = np.maximum(found.period.filled(1)[np.arange(60)[:, None], label], 1)
        inside, J, z = np.ones((4, *label.shape), bool) & (label >= 0), np.eye(2), a
        for l in range(1, 41):
            J, z = map.jacobian(z) @ J, map(z)
            due = l % period == 0
            for i, size in ((0, np.abs(np.linalg.eigvals(J)).max(-1)), (2, np.linalg.norm(J, 2, axis=(-2, -1)))):
                inside[i] &= size < 1
                inside[i + 1] &= (size < 1) | ~due
        for i, how in enumerate(_sets.READINGS.values()):
            gamma = reduced_sets(map, a, found, 40, *how, steps=2000)
            assert ((gamma >= 0) == inside[i]).mean() > 0.999 and (gamma == label)[gamma >= 0].all()
        assert len({int(one.sum()) for one in inside}) == 4

    def test_members(self):
        found = run("members", n=2, kind="non-normal", repetition=0)
        assert found["fixed_in_gamma"][:2].tolist() == [found["fixed"]] * 2
        assert found["fixed_in_gamma"][2] < found["fixed"]
        assert found["cycles_in_gamma"][0] < found["cycles_in_gamma"][1] == found["cycles"]
        assert found["largest_step"] > 1 > found["its_cycle"]
        assert 0 < found["small_steps"] < found["cycles"]
        assert found["small_steps_in_gamma"][0] <= found["cycles_in_gamma"][0]

    def test_volumes(self):
        found = run("volumes", n=2, kind="non-normal")
        assert found["outside_beta"].tolist() == [0] * 4 and found["points"].sum() == 15 * 30
        literal, multiples, norm, _ = found["gamma"]
        assert (norm <= literal).all() and (literal <= multiples).all() and (multiples <= found["beta"]).all()
        assert 0 < norm.sum() < literal.sum() < found["beta"].sum()


class TestAugmented:
    @pytest.mark.parametrize("family", experiment.FAMILIES)
    def test_states_agree_and_late_inputs_would_show(self, family):
        assert run("not additive", family=family)["apart"] <= 1e-12
        n, I, F = experiment.FAMILIES[family](np.random.default_rng(0))
        u = np.random.default_rng(1).normal(size=(5, I))
        x = [np.full((1, 1, n), 0.3)]
        for t in range(5):
            x.append(F(x[-1], u[t]))
        z = np.concatenate([x[0], np.zeros((1, 1, I))], axis=-1)
        inputs = np.concatenate([np.zeros((5, n)), u], axis=1)[None, None]
        late = augmented(F, n, I).orbit(z, 5, inputs)[0, 0, :, :n]
        assert np.abs(late - np.array(x)[:, 0, 0]).max() > 1e-2

    def test_the_rate_of_a_product(self):
        J = np.broadcast_to(np.diag([0.5, 0.1]), (1, 700, 2, 2))
        np.testing.assert_allclose(experiment.rate(J), np.log(0.5))


def result(**changes):
    data = {
        "readings": list(_sets.READINGS), "later_steps": 10, "T": 9, "kinds": ["symmetric", "non-normal"],
        "members_fixed": np.array([[10, 20]]), "members_fixed_in_gamma": np.array([[[10] * 4, [20, 20, 9, 9]]]),
        "members_cycles": np.array([[3, 4]]), "members_cycles_in_gamma": np.array([[[3] * 4, [4] * 4]]),
        "members_small_steps": np.array([[2, 2]]), "members_small_steps_in_gamma": np.array([[[2] * 4, [2] * 4]]),
        "members_largest_step": np.array([[1.5, 2.0]]), "members_its_cycle": np.array([[0.5, 0.25]]),
        "volumes_beta": np.array([[[50, 60]]]), "volumes_gamma": np.full((1, 1, 4, 2), 40),
        "volumes_outside_beta": np.array([[[0, 0, 0, 0]]]),
        "symmetric_nets": 100, "symmetric_with_cycle_above": np.array([0, 0]),
        "symmetric_with_cycle_below": np.array([50, 9]),
        "symmetric_with_any_2_cycle_above": np.array([0, 0]), "symmetric_searched_above": np.array([20, 20]),
        "symmetric_unresolved_above": np.array([2, 0]), "symmetric_creeping_above": np.array([2, 0]),
        "eigenvalue_nets": 100, "n_eigenvalues": [2], "eigenvalues_several": np.array([[[0], [0]]]),
        "eigenvalues_within_norm": np.array([[100, 30]]), "eigenvalues_several_within_norm": np.array([[0, 0]]),
        "eigenvalues_several_by_norm": np.array([[[[0, 0, 0]], [[0, 0, 0]]]]),
        "eigenvalues_cycle_beside_one_point": np.array([[[0], [3]]]), "norm_edges": [0, 1, 5, 10],
        "eigenvalues_nets_by_norm": np.array([[[[100, 0, 0]], [[30, 50, 20]]]]),
        "smallest_spectral_radius": np.array([0.9, 0.5]),
        "smallest_norm": np.array([2.0, 4.0]), "smallest_count": np.array([5, 5]),
        "augmented_apart": np.array([0.0, 1e-15]), "augmented_states": np.array([90, 90]),
        "augmented_contracting": np.array([50, 50]), "augmented_contracting_but_augmented_not": np.array([9, 1]),
        "augmented_rate_apart": np.array([0.01, 0.02])}
    assert set(changes) <= set(data)
    return SimpleNamespace(data=data | changes)


SEVERAL = result(eigenvalues_several=np.array([[[0], [7]]]),
                 eigenvalues_several_by_norm=np.array([[[[0, 0, 0]], [[0, 2, 5]]]]))
CASES = {
    "sets.attractor_in_reduced_set_in_basin":
        (result(), result(members_cycles_in_gamma=np.array([[[2] * 4, [4] * 4]]))),
    "sets.symmetric_nets_come_to_rest": (result(), result(symmetric_with_cycle_above=np.array([0, 1]))),
    "sets.one_fixed_point_below_one": (result(), SEVERAL),
    "sets.augmenting_keeps_the_trajectories": (result(), result(augmented_apart=np.array([0.0, 1e-9]))),
}


@pytest.mark.parametrize("predicate, changes, wanted", [
    ("attractor_in_reduced_set_in_basin", {"members_cycles_in_gamma": np.array([[[2, 3, 2, 2], [4] * 4]])}, PARTLY),
    ("attractor_in_reduced_set_in_basin", {"members_fixed_in_gamma": np.array([[[9] * 4, [20] * 4]])}, PARTLY),
    ("attractor_in_reduced_set_in_basin", {"volumes_outside_beta": np.array([[[1, 0, 0, 0]]])}, PARTLY),
    ("attractor_in_reduced_set_in_basin", {"volumes_outside_beta": np.array([[[0, 0, 1, 1]]])}, REPRODUCED),
    ("symmetric_nets_come_to_rest", {"symmetric_creeping_above": np.array([1, 0])}, PARTLY),
    ("symmetric_nets_come_to_rest", {"symmetric_with_any_2_cycle_above": np.array([1, 0])}, PARTLY),
    ("symmetric_nets_come_to_rest", {"symmetric_with_cycle_below": np.array([0, 0])}, PARTLY),
    ("one_fixed_point_below_one", {"eigenvalues_several": np.array([[[0], [1]]]),
                                   "eigenvalues_several_by_norm": np.array([[[[0, 0, 0]], [[0, 0, 1]]]])},
     NOT_REPRODUCED),
])
def test_each_condition_of_a_predicate_can_fail(predicate, changes, wanted):
    assert getattr(sets, predicate)(result(**changes))[0] == wanted


def test_the_detail_names_the_readings_that_hold():
    text = sets.one_fixed_point_below_one(SEVERAL)[1]
    assert "0 of 100 symmetric, 7 of 100 non-normal" in text and "with |W| < 1, 0 of 130" in text
    assert "4.0% where |W| is between 1 and 5, 25% above 5" in text and "|W| = 4.00" in text
    text = sets.attractor_in_reduced_set_in_basin(CASES["sets.attractor_in_reduced_set_in_basin"][1])[1]
    assert "of 7 hyperbolic cycles 6" in text and "29 fixed points" not in text and "19 fixed points do" in text
