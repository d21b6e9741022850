"""The worked solutions of the assignment `neuron` against lrdlib, complex steps, brute force and exact laws."""

import numpy as np
import pytest

from assignments.teacher import worked
from lrdlib import dynamics
from reproduction.intervals import wilson


@pytest.fixture(scope="module")
def answers():
    return worked.namespace("neuron")


@pytest.fixture
def rng():
    return np.random.default_rng(1994)


def test_a_path_is_the_orbit_for_one_and_for_many(answers, rng):
    one, many = rng.normal(size=7), rng.normal(size=(4, 7))
    w, x = rng.uniform(-2, 2, 4), rng.uniform(-1, 1, 4)
    assert np.array_equal(answers["follow"](1.7, one, -0.3), dynamics.orbit(1.7, one, -0.3))
    assert np.array_equal(answers["follow"](w, many, x), dynamics.orbit(w, many, x))


def test_sensitivity_is_the_derivative_of_the_last_output(answers, rng):
    for T in (1, 2, 9):
        w, h, x = rng.uniform(0.8, 2), rng.normal(size=T), rng.uniform(-0.9, 0.9)
        end = x + 1e-30j
        for h_t in h:
            end = np.tanh(w * end + h_t)
        assert np.isclose(answers["sensitivity"](w, dynamics.orbit(w, h, x)), end.imag / 1e-30, rtol=1e-12)


@pytest.mark.parametrize("w", [0.3, 0.999, 1.0, 1.001, 1.25, 2.0, 8.0])
def test_attractors_are_the_fixed_points_that_are_not_left(answers, w):
    points = dynamics.fixed_points(w)
    expected = [0.0] if w <= 1 else points.x[points.stable].data
    assert np.allclose(answers["attractors"](w), expected, rtol=1e-9, atol=1e-12)


def test_the_critical_input_is_what_the_map_itself_says(answers):
    w = np.array([1.0, 1.1, 1.5, 2.0, 4.0])
    low, high = dynamics.critical_input_bracket(w[1:])
    closed = answers["critical_input"](w)
    assert closed[0] == 0 and np.all((low <= closed[1:]) & (closed[1:] <= high))
    assert np.allclose(closed, dynamics.critical_input(w), rtol=1e-14)


def test_bisection_keeps_the_border_inside(answers, rng):
    for border in rng.uniform(0, 1, 5):
        low, high = answers["bisect"](lambda h, border=border: h >= border, 0.0, 1.0, 1e-6)
        assert low < border <= high and high - low <= 1e-6


def test_flip_times_are_those_of_the_library(answers):
    w = 1.4
    edge = dynamics.critical_input(w)
    h = edge * np.array([0.5, 0.999, 1.01, 1.5, 20.0])
    start = -dynamics.stable_state(w)
    assert np.array_equal(answers["flip_time"](w, h, start, 500), dynamics.steps_to_switch(w, h))
    last = int(dynamics.steps_to_switch(w, h[3]))
    assert answers["flip_time"](w, h[3:4], start, last)[0] == last
    assert np.isinf(answers["flip_time"](w, h[3:4], start, last - 1)[0])


def test_counts_follow_the_exact_law(answers, rng):
    n, rest = 40_000, float(dynamics.stable_state(1.25))
    for sign in (1, -1):
        for T in (1, 17):
            k = answers["count_kept"](1.25, sign * rest, 0.2, T, n, rng)
            p = dynamics.survival(1.25, 0.2, T)[-1]
            assert abs(k - n * p) <= 5.5 * np.sqrt(n * p * (1 - p))


def test_the_interval_is_wilsons(answers):
    k = np.array([0, 1, 17, 49, 50])
    ours, z95 = answers["interval"](k, 50, 1.959963984540054), wilson(k, 50)
    assert np.allclose(ours, z95, rtol=1e-12, atol=1e-15)


def test_what_the_text_says_about_its_figures():
    """Three bits in ten wrong after 100 steps; a hundred times closer, ten times longer; chance flips hardly any."""
    assert 0.27 < 1 - dynamics.survival(1.25, 0.2, 100)[-1] < 0.33
    L1 = dynamics.steps_to_switch(1.5, dynamics.critical_input(1.5) + np.array([1e-3, 1e-5]))
    assert 9 < L1[1] / L1[0] < 11
    assert 1 - dynamics.survival(1.25, 0.155 / np.sqrt(3), 200, noise="uniform")[-1] < 1e-3


def test_the_marks_are_those_that_the_text_promises():
    text = worked.cells("neuron")[0].source
    words = sum(worked.points("neuron")[name] for name in worked.written("neuron"))
    tests = sum(worked.points("neuron").values()) - words
    assert f"{tests:g} points come from tests, {words:g} from two written answers" in text
