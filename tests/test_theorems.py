"""The checks of theorems 1 to 4: true on random systems, tight on linear ones, and able to fail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.dynamics import (
    Map,
    PreActivation,
    critical_input,
    stable_state,
    theorem_1,
    theorem_2,
    theorem_3,
    theorem_4,
)

systems = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0.1, 3))
many = settings(max_examples=120, deadline=None)


def system(seed, n, scale):
    rng = np.random.default_rng(seed)
    map = PreActivation(rng.normal(size=(8, n, n)) * scale, rng.normal(size=(8, n)))
    return map, rng.normal(0, 2, (8, 3, n)), 10 ** rng.uniform(-3, 0, (8, 3)), rng


def linear(W):
    W = np.asarray(W, float)
    return PreActivation(W[None], activation="linear")


class TestNoViolation:
    @many
    @given(systems)
    def test_theorem_1(self, given):
        map, x, r, rng = system(*given)
        assert not theorem_1(map, x, r, rng).violated.any()

    @many
    @given(systems)
    def test_theorem_2(self, given):
        map, x, r, rng = system(*given)
        assert not theorem_2(map, x, r, rng).violated.any()

    @many
    @given(systems)
    def test_theorem_3(self, given):
        map, x, r, rng = system(*given)
        assert not theorem_3(map, x, r, 12, rng).violated.any()

    @many
    @given(systems)
    def test_theorem_4(self, given):
        map, x, r, rng = system(*given)
        inputs = r.max() * rng.uniform(-1, 1, (8, 3, 30, map.n))
        assert not theorem_4(map, x, inputs).violated.any()


class TestTight:
    """Linear maps leave nothing over: what is measured is what the proof allows."""

    def test_theorem_1(self):
        found = theorem_1(linear([[0.5, 2], [0, 0.5]]), [[[0.0, 0]]], 1.0, np.random.default_rng(0))
        assert found.hypothesis.all() and found.conclusion.all()
        np.testing.assert_allclose(found.measured, np.linalg.norm([[0.5, 2], [0, 0.5]], 2), rtol=1e-9)
        np.testing.assert_allclose(found.tightness, 1, rtol=1e-9)

    def test_theorem_2(self):
        found = theorem_2(linear([[0.5, 0.4], [-0.2, 0.3]]), [[[1.0, 0]]], 2.0, np.random.default_rng(0))
        np.testing.assert_allclose(found.measured, np.linalg.norm([[0.5, 0.4], [-0.2, 0.3]], 2), rtol=1e-9)

    def test_theorem_3(self):
        """With x_t = 0.9 x_{t-1} + u the deviation under the constant input 0.1 d goes to d (1 - 0.9^t)."""
        found = theorem_3(linear([[0.9]]), [[[0.5]]], 0.3, 50, np.random.default_rng(0))
        np.testing.assert_allclose(found.measured, 0.3 * (1 - 0.9**50), rtol=1e-9)
        assert found.hypothesis.all() and found.conclusion.all()

    def test_theorem_4(self):
        turn = 0.9 * np.array([[0.6, -0.8], [0.8, 0.6]])
        found = theorem_4(linear(turn), [[[1.0, 0]]], np.zeros((1, 1, 60, 2)))
        np.testing.assert_allclose(found.measured, 0.9, rtol=1e-12)
        np.testing.assert_allclose(found.bound, 0.9, rtol=1e-12)


class TestCanFail:
    """Without the hypothesis the conclusion goes, and the check says so."""

    def test_contraction_moves_nothing_away(self):
        found = theorem_1(linear([[0.5, 0], [0, 0.9]]), [[[0.0, 0]]], 1.0, np.random.default_rng(0))
        assert not found.hypothesis.any() and not found.conclusion.any()

    def test_eigenvalues_below_one_do_not_contract(self):
        found = theorem_2(linear([[0.5, 2], [0, 0.5]]), [[[0.0, 0]]], 1.0, np.random.default_rng(0))
        assert not found.hypothesis.any() and not found.conclusion.any()

    def test_more_input_than_permitted_drives_it_away(self):
        found = theorem_3(linear([[0.9]]), [[[0.5]]], 0.3, 80, np.random.default_rng(0), fraction=1.1)
        assert not found.hypothesis.any() and not found.conclusion.any()

    def test_rates_by_eigenvalues_do_not_do(self):
        rates = np.full((40, 1, 1), 0.5)
        found = theorem_3(linear([[0.5, 2], [0, 0.5]]), [[[0.0, 0]]], 1.0, 40, np.random.default_rng(0), rates=rates)
        assert not found.hypothesis.any() and not found.conclusion.any()

    def test_a_switched_neuron_does_not_return(self):
        """Inputs sized by the contraction at the state itself, for a ball that reaches over the barrier."""
        w = 2.0
        a = np.arctanh(stable_state(w))
        slope = w / np.cosh(a) ** 2
        rates = np.full((30, 1, 1), slope)
        neuron, rng = PreActivation([[[w]]]), np.random.default_rng(0)
        d = 1.9 * a
        assert (1 - slope) * d > critical_input(w)
        found = theorem_3(neuron, [[[a]]], d, 30, rng, rates=rates)
        assert not found.hypothesis.any() and not found.conclusion.any()
        assert theorem_3(neuron, [[[a]]], 0.5, 30, rng).conclusion.all()

    def test_norms_below_one_are_not_enough(self):
        """A neuron of weight 1 led to 0 so fast that the product of its slopes, all below 1, stays near 0.9."""
        a = 0.25 * 0.7 ** np.arange(41)
        inputs = (a[1:] - np.tanh(a[:-1]))[None, None, :, None]
        found = theorem_4(PreActivation([[[1.0]]]), [[a[:1]]], inputs)
        assert found.bound < 1 and not found.hypothesis.any() and not found.conclusion.any()
        product = np.prod(1 / np.cosh(a[:-1]) ** 2)
        np.testing.assert_allclose(found.measured ** 40, product, rtol=1e-12)

    def test_a_map_of_ones_own(self):
        """Without exact bounds the hypothesis is looked at in sampled points, and says so."""
        bent = Map(lambda a: 1.5 * np.sin(a), 1)
        found = theorem_1(bent, [[[0.1]]], 0.2, np.random.default_rng(0))
        assert not found.exact and found.hypothesis.all() and found.conclusion.all()
        assert theorem_2(bent, [[[1.4]]], 0.1, np.random.default_rng(0)).conclusion.all()


def test_the_same_seed_finds_the_same():
    map, x, r, _ = system(3, 3, 1.0)
    one, two = (theorem_3(map, x, r, 9, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.measured, two.measured)


@pytest.mark.parametrize("rate", [0.5, 0.9])
def test_the_rate_is_part_of_the_hypothesis(rate):
    found = theorem_4(linear([[0.7]]), [[[1.0]]], np.zeros((1, 1, 10, 1)), rate)
    assert found.hypothesis.all() == (rate > 0.7)


@pytest.mark.parametrize("rate, T", [(0.1, 250), (0.5, 1000), (0.9, 60)])
def test_the_derivative_neither_underflows_nor_stops(rate, T):
    found = theorem_4(linear([[rate]]), [[[1.0]]], np.zeros((1, 1, T, 1)))
    np.testing.assert_allclose(found.measured, rate, rtol=1e-12)
    assert found.conclusion.all()


def test_the_derivative_of_a_path_that_expands():
    found = theorem_4(linear([[3.0]]), [[[1.0]]], np.zeros((1, 1, 300, 1)))
    np.testing.assert_allclose(found.measured, 3.0, rtol=1e-12)
    assert not found.hypothesis.any() and not found.conclusion.any()


def test_a_function_that_works_in_place_is_given_a_copy():
    def halve(a):
        a *= 0.5
        return a

    map, x = Map(halve, 1), np.array([[[1.0]]])
    assert map.orbit(x, 3).ravel().tolist() == [1.0, 0.5, 0.25, 0.125] and map(x) == 0.5 and x == 1.0
    assert not theorem_2(map, x, 0.1, np.random.default_rng(0)).violated.any()
    same = Map(lambda a: a, 1)
    same(x)[:] = 7
    assert x == 1.0


@pytest.mark.parametrize("wrong", [lambda a: np.ma.masked_array(a, mask=True), lambda a: a * (1 + 1j)])
def test_masked_and_complex_images_are_refused(wrong):
    with pytest.raises(TypeError, match="^function must return real numbers"):
        Map(wrong, 1, jacobian=lambda a: np.ones((*a.shape, 1)))([[[1.0]]])


def test_a_ball_of_a_sampled_map_must_lie_inside_its_domain():
    with pytest.raises(ValueError, match="^radius must stay inside"):
        Map(lambda a: a * a, 1, domain=(0, 1)).norm_bounds([[[0.5]]], 0.5001, np.random.default_rng(0))
