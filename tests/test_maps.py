"""Maps in the pre-activation: against the networks they come from, the complex step, and norms seen at points."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import networks

from lrdlib.dynamics import Map, PreActivation, augmented
from lrdlib.dynamics._matrices import spectral_norm, spectral_radius
from lrdlib.networks import ACTIVATIONS, LatchNeuron, LocalFeedback, Recurrent, TimeDelay

seeds = st.integers(0, 2**32 - 1)


def random_map(seed, runs=3, within=False):
    rng = np.random.default_rng(seed)
    n, f = int(rng.integers(1, 5)), rng.choice(["tanh", "logistic", "linear"])
    V = np.tril(rng.normal(size=(runs, n, n)), -1) if within else None
    return PreActivation(rng.normal(size=(runs, n, n)), rng.normal(size=(runs, n)), f, V), rng


def activation_of(network):
    return getattr(network, "activation", "tanh" if isinstance(network, LatchNeuron) else "linear")


class TestPreActivation:
    @settings(max_examples=150)
    @given(networks(), seeds)
    def test_it_is_the_network_in_other_coordinates(self, network, seed):
        """f(M(a)) is what the network makes of the state f(a), under the same input."""
        rng = np.random.default_rng(seed)
        runs = network.runs or 3
        theta = network.initial(runs, rng, 1.0)
        f = ACTIVATIONS["linear" if isinstance(network, TimeDelay) else activation_of(network)][0]
        u = rng.normal(size=(runs, network.n_inputs))
        a = rng.normal(size=(runs, 4, network.n_state))
        steps = getattr(network, "L", 0) + 1  # the latch neuron hears its input after L steps only
        inputs = np.repeat(np.repeat(u[:, None, None], 4, axis=1), steps, axis=2)
        groups = np.zeros((1, 4), int) if isinstance(network, LatchNeuron) else None
        states = network.run(theta, inputs, groups, x0=f(a)).states
        if isinstance(network, LatchNeuron):
            a = np.arctanh(states[:, :, -2])
        image = PreActivation.of(network, theta, u)(a)
        np.testing.assert_allclose(f(image), states[:, :, -1], rtol=1e-12, atol=1e-12)

    @settings(max_examples=60)
    @given(seeds, st.booleans())
    def test_the_jacobian_is_the_complex_steps(self, seed, within):
        map, rng = random_map(seed, within=within)
        a = rng.normal(0, 2, (3, 5, map.n))
        as_function = Map(map, map.n, runs=3)
        np.testing.assert_allclose(map.jacobian(a), as_function.jacobian(a), rtol=1e-12, atol=1e-13)

    def test_slopes_keep_their_digits_where_the_unit_is_saturated(self):
        a = np.array([[20.0, 300.0]])
        tanh, logistic = (PreActivation(np.eye(2)[None], activation=f) for f in ("tanh", "logistic"))
        np.testing.assert_allclose(tanh.slope(a), 4 * np.exp(-2 * a), rtol=1e-13)
        np.testing.assert_allclose(logistic.slope(-a), np.exp(-a), rtol=1e-8)

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("activation, scale", [("tanh", 1.0), ("logistic", 0.5)])
    def test_slopes_of_complex_pre_activations(self, activation, scale):
        map = PreActivation([[[1.0]]], activation=activation)
        assert map.slope(np.array([2000 + 0j, -2000 + 1j])).tolist() == [0, 0]
        rng = np.random.default_rng(0)
        a = rng.normal(0, 5, 200) + 1j * rng.uniform(-1, 1, 200)
        np.testing.assert_allclose(map.slope(a), scale**2 / np.cosh(scale * a) ** 2, rtol=1e-13)

    @settings(max_examples=60)
    @given(seeds)
    def test_norm_bounds_hold_on_the_whole_ball(self, seed):
        map, rng = random_map(seed)
        a, r = rng.normal(0, 2, (3, 4, map.n)), rng.uniform(0, 2, (3, 4))
        low, high = map.norm_bounds(a, r)
        at, most = Map.norm_bounds(map, a, r, rng)
        assert np.all(low <= at * (1 + 1e-12)) and np.all(most <= high * (1 + 1e-12))
        here = spectral_norm(map.jacobian(a))
        for bound in map.norm_bounds(a, 0):
            np.testing.assert_allclose(bound, here, rtol=1e-12)

    def test_bounds_are_reached_by_one_neuron(self):
        map = PreActivation([[[2.0]]])
        low, high = map.norm_bounds([[[1.0]]], 0.5)
        np.testing.assert_allclose([low[0, 0], high[0, 0]], 2 / np.cosh([1.5, 0.5]) ** 2, rtol=1e-14)
        assert map.norm_bounds([[[0.3]]], 0.5)[1] == 2.0

    def test_connections_within_the_step_leave_no_exact_bounds(self):
        map, rng = random_map(3, within=True)
        assert not map.exact_bounds
        with pytest.raises(TypeError, match="rng"):
            map.norm_bounds(np.zeros((1, 1, map.n)), 1.0)

    def test_select(self):
        map, rng = random_map(5, within=True)
        a = rng.normal(size=(1, 2, map.n))
        np.testing.assert_array_equal(map.select([2, 0])(a), map(a)[[2, 0]])

    @pytest.mark.parametrize("W", [np.ones((1, 2, 3)), np.ones((2, 2)), np.full((1, 2, 2), np.nan)])
    def test_what_is_no_square_matrix_is_refused(self, W):
        with pytest.raises(ValueError, match="^W must be"):
            PreActivation(W)

    def test_unknown_networks_are_refused(self):
        class Other(LocalFeedback.__base__):
            n_inputs = n_state = n_units = n_weights = 1
            layout = {"w": ()}
            _forward = pull = pull_output = state_jacobian = parameter_jacobian = None

        with pytest.raises(TypeError, match="^network must be of a family"):
            PreActivation.of(Other(), np.ones((1, 1)))


class TestMap:
    def test_orbits_add_their_inputs(self):
        map, rng = random_map(8)
        a, u = rng.normal(size=(3, 2, map.n)), rng.normal(size=(1, 2, 5, map.n))
        orbit = map.orbit(a, 5, u)
        for t in range(5):
            a = map(a) + u[:, :, t]
            np.testing.assert_array_equal(orbit[:, :, t + 1], a)
        still = map.orbit(a, 3)
        np.testing.assert_array_equal(still, map.orbit(a, 3, np.zeros((1, 1, 3, map.n))))

    def test_a_map_that_returns_nan_is_named(self):
        broken = Map(lambda a: np.where(a > 0, np.nan, a), 1, jacobian=lambda a: np.full((*a.shape, 1), np.inf))
        with pytest.raises(ValueError, match="^function must be finite, got NaN .* point 1 of run 0"):
            broken([[[-1.0], [1.0]]])
        with pytest.raises(ValueError, match="^jacobian must be finite"):
            broken.jacobian([[[-1.0]]])

    @pytest.mark.parametrize("wrong", [lambda a: a[0], lambda a: 1.0, lambda a: a.astype(str), lambda a: None])
    def test_a_map_that_returns_something_else_is_named(self, wrong):
        with pytest.raises((TypeError, ValueError), match="^function must return real numbers of shape"):
            Map(wrong, 2)(np.zeros((1, 3, 2)))

    def test_points_outside_the_domain_are_refused(self):
        logistic = Map(lambda a: 4 * a * (1 - a), 1, domain=(0, 1))
        assert logistic([[[0.5]]]) == 1
        with pytest.raises(ValueError, match="^a must stay inside the map's domain"):
            logistic([[[1.5]]])
        with pytest.raises(ValueError, match="^map must stay inside"):
            logistic.orbit([[[0.9]]], 5, np.full((1, 1, 5, 1), 0.5))
        with pytest.raises(ValueError, match="^radius must stay inside"):
            logistic.norm_bounds([[[0.5]]], 1.0, np.random.default_rng(0))

    @pytest.mark.parametrize("steps", [0, -1, 2.0])
    def test_a_horizon_of_nothing_is_refused(self, steps):
        with pytest.raises((TypeError, ValueError), match="^steps must be an integer >= 1"):
            random_map(1)[0].orbit(np.zeros((1, 1, random_map(1)[0].n)), steps)

    def test_the_augmented_system_runs_as_the_one_whose_input_is_not_additive(self):
        def gated(x, u):
            return np.tanh(1.5 * x * (1 + u[..., :1]) + u[..., 1:])

        rng = np.random.default_rng(0)
        u = rng.normal(size=(1, 4, 9, 2))
        x = [rng.normal(size=(1, 4, 1))]
        for t in range(9):
            x.append(gated(x[-1], u[:, :, t]))
        map = augmented(gated, 1, 2)
        later = np.concatenate([np.zeros((1, 4, 9, 1)), np.pad(u, ((0, 0), (0, 0), (0, 1), (0, 0)))[:, :, 1:]], axis=3)
        z = map.orbit(np.concatenate([x[0], u[:, :, 0]], axis=-1), 9, later)
        np.testing.assert_allclose(z[..., :1], np.stack(x, axis=2), rtol=1e-14)
        assert map.n == 3 and np.all(map.jacobian(z[:, :, 3])[..., 1:, :] == 0)


class TestMatrices:
    @pytest.mark.parametrize("n", [1, 2, 3, 5])
    @pytest.mark.parametrize("size", [1e-250, 1.0, 1e250])
    def test_norm_and_radius(self, n, size):
        A = np.random.default_rng(n).normal(size=(200, n, n))
        A[:10] = 0
        A[10:20, :, 0] = 0
        np.testing.assert_allclose(spectral_norm(A * size), np.linalg.norm(A, 2, axis=(1, 2)) * size, rtol=1e-12)
        radius = np.abs(np.linalg.eigvals(A)).max(axis=1)
        np.testing.assert_allclose(spectral_radius(A * size), radius * size, rtol=1e-7)

    def test_recurrent_in_one_line(self):
        """The matrices of a recurrent network, same-step connections apart, are the map's."""
        network = Recurrent(3, 2, bias=[1], same_step=[(2, 0)])
        theta = network.initial(2, np.random.default_rng(0))
        map = PreActivation.of(network, theta)
        W = network.views(theta)["W"]
        assert map.W[0, 2, 0] == 0 and map.V[0, 2, 0] == W[0, 2, 0]
        np.testing.assert_array_equal(map.W[:, :2], W[:, :2])
        np.testing.assert_array_equal(map.c[:, 1], network.views(theta)["b"][:, 0])
