"""The latch neuron's dynamics, against closed forms, scipy's solvers, and the neuron itself, step by step."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from lrdlib import dynamics
from lrdlib.dynamics import neuron, noisy_neuron
from lrdlib.dynamics import (
    critical_input,
    critical_input_bracket,
    fixed_points,
    input_to_switch,
    orbit,
    stable_state,
    steps_to_switch,
    survival,
    survival_monte_carlo,
)

weights = st.floats(-6, 6)
bistable = st.floats(1.001, 8)
inputs = st.floats(-4, 4)
noises = st.sampled_from(["gaussian", "uniform"])


def step(w, x, h):
    return math.tanh(w * x + h)


class TestFixedPoints:
    @given(weights, inputs)
    def test_every_point_solves_the_equation_in_rising_order(self, w, h):
        points = fixed_points(w, h)
        x, a = points.x.compressed(), points.a.compressed()
        assert points.count == len(x) >= 1
        assert np.all(np.diff(x) > 0)
        np.testing.assert_allclose(a, w * np.tanh(a) + h, atol=1e-13 * (1 + abs(w) + abs(h)))
        np.testing.assert_allclose(x, np.tanh(w * x + h), atol=1e-13 * (1 + abs(w)))

    @given(bistable, st.floats(-2, 2))
    def test_three_points_exactly_within_the_critical_input(self, w, times):
        h = times * float(critical_input(w))
        if abs(abs(times) - 1) > 1e-6:
            assert fixed_points(w, h).count == (3 if abs(times) < 1 else 1)

    @given(st.floats(-6, 1), inputs)
    def test_one_point_on_the_middle_branch_for_small_w(self, w, h):
        points = fixed_points(w, h)
        assert points.count == 1
        assert points.x.mask.tolist() == [True, False, True]

    @given(weights, inputs)
    def test_none_is_missed(self, w, h):
        """A sign change of a - w tanh(a) - h on a fine grid is a root: there are as many as points."""
        if w > 1 and abs(abs(h) - float(critical_input(w))) < 1e-3:
            return
        a = np.linspace(-12, 12, 48001) + 1e-7
        changes = np.count_nonzero(np.diff(np.sign(a - w * np.tanh(a) - h)))
        assert fixed_points(w, h).count == changes

    @given(st.floats(1.05, 8), st.floats(-0.99, 0.99))
    @settings(max_examples=50)
    def test_stability_is_what_simulation_shows(self, w, times):
        h = times * float(critical_input(w))
        points = fixed_points(w, h)
        assert points.stable.tolist() == [True, False, True]
        lower, middle, upper = points.x
        gap = min(middle - lower, upper - middle)
        for start, end in [(middle - 0.1 * gap, lower), (middle + 0.1 * gap, upper)]:
            x = start
            for _ in range(5000):
                x = step(w, x, h)
            assert x == pytest.approx(end, abs=1e-6)

    def test_tangent(self):
        w = 2.0
        h = float(critical_input(w))
        up, down = fixed_points(w, h), fixed_points(w, -h)
        assert up.count == down.count == 2
        np.testing.assert_allclose(up.x.compressed()[0], -math.sqrt(0.5), rtol=1e-12)
        np.testing.assert_allclose(down.x.compressed()[1], math.sqrt(0.5), rtol=1e-12)
        assert up.slope[0] == down.slope[2] == 1
        assert up.stable.compressed().tolist() == [False, True]
        assert down.stable.compressed().tolist() == [True, False]

    @given(weights, inputs)
    def test_slope_is_the_derivative_in_both_coordinates(self, w, h):
        points = fixed_points(w, h)
        for x, a, slope in zip(points.x.compressed(), points.a.compressed(), points.slope.compressed()):
            in_x = (np.tanh(w * (x + 1e-5) + h) - np.tanh(w * (x - 1e-5) + h)) / 2e-5
            in_a = w * (np.tanh(a + 1e-5) - np.tanh(a - 1e-5)) / 2e-5
            assert slope == pytest.approx(in_x, abs=1e-7)
            assert slope == pytest.approx(in_a, abs=1e-7)

    def test_slope_at_the_attractor(self):
        """Known values, derived in an independent calculation."""
        slopes = fixed_points([1.25, 1.373, 1.5, 2]).slope[:, 2]
        np.testing.assert_allclose(slopes, [0.619, 0.495, 0.394, 0.166], atol=6e-4)

    def test_a_pitchfork_at_w_one(self):
        points = fixed_points([0.5, 1.0, 1.5])
        assert points.count.tolist() == [1, 1, 3]
        assert points.slope[:, 1].tolist() == [0.5, 1.0, 1.5]
        assert points.stable[:, 1].tolist() == [True, False, False]
        assert points.x.data[:, 1].tolist() == [0, 0, 0]

    def test_extremes_hold_no_nan_even_under_the_mask(self):
        points = fixed_points(np.array([[-1e6], [0.0], [1 + 1e-12], [1e6]]), [-1e6, 0.0, 1e3])
        for values in (points.x, points.a, points.slope):
            assert np.isfinite(values.data).all()
        assert points.x.shape == (4, 3, 3)

    def test_against_a_root_finder(self):
        for w, h in [(2, 0.3), (1.25, -0.05), (0.7, 1.0), (3, -2.0)]:
            x = fixed_points(w, h).x.compressed()
            for start in x + 1e-3:
                root = optimize.newton(lambda x, w, h: x - step(w, x, h), start, args=(w, h), tol=1e-14)
                assert np.abs(x - root).min() < 1e-12


class TestStableState:
    def test_values(self):
        w = math.atanh(0.8) / 0.8  # the weight whose stable state is the target .8
        assert stable_state(w) == pytest.approx(0.8, abs=1e-14)

    @given(bistable)
    def test_is_where_the_neuron_rests(self, w):
        xbar = float(stable_state(w))
        assert 0 < xbar < 1
        assert step(w, xbar, 0) == pytest.approx(xbar, abs=1e-14)


class TestCriticalInput:
    def test_known_values(self):
        """Known values, derived in an independent calculation."""
        h = critical_input([1, 1.1, 1.25, math.atanh(0.8) / 0.8, 1.5, 2, 3])
        np.testing.assert_allclose(h, [0, 0.0205, 0.0778, 0.1378, 0.2075, 0.5328, 1.3033], atol=6e-5)

    @given(st.floats(1.01, 20))
    def test_is_the_saddle_node(self, w):
        """Solve for the point where the map touches the diagonal: no closed form."""
        edge = optimize.brentq(lambda a: w / math.cosh(a) ** 2 - 1, -20, 0, xtol=1e-14)
        assert critical_input(w) == pytest.approx(edge - w * math.tanh(edge), abs=1e-9)

    @given(st.lists(st.floats(1, 50), min_size=2, max_size=9, unique=True))
    def test_grows_with_w(self, w):
        assert np.all(np.diff(critical_input(np.sort(w))) >= 0)

    def test_bracket_from_simulation(self):
        w = np.array([1.05, 1.25, 1.5, 2, 3, 5])
        lower, upper = critical_input_bracket(w, steps=2000)
        h = critical_input(w)
        assert np.all(lower <= h + 1e-15) and np.all(h < upper)
        assert np.all(h - lower < 1e-6)
        bottleneck = (np.pi / 2000) ** 2 / np.sqrt(1 - 1 / w)
        np.testing.assert_allclose(upper - h, bottleneck, rtol=0.05)


class TestOrbit:
    def test_is_the_neuron(self):
        h = np.array([0.3, -0.2, 0.9])
        expected = [0.1]
        for value in h:
            expected.append(step(1.7, expected[-1], value))
        np.testing.assert_allclose(orbit(1.7, h, 0.1), expected, rtol=1e-15)

    def test_broadcasts(self):
        out = orbit([[1.0], [2.0]], np.zeros((3, 5)), [0.1, 0.2, 0.3])
        assert out.shape == (2, 3, 6)
        np.testing.assert_array_equal(out[1, 2], orbit(2.0, np.zeros(5), 0.3))
        np.testing.assert_array_equal(out[:, :, 0], [[0.1, 0.2, 0.3]] * 2)


class TestStepsToSwitch:
    @given(st.floats(1.05, 4), st.floats(1e-3, 3))
    @settings(max_examples=60)
    def test_step_by_step(self, w, excess):
        h = float(critical_input(w)) + excess
        x, t = -float(stable_state(w)), 0
        while x <= 0:
            x, t = step(w, x, h), t + 1
        assert steps_to_switch(w, h) == t

    @given(st.floats(1.05, 4), st.floats(-2, 1))
    def test_never_below_the_critical_input(self, w, times):
        assert steps_to_switch(w, times * float(critical_input(w))) == np.inf

    @given(st.floats(1.01, 4), st.floats(-1, 1))
    @settings(max_examples=30)
    def test_simulation_never_leaves_below_it(self, w, times):
        h = np.full(3000, 0.999 * times * float(critical_input(w)))
        assert np.all(orbit(w, h, -stable_state(w)) < 0)

    @given(st.floats(1.05, 4), st.lists(st.floats(1e-4, 3), min_size=2, max_size=9))
    @settings(max_examples=40)
    def test_falls_as_the_input_grows(self, w, excess):
        steps = steps_to_switch(w, critical_input(w) + np.sort(excess))
        assert np.all(np.diff(steps) <= 0) and np.all(np.isfinite(steps)) and np.all(steps >= 1)

    def test_bottleneck_law(self):
        w, excess = np.array([[1.25], [2.0]]), np.array([1e-5, 1e-7])
        law = np.pi / np.sqrt(np.sqrt(1 - 1 / w) * excess)
        ratio = steps_to_switch(w, critical_input(w) + excess) / law
        assert np.all(np.abs(ratio - 1) < 0.02)
        assert np.all(np.abs(ratio[:, 1] - 1) < np.abs(ratio[:, 0] - 1))  # asymptotic: better closer to h*

    def test_narx_bound_is_twice_the_critical_input(self):
        """A constant -.0779 flips the neuron of weight 1.25 that is called robust in [-.155, .155]."""
        assert 2 * critical_input(1.25) == pytest.approx(0.155, abs=1e-3)
        assert np.isfinite(steps_to_switch(1.25, 0.0779))
        assert steps_to_switch(1.25, 0.0777) == np.inf

    def test_refuses_what_would_take_too_long(self):
        with pytest.raises(ValueError, match="h must be <= h"):
            steps_to_switch(1.25, critical_input(1.25) + 1e-6, longest=100)

    @pytest.mark.parametrize("steps", [1, 3, 40])
    def test_input_to_switch_is_the_inverse(self, steps):
        w = np.array([1.1, 1.25, 2.0, 4.0])
        h = input_to_switch(w, steps)
        assert np.all(steps_to_switch(w, h) == steps)
        assert np.all(steps_to_switch(w, h * (1 - 1e-9)) > steps)

    def test_one_step_needs_the_whole_way(self):
        assert input_to_switch(2.0, 1) == pytest.approx(2 * float(stable_state(2.0)), rel=1e-14)


class TestSurvival:
    """`survival` against closed forms, other integrators and simulation."""

    def test_known_table(self):
        """Right sign at the end, from +xbar: the table of an independent calculation."""
        p = survival(np.array([1.25, 1.373, 1.5, 2]), np.sqrt([[0.04], [0.2]]), 97)
        np.testing.assert_allclose(p[0, :, 17], [0.94, 0.99, 1.0, 1.0], atol=0.006)
        np.testing.assert_allclose(p[0, :, 97], [0.69, 0.95, 1.0, 1.0], atol=0.006)
        np.testing.assert_allclose(p[1, :, 17], [0.58, 0.68, 0.795, 1.0], atol=0.006)
        np.testing.assert_allclose(p[1, :, 97], [0.50, 0.50, 0.52, 0.97], atol=0.006)
        assert survival(1.25, 0.2, 97, crossed=True)[97] == pytest.approx(0.48, abs=0.006)

    @given(st.floats(-3, 3), st.floats(0.05, 2), st.floats(-1, 1), noises)
    @settings(max_examples=60)
    def test_one_step_is_the_distribution_function(self, w, s, x0, noise):
        law = stats.norm(scale=s) if noise == "gaussian" else stats.uniform(-s * 3**0.5, 2 * s * 3**0.5)
        assert survival(w, s, 1, x0, noise)[1] == pytest.approx(law.cdf(w * x0), abs=1e-12)

    @pytest.mark.parametrize("noise", ["gaussian", "uniform"])
    def test_two_steps_by_another_integrator(self, noise):
        w, s, x0 = 1.4, 0.35, 0.5
        law = stats.norm(scale=s) if noise == "gaussian" else stats.uniform(-s * 3**0.5, 2 * s * 3**0.5)
        places = [0.0, w * x0 - s * 3**0.5, w * x0 + s * 3**0.5]

        def by_quad(low):
            points = [p for p in places if low < p < 6]
            return integrate.quad(lambda a: law.pdf(a - w * x0) * law.cdf(w * math.tanh(a)), low, 6,
                                  points=points, epsabs=1e-11, limit=200)[0]

        close = 1e-11 if noise == "gaussian" else 1e-7
        assert survival(w, s, 2, x0, noise)[2] == pytest.approx(by_quad(-6), abs=close)
        assert survival(w, s, 2, x0, noise, crossed=True)[2] == pytest.approx(by_quad(0), abs=close)

    def test_forward_density_of_the_pre_activation(self):
        """The other direction: the density of a_t pushed forward on a plain grid."""
        w, s, steps = 1.25, 0.2, 30
        a = np.linspace(-3.5, 3.5, 1401)
        kernel = stats.norm.pdf(a[:, None], w * np.tanh(a), s) * (a[1] - a[0])
        whole = alive = stats.norm.pdf(a, w * stable_state(w), s)
        positive = np.where(a > 0, 1.0, np.where(a == 0, 0.5, 0.0)) * (a[1] - a[0])
        for n in range(1, steps + 1):
            assert positive @ whole == pytest.approx(survival(w, s, steps)[n], abs=1e-5)
            assert positive @ alive == pytest.approx(survival(w, s, steps, crossed=True)[n], abs=2e-4)
            whole, alive = kernel @ whole, kernel @ (alive * positive / (a[1] - a[0]))

    @pytest.mark.parametrize("noise", ["gaussian", "uniform"])
    @pytest.mark.parametrize("crossed", [False, True])
    def test_agrees_with_simulation(self, noise, crossed):
        w = np.array([-1.5, 0.8, 1.25, 1.5])[:, None]
        s = np.array([0.2, 0.2**0.5])
        x0, trials, n = 0.9, 40_000, np.array([1, 2, 5, 17, 60])
        p = survival(w, s, 60, x0, noise, crossed)[..., n]
        k = survival_monte_carlo(w, s, 60, trials, np.random.default_rng(94), x0, noise, crossed)[..., n]
        # Exact binomial tails. There are 320 of them, so each at a level that makes a false alarm very rare.
        assert np.all(stats.binom.cdf(k, trials, p) > 1e-8)
        assert np.all(stats.binom.sf(k - 1, trials, p) > 1e-8)

    def test_without_recurrence_every_step_is_a_coin(self):
        for noise in ("gaussian", "uniform"):
            coin = survival(0.0, 0.3, 12, 1.0, noise, crossed=True)
            np.testing.assert_allclose(coin, 0.5 ** np.arange(13), atol=1e-12)
            np.testing.assert_allclose(survival(0.0, 0.3, 12, 1.0, noise)[1:], 0.5, atol=1e-12)

    @given(st.floats(-3, 3), st.floats(0.05, 1.5), st.floats(0.01, 1), noises)
    @settings(max_examples=40, deadline=None)
    def test_symmetric_bounded_and_ordered(self, w, s, x0, noise):
        plus, minus = survival(w, s, 20, [x0, -x0], noise)
        np.testing.assert_allclose(plus + minus, 1, atol=1e-9)
        never = survival(w, s, 20, x0, noise, crossed=True)
        assert np.all((never >= 0) & (never <= plus + 1e-7) & (plus <= 1))
        assert np.all(np.diff(never) <= 1e-7)

    def test_bounded_noise_below_the_critical_input_never_flips(self):
        w = np.array([1.25, 2.0])
        s = 0.99 * critical_input(w) / 3**0.5
        for crossed in (False, True):
            np.testing.assert_allclose(survival(w, s, 500, noise="uniform", crossed=crossed), 1, atol=1e-9)

    @pytest.mark.parametrize("w", [-1.2, 0.0, 1.6])
    def test_without_noise_it_follows_the_orbit(self, w):
        for x0 in (0.7, -0.7):
            x = orbit(w, np.zeros(6), x0)
            right = np.where(x == 0, 0.5, x > 0)
            np.testing.assert_array_equal(survival(w, 0.0, 6, x0)[1:], right[1:])
            np.testing.assert_array_equal(survival(w, 0.0, 6, x0, crossed=True), np.minimum.accumulate(x > 0))

    def test_many_at_once_equal_one_by_one(self):
        w, s, x0 = np.array([[1.25], [2.0]]), np.array([0.0, 0.2, 0.5]), 1.0
        both = survival(w, s, 9, x0)
        assert both.shape == (2, 3, 10)
        for i in range(2):
            for j in range(3):
                np.testing.assert_allclose(both[i, j], survival(w[i, 0], s[j], 9, x0), atol=1e-14)

    @pytest.mark.parametrize("w, s", [(1.2, 0.01), (10.0, 0.2), (-0.5, 50.0), (30.0, 1e4)])
    def test_extreme_scales(self, w, s):
        """Two steps, by a plain sum over the first one."""
        x0 = 0.2
        a = np.linspace(w * x0 - 9 * s, w * x0 + 9 * s, 200_001)
        first = stats.norm.pdf(a, w * x0, s)
        second = integrate.trapezoid(first * stats.norm.cdf(w * np.tanh(a) / s), a)
        assert survival(w, s, 2, x0)[2] == pytest.approx(second, abs=1e-9)
        assert survival(w, s, 2, -x0)[2] == pytest.approx(1 - second, abs=1e-9)

    def test_no_step(self):
        for noise in ("gaussian", "uniform"):
            start = survival(1.5, 0.3, 0, [1.0, 0.0, -1.0], noise)
            np.testing.assert_array_equal(start, [[1.0], [0.0], [0.0]])
        assert survival_monte_carlo(1.5, 0.3, 0, 7, np.random.default_rng(0)).tolist() == [7]

    def test_simulation_is_the_generators(self):
        first, second = (survival_monte_carlo(1.25, 0.4, 30, 500, np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert first.dtype.kind == "i"


RNG = np.random.default_rng(0)
CALLS = {
    "fixed_points": (lambda w=2.0, h=0.1: fixed_points(w, h), ["w", "h"]),
    "stable_state": (lambda w=2.0: stable_state(w), ["w"]),
    "critical_input": (lambda w=2.0: critical_input(w), ["w"]),
    "critical_input_bracket": (lambda w=2.0: critical_input_bracket(w, 5, 5), ["w"]),
    "orbit": (lambda w=2.0, h=(0.1, 0.2), x0=0.0: orbit(w, h, x0), ["w", "h", "x0"]),
    "steps_to_switch": (lambda w=2.0, h=0.9: steps_to_switch(w, h), ["w", "h"]),
    "input_to_switch": (lambda w=2.0: input_to_switch(w, 3), ["w"]),
    "survival": (lambda w=2.0, s=0.3, x0=0.5: survival(w, s, 3, x0), ["w", "s", "x0"]),
    "survival_monte_carlo": (
        lambda w=2.0, s=0.3, x0=0.5: survival_monte_carlo(w, s, 3, 9, RNG, x0), ["w", "s", "x0"]),
}
ARGUMENTS = [(name, argument) for name, (_, arguments) in CALLS.items() for argument in arguments]


class TestBadInput:
    def test_every_public_function_is_covered(self):
        assert set(CALLS) == {*neuron.__all__, *noisy_neuron.__all__} - {"FixedPoints"}

    @pytest.mark.parametrize("name, argument", ARGUMENTS)
    @pytest.mark.parametrize("value, error", [
        ("two", TypeError), (True, TypeError), (2 + 1j, TypeError), (None, TypeError),
        ([[1, 2], [3]], ValueError), (np.nan, ValueError), (np.inf, ValueError), ([], ValueError),
        ([2.0, np.nan], ValueError),
    ])
    def test_not_a_number(self, name, argument, value, error):
        if value is None and argument == "x0" and name.startswith("survival"):
            return  # means the stable state
        with pytest.raises(error, match=rf"^{argument} must be"):
            CALLS[name][0](**{argument: value})

    @pytest.mark.parametrize(
        "name", ["stable_state", "critical_input_bracket", "steps_to_switch", "input_to_switch"])
    @pytest.mark.parametrize("w", [1.0, 0.3, -2.0, [2.0, 1.0]])
    def test_two_stable_states_need_w_above_one(self, name, w):
        with pytest.raises(ValueError, match="^w must be > 1"):
            CALLS[name][0](w=w)

    @pytest.mark.parametrize("w", [0.999, -2.0])
    def test_critical_input_needs_w_of_one(self, w):
        with pytest.raises(ValueError, match="^w must be"):
            critical_input(w)

    @pytest.mark.parametrize("name", ["survival", "survival_monte_carlo"])
    def test_survival_ranges(self, name):
        call = CALLS[name][0]
        for argument, value in [("s", -0.1), ("x0", 1.1), ("x0", -1.1)]:
            with pytest.raises(ValueError, match=f"^{argument} must be"):
                call(**{argument: value})
        with pytest.raises(ValueError, match="^x0 must be given where w <= 1"):
            call(w=0.9, x0=None)

    def test_noise_too_small_for_a_grid(self):
        for noise in ("gaussian", "uniform"):
            with pytest.raises(ValueError, match="^s must be 0 or >="):
                survival(2.0, [0.3, 0.0019], 3, noise=noise)
        assert survival_monte_carlo(2.0, 1e-9, 3, 5, RNG).tolist() == [5] * 4

    @pytest.mark.parametrize(
        "value, error", [(-1, ValueError), (1.5, TypeError), ("3", TypeError), (True, TypeError)])
    def test_counts(self, value, error):
        for argument, call in {
            "steps": lambda n: survival(2.0, 0.3, n),
            "trials": lambda n: survival_monte_carlo(2.0, 0.3, 3, n, RNG),
            "longest": lambda n: steps_to_switch(2.0, 1.0, n),
            "points": lambda n: critical_input_bracket(2.0, 5, n),
        }.items():
            with pytest.raises(error, match=f"^{argument} must be"):
                call(value)
        for call in (input_to_switch, critical_input_bracket):
            for zero in (value, 0):
                with pytest.raises((TypeError, ValueError), match="^steps must be"):
                    call(2.0, zero)

    def test_the_rest(self):
        with pytest.raises(ValueError, match="^noise must be one of"):
            survival(2.0, 0.3, 3, noise="cauchy")
        with pytest.raises(TypeError, match="^crossed must be"):
            survival(2.0, 0.3, 3, crossed="yes")
        with pytest.raises(TypeError, match="^rng must be"):
            survival_monte_carlo(2.0, 0.3, 3, 9, 1)
        with pytest.raises(ValueError, match="^x0 must be"):
            orbit(2.0, [0.1], 2.0)
        with pytest.raises(ValueError, match="^h must be an array"):
            orbit(2.0, 0.1)

    @pytest.mark.parametrize("call", [
        lambda: fixed_points([2.0, 3.0], [0.1, 0.2, 0.3]),
        lambda: steps_to_switch([2.0, 3.0], [0.1, 0.2, 0.3]),
        lambda: survival([2.0, 3.0], [0.1, 0.2, 0.3], 3),
        lambda: orbit([2.0, 3.0], np.zeros((3, 4))),
    ])
    def test_shapes_that_do_not_fit(self, call):
        with pytest.raises(ValueError, match="must broadcast together"):
            call()


@pytest.mark.parametrize("w", [1.1e6, 1e16, 1e300])
@pytest.mark.parametrize("ask", [
    dynamics.fixed_points, dynamics.stable_state, dynamics.critical_input, dynamics.critical_input_bracket,
    lambda w: dynamics.steps_to_switch(w, 2 * w), lambda w: dynamics.input_to_switch(w, 3),
    lambda w: dynamics.survival(w, w, 1, x0=1.0), lambda w: dynamics.fixed_points(-w),
    lambda w: dynamics.orbit(w, [0.0])])
def test_weights_beyond_the_reach_of_rounding_are_refused(ask, w):
    with pytest.raises(ValueError, match="^w must .*<= 1000000"):
        ask(w)


@pytest.mark.parametrize("w", [-1e6, 1e6])
def test_the_largest_weights_keep_their_digits(w):
    points = dynamics.fixed_points(w, 0.5e6)
    a = points.a.compressed()
    np.testing.assert_allclose(w * np.tanh(a) + 0.5e6, a, atol=1e-6 * abs(w))
    assert points.count == (3 if w > 0 else 1)
    if w > 0:
        np.testing.assert_allclose(dynamics.critical_input(w), w * np.sqrt(1 - 1 / w) - np.arccosh(np.sqrt(w)),
                                   rtol=1e-15)


def test_inputs_are_bounded_too():
    for h in (-1e7, 1e308):
        for ask in (dynamics.fixed_points, dynamics.steps_to_switch, lambda w, h: dynamics.orbit(w, [h, h])):
            with pytest.raises(ValueError, match="^h must .*<= 1000000"):
                ask(2.0, h)


@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
def test_noise_is_bounded(noise):
    largest = dynamics.survival(2.0, 1e6, 3, noise=noise)
    np.testing.assert_allclose(largest[1:], 0.5, atol=1e-5)
    with pytest.raises(ValueError, match="^s must .*<= 1000000"):
        dynamics.survival(2.0, 1e308, 3, noise=noise)


def test_uniform_noise_wants_a_grid_that_memory_holds():
    w = 1000.0
    assert dynamics.survival(w, 50.0, 1, noise="uniform").tolist() == [1, 1]
    with pytest.raises(ValueError, match=r"^s must be 0 or >= 0.001 max\(1, \|w\|, w\^2 / 20\), got 49"):
        dynamics.survival(w, 49.0, 1, noise="uniform")
    np.testing.assert_allclose(dynamics.survival(w, 49.0, 1), 1)
