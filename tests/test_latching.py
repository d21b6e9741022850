"""What a latched state bears: against the neuron's closed form, sets of reachable states, and replayed witnesses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.dynamics import (
    Map,
    PreActivation,
    attractors,
    bearable_input,
    breaking_input,
    critical_input,
    input_to_switch,
    lost,
    noise_borne,
    reachable,
    share_lost,
    stable_state,
    survival_monte_carlo,
)
from lrdlib.dynamics._matrices import spectral_norm
from lrdlib.dynamics.opponent import STRATEGIES

seeds = st.integers(0, 2**32 - 1)
W = np.array([1.1, 1.25, 1.5, 2.0, 3.0])


def neurons(w):
    return PreActivation(np.asarray(w)[:, None, None]), np.arctanh(stable_state(w))[:, None, None]


def latched(seed, n, runs=40):
    """Random networks that have two attracting fixed points away from 0, and one of those of each."""
    rng = np.random.default_rng(seed)
    map = PreActivation(rng.normal(size=(runs, n, n)) * rng.uniform(0.7, 2.5, (runs, 1, 1)))
    a = rng.normal(0, 3, (runs, 1, n))
    for _ in range(400):
        a = map(a)
    rho = np.abs(np.linalg.eigvals(map.jacobian(a)[:, 0])).max(-1)
    fixed = np.linalg.norm(map(a) - a, axis=-1)[:, 0] < 1e-11
    good = np.flatnonzero(fixed & (np.linalg.norm(a, axis=-1)[:, 0] > 0.1) & (rho < 0.95))
    return (map.select(good), a[good], rng) if good.size else None


class TestBearable:
    def test_one_neuron_in_closed_form(self):
        """The best radius solves (1 - w (1 - tanh(a - d)^2)) - d d/dd(...) = 0: found here on a fine grid."""
        map, a = neurons(W)
        got = bearable_input(map, a)
        d = np.linspace(0, 1, 20001) * a[:, 0]
        bound = (1 - W[:, None] / np.cosh(a[:, 0] - d) ** 2) * d
        np.testing.assert_allclose(got.bound[:, 0], bound.max(1), rtol=1e-6)
        np.testing.assert_allclose(got.d[:, 0], np.take_along_axis(d, bound.argmax(1)[:, None], 1)[:, 0], atol=2e-3)
        assert np.all(got.bound[:, 0] < critical_input(W))
        np.testing.assert_allclose(got.bound, (1 - got.rate) * got.d, rtol=1e-14)

    @settings(max_examples=25, deadline=None)
    @given(seeds, st.integers(1, 4))
    def test_no_larger_radius_does_better_and_the_rate_is_that_of_the_ball(self, seed, n):
        if (found := latched(seed, n)) is None:
            return
        map, a, rng = found
        got = bearable_input(map, a)
        for d in np.geomspace(1e-4, 10, 60):
            assert np.all((1 - map.norm_bounds(a, d)[1]) * d <= got.bound * 1.001 + 1e-5)
        np.testing.assert_allclose(map.norm_bounds(a, got.d)[1], got.rate, rtol=1e-12)

    def test_zero_where_the_norm_is_no_contraction(self):
        map = PreActivation([[[0.5, 9.0], [0.0, 0.5]]])
        got = bearable_input(map, np.zeros((1, 1, 2)))
        assert got.bound == 0 and got.d == 0
        np.testing.assert_allclose(got.rate, spectral_norm(map.jacobian(np.zeros((1, 1, 2)))))

    def test_grows_with_the_reach_on_a_map_that_contracts_everywhere(self):
        for reach in (1.0, 7.0):
            np.testing.assert_allclose(bearable_input(PreActivation([[[0.5]]]), [[[0.0]]], reach).bound, reach / 2)

    def test_periodic_orbits_and_paths(self):
        """w = -2: the state alternates between +-a; the same bound as for w = 2, by symmetry."""
        a = np.arctanh(stable_state(2.0))
        round_ = np.array([[[[a], [-a]]]])
        there = bearable_input(PreActivation([[[-2.0]]]), round_)
        here = bearable_input(PreActivation([[[2.0]]]), [[[a]]])
        np.testing.assert_allclose(there.bound, here.bound, rtol=1e-12)
        path = PreActivation([[[2.0]]]).orbit([[[1.2]]], 12)
        assert bearable_input(PreActivation([[[2.0]]]), path).bound < here.bound
        with pytest.raises(ValueError, match="^path must be orbits"):
            bearable_input(PreActivation([[[2.0]]]), path[:, :, ::-1])
        with pytest.raises(ValueError, match="^path must be fixed points"):
            bearable_input(PreActivation([[[2.0]]]), path[:, :, 0])

    def test_a_function_of_ones_own_needs_a_generator(self):
        map = Map(lambda a: 2 * np.tanh(a), 1)
        a = np.arctanh(stable_state(2.0)) * np.ones((1, 1, 1))
        exact = bearable_input(PreActivation([[[2.0]]]), a).bound
        np.testing.assert_allclose(bearable_input(map, a, rng=np.random.default_rng(0)).bound, exact, rtol=0.05)
        with pytest.raises(TypeError, match="rng"):
            bearable_input(map, a)


class TestBreaking:
    def test_one_neuron_breaks_at_its_critical_input(self):
        map, a = neurons(W)
        got = breaking_input(map, a, np.random.default_rng(0), steps=300, halvings=16, rounds=1)
        np.testing.assert_allclose(got.bound[:, 0], input_to_switch(W, 300), rtol=2e-4)
        patient = breaking_input(map.select([3]), a[3:4], np.random.default_rng(0), steps=2000, rounds=1).bound
        np.testing.assert_allclose(patient, critical_input(2.0), rtol=5e-5)

    def test_with_a_bias_the_weaker_side_breaks_first(self):
        w, c = 2.0, 0.3
        map = PreActivation([[[w]]], [[c]])
        a = np.array([[[3.0], [-3.0]]])
        for _ in range(200):
            a = map(a)
        got = breaking_input(map, a, np.random.default_rng(0), steps=1000, rounds=1).bound
        np.testing.assert_allclose(got[0], critical_input(w) + [c, -c], rtol=2e-4)

    def test_two_neurons_break_where_the_weaker_does(self):
        w = np.array([[1.5, 2.0], [2.5, 1.2], [3.0, 3.0]])
        map = PreActivation(w[:, :, None] * np.eye(2))
        a = np.arctanh(stable_state(w))[:, None]
        got = breaking_input(map, a, np.random.default_rng(0), steps=500, halvings=14, rounds=3).bound[:, 0]
        np.testing.assert_allclose(got, critical_input(w).min(1), rtol=3e-3)

    @settings(max_examples=12, deadline=None)
    @given(seeds, st.integers(1, 4))
    def test_witnesses_break_and_theorem_3_is_never_beaten(self, seed, n):
        if (found := latched(seed, n, 12)) is None:
            return
        map, a, rng = found
        got = breaking_input(map, a, rng, towards=-a[:, :, None], steps=60, halvings=8)
        assert np.all(got.bound >= bearable_input(map, a).bound)
        broken = np.isfinite(got.bound)
        sizes = np.linalg.norm(got.inputs, axis=-1).max(-1)
        assert np.all(sizes[broken] <= got.bound[broken] * (1 + 1e-12))
        assert np.all(sizes[~broken] == 0) and np.all((got.strategy == 0) == ~broken)
        end = map.orbit(a, 60, got.inputs)[:, :, -1]
        for _ in range(600):
            end = map(end)
        np.testing.assert_array_equal((np.linalg.norm(end - a, axis=-1) > 1e-6)[broken], True)

    def test_no_state_outside_the_basin_can_be_reached_with_less(self):
        """Two units: where inputs of .9 of the bound can lead to, enclosed in cells, lies inside the basin."""
        map = PreActivation([[[1.8, 0.5], [0.2, 1.6]]])
        a = np.full((1, 1, 2), 3.0)
        for _ in range(200):
            a = map(a)
        got = breaking_input(map, a, np.random.default_rng(1), towards=-a[:, :, None], steps=400, rounds=4)
        b = got.bound[0, 0]
        within, beyond = (reachable(map, a, k * b, -5, 5, 401) for k in (0.9, 1.1))
        corners = 10 / 401 / 2 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
        z = within.points()[:, None] + corners
        assert within.enclosed and len(z) > 100 and not lost(map, a, z.reshape(1, 1, -1, 2), 400).any()
        assert lost(map, a, beyond.points()[None, None], 400).any()

    def test_a_turning_state_is_broken_by_inputs_that_turn(self):
        """Cubic damping holds a point inside an unstable circle of radius 1: a = r turns, r -> .8 r + .2 r^3."""
        f = 0.7
        turn = np.array([[np.cos(f), -np.sin(f)], [np.sin(f), np.cos(f)]])
        map = Map(lambda a: (a * (0.8 + 0.2 * (a**2).sum(-1, keepdims=True))) @ turn.T, 2, domain=(-3, 3))
        got = breaking_input(map, np.zeros((1, 1, 2)), np.random.default_rng(0), steps=400)
        r = np.linspace(0, 1, 10001)
        needed = (r - 0.8 * r - 0.2 * r**3).max()  # inputs must always point outwards, which turns
        np.testing.assert_allclose(got.bound, needed, rtol=3e-3)
        assert STRATEGIES[got.strategy[0, 0]] in ("away", "ahead", "adjoint")

    def test_more_rounds_and_a_floor(self):
        found = latched(5, 3)
        map, a, _ = found
        one, three = (breaking_input(map, a, np.random.default_rng(0), steps=50, rounds=k).bound for k in (1, 3))
        assert np.all(three <= one) and np.any(three < one)
        floor = np.full(one.shape, 0.5)
        assert np.all(breaking_input(map, a, np.random.default_rng(0), steps=50, floor=floor).bound >= 0.5)

    def test_what_contracts_everywhere_is_never_broken(self):
        got = breaking_input(PreActivation([[[0.5]]]), [[[0.0]]], np.random.default_rng(0), steps=20)
        assert np.isinf(got.bound) and got.strategy == 0 and not got.inputs.any()


class TestReachable:
    @pytest.mark.parametrize("w", [1.25, 2.0])
    def test_one_neuron_passes_zero_at_its_critical_input(self, w):
        map, a = neurons([w])
        kept, through = (reachable(map, a, k * float(critical_input(w)), -4, 4, 10_000) for k in (0.98, 1.0001))
        assert kept.points().min() > np.arctanh(np.sqrt(1 - 1 / w)) > 0 > through.points().min()
        assert kept.enclosed and through.enclosed and kept.exact

    @settings(max_examples=15, deadline=None)
    @given(seeds, st.integers(1, 2))
    def test_no_orbit_leaves_it(self, seed, n):
        rng = np.random.default_rng(seed)
        map = PreActivation(rng.normal(0, 1.5, (1, n, n)), rng.normal(0, 0.3, (1, n)))
        bound, box = rng.uniform(0, 0.5), np.abs(map.W).sum() + np.abs(map.c).sum() + 2
        a = rng.normal(0, 1, (1, 3, n))
        a = np.clip(a, -box, box)
        found = reachable(map, a, bound, -box, box, 200)
        assert found.enclosed
        u = rng.normal(size=(1, 3, 60, n))
        u *= bound / np.linalg.norm(u, axis=-1, keepdims=True)
        seen = map.orbit(a, 60, u).reshape(-1, n)
        place = np.floor((seen + box) / (2 * box / 200)).astype(int)
        assert found.reached[tuple(place.T)].all()

    def test_without_input_a_finer_grid_closes_in_on_the_attractor(self):
        map, a = neurons([2.0])
        for cells in (100, 1000, 10_000):
            found = reachable(map, a, 0.0, -4, 4, cells)
            assert np.abs(found.points() - a[0, 0]).max() <= 4 * 8 / cells

    def test_what_leaves_the_grid_is_said_to(self):
        found = reachable(PreActivation([[[0.0, 2.0], [2.0, 0.0]]]), np.zeros((1, 1, 2)), 0.5, -1, 1, 50)
        assert not found.enclosed

    def test_maps_of_ones_own_give_estimates(self):
        map = Map(lambda a: 0.5 * a, 1)
        with pytest.raises(TypeError, match="rng"):
            reachable(map, [[[0.0]]], 0.1, -1, 1)
        found = reachable(map, [[[0.0]]], 0.1, -1, 1, 1000, np.random.default_rng(0))
        assert not found.exact
        np.testing.assert_allclose(np.abs(found.points()).max(), 0.2, atol=0.01)

    def test_the_grid_must_lie_inside_the_domain(self):
        map = Map(lambda a: 0.5 * a, 1, domain=(-1, 1))
        for name, low, high in (("low", -1.5, 1), ("high", -1, 1.5)):
            with pytest.raises(ValueError, match=f"^{name} must stay inside the map's domain"):
                reachable(map, [[[0.0]]], 0.6, low, high, rng=np.random.default_rng(0))

    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.parametrize("cells", [7, 10, 49])
    def test_the_grid_may_be_the_domain(self, n, cells):
        """Also where the ball round a cell at the edge sticks out, and the states start at that edge."""
        def function(a):
            assert (abs(a.real) <= 0.3).all()
            return 0 * a

        map = Map(function, n, domain=(-0.3, 0.3))
        edge = np.full((1, 1, n), 0.3)
        found = reachable(map, np.concatenate([edge, -edge], axis=1), 0.0, -0.3, 0.3, cells, np.random.default_rng(0))
        assert found.enclosed and found.reached[(0,) * n] and found.reached[(-1,) * n]


class TestLost:
    def test_a_neuron_by_its_sign(self):
        map, a = neurons([1.25, 2.0])
        z = np.linspace(-3, 3, 40)[None, None, :, None]
        got = lost(map, np.concatenate([a, -a], axis=1), z)
        np.testing.assert_array_equal(got[:, 0], np.broadcast_to(z[0, :, :, 0] < 0, (2, 40)))
        np.testing.assert_array_equal(got[:, 1], np.broadcast_to(z[0, :, :, 0] > 0, (2, 40)))

    def test_a_state_that_leaves_the_domain_is_lost(self):
        """Of x -> (x + x^3) / 2: 0 attracts, and beyond the repelling +-1 the state leaves the domain."""
        map = Map(lambda a: 0.5 * a + 0.5 * a**3, 1, domain=(-2, 2))
        got = lost(map, [[[0.0]]], np.array([0.0, 0.99, -0.99, 1.01, 2.0])[None, None, :, None], 400)
        assert got.tolist() == [[[False, False, False, True, True]]]

    def test_a_state_that_goes_round_elsewhere_is_lost(self):
        """Beyond an unstable circle of radius 1 a state goes round on a circle of radius 2, inside it to 0."""
        def function(a):
            r2 = (a**2).sum(-1, keepdims=True)
            return a * (1 + 0.05 * (r2 - 1) * (4 - r2)) @ np.array([[0.6, -0.8], [0.8, 0.6]])

        z = np.array([0.5, 0.95, 1.05, 2.0])[None, None, :, None] * [1.0, 0.0]
        got = lost(Map(function, 2), np.zeros((1, 1, 2)), z, 400)
        assert got.tolist() == [[[False, False, True, True]]]

    def test_slow_attractors_ask_for_patience(self):
        map = PreActivation([[[0.99]]])
        with pytest.raises(ValueError, match="^settle must be larger"):
            lost(map, [[[0.0]]], np.ones((1, 1, 1, 1)), 200)
        assert not lost(map, [[[0.0]]], np.ones((1, 1, 1, 1)), 400).any()

    def test_repelling_points_are_refused(self):
        with pytest.raises(ValueError, match="^a must be attracting"):
            lost(PreActivation([[[2.0]]]), [[[0.0]]], np.ones((1, 1, 1, 1)))


class TestRandom:
    @pytest.mark.parametrize("noise", ["uniform", "gaussian"])
    def test_shares_are_those_of_the_neurons_own_simulation(self, noise):
        w, b, trials = 1.25, 0.3, 4000
        map, a = neurons([w])
        share = share_lost(map, a, b, 40, np.random.default_rng(0), trials, noise)[0, 0]
        kept = survival_monte_carlo(w, b / 3**0.5, 40, 20000, np.random.default_rng(1), noise=noise)[-1] / 20000
        assert abs(share - (1 - kept)) < 4 * np.sqrt(0.25 / trials)

    @settings(max_examples=10, deadline=None)
    @given(seeds, st.integers(1, 3))
    def test_nothing_is_lost_below_theorem_3(self, seed, n):
        if (found := latched(seed, n, 20)) is None:
            return
        map, a, rng = found
        assert not share_lost(map, a, bearable_input(map, a).bound, 50, rng, 50).any()

    def test_random_inputs_are_borne_better_than_the_worst(self):
        map, a = neurons([1.25, 1.5, 2.0])
        borne = noise_borne(map, a, 50, np.random.default_rng(0), trials=400)[:, 0]
        assert np.all(borne > 1.5 * critical_input([1.25, 1.5, 2.0])) and np.all(np.diff(borne) > 0)
        at = [share_lost(map, a, k * borne[:, None], 50, np.random.default_rng(0), 400)[:, 0] for k in (0.98, 1)]
        assert np.all(at[0] < 0.25) and np.all(at[1] >= 0.25)

    def test_a_state_and_its_mirror_image_are_lost_half_of_the_time_at_most(self):
        map, a = neurons([2.0])
        assert np.isinf(noise_borne(map, a, 30, np.random.default_rng(0), share=0.6, trials=300))

    def test_both_kinds_have_the_same_covariance(self):
        """A linear map adds the inputs up: what is beyond a given distance shows their variance."""
        map = Map(lambda a: 0 * a, 3, domain=(-1, 1))
        shares = [share_lost(map, np.zeros((1, 1, 3)), 0.999, 1, np.random.default_rng(0), 200, kind)
                  for kind in ("uniform", "gaussian")]
        assert shares[0] == 0 and shares[1] > 0  # the ball ends at b, the normal distribution nowhere


def test_what_an_opponent_shows_can_be_replayed():
    """Each witness, run by itself, ends where the state does not return; from rest each strategy has its own direction."""
    for n in (2, 3, 4):
        for seed in range(12):
            W = np.random.default_rng(seed).normal(size=(1, n, n)) + 1.2 * np.eye(n)
            map = PreActivation(W)
            found = attractors(map, np.random.default_rng(0).normal(0, 3, (1, 30, n)), longest=1)
            if found.count[0] < 2:
                continue
            a = found.orbits[:, : found.count[0], 0].data
            broken = breaking_input(map, a, np.random.default_rng(0), settle=400)
            end = map.orbit(a, 200, broken.inputs)[:, :, None, -1]
            away = lost(map, a, end, settle=400)[..., 0]
            assert np.all(away | np.isinf(broken.bound))


def test_states_that_escape_to_infinity_are_lost():
    square = Map(lambda a: a * a, 1)
    assert lost(square, [[[0.0]]], [[[[0.5], [1.5]]]]).tolist() == [[[False, True]]]
    assert 0 < share_lost(square, [[[0.0]]], 1.0, 10, np.random.default_rng(0))[0, 0] < 1


@pytest.mark.parametrize("reach", [1.0, 10.0, 1e4, 1e9])
def test_the_bound_does_not_hang_on_the_largest_radius_tried(reach):
    a = [[[2 * float(stable_state(2.0))]]]
    assert bearable_input(PreActivation([[[2.0]]]), a, reach=reach).bound == pytest.approx(0.299090, abs=1e-5)
