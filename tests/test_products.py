"""Long products of Jacobians against exact integer arithmetic, closed forms and each other; the shares of lags."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib import gradients
from lrdlib.dynamics import PreActivation, lyapunov_exponents, path_jacobians, products, singular_values
from lrdlib.networks import LocalFeedback, Recurrent
from lrdlib.tasks import Batch

EPS = np.finfo(float).eps


def integer_jacobians(rng, T, n, B=2):
    J = rng.integers(-4, 5, (1, B, T, n, n))
    while (bad := np.abs(np.linalg.det(J)) < 0.5).any():
        J[bad] = rng.integers(-4, 5, (bad.sum(), n, n))
    return J


def exact_logs(J):
    """log of the singular values of J_T ... J_1, from exact minors.

    The norm of the k-th compound matrix is the product of the k largest.
    """
    n = J.shape[-1]
    A = np.eye(n, dtype=int).astype(object)
    for step in J:
        A = step.astype(object).dot(A)

    def minor(rows, columns):
        if len(rows) == 1:
            return A[rows[0], columns[0]]
        return sum((-1) ** j * A[rows[0], c] * minor(rows[1:], columns[:j] + columns[j + 1:])
                   for j, c in enumerate(columns))

    logs = [0.0]
    for k in range(1, n + 1):
        sets = list(combinations(range(n), k))
        compound = [[minor(rows, columns) for columns in sets] for rows in sets]
        big = max(abs(entry) for row in compound for entry in row)
        scaled = [[float(Fraction(entry, big)) for entry in row] for row in compound]
        logs.append(math.log(big) + math.log(np.linalg.norm(scaled, 2)))
    return np.diff(logs)


class TestSingularValues:
    @pytest.mark.parametrize("n, T", [(2, 3), (2, 300), (3, 100), (4, 60)])
    def test_against_exact_integers(self, n, T):
        J = integer_jacobians(np.random.default_rng(n * T), T, n)
        found = singular_values(J.astype(float))
        for b in range(J.shape[1]):
            truth = exact_logs(J[0, b])
            np.testing.assert_allclose(found.log[0, b], truth, atol=10 * T * EPS * found.condition[0, b])
            ok = found.resolved[0, b]
            np.testing.assert_allclose(found.naive[0, b][ok], truth[ok], atol=0.2)
        if T == 300:
            assert not found.resolved[0, :, 1].any()
            assert (found.naive[0, :, 1] - found.log[0, :, 1] > 10).all()  # what the SVD says there is wrong

    def test_a_diagonal_far_beyond_the_range_of_floats(self):
        d = np.array([3.0, 1.0, 0.01])
        found = singular_values(np.diag(d) * np.ones((1, 1, 1000, 1, 1)))
        np.testing.assert_allclose(found.log[0, 0], 1000 * np.log(d), rtol=1e-13)
        assert not found.resolved.any() and np.isinf(found.naive).all()

    def test_a_singular_jacobian(self):
        J = np.ones((1, 1, 3, 2, 2)) * np.array([[2.0, 0.0], [0.0, 0.0]])
        found = singular_values(J)
        np.testing.assert_allclose(found.log[0, 0, 0], 3 * np.log(2), rtol=1e-14)
        assert found.log[0, 0, 1] == -np.inf == found.naive[0, 0, 1] and found.resolved[0, 0].tolist() == [True, False]
        assert np.isneginf(singular_values(0 * J).log).all()

    def test_columns_that_are_alike(self):
        """The second column leaves nothing beside the first, but lengthens the row that stays."""
        found = singular_values([[[[[1.0, 1.0], [0.0, 0.0]]]]])
        assert found.log[0, 0, 0] == pytest.approx(np.log(2) / 2) and found.log[0, 0, 1] == -np.inf

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(1, 30))
    def test_the_largest_one_of_products_that_are_singular(self, seed, n, T):
        """Columns and rows of zeros, and equal ones, come at any place; the product of integers is exact."""
        J = np.random.default_rng(seed).integers(-1, 2, (1, 4, T, n, n)).astype(float)
        found = singular_values(J)
        s = np.linalg.svd(products(J)[:, :, -1], compute_uv=False)[..., 0]
        for log in (found.log, found.naive):
            np.testing.assert_allclose(np.exp(log[..., 0]), s, rtol=1e-9, atol=1e-9)

    def test_entries_far_apart_in_one_jacobian(self):
        """The product is the identity; one step alone has singular values of 1e200 and 1e-200, or so."""
        big, small = 2.0**664, 2.0**-664
        J = np.array([[0.0, small], [big, 0.0]]) * np.ones((1, 1, 2, 1, 1))
        found = singular_values(J)
        np.testing.assert_allclose(found.log, 0, atol=1e-12)
        np.testing.assert_allclose(found.naive, 0, atol=1e-12)
        np.testing.assert_allclose(lyapunov_exponents(J), 0, atol=1e-12)
        stretch = np.diag([big, small])[None, None, None]
        for log in (singular_values(stretch).log, lyapunov_exponents(stretch)):
            np.testing.assert_allclose(log[0, 0], np.log([big, small]), rtol=1e-14)

    @pytest.mark.filterwarnings("error")
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 60), st.sampled_from([3, 220]))
    def test_directions_that_change_places(self, seed, n, T, digits):
        """Each Jacobian sends coordinates to coordinates, so that logarithms of its factors add up. They are found
        where the factors of one Jacobian are well within 1/eps of each other; beyond, rounding may decide."""
        rng = np.random.default_rng(seed)
        J, place, log = np.zeros((1, 1, T, n, n)), np.arange(n), np.zeros(n)
        for t in range(T):
            to, factor = rng.permutation(n), 10 ** rng.uniform(-digits, digits, n)
            J[0, 0, t, to, np.arange(n)] = factor * rng.choice([-1, 1], n)
            log, place = log + np.log(factor)[place], to[place]
        found, rates = singular_values(J).log[0, 0], lyapunov_exponents(J)[0, 0]
        assert not np.isnan(found).any() and not np.isnan(rates).any()
        if digits == 3:
            np.testing.assert_allclose(found, -np.sort(-log), atol=1e-7)
            np.testing.assert_allclose(np.sort(T * rates), np.sort(log), atol=1e-7)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 8))
    def test_short_products_are_numpys(self, seed, n, T):
        J = np.random.default_rng(seed).normal(size=(2, 3, T, n, n))
        found = singular_values(J)
        s = np.linalg.svd(products(J)[:, :, -1], compute_uv=False)
        np.testing.assert_allclose(found.naive, np.log(s), rtol=1e-9, atol=1e-9)
        # Each method errs by eps times the largest at most, seen relative to each value
        off = np.abs(found.log - np.log(s))
        assert (off <= 100 * T * EPS * (s[..., :1] / s + found.condition[..., None])).all()
        assert (np.diff(found.log) <= 1e-12).all()

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 200))
    def test_their_product_is_the_determinant(self, seed, n, T):
        J = np.random.default_rng(seed).normal(size=(1, 3, T, n, n))
        log_det = np.linalg.slogdet(J)[1].sum(2)
        found = singular_values(J)
        np.testing.assert_allclose(found.log.sum(-1), log_det, rtol=1e-9, atol=1e-8)
        np.testing.assert_allclose(T * lyapunov_exponents(J).sum(-1), log_det, rtol=1e-9, atol=1e-8)


class TestExponents:
    def test_a_triangle_gives_its_diagonal(self):
        A = np.array([[0.5, 3.0], [0.0, -2.0]])
        assert np.allclose(lyapunov_exponents(A * np.ones((1, 1, 7, 1, 1)))[0, 0], np.log([0.5, 2.0]), atol=1e-14)

    def test_a_turn_and_a_stretch(self):
        c, s = np.cos(0.7), np.sin(0.7)
        J = 1.3 * np.array([[c, -s], [s, c]]) * np.ones((1, 2, 50, 1, 1))
        np.testing.assert_allclose(lyapunov_exponents(J), np.log(1.3), rtol=1e-12)
        np.testing.assert_allclose(singular_values(J).log, 50 * np.log(1.3), rtol=1e-12)

    def test_in_the_long_run_they_are_the_eigenvalues(self):
        A = np.random.default_rng(3).normal(size=(3, 3)) + np.diag([4.0, 2.0, 0.5])
        truth = np.sort(np.log(np.abs(np.linalg.eigvals(A))))[::-1]
        J = A * np.ones((1, 1, 4000, 1, 1))
        np.testing.assert_allclose(lyapunov_exponents(J)[0, 0], truth, atol=2e-3)
        np.testing.assert_allclose(singular_values(J).log[0, 0] / 4000, truth, atol=2e-3)

    def test_the_neuron_at_rest(self):
        w, a = 1.5, np.arctanh(0.8585529)
        neuron = PreActivation([[[w]]])
        path = neuron.orbit([[[a]]], 200)
        J = path_jacobians(neuron, path)
        slope = w * (1 - np.tanh(path[0, 0, :-1, 0]) ** 2)
        np.testing.assert_allclose(lyapunov_exponents(J)[0, 0, 0], np.log(slope).mean(), rtol=1e-10)
        np.testing.assert_allclose(singular_values(J).log[0, 0, 0], np.log(slope).sum(), rtol=1e-10)

    def test_a_direction_that_dies(self):
        assert lyapunov_exponents(np.diag([2.0, 0.0]) * np.ones((1, 1, 3, 1, 1)))[0, 0, 1] == -np.inf


class TestProducts:
    def test_the_product_is_the_derivative_of_the_last_state_by_the_first(self):
        rng = np.random.default_rng(0)
        V = np.tril(rng.normal(size=(2, 3, 3)), -1)
        map = PreActivation(rng.normal(size=(2, 3, 3)), rng.normal(size=(2, 3)), V=V)
        a, u = rng.normal(size=(2, 4, 3)), rng.normal(size=(1, 4, 6, 3))
        got = products(path_jacobians(map, map.orbit(a, 6, u)))
        for j in range(3):
            moved = map.orbit(a + 1e-30j * np.eye(3)[j], 6, u).imag / 1e-30
            np.testing.assert_allclose(got[..., j], moved[:, :, 1:], rtol=1e-10, atol=1e-12)

    def test_overflow_is_named(self):
        with pytest.raises(ValueError, match="^jacobians .* at step 2"):
            products(np.full((1, 1, 5, 1, 1), 1e200))


class TestLagShares:
    def test_a_linear_unit_by_hand(self):
        """x_t = w x_{t-1}: lag k of dC/dw is (x_T - d) w^k x_{T-1-k}, so that all lags are alike."""
        unit = LocalFeedback(1, activation="linear")
        T, w, x0 = 6, 0.9, 1.0
        theta = unit.pack(w=[w], U=[[1.0]], b=[0.0], v=[1.0], c=0.0)
        inputs = np.zeros((1, 1, T, 1))
        inputs[0, 0, 0, 0] = x0
        c = gradients.lag_contributions(unit, theta, Batch(inputs, [[T]], [[0.3]]))
        by_w = c[:, :, :1]
        shares = gradients.lag_shares(by_w)
        expected = np.r_[np.full(T - 1, 1 / (T - 1)), 0.0]  # x_0 = 0: nothing at the first step
        np.testing.assert_allclose(shares.norm[0], expected, atol=1e-14)
        np.testing.assert_allclose(shares.signed[0], expected, atol=1e-14)
        assert shares.reach(0.9).tolist() == [5] and np.isclose(shares.recent(2)[0], 0.4)

    @pytest.mark.parametrize("every", [False, True])
    def test_they_sum_to_one_and_the_gradient_is_their_sum(self, every):
        rng = np.random.default_rng(1)
        net = Recurrent(4)
        theta, inputs = net.initial(5, rng, 1.0), rng.normal(size=(5, 3, 9, 1))
        batch = Batch(inputs, np.full((1, 3), 9), rng.normal(size=(5, 3, 9) if every else (5, 3)))
        c = gradients.lag_contributions(net, theta, batch)
        shares, g = gradients.lag_shares(c), gradients.bptt(net, theta, batch).gradient
        np.testing.assert_allclose(shares.norm.sum(1), 1, rtol=1e-12)
        np.testing.assert_allclose(shares.signed.sum(1), 1, rtol=1e-12)
        along = (c * g[:, None]).sum(2) / (g**2).sum(1)[:, None]
        np.testing.assert_allclose(shares.signed, along, rtol=1e-9, atol=1e-12)
        assert (shares.norm.data >= 0).all()

    def test_gradients_that_are_zero_are_masked(self):
        shares = gradients.lag_shares([[[0.0], [0.0]], [[1.0], [-1.0]], [[1e-200], [3e-200]]])
        assert shares.norm.mask[:, 0].tolist() == [True, False, False]
        assert shares.signed.mask[:, 0].tolist() == [True, True, False]
        np.testing.assert_allclose(shares.norm[1:].data, [[0.5, 0.5], [0.25, 0.75]], rtol=1e-14)
        for held in (shares.reach(0.9), shares.recent(1)):
            assert held.mask.tolist() == [True, False, False]

    def test_shares_that_are_very_small(self):
        norm = gradients.lag_shares([[[1.0], [1e-170], [1e-160]]]).norm[0]
        np.testing.assert_allclose(norm, [1, 1e-170, 1e-160], rtol=1e-14)
        signed = gradients.lag_shares([[[1.0, 1e-170], [-1.0, 0.0]]]).signed[0]
        assert not signed.mask.any() and signed.tolist() == [1, 0]

    @pytest.mark.parametrize("lags", [7, 1000, 100_000])
    def test_rounding_does_not_lengthen_the_reach(self, lags):
        """Of T equal lags it takes k to hold the share k / T."""
        shares = gradients.lag_shares(np.ones((1, lags, 1)))
        for k in np.unique(np.linspace(1, lags - 1, 50).astype(int)):
            assert shares.reach(k / lags)[0] == k

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.floats(0, 1e3, allow_subnormal=False), min_size=1, max_size=9), st.floats(0.01, 0.99))
    def test_reach_is_the_least_that_holds_the_share(self, sizes, share):
        shares = gradients.lag_shares(np.array(sizes)[None, :, None])
        if not any(sizes):
            assert shares.reach(share).mask.all()
            return
        lags = int(shares.reach(share)[0])
        assert shares.recent(lags)[0] >= share - 1e-12
        assert lags == 1 or shares.recent(lags - 1)[0] < share + 1e-12
