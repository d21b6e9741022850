"""All periodic points of a map in a box, those that repel too; for networks with proof that none is missed.

A point of period l solves ``a = M^l(a)``. For ``M(a) = W f(a) + c`` the box is cut up until interval arithmetic
shows for each piece that it holds none, or exactly one. For other maps Newton's method is started at many random
points, and the list may lack some. All is in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._boxes import Boxes
from lrdlib.dynamics.invariant import MARGIN, distinct
from lrdlib.dynamics.maps import _ESCAPED, Map
from lrdlib.dynamics.pre_activation import PreActivation

__all__ = ["PeriodicPoints", "periodic_points", "trapping_box"]

_AT_ONCE = 20_000  # boxes in one round
_SMALLEST = 1e-9  # side, relative to 1 + |a|, below which a box is cut no further
_CUT = 0.4871  # where a side is cut: not in the middle, where symmetric maps have their points
_SAME = 1e-9  # relative to 1 + |a|: nearer points are one, unless boxes prove otherwise
_NEWTON = 40
_FARTHEST = 1e100  # corner of a box: beyond, sides and products overflow
_EDGE = 1e-12  # relative to 1 + |a|: what rounding may add to the edge of a domain


@dataclass(frozen=True, eq=False)
class PeriodicPoints:
    """The points with ``a = M^l(a)``, l the period asked for; in rising order, coordinate by coordinate.

    Attributes
    ----------
    points : masked ndarray (R, K, n)
    period : masked int ndarray (R, K)
        Least period, a divisor of l.
    count : int ndarray (R,)
        How many points there are.
    eigenvalues : masked complex ndarray (R, K, n)
        Those of ``(M^l)'`` at the point.
    hyperbolic : masked ndarray of bool (R, K)
        Whether no eigenvalue lies within 1e-6 of the unit circle.
    attracting : masked ndarray of bool (R, K)
        Whether all eigenvalues are below 1 - 1e-6 in absolute value.
    index : masked int ndarray (R, K)
        The sign of ``det(I - (M^l)')``; 0 where an eigenvalue is within 1e-6 of 1.
        For a map into a box, the sum over all points in it is +1, if none is 0 (Brouwer's degree).
    proved : ndarray of bool (R,)
        Whether it is proved, as far as bounds in floating point are a proof, that these points are there, and all.
    unresolved : int ndarray (R,)
        How many small boxes could be shown neither to hold a point nor to hold none: near a bifurcation, or because the
        budget of boxes was spent. 0 if `proved`; for maps without proof, 0 too.
    """

    points: np.ma.MaskedArray
    period: np.ma.MaskedArray
    count: np.ndarray
    eigenvalues: np.ma.MaskedArray
    hyperbolic: np.ma.MaskedArray
    attracting: np.ma.MaskedArray
    index: np.ma.MaskedArray
    proved: np.ndarray
    unresolved: np.ndarray


def periodic_points(map, low, high, period=1, rng=None, starts=512, boxes=20_000):
    """All points of this period, or of one that divides it, in a box.

    Parameters
    ----------
    map : Map
        R systems. A `PreActivation` without connections within the step is searched by branch and bound with
        Krawczyk's test, in up to three dimensions fast, in five slowly. Any other map is searched by Newton's method,
        which drops a start when it comes to a state whose orbit leaves the map's domain, or goes beyond 1e30, within
        l steps.
    low, high : float or array_like (R or 1, n)
        The box, in the coordinates a, within 1e100 of 0. A point within about 1e-12 of its edge is in it.
    period : int
        l >= 1.
    rng : numpy.random.Generator, optional
        Where Newton's starts come from; needed for maps that have no interval arithmetic.
    starts : int
        How many of them.
    boxes : int
        The most boxes that are looked at for each system.

    Returns
    -------
    PeriodicPoints

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, the box leaves the map's domain, or the map returns NaN.

    Examples
    --------
    >>> from lrdlib.dynamics import PreActivation
    >>> found = periodic_points(PreActivation([[[2.0]]]), -3, 3)
    >>> found.points[0, :, 0].round(4).tolist(), found.index[0].tolist(), bool(found.proved[0])
    ([-1.915, 0.0, 1.915], [1, -1, 1], True)
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    low, high = (_side(map, name, side) for name, side in (("low", low), ("high", high)))
    if (low >= high).any():
        raise ValueError("high must be above low in every coordinate, got a box without width")
    l, starts, boxes = check.count("period", period), check.count("starts", starts), check.count("boxes", boxes)
    if isinstance(map, PreActivation) and map.V is None:
        if rng is not None:
            check.generator("rng", rng)
        run, a, unresolved = _search(map, low, high, l, boxes)
        return _table(map, low, run, a, l, unresolved == 0, unresolved)
    start = check.generator("rng", rng).uniform(low[:, None], high[:, None], (map.runs, starts, map.n))
    a, closes = _newton(map, start, l, low[:, None], high[:, None])
    run, place = np.nonzero(closes)
    a = a[run, place]
    _, kept = distinct(run, a[:, None], np.ones(len(run), int), 1e-6)
    return _table(map, start[:, 0], run[kept], a[kept], l, np.zeros(map.runs, bool), np.zeros(map.runs, int))


def trapping_box(map):
    """A box into which the map sends every state at once: it holds all fixed points and cycles.

    For tanh ``|a_i - c_i| <= sum_j |W_ij|`` (and the same sum over V, if there are connections within the step), for
    logistic units ``f`` lies between 0 and 1.

    Parameters
    ----------
    map : PreActivation
        With a bounded activation.

    Returns
    -------
    low, high : ndarray (R, n)

    Raises
    ------
    TypeError, ValueError
        If the map is no `PreActivation`, or linear.
    """
    check.instance("map", map, PreActivation, "a lrdlib.dynamics.PreActivation")
    if map.activation == "linear":
        raise ValueError("map must have a bounded activation, got a linear one")
    least = -1 if map.activation == "tanh" else 0
    low = high = np.broadcast_to(map.c, (map.runs, map.n))
    for A in (map.W, map.V):
        if A is not None:
            up, down = np.maximum(A, 0).sum(-1), np.minimum(A, 0).sum(-1)
            low, high = low + down + least * up, high + up + least * down
    slack = 1e-12 * (1 + np.maximum(np.abs(low), np.abs(high)))
    return low - slack, high + slack


def _side(map, name, side):
    side = check.array(name, side, [(), (map.n,), ("R|1", map.n)], low=-_FARTHEST, high=_FARTHEST)
    if side.ndim == 2 and len(side) not in (1, map.runs):
        raise ValueError(f"{name} must have 1 or R = {map.runs} runs, got {len(side)}")
    side = np.broadcast_to(side, (map.runs, map.n)).astype(float)
    map.points(name, side[:, None])
    return side


def _search(map, low, high, l, most):
    """Branch and bound: the systems and points (N,), (N, n) proved, and the boxes left open (R,)."""
    first_low, first_high = low, high
    stack = [(np.arange(map.runs), low, high)]
    spent, open_, found = np.zeros(map.runs, int), np.zeros(map.runs, int), []
    while stack:
        run, low, high = stack.pop()
        if len(run) > _AT_ONCE:
            stack.append(tuple(part[:-_AT_ONCE] for part in (run, low, high)))
            run, low, high = (part[-_AT_ONCE:] for part in (run, low, high))
        np.add.at(spent, run, 1)
        over = spent[run] > most
        np.add.at(open_, run[over], 1)
        run, low, high = run[~over], low[~over], high[~over]
        run, low, high = _shrunk(map, run, low, high, l)
        if len(run) == 0:
            continue
        # Looked at a little larger, so that a point on a cut does not escape the test
        margin = 0.05 * (high - low) + 1e-12 * (1 + np.abs(low) + np.abs(high))
        wide_low, wide_high = low - margin, high + margin
        with np.errstate(over="ignore", invalid="ignore"):
            k_low, k_high, weight = Boxes(map, run, l).krawczyk(wide_low, wide_high)
        one = ((k_low > wide_low) & (k_high < wide_high)).all(1)
        if one.any():
            a, closes = _polished(map, run[one], k_low[one], k_high[one], l)
            one[one] = closes  # where Newton's method fails in so large a box, cutting goes on
            found.append((run[one], a[closes], wide_low[one], wide_high[one]))
        low, high = np.fmax(low, k_low), np.fmin(high, k_high)  # bounds that overflowed to NaN cut nothing off
        left = ~one & (low <= high).all(1)
        run, low, high, weight = run[left], low[left], high[left], weight[left]
        side = (high - low) / (1 + np.maximum(np.abs(low), np.abs(high)))
        small = (side <= _SMALLEST).all(1)
        np.add.at(open_, run[small], 1)
        run, low, high, weight, side = (part[~small] for part in (run, low, high, weight, side))
        if len(run):
            each = np.arange(len(run))
            axis = np.where(side > _SMALLEST, weight, -1).argmax(1)
            cut = low[each, axis] + _CUT * (high[each, axis] - low[each, axis])
            left_high, right_low = high.copy(), low.copy()
            left_high[each, axis] = right_low[each, axis] = cut
            stack.append((np.concatenate([run, run]), np.concatenate([low, right_low]),
                          np.concatenate([left_high, high])))
    if not found:
        return np.zeros(0, int), np.zeros((0, map.n)), open_
    run, a, low, high = (np.concatenate(part) for part in zip(*found))
    slack = 1e-12 * (1 + np.abs(a))
    inside = ((a >= first_low[run] - slack) & (a <= first_high[run] + slack)).all(1)
    run, a, low, high = run[inside], a[inside], low[inside], high[inside]
    kept = _once(run, a, low, high)
    return run[kept], a[kept], open_


def _shrunk(map, run, low, high, l, times=3):
    """The boxes cut down to what M^l(box) leaves of them; those that it leaves nothing of are gone."""
    for _ in range(times):
        with np.errstate(over="ignore", invalid="ignore"):
            image = Boxes(map, run, l).image(low, high)
        low, high = np.fmax(low, image[0]), np.fmin(high, image[1])
        some = (low <= high).all(1)
        run, low, high = run[some], low[some], high[some]
    return run, low, high


def _polished(map, run, low, high, l):
    """The one point in each box, by Newton's method within it; and whether that came to a zero."""
    a, closes = _newton(map.select(run), ((low + high) / 2)[:, None], l, low[:, None], high[:, None])
    return a[:, 0], closes[:, 0]


def _once(run, a, low, high):
    """Which points to keep, so that each is there once: two are the same if one lies in the box in which the other
    is proved to be alone."""
    order = np.lexsort((*a.T[::-1], run))
    kept = []
    last = {}
    for i in order:
        near = [j for j in last.get(run[i], []) if ((a[i] >= low[j]) & (a[i] <= high[j])).all()
                or ((a[j] >= low[i]) & (a[j] <= high[i])).all()]
        if not near:
            kept.append(i)
            last.setdefault(run[i], []).append(i)
    return np.array(kept, int)


def _newton(map, a, l, low, high):
    """Newton's method on ``a - M^l(a)`` within the box, from points (R, B, n), and where it has come to a zero."""
    eye, dropped = np.eye(map.n), np.zeros(a.shape[:-1], bool)
    reach = (high - low).max(-1)[..., None]
    for _ in range(_NEWTON):
        at, J, gone = _power(map, a, l)
        dropped |= gone
        A = eye - J
        flat = np.linalg.slogdet(A)[1] <= np.log(1e-14)
        step = np.linalg.solve(np.where(flat[..., None, None], eye, A), (at - a)[..., None])[..., 0]
        step = step * (reach / np.maximum(np.abs(step).max(-1, keepdims=True), reach))
        new = np.where(dropped[..., None], a, np.clip(a + step, low, high))
        moved = np.abs(new - a).max(-1) > 4e-16 * (1 + np.abs(a).max(-1))
        a = new
        if not moved.any():
            break
    at, _, gone = _power(map, a, l)
    return a, ~(dropped | gone) & (np.abs(at - a).max(-1) <= _SAME * (1 + np.abs(a).max(-1)))


def _power(map, a, l):
    """M^l(a), (M^l)'(a), and whether the orbit of a is gone: then these are a and 0."""
    start, J, gone = a, np.broadcast_to(np.eye(map.n), (*a.shape, map.n)), np.zeros(a.shape[:-1], bool)
    for _ in range(l):
        D = map._jacobian(a)
        with np.errstate(over="ignore", invalid="ignore"):
            J = np.matmul(D, J)
        a, left = _next(map, a)
        gone = gone | left | ~np.isfinite(J).all((-2, -1))
        a = np.where(gone[..., None], start, a)
        J = np.where(gone[..., None, None], 0, J)
    return a, J, gone


def _next(map, a):
    """M(a), and whether that is outside the map's domain or beyond all bounds: then a is given back."""
    with np.errstate(over="ignore"):
        new = map._step(a)
    farthest = np.finfo(float).max if isinstance(map, PreActivation) else _ESCAPED
    gone = ~(np.abs(new) <= farthest).all(-1)
    if map.domain is not None:
        inside = np.clip(new, *map.domain)
        gone |= (np.abs(new - inside) > _EDGE * (1 + np.abs(new))).any(-1)
        new = inside
    return np.where(gone[..., None], a, new), gone


def _table(map, anywhere, run, a, l, proved, unresolved):
    """PeriodicPoints, in order; `anywhere` (R, n) are states at which the map has values."""
    order = np.lexsort((*np.round(a, 6).T[::-1], run))
    run, a = run[order], a[order]
    count = np.bincount(run, minlength=map.runs)
    K = max(1, count.max())
    place = np.arange(len(run)) - np.searchsorted(run, run)
    mask = np.arange(K) >= count[:, None]
    points = np.zeros((map.runs, K, map.n))
    points[run, place] = a
    filled = np.where(mask[..., None], anywhere[:, None], points)
    at, least = filled, np.full((map.runs, K), l)
    for d in range(1, l):
        at, _ = _next(map, at)
        if l % d == 0:
            closes = np.abs(at - filled).max(-1) <= 10 * _SAME * (1 + np.abs(filled).max(-1))
            least = np.where(closes, np.minimum(least, d), least)
    _, J, _ = _power(map, filled, l)
    eigenvalues = np.linalg.eigvals(J).astype(complex)
    size = np.abs(eigenvalues)
    degenerate = (np.abs(eigenvalues - 1) <= MARGIN).any(-1)
    index = np.where(degenerate, 0, np.linalg.slogdet(np.eye(map.n) - J)[0]).astype(int)

    def table(values):
        hidden = mask if values.ndim == 2 else np.repeat(mask[..., None], map.n, axis=-1)
        return np.ma.MaskedArray(np.where(hidden, np.zeros((), values.dtype), values), hidden)

    return PeriodicPoints(table(points), table(least), count, table(eigenvalues),
                          table((np.abs(size - 1) > MARGIN).all(-1)), table((size < 1 - MARGIN).all(-1)),
                          table(index), proved, unresolved)
