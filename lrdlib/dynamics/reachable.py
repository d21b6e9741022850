"""All states that bounded inputs can lead to, enclosed in cells of a grid: what a latched state is proved to bear.

In one or two dimensions. The bounds of `bearable_input` and `breaking_input` can lie far apart; this says which of
the two is nearer, at a cost that grows with the grid. All is in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics.maps import Map

__all__ = ["Reachable", "reachable"]


@dataclass(frozen=True, eq=False)
class Reachable:
    """Cells that hold every state that can be reached, and some more.

    Attributes
    ----------
    reached : ndarray of bool (cells,) * n
        ``reached[i, j]`` is the i-th cell along a_1 and the j-th along a_2.
    centres : ndarray (n, cells)
        Of the cells, along each coordinate.
    enclosed : bool
        Whether no state can leave the grid. If False, `reached` is what was reached until one could.
    exact : bool
        Whether the map has no domain and its bounds on its norm are exact, so that the cells leave nothing out.
    """

    reached: np.ndarray
    centres: np.ndarray
    enclosed: bool
    exact: bool

    def points(self):
        """The centres of the cells reached.

        Returns
        -------
        ndarray (P, n)
        """
        return np.stack([self.centres[k, where] for k, where in enumerate(np.nonzero(self.reached))], axis=-1)


def reachable(map, a, bound, low, high, cells=401, rng=None):
    """Where ``a_t = M(a_{t-1}) + u_t`` can be at any t, if every ``|u_t| <= bound``.

    A cell whose centre is c and whose half diagonal is h goes to within ``h sup |M'|`` of M(c), the supremum taken on
    the ball of radius h round c. So its successors lie in the cells whose centres are within
    ``bound + h sup |M'| + h`` of M(c). This is repeated until no new cell is reached. The finer the grid, the less is
    added to the true set; near an attractor that hardly attracts, coarse cells add up to far more. Where the map has a
    domain and the ball leaves it, ``|M'|`` is looked at on a smaller ball that does not.

    Parameters
    ----------
    map : Map
        One system, in one or two dimensions.
    a : array_like (1, B, n)
        Where the state may be to begin with, inside the grid.
    bound : float
        >= 0.
    low, high : float or array_like (n,)
        The corners of the grid, inside the map's domain.
    cells : int
        Along each coordinate, 2 to 10 000.
    rng : numpy.random.Generator, optional
        Needed for maps without exact bounds on their norm.

    Returns
    -------
    Reachable

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, the map holds several systems or has more than two dimensions, or the
        grid leaves the map's domain.

    Examples
    --------
    >>> from lrdlib.dynamics import PreActivation
    >>> found = reachable(PreActivation([[[2.0]]]), [[[1.915]]], bound=0.53, low=-3, high=3)
    >>> bool(found.points().min() > 0)
    True
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    if map.runs != 1 or map.n > 2:
        raise ValueError(f"map must be one system in one or two dimensions, got {map.runs} in {map.n}")
    a = np.asarray(map.points("a", a))[0]
    bound, cells = check.real("bound", bound, 0), check.count("cells", cells, 2, 10_000)
    low, high = (np.broadcast_to(check.array(k, v, [(), (map.n,)]), map.n).astype(float) for k, v in
                 (("low", low), ("high", high)))
    if (low >= high).any():
        raise ValueError(f"low must be below high, got {low} and {high}")
    for name, corner in (("low", low), ("high", high)):
        map.points(name, corner[None, None])
    if rng is not None or not map.exact_bounds:
        rng = check.generator("rng", rng)
    exact = map.exact_bounds and map.domain is None
    width = (high - low) / cells
    if (a < low).any() or (a > high).any():
        raise ValueError(f"a must lie inside the grid, from {low} to {high}, got {a}")
    centres = low[:, None] + (np.arange(cells) + 0.5) * width[:, None]
    half = float(np.linalg.norm(width)) / 2
    reached = np.zeros((cells,) * map.n, bool)
    fresh = np.unique(np.minimum((a - low) / width, cells - 1).astype(int), axis=0)
    while fresh.size:
        reached[tuple(fresh.T)] = True
        c = np.stack([centres[k, fresh[:, k]] for k in range(map.n)], axis=-1)
        image = map._step(c[None])[0]
        radius = bound + half * (1 + map._norm_bounds(c[None], _within_domain(map, c, half)[None], rng)[1][0])
        if ((image - radius[:, None] < low) | (image + radius[:, None] > high)).any():
            return Reachable(reached, centres, False, exact)
        fresh = np.argwhere(_discs(image, radius, low, width, cells) & ~reached)
    return Reachable(reached, centres, True, exact)


def _within_domain(map, c, radius):
    """For each of these points, this radius, or the largest whose ball round it (in coordinates) is in the domain."""
    if map.domain is None:
        return np.full(len(c), radius)
    low, high = map.domain
    room = np.minimum(c - low, high - c).min(axis=-1)
    return np.minimum(radius, room * (1 - 4 * np.finfo(float).eps))


def _discs(centre, radius, low, width, cells):
    """The cells whose centres lie in one of these discs (or intervals), all inside the grid."""
    n = len(low)
    place = (centre - low) / width - 0.5  # in cells: the centre of the i-th is at i
    r = radius / width[-1]
    if n == 1:
        rows, spans, where = np.zeros(len(place), int), r, place[:, 0]
    else:
        most = int(np.ceil((radius / width[0]).max())) + 1
        rows = np.rint(place[:, :1]).astype(int) + np.arange(-most, most + 1)
        off = (rows - place[:, :1]) * width[0]
        inside = np.abs(off) <= radius[:, None]
        spans = np.sqrt(np.maximum(radius[:, None] ** 2 - off**2, 0))[inside] / width[1]
        rows, where = rows[inside], np.broadcast_to(place[:, 1:], off.shape)[inside]
    first = np.ceil(where - spans).astype(int)
    last = np.floor(where + spans).astype(int)
    some = last >= first
    shape = (cells if n == 2 else 1, cells + 1)
    size = shape[0] * shape[1]
    change = np.bincount(rows[some] * shape[1] + first[some], minlength=size)
    change = change - np.bincount(rows[some] * shape[1] + last[some] + 1, minlength=size)
    return (np.cumsum(change.reshape(shape), axis=1)[:, :-1] > 0).reshape((cells,) * n)
