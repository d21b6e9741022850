"""The worked solutions of the assignment `latching` against lrdlib, closed forms and brute force."""

import numpy as np
import pytest

from assignments.teacher import worked
from lrdlib import dynamics

NETS = {"first": np.array([[1.4, 0.8], [0.3, 0.9]]), "second": np.array([[2.0, -1.8], [0.3, 0.2]])}


@pytest.fixture(scope="module")
def answers():
    return worked.namespace("latching")


@pytest.fixture
def rng():
    return np.random.default_rng(1994)


@pytest.fixture(params=NETS)
def net(request):
    """Weights, the same network in lrdlib, and its attractors (2, 2)."""
    W = NETS[request.param]
    library = dynamics.PreActivation([W])
    return W, library, dynamics.attractors(library, dynamics.grid([-3, -3], [3, 3], 9))


def test_newtons_method_finds_every_fixed_point_that_is_proved_to_be_there(answers, net, rng):
    W, library, _ = net
    found = dynamics.periodic_points(library, *dynamics.trapping_box(library))
    assert found.proved[0]
    for point in found.points[0]:
        assert np.allclose(answers["fixed_point"](W, point + rng.uniform(-0.05, 0.05, 2)), point, atol=1e-10)


def test_one_unit_rests_where_the_library_says(answers):
    assert np.isclose(np.tanh(answers["fixed_point"](np.array([[1.5]]), np.array([1.0])))[0], dynamics.stable_state(1.5))


def test_radius_and_norm_are_those_of_the_matrix_applied_to_many_vectors(answers, rng):
    J = rng.normal(size=(4, 4))
    radius, norm = answers["radius_and_norm"](J)
    vectors = rng.normal(size=(4, 200_000))
    stretched = (np.linalg.norm(J @ vectors, axis=0) / np.linalg.norm(vectors, axis=0)).max()
    assert 0.99 * norm < stretched <= norm
    assert np.isclose(np.linalg.norm(np.linalg.matrix_power(J / radius, 4000)) ** (1 / 4000), 1, atol=0.01)
    assert np.allclose(answers["radius_and_norm"](np.diag([0.5, -2.0])), [2, 2])


def test_basins_and_reduced_sets_are_the_librarys(answers, net):
    W, library, found = net
    cells = dynamics.grid([-3, -3], [3, 3], 20)
    X = found.orbits[0, :, 0].data
    labels = answers["basin"](W, X, cells[0], 200)
    assert np.array_equal(labels, dynamics.basins(library, cells, found)[0])
    for sense, size in (("norm", lambda J: np.linalg.norm(J, 2)),
                        ("eigenvalues", lambda J: np.abs(np.linalg.eigvals(J)).max())):
        inside = [answers["stays_small"](W, a, 100, size) for a in cells[0]]
        assert np.array_equal(inside, dynamics.reduced_sets(library, cells, found, sense=sense)[0] >= 0)


def test_the_promise_is_the_librarys_and_is_kept(answers, net, rng):
    W, library, found = net
    X = found.orbits[0, -1, 0].data
    promised = max(answers["promise"](W, X, d) for d in np.linspace(0.005, 2, 400))
    assert np.isclose(promised, dynamics.bearable_input(library, X[None, None]).bound.item(), rtol=0.02, atol=1e-12)
    for d in rng.uniform(0.05, 1, 20):
        b = answers["promise"](W, X, d)
        nearby = X + d * rng.uniform(-1, 1, (2000, 2))
        steepest = max(np.linalg.norm(W * (1 - np.tanh(a)**2), 2) for a in nearby)
        assert b <= max(1 - steepest, 0) * d + 1e-12
        a = X
        for _ in range(200 if b else 0):
            u = rng.normal(size=2)
            a = W @ np.tanh(a) + b * u / np.linalg.norm(u)
            assert np.linalg.norm(a - X) <= d


def test_one_unit_is_broken_from_the_critical_input_on(answers):
    w = 1.5
    W, h = np.array([[w]]), dynamics.critical_input(w)
    X = answers["fixed_point"](W, np.array([1.0]))
    broken = [answers["breaks"](W, X, -X, np.array([-u]), 2000, 100) for u in (0.98 * h, 1.02 * h)]
    assert broken == [False, True]
    assert max(answers["promise"](W, X, d) for d in np.linspace(0.01, 1, 100)) < h


def test_noisy_states_are_those_of_a_loop_over_them(answers, rng):
    W, X = NETS["first"], answers["fixed_point"](NETS["first"], np.ones(2))
    starts = rng.uniform(-2, 3, (40, 2))
    noise = np.array([np.random.default_rng(3).normal(0, 0.7, (9, 40, 2))])[0]
    kept = 0
    for p, a in enumerate(starts):
        for t in range(9 + 30):
            a = W @ np.tanh(a) + (noise[t, p] if t < 9 else 0)
        kept += np.linalg.norm(a - X) < np.linalg.norm(a + X)
    assert answers["count_kept"](W, X, -X, starts, 0.7, 9, 30, np.random.default_rng(3)) == kept
    assert 0 < kept < 40


def test_the_tests_ask_what_their_names_say():
    """Balls with a promise in one test, without in the other; states of both kinds wherever the answer is yes or no."""
    exam = {test["name"]: test["cases"] for test in worked.hidden("latching", 1994)["tests"]}
    assert all(case["expected"] > 0 for case in exam["latching-promise"])
    assert sum(case["expected"] == 0 for case in exam["latching-promise-none"]) >= 2
    for name in ("latching-gamma-norm", "latching-gamma-radius"):
        for case in exam[name]:
            assert len(case["expected"]) < 10 or set(case["expected"]) == {True, False}, case
    pushes = [case["expected"] for case in exam["latching-breaks"] if "pushes" in case["given"]]
    assert sum(set(expected) == {True, False} for expected in pushes) >= 5
    assert [True] * 20 in pushes and [False] * 20 in pushes  # nearer to the other at first, and yet they come back


def test_what_the_text_says_of_the_two_networks_is_true(answers):
    sizes = {}
    for name, W in NETS.items():
        X = answers["fixed_point"](W, np.array([2.0, 1.0]))
        sizes[name] = answers["radius_and_norm"](W * (1 - np.tanh(X)**2))
    assert sizes["first"][1] < 1 < sizes["second"][1] and sizes["second"][0] < 1
    J = W * (1 - np.tanh(X)**2)
    assert 1.8 < max(np.linalg.norm(np.linalg.matrix_power(J, t), 2) for t in range(15)) < 2.1  # "nearly twice"
    assert answers["inside"].sum() > 300 and (~answers["inside"]).sum() > 100
