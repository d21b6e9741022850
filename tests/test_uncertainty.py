"""Balls of uncertainty, against linear maps and the neuron in closed form, and against single trajectories."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.dynamics import Map, PreActivation, attractors, grid, grow_ball, reduced_sets

seeds = st.integers(0, 2**32 - 1)


def linear(W):
    return PreActivation([W], activation="linear")


class TestLinear:
    @given(seeds, st.integers(1, 3))
    def test_the_radius_is_the_norm_of_the_power(self, seed, n):
        W = np.random.default_rng(seed).normal(size=(n, n))
        D = 4000 if n == 3 else 720
        ball = grow_ball(linear(W), np.ones((1, 1, n)), 0.3, 4, directions=D)
        exact = [0.3 * np.linalg.norm(np.linalg.matrix_power(W, t), 2) for t in range(5)]
        assert (ball.radius[0, 0] <= np.array(exact) * (1 + 1e-12)).all()
        np.testing.assert_allclose(ball.radius[0, 0], exact, rtol=0.02)

    def test_noise_adds_up_to_a_geometric_series(self):
        """lambda times a rotation, so that the ball stays one: r_t = lambda r_{t-1} + b."""
        turn = 0.8 * np.array([[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]])
        ball = grow_ball(linear(turn), np.zeros((1, 1, 2)), 1.0, 30, noise=0.1, directions=2000)
        r = [1.0]
        for _ in range(30):
            r.append(0.8 * r[-1] + 0.1)
        np.testing.assert_allclose(ball.radius[0, 0], r, rtol=1e-4)
        assert ball.radius[0, 0, -1] == pytest.approx(0.1 / (1 - 0.8), abs=1e-3)

    @pytest.mark.parametrize("W", [[[0.5, 2.0], [0.0, 0.4]], [[0.9, 0.3], [-0.3, 0.2]]])
    def test_noise_in_a_matrix_that_is_not_normal(self, W):
        """The farthest reach in direction d is r |W'^t d| + b sum_k |W'^k d|, largest over d."""
        T, r, b = 8, 0.2, 0.05
        ball = grow_ball(linear(W), np.zeros((1, 1, 2)), r, T, noise=b, directions=1440)
        angle = np.linspace(0, 2 * np.pi, 20001)
        d = np.stack([np.cos(angle), np.sin(angle)])
        powers = [np.linalg.matrix_power(np.array(W).T, k) @ d for k in range(T + 1)]
        reach = r * np.linalg.norm(powers[T], axis=0) + b * sum(np.linalg.norm(p, axis=0) for p in powers[:T])
        assert ball.radius[0, 0, -1] <= reach.max() * (1 + 1e-9)
        assert ball.radius[0, 0, -1] == pytest.approx(reach.max(), rel=1e-3)


class TestNeuron:
    def test_against_the_ends_of_an_interval(self):
        w, r, b = 2.0, 0.25, 0.03
        ball = grow_ball(PreActivation([[[w]]]), [[[0.3], [1.5]]], r, 10, noise=b)
        for p, a in enumerate((0.3, 1.5)):
            low, high = a - r, a + r
            for t in range(1, 11):
                a, low, high = w * np.tanh(a), w * np.tanh(low) - b, w * np.tanh(high) + b
                assert ball.radius[0, p, t] == pytest.approx(max(high - a, a - low), abs=1e-12)
                np.testing.assert_allclose(ball.points[0, p, t, :, 0], [low, high], atol=1e-12)

    def test_it_grows_outside_gamma_and_shrinks_inside(self):
        """A small ball; at the edge of Gamma, |a| = atanh(sqrt(1 - 1/w)), it does neither."""
        w = 2.0
        a = np.array([0.1, 0.5, np.arctanh(np.sqrt(1 - 1 / w)), 1.2, 2.5])
        growth = grow_ball(PreActivation([[[w]]]), a[None, :, None], 1e-6, 1).growth[0, :, 0]
        np.testing.assert_allclose(growth, w / np.cosh(a) ** 2, rtol=1e-5)
        assert growth[1] > 1 > growth[3] and growth[2] == pytest.approx(1, abs=1e-5)


class TestGeneral:
    @settings(max_examples=20)
    @given(seeds, st.integers(2, 5))
    def test_a_small_ball_grows_by_the_norm_of_the_product(self, seed, n):
        rng = np.random.default_rng(seed)
        map, T = PreActivation(rng.normal(size=(2, n, n))), 3
        a, u = rng.normal(size=(2, 3, n)), rng.normal(size=(2, 3, T, n))
        ball = grow_ball(map, a, 1e-7, T, inputs=u, directions=4000, rng=rng)
        P, state = np.eye(n), a
        for t in range(T):
            P, state = map.jacobian(state) @ P, map(state) + u[:, :, t]
        norm = np.linalg.norm(P, 2, axis=(2, 3))
        measured = ball.radius[:, :, -1] / 1e-7
        assert (measured <= norm * (1 + 1e-4)).all() and (measured >= 0.5 * norm).all()
        np.testing.assert_allclose(ball.centre[:, :, -1], state, rtol=1e-12)

    @settings(max_examples=20)
    @given(seeds)
    def test_no_trajectory_gets_farther(self, seed):
        """Inner points and random noise, in nets of two units; the surface and the opponent do as much or more."""
        rng = np.random.default_rng(seed)
        map, T, r, b = PreActivation(rng.normal(size=(1, 2, 2))), 4, 0.2, 0.02
        centre = rng.normal(size=(1, 1, 2))
        ball = grow_ball(map, centre, r, T, noise=b, directions=360)
        inner = rng.normal(size=(1, 300, 2))
        inner *= r * rng.uniform(size=(1, 300, 1)) / np.linalg.norm(inner, axis=-1, keepdims=True)
        noise = rng.normal(size=(1, 300, T, 2))
        noise *= b / np.linalg.norm(noise, axis=-1, keepdims=True)
        away = np.linalg.norm(map.orbit(centre + inner, T, noise) - ball.centre, axis=-1).max(1)
        assert (away[0] <= ball.radius[0, 0] * 1.01).all()

    @settings(max_examples=20)
    @given(seeds, st.integers(1, 3))
    def test_inside_gamma_in_the_sense_of_the_norm_small_balls_shrink(self, seed, n):
        rng = np.random.default_rng(seed)
        map = PreActivation(1.5 * rng.normal(size=(1, n, n)))
        found = attractors(map, rng.normal(0, 2, (1, 16, n)))
        points = grid([-2] * n, [2] * n, 6)
        inside = points[:, reduced_sets(map, points, found, 30, "norm")[0] >= 0]
        if inside.size:
            assert (grow_ball(map, inside, 1e-6, 5).radius[:, :, 1:] < 1e-6 * (1 + 1e-6)).all()

    def test_without_uncertainty_nothing_grows(self):
        ball = grow_ball(PreActivation([[[2.0]]]), [[[1.0]]], 0.0, 3)
        assert (ball.radius == 0).all() and ball.growth.mask.all()

    def test_a_ball_that_leaves_the_domain_is_refused(self):
        map = Map(lambda a: 4 * a * (1 - a), 1, domain=(0, 1))
        with pytest.raises(ValueError, match="radius must stay inside"):
            grow_ball(map, [[[0.1]]], 0.2, 1)
        with pytest.raises(ValueError, match="map must stay inside"):
            grow_ball(map, [[[0.5]]], 0.01, 1, noise=0.1)

    def test_more_than_three_dimensions_need_a_generator(self):
        with pytest.raises(TypeError, match="rng"):
            grow_ball(PreActivation(np.eye(4)[None]), np.zeros((1, 1, 4)), 0.1, 1)
