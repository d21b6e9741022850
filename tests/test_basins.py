"""Basins and reduced sets, against closed forms, plain loops, each other, and what the definitions imply."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.dynamics import (
    Map,
    PreActivation,
    attractors,
    basins,
    fixed_points,
    grid,
    latched_from,
    reduced_sets,
    shares,
)
from lrdlib.dynamics._traps import traps

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=12)
SENSES = ("eigenvalues", "norm")
LINE = np.linspace(-3, 3, 301)[None, :, None] + 1e-3


def random_map(seed, runs, n, scale=1.5):
    rng = np.random.default_rng(seed)
    map = PreActivation(scale * rng.normal(size=(runs, n, n)), 0.3 * rng.normal(size=(runs, n)))
    return map, attractors(map, rng.normal(0, 2, (runs, 16, n))), rng


def general(map):
    """The same map, without what the library knows of its form."""
    return Map(map._step, map.n, map._jacobian, runs=map.runs)


def size(J, sense):
    return np.linalg.norm(J, 2) if sense == "norm" else np.abs(np.linalg.eigvals(J)).max()


def plain(map, y, found, horizon, sense, multiples=False, steps=1000):
    """The label of one point in beta and in Gamma, from the definitions, for a map of one run."""
    end = map.orbit(y[None, None], steps)[0, 0, -1]
    gaps = [np.abs(found.orbits[0, k].compressed().reshape(-1, map.n) - end).max(-1).min()
            for k in range(found.count[0])]
    if not gaps or min(gaps) > 1e-6:
        return -1, -1
    k = int(np.argmin(gaps))
    l0 = int(found.period[0, k]) if multiples else 1
    P, a = np.eye(map.n), y[None, None]
    for l in range(1, max(horizon, l0) + 1):
        P, a = map.jacobian(a)[0, 0] @ P, map(a)
        if l % l0 == 0 and size(P, sense) >= 1:
            return k, -1
    return k, k


class TestOneNeuron:
    @pytest.mark.parametrize("w", [1.05, 1.25, 2.0, 4.0])
    def test_gamma_is_beta_without_the_middle(self, w):
        """Where w f'(a) < 1 it is so for ever after: |a| only grows towards the attractor, or falls to it."""
        map = PreActivation([[[w]]])
        found = attractors(map, [[[-1.0], [1.0]]])
        edge = np.arctanh(np.sqrt(1 - 1 / w))
        np.testing.assert_array_equal(basins(map, LINE, found)[0], (LINE[0, :, 0] > 0).astype(int))
        for sense in SENSES:
            inside = reduced_sets(map, LINE, found, sense=sense)[0] >= 0
            np.testing.assert_array_equal(inside, np.abs(LINE[0, :, 0]) > edge)

    def test_the_edge_depends_on_the_coordinates(self):
        """w = 2, as an output: .707 from a -> w tanh a, .441 from x -> tanh(w x)."""
        in_a = PreActivation([[[2.0]]])
        in_x = Map(lambda x: np.tanh(2 * x), 1)
        x = np.linspace(0.01, 0.99, 981)
        edges = []
        for map, points in ((in_a, np.arctanh(x)), (in_x, x)):
            found = attractors(map, [[[-0.9], [0.9]]])
            inside = reduced_sets(map, points[None, :, None], found)[0] >= 0
            assert np.all(np.diff(inside.astype(int)) >= 0)
            edges.append(x[inside.argmax()])
        assert edges[0] == pytest.approx(np.sqrt(1 / 2), abs=2e-3)
        assert edges[1] == pytest.approx(np.arctanh(np.sqrt(1 / 2)) / 2, abs=2e-3)
        assert edges[1] == pytest.approx(0.441, abs=2e-3)

    def test_a_weak_neuron_holds_everything(self):
        map = PreActivation([[[0.9]], [[-0.9]]])
        found = attractors(map, [[[1.0]]])
        assert (reduced_sets(map, LINE, found) == 0).all()

    def test_an_alternating_neuron_in_both_readings(self):
        """w = -2 is w = 2 seen in a mirror that turns at each step: one cycle, whose basin is all but 0."""
        map, mirror = PreActivation([[[-2.0]]]), PreActivation([[[2.0]]])
        found, other = attractors(map, [[[0.3]]]), attractors(mirror, [[[-1.0], [1.0]]])
        for multiples in (False, True):
            got = reduced_sets(map, LINE, found, multiples=multiples)
            expected = np.where(reduced_sets(mirror, LINE, other) >= 0, 0, -1)
            if not multiples:
                np.testing.assert_array_equal(got, expected)
            else:  # two steps may grow and then shrink
                assert (got >= expected).all() and (got > expected).any()


class TestTwoUnits:
    NETS = [[[1.3, 0.4], [-0.3, 1.5]], [[1.1, 3.0], [0.0, 1.2]], [[0.0, -2.0], [2.0, 0.0]], [[-1.5, 0.2], [0.1, -1.3]],
            [[0.5, 4.0], [-1.0, 0.5]]]

    @pytest.mark.parametrize("W", NETS)
    @pytest.mark.parametrize("sense", SENSES)
    @pytest.mark.parametrize("multiples", [False, True])
    def test_against_a_plain_loop(self, W, sense, multiples):
        map = PreActivation([W], [[0.05, -0.02]])
        found = attractors(map, grid([-3, -3], [3, 3], 7))
        points = np.random.default_rng(3).uniform(-3, 3, (1, 25, 2))
        beta = basins(map, points, found, steps=3000)[0]
        gamma = reduced_sets(map, points, found, 60, sense, multiples, steps=3000)[0]
        expected = [plain(map, y, found, 60, sense, multiples) for y in points[0]]
        assert list(zip(beta, gamma)) == expected

    def test_eigenvalues_and_norm_differ(self):
        """For a triangular W with a diagonal below 1 every product has eigenvalues below 1; its norm has not."""
        map = PreActivation([[[0.9, 4.0], [0.0, 0.5]]])
        found = attractors(map, [[[0.1, 0.1]]])
        points = grid([-3, -3], [3, 3], 21)
        assert (reduced_sets(map, points, found) == 0).all()
        norm = reduced_sets(map, points, found, sense="norm")
        assert (norm[0, np.abs(points[0, :, 1]) < 0.5] == -1).all() and (norm == 0).any()

    def test_a_cycle_can_lie_outside_its_own_reduced_set(self):
        """To the letter: M' at a point of the cycle has an eigenvalue above 1, (M^2)' has not."""
        map = Map(lambda a: 3.2 * a * (1 - a), 1, domain=(0, 1))
        found = attractors(map, [[[0.3]]])
        cycle = found.orbits[0, 0].compressed()[None, :, None]
        assert found.period[0, 0] == 2 and found.radius[0, 0] < 1
        assert (np.abs(map.jacobian(cycle)) > 1).any()
        assert (reduced_sets(map, cycle, found) == -1).any()
        assert (reduced_sets(map, cycle, found, multiples=True) == 0).all()

    def test_a_horizon_of_one_looks_at_one_jacobian(self):
        map = PreActivation([[[1.1, 3.0], [0.0, 1.2]]])
        found, points = attractors(map, grid([-3, -3], [3, 3], 5)), grid([-3, -3], [3, 3], 30)
        for sense in SENSES:
            J = map.jacobian(points)[0]
            expected = np.array([size(each, sense) < 1 for each in J])
            inside = reduced_sets(map, points, found, horizon=1, sense=sense) >= 0
            np.testing.assert_array_equal(inside, expected[None])

    def test_a_cycle_longer_than_the_horizon_is_judged_once_round(self):
        map = PreActivation([[[0.0, -2.0], [2.0, 0.0]]])
        found, points = attractors(map, [[[1.0, 2.0]]]), grid([-3, -3], [3, 3], 20)
        assert found.period[0, 0] == 4
        one, four = (reduced_sets(map, points, found, horizon=h, multiples=True) for h in (1, 4))
        np.testing.assert_array_equal(one, four)


class TestProperties:
    @given(seeds, st.integers(1, 3))
    def test_the_inclusions(self, seed, n):
        """Gamma in the norm's sense in Gamma in that of the eigenvalues in beta; a longer horizon takes away."""
        map, found, rng = random_map(seed, 4, n)
        points = rng.uniform(-3, 3, (4, 60, n))
        beta = basins(map, points, found)
        eigenvalues, norm = (reduced_sets(map, points, found, sense=sense) for sense in SENSES)
        assert ((norm == -1) | (norm == eigenvalues)).all()
        assert ((eigenvalues == -1) | (eigenvalues == beta)).all()
        longer, shorter = eigenvalues, reduced_sets(map, points, found, horizon=3)
        assert ((longer == -1) | (longer == shorter)).all()

    @settings(max_examples=25)
    @given(seeds, st.integers(1, 3))
    def test_attractors_lie_in_their_own_sets(self, seed, n):
        """Fixed points to the letter; cycles by the multiples of their period."""
        map, found, _ = random_map(seed, 6, n)
        for r, k in np.argwhere(found.hyperbolic.filled(False)):
            one, l = map.select([r]), int(found.period[r, k])
            own = attractors(one, found.orbits[r, k, :1].data[None])
            points = found.orbits[r, k, :l].data[None]
            assert (basins(one, points, own) == 0).all()
            assert (reduced_sets(one, points, own, multiples=l > 1) == 0).all()

    @some
    @given(seeds, st.integers(1, 3))
    def test_labels_are_those_of_waiting(self, seed, n):
        map, found, rng = random_map(seed, 3, n)
        points = rng.uniform(-3, 3, (3, 20, n))
        waited = attractors(map, points, steps=4000)
        label = basins(map, points, found, steps=4000)
        for r, s in np.argwhere(label >= 0):
            k = waited.label[r, s]
            if k >= 0:
                mine, other = found.orbits[r, label[r, s]], waited.orbits[r, k]
                np.testing.assert_allclose(mine.filled(0), other.filled(0), atol=1e-6)

    @some
    @given(seeds, st.integers(1, 3))
    def test_a_general_map_gives_the_same(self, seed, n):
        """Without what is proved of networks, by the tolerance and the horizon alone."""
        map, found, rng = random_map(seed, 2, n)
        points = rng.uniform(-3, 3, (2, 30, n))
        fast, slow = basins(map, points, found), basins(general(map), points, found, tolerance=1e-8)
        assert ((slow == fast) | (slow == -1)).all()
        for sense in SENSES:
            a = reduced_sets(map, points, found, 300, sense)
            b = reduced_sets(general(map), points, found, 300, sense, tolerance=1e-8)
            assert (a == b)[slow == fast].all()

    @some
    @given(seeds, st.integers(1, 4))
    def test_nothing_leaves_a_trap_and_no_product_outgrows_it(self, seed, n):
        map, found, rng = random_map(seed, 4, n)
        trap = traps(map, found, 1e-4)
        for r, k in np.argwhere(np.isfinite(trap.growth)):
            one, l = map.select([r]), int(found.period[r, k])
            z = rng.normal(size=(50, n))
            z *= 0.999 * min(trap.reach[r, k, 0], 1e3) * rng.uniform(size=(50, 1)) / np.linalg.norm(z, axis=1)[:, None]
            a = (found.orbits[r, k, 0].data + np.linalg.solve(trap.S[r, k, 0], z.T).T)[None]
            P = np.eye(n)
            for t in range(1, 40):
                P = one.jacobian(a)[0] @ P
                a = one(a)
                away = (a[0] - found.orbits[r, k, t % l].data) @ trap.S[r, k, t % l].T
                assert (np.linalg.norm(away, axis=1) <= trap.reach[r, k, t % l] * (1 + 1e-9) + 1e-9).all()
                assert np.linalg.norm(P, 2, axis=(1, 2)).max() <= trap.growth[r, k] + 1e-12

    @some
    @given(seeds)
    def test_alone_and_among_others(self, seed):
        map, found, rng = random_map(seed, 8, 2)
        points = rng.uniform(-3, 3, (8, 30, 2))
        together = basins(map, points, found), reduced_sets(map, points, found)
        for r in (0, 5):
            if found.count[r]:
                one = map.select([r])
                own = attractors(one, found.orbits[r, :found.count[r], 0].data[None])
                assert own.count[0] == found.count[r]
                np.testing.assert_array_equal(basins(one, points[r:r + 1], own), together[0][r:r + 1])
                np.testing.assert_array_equal(reduced_sets(one, points[r:r + 1], own), together[1][r:r + 1])


class TestExtremes:
    def test_products_neither_over_nor_underflow(self):
        """A shear by 1e200 at each step: eigenvalues 1/2, and products of norm above 1e300."""
        map = PreActivation([[[0.5, 1e200], [0.0, 0.5]]], activation="linear")
        found = attractors(map, [[[0.0, 0.0]]])
        points = np.zeros((1, 1, 2))
        assert reduced_sets(map, points, found, 50)[0, 0] == 0
        assert reduced_sets(map, points, found, 50, "norm")[0, 0] == -1
        flat = PreActivation([[[500.0]]])
        found = attractors(flat, [[[-1.0], [1.0]]])
        assert reduced_sets(flat, [[[-400.0], [0.01], [600.0]]], found).tolist() == [[0, -1, 1]]

    def test_what_leaves_is_not_labelled(self):
        map = Map(lambda a: a**2, 1)
        found = attractors(map, [[[0.5]]])
        assert basins(map, [[[0.9], [-0.9], [1.5], [1.0]]], found).tolist() == [[0, 0, -1, -1]]
        boxed = Map(lambda a: 4.5 * a * (1 - a), 1, domain=(0, 1))
        none = attractors(boxed, [[[0.3]]])
        assert basins(boxed, [[[0.3], [0.5]]], none).tolist() == [[-1, -1]]
        assert reduced_sets(boxed, [[[0.3], [0.5]]], none).tolist() == [[-1, -1]]

    def test_a_point_on_the_border_goes_nowhere(self):
        map = PreActivation([[[2.0]]])
        found = attractors(map, [[[-1.0], [1.0]]])
        assert basins(map, [[[0.0]]], found)[0, 0] == -1
        assert basins(map, [[[1e-9]]], found, steps=3)[0, 0] == -1

    def test_attractors_of_another_map_are_refused(self):
        found = attractors(PreActivation([[[2.0]]]), [[[1.0]]])
        with pytest.raises(ValueError, match="attractors must be those of the map"):
            basins(PreActivation([[[3.0]]]), [[[1.0]]], found)


class TestSharesAndGrid:
    def test_a_grid_is_made_of_the_middles_of_cells(self):
        points = grid([-1.0, 0.0], [1.0, 4.0], 2)
        np.testing.assert_allclose(points, [[[-0.5, 1], [-0.5, 3], [0.5, 1], [0.5, 3]]])
        assert grid([0.0], [1.0], 5).shape == (1, 5, 1)

    def test_shares_of_volume(self):
        """The neuron with input: the unstable fixed point divides the box; the edge of Gamma too."""
        h = 0.2
        map = PreActivation([[[2.0]]], [[h]])
        exact = fixed_points(2.0, h)
        points = grid([-3.0], [3.0], 6000)
        found = attractors(map, [[[-2.0], [2.0]]])
        share = shares(basins(map, points, found), 2)[0]
        border = float(exact.a[1])
        np.testing.assert_allclose(share, [(border + 3) / 6, (3 - border) / 6], atol=2e-4)
        assert shares([[0, 0, -1, 2]], 3).tolist() == [[0.5, 0.0, 0.25]]


class TestLatched:
    def test_from_the_last_step_outside(self):
        """w = 2: latched where |a| > .881, on the side on which the path ends."""
        map = PreActivation([[[2.0]]])
        found = attractors(map, [[[-1.0], [1.0]]])
        paths = np.array([[2, 2, 2, 2], [0.5, 0.95, 1.3, 1.7], [2, 0.2, 1, -2], [2, 2, 2, 0.1], [-1, 2, 2, -1]], float)
        t0, label = latched_from(map, paths[None, :, :, None], found)
        assert t0.tolist() == [[0, 1, 3, 4, 3]] and label.tolist() == [[1, 1, 0, -1, 0]]

    @some
    @given(seeds)
    def test_it_is_what_the_definition_says(self, seed):
        map, found, rng = random_map(seed, 2, 2)
        T = 12
        path = map.orbit(rng.normal(size=(2, 6, 2)), T, 0.5 * rng.normal(size=(2, 6, T, 2)))
        t0, label = latched_from(map, path, found)
        each = np.stack([reduced_sets(map, path[:, :, t], found) for t in range(T + 1)], axis=2)
        for r, p in np.ndindex(2, 6):
            if label[r, p] < 0:
                assert t0[r, p] == T + 1 and each[r, p, -1] == -1
            else:
                assert (each[r, p, t0[r, p]:] == label[r, p]).all()
                assert t0[r, p] == 0 or each[r, p, t0[r, p] - 1] != label[r, p]
