"""Attractors: the periodic orbits on which a map's trajectories come to rest.

TNN94, section IV, calls a set E invariant if ``E = M(E)``, and an invariant set a hyperbolic attractor if all
eigenvalues of M' on it, for a periodic orbit of length l those of ``(M^l)'``, are below 1 in absolute value.
Here attractors are found by releasing states and waiting, so that one whose basin holds none of the starts is missed.
`lrdlib.dynamics.periodic_points` finds all orbits of one length, those that repel too. All is in the coordinates a
of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm, spectral_radius
from lrdlib.dynamics.maps import Map
from lrdlib.dynamics.pre_activation import PreActivation

__all__ = ["Attractors", "attractors"]

MARGIN = 1e-6  # how far from 1 a spectral radius must be for an orbit to count as hyperbolic
_NEAR = 0.05  # how far, relative to 1 + |a|, Newton's method may move a state that seems settled
_STILL = 1e-13  # a step that is rounding alone
_SAME = 1e-9  # how well, relative to 1 + |a|, a refined orbit must close
_FIRST_LOOK = 32  # steps; each further look comes after twice as many
_DECIMALS = 6  # to which points are compared when they are put in order


@dataclass(frozen=True, eq=False)
class Attractors:
    """The attracting periodic orbits found, for R systems; those of a system come first, the rest is masked.

    They stand in the order of their period, then of their first point, coordinate by coordinate; the first
    point of an orbit is its least in that order.

    Attributes
    ----------
    orbits : masked ndarray (R, K, longest, n)
        ``orbits[r, k, i]`` is the i-th point of the k-th attractor, for i below its period; a fixed point has period 1.
    period : masked int ndarray (R, K)
        Least period l.
    count : int ndarray (R,)
        How many attractors were found.
    radius : masked ndarray (R, K)
        Largest absolute eigenvalue of ``(M^l)'`` on the orbit; it is the same at each of its points.
    norm : masked ndarray (R, K)
        Operator norm of ``(M^l)'``, the largest over the orbit's points.
    hyperbolic : masked ndarray of bool (R, K)
        ``radius < 1 - 1e-6``. Where it is False the radius is 1 as far as rounding lets one tell.
    label : int ndarray (R, S)
        Which attractor each start went to, or -1.
    unresolved : int ndarray (R,)
        How many starts settled, within the steps given, on no attracting orbit of the lengths looked for: their
        way is too slow, or leads to a longer cycle, a curve, chaos, infinity, or they sit on an orbit that repels.
    """

    orbits: np.ma.MaskedArray
    period: np.ma.MaskedArray
    count: np.ndarray
    radius: np.ma.MaskedArray
    norm: np.ma.MaskedArray
    hyperbolic: np.ma.MaskedArray
    label: np.ndarray
    unresolved: np.ndarray


def attractors(map, starts, steps=2000, longest=8, tolerance=1e-7):
    """The attracting fixed points and cycles that these starts lead to.

    Each system is iterated until every start repeats itself within the tolerance, after at most `longest` steps. Such a
    repetition may be slow motion only, or a slow damped oscillation. So Newton's method on ``M^l - id`` goes
    on from there; what it finds must close, lie near, and have its least period and its eigenvalues
    determined afresh. An orbit with spectral radius above 1 is no attractor: starts on it are unresolved.

    Parameters
    ----------
    map : Map
        R systems in n dimensions.
    starts : array_like (R or 1, S, n)
        In the coordinates a.
    steps : int
        The most steps that are iterated.
    longest : int
        The longest period that is looked for.
    tolerance : float
        What counts as a repetition, relative to ``1 + |a|``; two orbits within ten times as much are one.

    Returns
    -------
    Attractors

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, a start lies outside the map's domain, or the map returns NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from lrdlib.dynamics import PreActivation
    >>> found = attractors(PreActivation([[[2.0]], [[-2.0]]]), [[[-1.0], [0.5]]])
    >>> found.count.tolist(), found.period[:, 0].tolist(), found.orbits[1, 0, :2, 0].round(3).tolist()
    ([2, 1], [1, 2], [-1.915, 1.915])
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    starts = map.points("starts", starts)
    steps, longest = check.count("steps", steps), check.count("longest", longest)
    tolerance = check.real("tolerance", tolerance, low=1e-13, high=1e-2)
    starts = np.broadcast_to(starts, (map.runs, *starts.shape[1:])).astype(float)

    window, period = _settle(map, starts, steps, longest, tolerance)
    which = np.full(period.shape, -1)
    run, start = np.nonzero(period)
    if len(run) == 0:
        return _collect(map, starts, longest, which, run, window[run, start], period[run, start])
    same, kept = distinct(run, window[run, start], period[run, start], 10 * tolerance)
    run_kept, first = run[kept], window[run, start][kept]
    orbit, l, sound = _refine(map, starts, run_kept, first, period[run, start][kept])
    slots = np.full(len(kept), -1)
    run_kept, orbit, l = run_kept[sound], orbit[sound], l[sound]
    slots[sound], again = distinct(run_kept, orbit, l, 10 * tolerance)
    which[run, start] = slots[same]
    return _collect(map, starts, longest, which, run_kept[again], orbit[again], l[again])


def _settle(map, a, steps, longest, tolerance):
    """The last states and their `longest` successors (R, S, longest, n), and after how many steps each start
    repeats itself (R, S); 0 if it does not."""
    R, S, n = a.shape
    window, period = np.zeros((R, S, longest, n)), np.zeros((R, S), int)
    runs, part, gone, t = np.arange(R), map, np.zeros((R, S), bool), 0
    looks = _FIRST_LOOK * 2 ** np.arange(32)
    for look in [*looks[looks < steps], steps]:
        for _ in range(t, look):
            a, gone = _next(part, a, gone)
        t, path = int(look), [a]
        for _ in range(2 * longest):
            path.append(_next(part, path[-1], gone)[0])
        path = np.stack(path, axis=2)
        once = np.abs(path[:, :, 1 : longest + 1] - path[:, :, :1]).max(-1)
        twice = np.abs(path[:, :, 2::2] - path[:, :, 1 : longest + 1]).max(-1)
        size = 1 + _size(path[:, :, :1])
        # Slow motion that gets faster is on its way out.
        repeats = (once <= tolerance * size) & ((twice <= once) | (once <= _STILL * size))
        found = np.where(repeats.any(-1) & ~gone, repeats.argmax(-1) + 1, 0)
        window[runs], period[runs] = path[:, :, :longest], found
        going = ~((found > 0) | gone).all(1)
        if not going.any():
            break
        if isinstance(map, PreActivation):
            runs, a, gone = runs[going], a[going], gone[going]
            part = map.select(runs)
    return window, period


def _next(map, a, gone):
    """One step; a state that leaves the domain, or for infinity, stays where it was and is marked."""
    new = map._step(a)
    if map.bounded:
        return new, gone
    gone = gone | map._left(new)
    return np.where(gone[..., None], a, new), gone


def _size(a):
    return np.abs(a).max(-1)


def distinct(run, orbit, period, tolerance):
    """Which of N orbits (N, longest, n), sorted by run, are different within their run.

    Returns for each the number of the different one that it is, and which of the N stand for those.
    """
    same, kept = np.zeros(len(run), int), []
    first = np.searchsorted(run, run)
    place = np.arange(len(run)) - first
    known = np.full((run.max(initial=-1) + 1, 1), -1)  # by run, the orbits kept so far
    many = np.zeros(len(known), int)
    for k in range(place.max(initial=-1) + 1):
        here = np.flatnonzero(place == k)
        others = known[run[here]]
        near = np.abs(orbit[others] - orbit[here][:, None, :1]).max(-1) <= (
            tolerance * (1 + _size(orbit[here][:, None, :1])))
        length = period[others]
        near &= np.arange(orbit.shape[1]) < length[..., None]
        hit = near.any(-1) & (length == period[here][:, None]) & (others >= 0)
        old = hit.any(1)
        same[here[old]] = others[old, hit[old].argmax(1)]
        new = here[~old]
        same[new] = new
        if many[run[new]].max(initial=-1) + 1 > known.shape[1]:
            known = np.concatenate([known, np.full_like(known, -1)], axis=1)
        known[run[new], many[run[new]]] = new
        many[run[new]] += 1
        kept.append(new)
    kept = np.sort(np.concatenate(kept)) if kept else np.zeros(0, int)
    return np.searchsorted(kept, same), kept


class _Scattered:
    """A map at N points (N, n), each of its own run. Where a run has fewer than others its first start fills in."""

    def __init__(self, map, starts, run):
        self.map, self.run = map, run
        if isinstance(map, PreActivation):
            self.part = map.select(run)
        else:
            self.place = np.arange(len(run)) - np.searchsorted(run, run)
            self.all = np.repeat(starts[:, :1], self.place.max() + 1, axis=1)

    def __call__(self, kernel, a):
        if isinstance(self.map, PreActivation):
            return getattr(self.part, kernel)(a[:, None])[:, 0]
        if self.map.domain is not None:
            a = np.clip(a, *self.map.domain)
        points = self.all.copy()
        points[self.run, self.place] = a
        return getattr(self.map, kernel)(points)[self.run, self.place]

    def orbit(self, a, l):
        """The points a, M(a) .. (N, l + 1, n), and (M^l)'(a)."""
        path, J = [a], np.broadcast_to(np.eye(a.shape[-1]), (*a.shape, a.shape[-1]))
        for _ in range(l):
            J = np.matmul(self("_jacobian", path[-1]), J)
            path.append(self("_step", path[-1]))
        return np.stack(path, axis=1), J


def _refine(map, starts, run, orbit, period):
    """Newton's method on ``M^l - id``: the orbits (N, longest, n), their least periods, and which of them are sound:
    they close, they are near, and their spectral radius is not above 1."""
    refined, least, sound = orbit.copy(), period.copy(), np.zeros(len(run), bool)
    for l in np.unique(period):
        here = np.flatnonzero(period == l)
        at = _Scattered(map, starts, run[here])
        start = a = orbit[here, 0]
        for _ in range(60):  # a simple root takes five; at a bifurcation the error falls by a third each time
            path, J = at.orbit(a, l)
            step = np.matmul(np.linalg.pinv(J - np.eye(map.n), rcond=1e-12), (a - path[:, -1])[..., None])[..., 0]
            step = np.where((_size(step) < 1)[:, None], step, 0)
            a = a + step
            if (_size(step) <= 1e-14 * (1 + _size(a))).all():
                break
        path, J = at.orbit(a, l)
        scale = 1 + _size(a)
        closes = _size(path[:, -1] - a) <= _SAME * scale
        near = _size(a - start) <= _NEAR * scale
        for d in range(l - 1, 0, -1):
            if l % d == 0:
                least[here[_size(path[:, d] - a) <= 10 * _SAME * scale]] = d
        refined[here, :l] = path[:, :l]
        sound[here] = closes & near & (spectral_radius(J) <= 1 + MARGIN)
    return refined, least, sound


def _collect(map, starts, longest, which, run, orbit, period):
    """Attractors, in order, from N different orbits sorted by run; `which` (R, S) numbers them from 0."""
    R, n, N = map.runs, map.n, len(run)
    orbit, radius, norm = orbit.copy(), np.zeros(N), np.zeros(N)
    for l in np.unique(period):
        here = np.flatnonzero(period == l)
        points = orbit[here, :l]
        first = np.lexsort(np.round(points, _DECIMALS).transpose(2, 0, 1)[::-1], axis=-1)[:, 0]
        points = np.take_along_axis(points, ((np.arange(l) + first[:, None]) % l)[..., None], axis=1)
        orbit[here, :l] = points
        at = _Scattered(map, starts, run[here])
        steps = [at("_jacobian", points[:, i]) for i in range(l)]
        for i in range(l):
            J = np.eye(n)
            for j in range(l):
                J = np.matmul(steps[(i + j) % l], J)
            norm[here] = np.maximum(norm[here], spectral_norm(J))
        radius[here] = spectral_radius(J)
    keys = np.round(orbit[:, 0], _DECIMALS).T[::-1]
    order = np.lexsort((*keys, period, run)) if N else np.zeros(0, int)
    run, orbit, period, radius, norm = run[order], orbit[order], period[order], radius[order], norm[order]
    place = np.arange(N) - np.searchsorted(run, run)
    count = np.bincount(run, minlength=R)
    K = max(1, count.max())

    def table(values, kind):
        out = np.ma.masked_all((R, K), kind)
        out.data[...] = 0
        out[run, place] = values
        return out

    orbits = np.ma.masked_all((R, K, longest, n))
    orbits.data[...] = 0
    for i in range(longest):
        has = period > i
        orbits[run[has], place[has], i] = orbit[has, i]
    number = np.full(N + 1, -1)  # the last one serves the starts without attractor
    number[order] = place
    label = number[which]
    return Attractors(orbits, table(period, int), count, table(radius, float), table(norm, float),
                      table(radius < 1 - MARGIN, bool), label, (label < 0).sum(1))
