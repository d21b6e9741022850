"""Attractors and periodic points, against closed forms, theory, each other, and plain simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdlib.dynamics import Map, PreActivation, attractors, critical_input, fixed_points, periodic_points, trapping_box
from lrdlib.dynamics._boxes import Boxes

seeds = st.integers(0, 2**32 - 1)
LINE = np.linspace(-2, 2, 9)[:, None] + 0.01


def logistic(*rates, domain=(0, 1)):
    r = np.array(rates)[:, None, None]
    return Map(lambda a: r * a * (1 - a), 1, runs=len(rates), domain=domain)


def random_map(seed, runs, n, scale=1.5):
    rng = np.random.default_rng(seed)
    return PreActivation(scale * rng.normal(size=(runs, n, n)), 0.3 * rng.normal(size=(runs, n))), rng


def general(map):
    """The same map, without what the library knows of its form."""
    return Map(map._step, map.n, map._jacobian, runs=map.runs)


class TestAttractors:
    def test_the_neuron_against_its_closed_form(self):
        w = np.array([0.5, 0.9, 1.25, 2.0, 5.0])
        found, exact = attractors(PreActivation(w[:, None, None]), LINE[None]), fixed_points(w)
        for r in range(len(w)):
            stable = exact.stable[r].filled(False)
            np.testing.assert_allclose(found.orbits[r, :found.count[r], 0, 0], exact.a[r][stable], atol=1e-12)
            np.testing.assert_allclose(found.radius[r].compressed(), exact.slope[r][stable], atol=1e-12)
        assert found.unresolved.tolist() == [0] * 5 and found.hyperbolic.all()

    def test_a_negative_weight_mirrors_the_fixed_points_into_a_cycle(self):
        found = attractors(PreActivation([[[-2.0]]]), LINE[None])
        abar = float(fixed_points(2.0).a[2])
        assert found.period[0].tolist() == [2]
        np.testing.assert_allclose(found.orbits[0, 0, :2, 0], [-abar, abar], atol=1e-12)
        assert found.orbits[0, 0, 2:].mask.all()
        assert found.radius[0, 0] == pytest.approx(float(fixed_points(2.0).slope[2]) ** 2, abs=1e-12)

    def test_the_logistic_map(self):
        """Its cycle of length 2 in closed form, its superstable cycle of length 4, and the one of length 3."""
        found = attractors(logistic(2.8, 3.2, 3.49856, 3.83), [[[0.3], [0.1], [0.77]]])
        assert found.period[:, 0].tolist() == [1, 2, 4, 3]
        assert found.orbits[0, 0, 0, 0] == pytest.approx(1 - 1 / 2.8, abs=1e-12)
        r = 3.2
        root = np.sqrt((r - 3) * (r + 1))
        np.testing.assert_allclose(found.orbits[1, 0, :2, 0], [(r + 1 - root) / (2 * r), (r + 1 + root) / (2 * r)])
        assert found.radius[1, 0] == pytest.approx(abs(4 + 2 * r - r**2), abs=1e-10)
        assert found.unresolved.tolist() == [0] * 4

    def test_what_does_not_settle_is_unresolved(self):
        """Chaos; a start on a point that repels; a state that leaves the domain, or goes to infinity."""
        found = attractors(logistic(3.9, 3.2, 4.2), [[[0.3], [0.0]]])
        assert found.unresolved.tolist() == [2, 1, 2] and found.label.tolist() == [[-1, -1], [0, -1], [-1, -1]]
        assert found.count.tolist() == [0, 1, 0] and found.orbits[0].mask.all()
        linear = PreActivation([[[2.0]], [[0.5]]], activation="linear")
        found = attractors(linear, [[[0.3], [-1.0]]])
        assert found.unresolved.tolist() == [2, 0] and found.orbits[1, 0, 0, 0] == 0

    def test_a_curve_is_no_cycle(self):
        """A rotation by an irrational angle, pushed outwards: an invariant curve, and no periodic orbit on it."""
        turn = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
        found = attractors(PreActivation(1.3 * turn[None]), [[[0.1, 0.2], [1.0, -1.0]]])
        assert found.count[0] == 0 and found.unresolved[0] == 2

    @pytest.mark.parametrize("w, period", [(0.995, 1), (-0.995, 1), (1.005, 1), (-1.005, 2)])
    def test_slow_motion_is_told_from_a_cycle(self, w, period):
        """Near the bifurcation states creep, or swing and creep; 20 000 steps bring them near enough."""
        found = attractors(PreActivation([[[w]]]), LINE[None], steps=20_000)
        assert found.unresolved[0] == 0
        assert set(found.period[0].compressed()) == {period}
        assert found.count[0] == (2 if w > 1 else 1) and found.hyperbolic[0].all()

    def test_creeping_through_a_bottleneck_is_no_rest(self):
        """A little beyond the critical input states linger where the upper fixed points have vanished; from there
        Newton's method would jump to the lower one."""
        map = PreActivation([[[2.0]]], [[-float(critical_input(2.0)) - 1e-5]])
        lingering = np.arctanh(np.sqrt(0.5))
        slower, faster = ([[[lingering + away]]] for away in (0.02, -0.001))  # before the narrowest place, and behind
        early, late = (attractors(map, slower, tolerance=tolerance) for tolerance in (1e-3, 1e-7))
        assert early.unresolved[0] == 1 and late.unresolved[0] == 0 and late.orbits[0, 0, 0, 0] < -1
        assert attractors(map, faster, tolerance=1e-3).orbits[0, 0, 0, 0] < -1

    def test_slow_motion_away_from_a_saddle_is_no_rest(self):
        """Whatever the other starts and systems do."""
        slow = PreActivation([[[1.01]]])
        assert attractors(slow, [[[1e-6]]], steps=10**6).label.tolist() == [[0]]
        assert attractors(slow, [[[1e-6], [1.0]]], steps=10**6).label.tolist() == [[0, 0]]
        labels = [attractors(Map(lambda a, w=w: np.array(w)[:, None, None] * np.tanh(a), 1, runs=len(w)), [[[1e-9]]]).label
                  for w in ([1.2], [1.2, 2.0])]
        assert [each[0, 0] for each in labels] == [0, 0]

    def test_an_orbit_far_from_a_slow_state_is_not_taken_for_granted(self):
        """Steps of 0.0005 are repetitions within 0.001; where they lead, half a unit away, is not looked up."""
        slow = PreActivation([[[0.999]]], activation="linear")
        assert attractors(slow, [[[0.5]]], tolerance=1e-3).unresolved[0] == 1
        assert attractors(slow, [[[0.5]]], steps=20_000).count[0] == 1

    def test_at_the_bifurcation_nothing_is_hyperbolic(self):
        found = attractors(PreActivation(np.array([[[1.0]], [[-1.0]]])), [[[1e-3], [-1e-3]]], tolerance=1e-8)
        assert found.count.tolist() == [1, 1] and not found.hyperbolic.any()
        np.testing.assert_allclose(found.radius[:, 0], 1, atol=1e-6)

    @given(seeds, st.integers(1, 4))
    def test_what_is_found_is_an_attractor(self, seed, n):
        """The orbit closes, its period is least, states released nearby come back, and the radius is that of
        the Jacobian's product by finite differences."""
        map, rng = random_map(seed, 4, n)
        found = attractors(map, rng.normal(size=(1, 12, n)))
        for r, k in np.argwhere(~found.period.mask):
            l, one = int(found.period[r, k]), map.select([r])
            path = one.orbit(found.orbits.data[r, k, :1][None], l)[0, 0]
            np.testing.assert_allclose(path[:l], found.orbits[r, k, :l], atol=1e-9)
            np.testing.assert_allclose(path[l], path[0], atol=1e-9)
            if l > 1:
                assert np.abs(path[1:l] - path[0]).max(-1).min() > 1e-8
            e = 1e-6 * np.eye(n)
            around = one.orbit(path[0] + np.concatenate([e, -e])[None], l)[0, :, l]
            J = (around[:n] - around[n:]).T / 2e-6
            assert np.abs(np.linalg.eigvals(J)).max() == pytest.approx(found.radius[r, k], abs=1e-4)
            assert found.radius[r, k] <= found.norm[r, k] + 1e-12
            if found.radius[r, k] < 0.9:
                assert np.abs(one.orbit(path[0] + e[:1][None], 300 * l)[0, 0, -1] - path[0]).max() < 1e-9

    @given(seeds, st.integers(1, 3))
    def test_a_start_goes_where_its_label_says(self, seed, n):
        map, rng = random_map(seed, 3, n)
        starts = rng.normal(size=(3, 10, n))
        found = attractors(map, starts)
        end = map.orbit(starts, 4000)[:, :, -1]
        for r, s in np.argwhere(found.label >= 0):
            k = found.label[r, s]
            assert np.abs(found.orbits[r, k].compressed().reshape(-1, n) - end[r, s]).max(-1).min() < 1e-6
        assert (found.unresolved == (found.label < 0).sum(1)).all()

    def test_a_system_is_found_the_same_alone_and_among_others(self):
        map, rng = random_map(5, 40, 2)
        starts = rng.normal(size=(40, 8, 2))
        together = attractors(map, starts)
        for r in range(40):
            alone = attractors(map.select([r]), starts[r:r + 1])
            assert alone.count[0] == together.count[r] and (alone.label[0] == together.label[r]).all()
            np.testing.assert_allclose(alone.orbits[0].compressed(), together.orbits[r].compressed(), atol=1e-12)

    def test_the_form_of_the_map_does_not_matter(self):
        map, rng = random_map(6, 20, 3)
        starts = rng.normal(size=(1, 8, 3))
        one, other = attractors(map, starts), attractors(general(map), starts)
        assert (one.label == other.label).all()
        np.testing.assert_allclose(one.orbits.filled(0), other.orbits.filled(0), atol=1e-12)

    def test_order_is_canonical(self):
        """The order of the starts does not show: periods rise, and first coordinates for the same period."""
        map, rng = random_map(7, 100, 3)
        starts = rng.normal(size=(1, 12, 3))
        one, other = attractors(map, starts), attractors(map, starts[:, ::-1])
        assert (one.label == other.label[:, ::-1]).all() and one.count.max() > 2
        np.testing.assert_allclose(one.orbits.filled(0), other.orbits.filled(0), atol=1e-12)
        longer = np.diff(one.period, axis=1)
        assert (longer >= 0).all() and (np.diff(one.orbits[:, :, 0, 0], axis=1)[longer == 0] > -1e-6).all()

    @pytest.mark.parametrize("domain", [(1, 3), None])
    def test_nothing_away_from_the_starts_is_asked_for(self, domain):
        """1 + 1/a has the golden ratio, and no value at 0, where no start is. The other system has no point here."""
        r = np.array([1.0, 3.0])[:, None, None]
        map = Map(lambda a: r + 1 / a, 1, lambda a: (-r / r / a**2)[..., None], runs=2, domain=domain)
        found = attractors(map, [[[2.0], [1.5]]])
        golden = (1 + 5**0.5) / 2
        assert found.orbits[0, 0, 0, 0] == pytest.approx(golden, abs=1e-12)
        assert found.count.tolist() == [1, 0 if domain else 1]
        points = periodic_points(map, 1.2, 2.9, 2, np.random.default_rng(0), starts=9)
        assert points.count.tolist() == [1, 0] and points.points[0, 0, 0] == pytest.approx(golden, abs=1e-9)

    def test_a_map_that_returns_nan_is_named(self):
        broken = Map(lambda a: np.where(np.abs(a) > 1, np.nan, 3 * a), 1)
        with pytest.raises(ValueError, match="function must be finite"):
            attractors(broken, [[[0.5]]])


class TestPeriodicPoints:
    @given(st.floats(-6, 6) | st.floats(-100, 100), st.floats(-9, 9))
    def test_one_neuron_against_its_closed_form(self, w, c):
        if w >= 1 and abs(abs(c) - float(critical_input(w))) < 1e-5 * w:
            return
        map = PreActivation([[[w]]], [[c]])
        found, exact = periodic_points(map, *trapping_box(map)), fixed_points(w, c)
        assert found.proved[0] and found.count[0] == exact.count
        np.testing.assert_allclose(found.points[0, :, 0], exact.a.compressed(), atol=1e-9)
        np.testing.assert_allclose(found.eigenvalues[0, :, 0].real, exact.slope.compressed(), atol=1e-9)
        if abs(w) != 1:
            assert found.attracting[0].tolist() == exact.stable.compressed().tolist()

    @given(st.lists(st.floats(-4, 4), min_size=2, max_size=3), st.floats(-0.5, 0.5))
    def test_independent_neurons_multiply(self, w, c):
        w = np.array(w)
        if (np.abs(np.abs(c) - critical_input(np.maximum(w, 1))) < 1e-4).any():
            return
        map = PreActivation(np.diag(w)[None], np.full((1, len(w)), c))
        found = periodic_points(map, *trapping_box(map))
        assert found.proved[0] and found.count[0] == fixed_points(w, c).count.prod()

    @given(seeds, st.integers(1, 4), st.integers(1, 2))
    def test_the_indices_sum_to_one(self, seed, n, l):
        """The degree of a map into a box: so the count is odd."""
        map, _ = random_map(seed, 3, n, 2 / n**0.5)
        found = periodic_points(map, *trapping_box(map), period=l)
        sound = found.proved & (found.index != 0).all(1).filled(False)
        assert (found.index.sum(1) == 1)[sound].all() and (found.count % 2 == 1)[sound].all()
        assert ((found.unresolved == 0) == found.proved).all()

    @given(seeds, st.integers(1, 5))
    def test_a_contraction_has_one(self, seed, n):
        rng = np.random.default_rng(seed)
        W = rng.normal(size=(3, n, n))
        W *= rng.uniform(0, 0.999, (3, 1, 1)) / np.linalg.norm(W, 2, axis=(1, 2))[:, None, None]
        map = PreActivation(W, rng.normal(size=(3, n)))
        found = periodic_points(map, *trapping_box(map))
        assert found.proved.all() and found.count.tolist() == [1] * 3 and found.attracting.all()

    @given(seeds, st.integers(1, 3), st.integers(1, 2))
    def test_boxes_and_newton_agree(self, seed, n, l):
        """Newton's method finds nothing that the boxes missed; of fixed points it finds all."""
        map, rng = random_map(seed, 2, n)
        box = trapping_box(map)
        found, other = periodic_points(map, *box, l), periodic_points(general(map), *box, l, rng, 200)
        assert not other.proved.any()
        for r in range(2):
            if found.proved[r]:
                proved = found.points[r].compressed().reshape(-1, n)
                for a in other.points[r].compressed().reshape(-1, n):
                    assert np.abs(proved - a).max(-1).min() < 1e-7
                if l == 1:
                    assert other.count[r] == found.count[r]

    @given(seeds, st.integers(1, 3))
    def test_every_attractor_is_among_them(self, seed, n):
        map, rng = random_map(seed, 3, n)
        rest = attractors(map, rng.normal(size=(1, 16, n)), longest=2)
        points = periodic_points(map, *trapping_box(map), period=2)
        for r, k in np.argwhere(~rest.period.mask):
            if points.proved[r]:
                away = np.abs(points.points[r] - rest.orbits[r, k, 0]).max(-1)
                at = int(away.argmin())
                assert away[at] < 1e-8 and points.period[r, at] == rest.period[r, k]
                assert points.attracting[r, at] == rest.hyperbolic[r, k]

    @pytest.mark.parametrize("l", [1, 2, 3])
    def test_the_logistic_map_has_all_of_them(self, l):
        """At r = 4 there are 2^l points with a = M^l(a), all repelling: sin^2(pi k / (2^l +- 1))."""
        found = periodic_points(logistic(4.0), 0, 1, l, np.random.default_rng(0))
        exact = np.concatenate([np.arange(2**l) / (2**l - 1), np.arange(2**l + 1) / (2**l + 1)]) * np.pi
        exact = np.unique(np.round(np.sin(exact) ** 2, 12))
        np.testing.assert_allclose(found.points[0, :, 0], exact, atol=1e-9)
        assert found.count[0] == 2**l and not found.attracting.any() and not found.proved[0]

    @pytest.mark.parametrize("w, c, l", [(1.0, 0.0, 1), (-1.0, 0.0, 2), (2.0, float(critical_input(2.0)), 1)])
    def test_a_bifurcation_is_reported(self, w, c, l):
        map = PreActivation([[[w]]], [[c]])
        found = periodic_points(map, *trapping_box(map), period=l)
        assert not found.proved[0] and found.unresolved[0] > 0

    def test_a_line_of_fixed_points_ends_the_search(self):
        map = PreActivation([np.eye(2), 0.5 * np.eye(2)], activation="linear")
        found = periodic_points(map, -1, 1, boxes=500)
        assert found.proved.tolist() == [False, True] and found.unresolved[0] > 0 and found.count[1] == 1

    def test_points_outside_the_box_are_left_out(self):
        found = periodic_points(PreActivation([[[2.0]]]), -1.0, 3.0)
        np.testing.assert_allclose(found.points[0, :, 0], [0, float(fixed_points(2.0).a[2])], atol=1e-12)
        assert found.index[0].tolist() == [-1, 1] and found.proved[0]
        for beyond in (1e-9, 1e-6, 1e-3, 0.03, 0.1):
            assert periodic_points(PreActivation([[[2.0]]]), -1.0, found.points[0, 1, 0] - beyond).count[0] == 1
        none = periodic_points(PreActivation([[[2.0]]]), 0.5, 1.0)
        assert none.count[0] == 0 and none.proved[0] and none.points.mask.all()

    def test_connections_within_the_step_need_newton(self):
        map = PreActivation([[[0.0, 2.0], [0.0, 0.0]]], V=[[[0.0, 0.0], [1.5, 0.0]]])
        found = periodic_points(map, *trapping_box(map), rng=np.random.default_rng(0))
        assert found.count[0] == 3 and not found.proved[0] and found.index.sum() == 1

    def test_orbits_stay_in_the_domain(self):
        """.359 would come back after two steps; between them lies .897, where the map is not defined."""
        def function(a):
            assert ((a.real >= 0) & (a.real <= 0.85)).all()
            return 3.9 * a * (1 - a)

        found = periodic_points(Map(function, 1, domain=(0, 0.85)), 0, 0.85, 2, np.random.default_rng(0))
        np.testing.assert_allclose(found.points[0, :, 0], [0, 1 - 1 / 3.9], atol=1e-9)
        assert found.period[0].tolist() == [1, 1]

    @pytest.mark.filterwarnings("error")
    def test_the_map_is_not_asked_outside_its_domain(self):
        """The roots of s^2 - 3 s + 1.5 = 0, s^2 = a; from below .25 the next state is negative."""
        found = periodic_points(Map(lambda a: 3 * np.sqrt(a) - 1.5, 1, domain=(0.1, 9)), 0.1, 9, 2,
                                np.random.default_rng(0))
        np.testing.assert_allclose(found.points[0, :, 0], ((3 + np.array([-1, 1]) * 3**0.5) / 2) ** 2, atol=1e-9)

    def test_points_on_the_edge_of_the_domain_stay(self):
        """All points have period 2 here; what rounding adds to the edge is not outside."""
        map = Map(lambda a: -a * (1 + 1e-15), 1, domain=(-1, 1))
        found = periodic_points(map, 0.9999, 1, 2, np.random.default_rng(0), starts=8)
        assert found.count[0] >= 1 and found.points.max() > 0.9999

    @pytest.mark.filterwarnings("error")
    def test_starts_that_diverge_are_dropped(self):
        henon = Map(lambda a: np.stack([1 - 1.4 * a[..., 0] ** 2 + a[..., 1], 0.3 * a[..., 0]], axis=-1), 2)
        found = periodic_points(henon, -2, 2, 10, np.random.default_rng(0))
        rest = periodic_points(henon, -2, 2, 1, np.random.default_rng(0)).points[0]
        fixed = (-0.7 + np.array([-1, 1]) * np.sqrt(0.7**2 + 4 * 1.4)) / 2.8
        np.testing.assert_allclose(rest[:, 0], fixed, atol=1e-9)
        points = found.points[0]
        assert found.count[0] > 20 and (found.period == 10).any()
        np.testing.assert_allclose(henon.orbit(points.data[None], 10)[0, :, -1], points, atol=1e-6)
        found = periodic_points(logistic(4.0, domain=None), -2, 2, 12, np.random.default_rng(0))
        angle = np.arcsin(np.sqrt(np.clip(found.points[0, :, 0].data, 0, 1))) / np.pi  # k / (2^12 +- 1)
        off = [np.abs(angle * m - np.rint(angle * m)) for m in (2**12 - 1, 2**12 + 1)]
        assert found.count[0] > 20 and np.minimum(*off).max() < 1e-4

    @pytest.mark.filterwarnings("error")
    def test_no_start_at_all_is_left(self):
        found = periodic_points(logistic(4.0, domain=None), 5, 6, 12, np.random.default_rng(0))
        assert found.count[0] == 0 and found.points.mask.all()

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("l", [1, 2])
    def test_weights_that_are_very_large(self, l):
        """The determinant of a Jacobian is 1e400, that of two steps 1e800: nobody may say that 0 is absent."""
        W = 1e200 * np.eye(2)[None]
        found = periodic_points(PreActivation(W), -1, 1, l)
        assert found.count[0] == 1 or not found.proved[0] and found.unresolved[0] > 0
        for map in (general(PreActivation(W)), PreActivation(W, V=[[[0.0, 0.0], [1.0, 0.0]]])):
            assert not periodic_points(map, -1, 1, l, np.random.default_rng(0)).proved[0]

    @pytest.mark.filterwarnings("error")
    def test_a_determinant_that_overflows_has_a_sign(self):
        """(0, 0) is fixed, and repels along both axes."""
        stretch = Map(lambda a: 1e200 * a, 2)
        found = periodic_points(stretch, -1e-250, 1e-250, 1, np.random.default_rng(0), starts=8)
        assert found.count[0] == 1 and found.index[0, 0] == 1 and not found.attracting[0, 0]


class TestBoxes:
    @given(seeds, st.integers(1, 4), st.integers(1, 3), st.sampled_from(["tanh", "logistic", "linear"]))
    def test_they_hold_what_they_should(self, seed, n, l, activation):
        rng = np.random.default_rng(seed)
        map = PreActivation(rng.normal(size=(1, n, n)), rng.normal(size=(1, n)), activation)
        low = rng.normal(size=(1, n))
        high = low + 10 ** rng.uniform(-6, 0.5, size=(1, n))
        a = rng.uniform(low, high, (500, n))
        a[:2 * n] = np.where(rng.random((2 * n, n)) < 0.5, low, high)
        boxes = Boxes(map, np.zeros(1, int), l)
        J, image = np.eye(n), a[None]
        for _ in range(l):
            J, image = map._jacobian(image) @ J, map._step(image)
        below, above = boxes.image(low, high)
        assert ((image[0] >= below) & (image[0] <= above)).all()
        middle, radius = boxes.jacobian(low, high)
        assert (np.abs(J[0] - middle) <= radius).all()

    def test_the_trapping_box_holds_every_image(self):
        rng = np.random.default_rng(1)
        for V in (None, np.tril(rng.normal(size=(1, 3, 3)), -1)):
            for activation in ("tanh", "logistic"):
                map = PreActivation(rng.normal(size=(4, 3, 3)), rng.normal(size=(4, 3)), activation, V)
                low, high = trapping_box(map)
                corners = 50 * np.stack(np.meshgrid(*[[-1, 1]] * 3), -1).reshape(1, 8, 3)
                image = map(np.concatenate([corners, rng.normal(size=(1, 200, 3))], axis=1))
                assert ((image >= low[:, None]) & (image <= high[:, None])).all()
                if V is None:
                    np.testing.assert_allclose(image.max(1), high, atol=1e-9)
