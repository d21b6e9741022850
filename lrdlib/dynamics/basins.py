"""Basins of attraction and reduced attracting sets: where a system can go wrong, and where it holds.

TNN94, section IV (second-hand): the basin beta(X) of an attractor X holds the points that converge to X. The reduced
attracting set Gamma(X) holds those y of beta(X) for which, for every l >= 1, all eigenvalues of
``(M^l)'(y)`` are below 1 in absolute value. A system is robustly latched to X at t0 if ``a_{t0}`` lies in Gamma(X).

Eigenvalues below 1 do not make a matrix that is not normal shrink every vector. So there is a second reading
here, ours: the operator norm of ``(M^l)'(y)`` is below 1. It gives a subset of the first. Both depend on the
coordinates in which the map is given; the basin does not.
"""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm, spectral_radius
from lrdlib.dynamics._traps import traps
from lrdlib.dynamics.invariant import Attractors
from lrdlib.dynamics.maps import Map
from lrdlib.dynamics.pre_activation import PreActivation

__all__ = ["basins", "grid", "latched_from", "reduced_sets", "shares"]

_AT_ONCE = 2**15  # numbers of a block of states: what stays in the cache
_MOST_POINTS = 2**26  # of a grid
_CLOSES = 1e-6  # how well, relative to 1 + |a|, attractors must be orbits of the map


def basins(map, a, attractors, steps=1000, tolerance=1e-4):
    """The attractor to which each point goes: its label in beta(X).

    A point has arrived when it enters a neighbourhood of the attractor, of any point of its orbit. For a
    `PreActivation` of up to 6 units, without connections within the step, and a hyperbolic attractor, that is
    an ellipsoid on which the map provably contracts, so that the label is right but for rounding. For other
    maps it is what lies within the tolerance.

    Parameters
    ----------
    map : Map
    a : array_like (R or 1, B, n)
        In the coordinates of the map.
    attractors : Attractors
        Those of the map, from `lrdlib.dynamics.attractors`. A point that goes to another one is not labelled.
    steps : int
        The most steps that a point is followed.
    tolerance : float
        Relative to ``1 + |a|``.

    Returns
    -------
    int ndarray (R, B)
        The index of the attractor in `attractors`; -1 where none was reached.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, a point lies outside the map's domain, the attractors are not
        the map's, or the map returns NaN.

    Examples
    --------
    >>> from lrdlib.dynamics import PreActivation, attractors
    >>> neuron = PreActivation([[[2.0]]])
    >>> found = attractors(neuron, [[[-1.0], [1.0]]])
    >>> basins(neuron, [[[-3.0], [-0.1], [0.1], [0.0]]], found)
    array([[ 0,  0,  1, -1]])
    """
    a, trap = _checked(map, a, attractors, tolerance)
    steps = check.count("steps", steps)
    return _in_blocks(map, a, lambda part: _arrive(map, part, trap, steps))


def reduced_sets(map, a, attractors, horizon=100, sense="eigenvalues", multiples=False, steps=1000, tolerance=1e-4):
    """The attractor in whose reduced attracting set Gamma(X) each point lies.

    A point of beta(X) is in Gamma(X) if for ``l = 1, ..., horizon`` the product of Jacobians ``(M^l)'`` is below 1, in
    the sense asked for. A point is followed no further once it is certain, as in `basins`, that no longer
    product reaches 1: then the answer holds for every l.

    Of a cycle X itself, ``(M^l)'`` need not be below 1 until l is a multiple of the period. Read to the letter
    the definition then leaves X out of Gamma(X), although X in Gamma(X) in beta(X) is what TNN94 says; with
    `multiples` only the multiples of the period of X count.

    Parameters
    ----------
    map, a, attractors, steps, tolerance
        As for `basins`.
    horizon : int
        The longest l, >= 1.
    sense : {"eigenvalues", "norm"}
        Whether all eigenvalues of ``(M^l)'`` are to be below 1 in absolute value, as TNN94 has it, or its
        operator norm. The eigenvalues of a product are known to about 1e-16 of its norm at best.
    multiples : bool
        Whether only multiples of the period of X count, at least one of them.

    Returns
    -------
    int ndarray (R, B)
        The index of the attractor; -1 where a point lies in no reduced set.

    Raises
    ------
    TypeError, ValueError
        As for `basins`.

    Examples
    --------
    >>> from lrdlib.dynamics import PreActivation, attractors
    >>> neuron = PreActivation([[[2.0]]])
    >>> found = attractors(neuron, [[[-1.0], [1.0]]])
    >>> reduced_sets(neuron, [[[-3.0], [-0.1], [0.1], [0.9]]], found)
    array([[ 0, -1, -1,  1]])
    """
    a, trap = _checked(map, a, attractors, tolerance)
    steps, horizon = check.count("steps", steps), check.count("horizon", horizon)
    check.choice("sense", sense, ("eigenvalues", "norm"))
    if not isinstance(multiples, (bool, np.bool_)):
        raise TypeError(f"multiples must be True or False, got {multiples!r}")
    period = attractors.period.filled(1) if multiples else np.ones(trap.growth.shape, int)

    def reduce(part):
        label = _arrive(map, part, trap, steps)
        held = np.flatnonzero((label >= 0).any(0))
        if len(held):
            label[:, held] = _reduced(map, part[:, held], label[:, held], trap, horizon, sense, period)
        return label

    return _in_blocks(map, a, reduce)


def shares(label, K):
    """The share of the points that has each label: of a box's volume, if the points are its `grid`.

    Parameters
    ----------
    label : array_like of int (R, B)
        From `basins` or `reduced_sets`.
    K : int
        How many labels there are, from 0.

    Returns
    -------
    ndarray (R, K)
        The rest, to one, is unlabelled.

    Raises
    ------
    TypeError, ValueError
        If `label` holds no integers from -1 to K - 1.
    """
    K = check.count("K", K)
    label = check.array("label", label, ("R", "B"), dtype=int, low=-1, high=K - 1)
    return (label[:, :, None] == np.arange(K)).mean(1)


def grid(low, high, points):
    """The middles of the equal cells into which a box is cut, for pictures and for shares of volume.

    Parameters
    ----------
    low, high : array_like (n,)
        Corners of the box.
    points : int
        How many along each side.

    Returns
    -------
    ndarray (1, points ** n, n)
        The last coordinate runs fastest: ``values.reshape(points, points).T`` is a picture with the first to the right.

    Raises
    ------
    TypeError, ValueError
        If the corners are not finite, of one length, and ``low < high``, or the grid would hold more than 2^26 points.
    """
    low = check.array("low", low, ("n",))
    high = check.array("high", high, ("n",))
    if len(low) != len(high) or (low >= high).any():
        raise ValueError(f"low must be below high, number by number, got {low} and {high}")
    n = len(low)
    points = check.count("points", points, maximum=max(1, int(_MOST_POINTS ** (1 / n) + 1e-9)))
    middles = (np.arange(points) + 0.5) / points
    unit = np.stack(np.meshgrid(*[middles] * n, indexing="ij"), axis=-1).reshape(1, -1, n)
    return low + (high - low) * unit


def latched_from(map, path, attractors, horizon=100, sense="eigenvalues", multiples=False, steps=1000, tolerance=1e-4):
    """The step from which on trajectories are robustly latched (TNN94, section IV, definition 5, second-hand).

    Robustly latched at t0 to X means that ``a_{t0}`` lies in Gamma(X). Here: at t0 and at every later step of the path.

    Parameters
    ----------
    map : Map
    path : array_like (R or 1, B, T + 1, n)
        States ``a_0 .. a_T``, with whatever inputs drove them.
    attractors, horizon, sense, multiples, steps, tolerance
        As for `reduced_sets`.

    Returns
    -------
    t0 : int ndarray (R, B)
        The first such step; T + 1 if there is none, that is, if even ``a_T`` is not latched.
    label : int ndarray (R, B)
        The attractor; -1 if there is none.

    Raises
    ------
    TypeError, ValueError
        As for `reduced_sets`.
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    path = check.array("path", path, ("R|1", "B", "T + 1", map.n))
    runs, B, length, n = path.shape
    points = map.points("path", path.reshape(runs, B * length, n))
    label = reduced_sets(map, points, attractors, horizon, sense, multiples, steps, tolerance)
    label = label.reshape(map.runs, B, length)
    last = label[:, :, -1]
    wrong = (label != last[..., None]) | (label < 0)
    t0 = np.where(wrong.any(-1), length - wrong[..., ::-1].argmax(-1), 0)
    return t0, last


def _checked(map, a, attractors, tolerance):
    """The points (R, B, n), and the attractors' traps."""
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    a = map.points("a", a)
    check.instance("attractors", attractors, Attractors, "what lrdlib.dynamics.attractors returns")
    tolerance = check.real("tolerance", tolerance, low=1e-13, high=1e-2)
    R, K, longest, n = attractors.orbits.shape
    if (R, n) != (map.runs, map.n):
        raise ValueError(f"attractors must be of {map.runs} systems in {map.n} dimensions, got {R} in {n}")
    x, period = attractors.orbits.filled(0.0), attractors.period.filled(0)
    next_ = np.take_along_axis(
        x, ((np.arange(longest) + 1) % np.maximum(period, 1)[..., None])[..., None], axis=2).reshape(R, -1, n)
    exists = (np.arange(longest) < period[..., None]).reshape(R, -1)
    # Where there is no point, one that is there, or the user's, stands in.
    stand_in = np.broadcast_to(a, (R, *a.shape[1:]))[:, :1]
    x = np.where(exists[..., None], x.reshape(R, -1, n), stand_in)
    off = np.abs(map._step(x) - next_).max(-1) > _CLOSES * (1 + np.abs(x).max(-1))
    if (off & exists).any():
        raise ValueError(f"attractors must be those of the map, got others in run {np.argwhere(off & exists)[0, 0]}")
    return np.broadcast_to(a, (R, *a.shape[1:])).astype(float), traps(map, attractors, tolerance)


def _in_blocks(map, a, work):
    """`work` on blocks of the points, as large as the cache likes; (R, B)."""
    size = max(1, _AT_ONCE // (map.runs * map.n))
    return np.concatenate([work(a[:, i:i + size]) for i in range(0, a.shape[1], size)], axis=1)


def _next(map, a):
    """One step, and which states (R, B) have left: the domain, or for infinity. Those stay where they were."""
    new = map._step(a)
    if map.bounded:
        return new, None
    gone = map._left(new)
    return np.where(gone[..., None], a, new), gone


class _Going:
    """The runs and points of a block that are not yet decided; the others are not computed any more.

    Runs can be left out for a `PreActivation` only.
    """

    def __init__(self, map, trap, shape):
        self.map, self.trap = map, trap
        self.runs, self.columns = np.arange(shape[0]), np.arange(shape[1])

    @property
    def here(self):
        return self.runs[:, None], self.columns

    def drop(self, going, *arrays):
        """Keeps the rows and columns of `going` (r, b) in which something is True; and so in the arrays."""
        columns = going.any(0)
        rows = going.any(1) if isinstance(self.map, PreActivation) else np.ones(len(self.runs), bool)
        if columns.sum() > 0.9 * len(columns) and rows.sum() > 0.9 * len(rows):
            return arrays
        if not rows.all():
            self.runs, self.trap = self.runs[rows], self.trap.select(rows)
            if rows.any():
                self.map = self.map.select(np.flatnonzero(rows))
        self.columns = self.columns[columns]
        return [array[rows][:, columns] for array in arrays]


def _arrive(map, a, trap, steps):
    """The labels (R, B) of `basins`."""
    label = np.full(a.shape[:2], -1)
    nowhere = (trap.reach < 0).all((1, 2))  # systems without attractors
    gone = np.broadcast_to(nowhere[:, None], label.shape).copy()
    going = _Going(map, trap, label.shape)
    for t in range(steps + 1):
        if t < 8 or t % 4 == 0 or t == steps:
            label[going.here] = np.where(label[going.here] < 0, going.trap.label(a), label[going.here])
            (a,) = going.drop((label[going.here] < 0) & ~gone[going.here], a)
            if a.size == 0 or t == steps:
                break
        a, left = _next(going.map, a)
        if left is not None:
            gone[going.here] |= left
    return np.where(gone, -1, label)


def _reduced(map, a, label, trap, horizon, sense, period):
    """Of the labels (R, B) those whose points lie in the reduced set; the others become -1.

    The product is kept as P times exp(log): neither overflows.
    """
    label, open_ = label.copy(), label >= 0
    going = _Going(map, trap, label.shape)
    P, log = np.broadcast_to(np.eye(map.n), (*a.shape, map.n)), np.zeros(a.shape[:2])
    for l in range(1, horizon + int(period.max())):
        P = np.matmul(going.map._jacobian(a), P)
        a, _ = _next(going.map, a)
        largest = np.abs(P).max((-2, -1))
        P = P / np.where(largest > 0, largest, 1)[..., None, None]
        k = np.maximum(label[going.here], 0)
        period_, growth = period[going.here[0], k], going.trap.growth[np.arange(len(a))[:, None], k]
        with np.errstate(divide="ignore", invalid="ignore"):
            log = log + np.log(largest)
            norm = log + np.log(spectral_norm(P))
            size = norm if sense == "norm" else log + np.log(spectral_radius(P))
            certain = (norm + np.log(growth) < 0) & (going.trap.label(a) == k)
        due = np.maximum(horizon, period_)
        outside = open_[going.here] & (l % period_ == 0) & (l <= due) & (size >= 0)
        label[going.here] = np.where(outside, -1, label[going.here])
        open_[going.here] &= ~(outside | certain | (l >= due))
        a, P, log = going.drop(open_[going.here], a, P, log)
        if a.size == 0:
            break
    return label
