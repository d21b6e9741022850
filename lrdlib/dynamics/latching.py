"""How much input a latched state bears at every step: a bound from below, and chance.

An attractor X holds a bit while inputs ``|u_t| <= b`` (Euclidean norm, every step) cannot carry the state of
``a_t = M(a_{t-1}) + u_t`` out of its basin. The largest such b lies between two numbers that can be
computed:

- below, the bound of theorem 3 (`bearable_input`): inside a ball of radius d on which ``|M'| <= lambda < 1``,
  inputs of size ``(1 - lambda) d`` never drive the state out of the ball;
- above, an opponent (`lrdlib.dynamics.breaking_input`) who knows the map, picks every input, and shows a sequence of
  them after which the state does not come back.

What inputs at random do (`share_lost`, `noise_borne`) is another matter: they push to all sides at once, and a
state outlives random inputs larger than the worst ones. All is in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_radius, unit
from lrdlib.dynamics.maps import Map

__all__ = ["Bearable", "bearable_input", "lost", "noise_borne", "share_lost"]

_RADII = 40  # tried at once on the way to the best radius of a ball, and again where the best one was
_NEAREST = 1e-12  # a ball that is smaller than this is none
_AT_REST = 1e-6  # how far a point that is said to be fixed may move, relative to 1 + |a|


@dataclass(frozen=True, eq=False)
class Bearable:
    """What theorem 3 promises to be borne, at B orbits of each of R systems.

    Attributes
    ----------
    bound : ndarray (R, B)
        ``(1 - rate) d``: inputs smaller than this never drive the state farther than d from the orbit. 0 where the norm
        is not below 1 on any ball.
    d : ndarray (R, B)
        The radius that gives the largest bound; 0 where that is 0.
    rate : ndarray (R, B)
        lambda, the largest ``|M'|`` on the balls of radius d round the orbit.
    """

    bound: np.ndarray
    d: np.ndarray
    rate: np.ndarray


def bearable_input(map, path, reach=10.0, rng=None):
    """The largest bound on the inputs that theorem 3 allows (TNN94, section IV, from memory).

    Let ``lambda(d)`` be the largest ``|M'|`` within d of the orbit. Inputs below ``(1 - lambda(d)) d`` keep the
    state within d of it. This takes the d for which that is most. It is a lower bound on what is borne, and zero for an
    attractor at which the operator norm is 1 or more, however firmly its eigenvalues hold it.

    Parameters
    ----------
    map : Map
    path : array_like (R or 1, B, n) or (R or 1, B, L, n)
        B fixed points, or B orbits of L successive states without input: once round a periodic orbit,
        or the path from a state that is on its way.
    reach : float
        The largest d to be tried, > 0; on a map that contracts everywhere the bound grows without end with it.
    rng : numpy.random.Generator, optional
        Needed for maps without exact bounds on their norm; then the result is an estimate.

    Returns
    -------
    Bearable

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, `path` is no orbit of the map, or the balls leave its domain.
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    path = _orbits(map, path)
    reach = check.real("reach", reach, 0, open_low=True)
    if rng is not None or not map.exact_bounds:
        rng = check.generator("rng", rng)
    R, (B, L) = map.runs, path.shape[1:3]
    low, high = np.zeros((R, B)), np.full((R, B), reach)
    best = Bearable(*np.zeros((2, R, B)), np.ones((R, B)))
    for _ in range(30):
        shares = np.linspace(0, 1, _RADII + 1)[1:]
        d = low[..., None] + shares * (high - low)[..., None]
        rate = _rates(map, path, d, rng)
        bound = (1 - rate) * d
        k = bound.argmax(-1)[..., None]
        pick = [np.take_along_axis(each, k, -1)[..., 0] for each in (bound, d, rate)]
        better = pick[0] > best.bound
        best = Bearable(*(np.where(better, new, old) for new, old in zip(pick, (best.bound, best.d, best.rate))))
        # The factor can only grow with d: where it is 1 no larger ball will do.
        step, beyond = (high - low) / _RADII, np.where(rate >= 1, d, np.inf).min(-1)
        found = best.bound > 0
        low = np.where(found, np.maximum(best.d - step, 0), 0)
        high = np.minimum(np.where(found, np.minimum(best.d + step, beyond), step), reach)
        if np.all(np.where(found, high - low <= 1e-4 * best.d, high < _NEAREST)):
            break
    none = best.bound <= 0
    if none.any():
        at = np.broadcast_to(_rates(map, path, np.zeros((R, B, 1)), rng)[..., 0], (R, B))
        best = Bearable(best.bound, best.d, np.where(none, at, best.rate))
    return best


def lost(map, a, states, settle=200):
    """Which states do not return to their attractor, without input.

    A state is lost if after `settle` steps it is not at a, and over the last quarter of them has not come nearer
    by a tenth: it rests, or goes round, somewhere else. One that leaves the map's domain, or for infinity, is lost too.
    A state in chaos may come nearer by chance, and is then taken for one that returns; a larger `settle` makes that rarer.

    Parameters
    ----------
    map : Map
    a : array_like (R or 1, B, n)
        Attracting fixed points.
    states : array_like (R or 1, B or 1, S, n)
        S states to be judged by each of them.
    settle : int
        Steps, >= 8; as many as let a pull a small deviation in by half within a quarter of them.

    Returns
    -------
    ndarray of bool (R, B, S)

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or a point of `a` not attracting, or not so fast.
    """
    a, settle = _attractors(map, a, settle)
    states = _states(map, "states", states, a.shape[1])
    return _lost(map, a, np.broadcast_to(states, (*a.shape[:2], *states.shape[2:])).copy(), settle)


def share_lost(map, a, bound, steps, rng, trials=200, noise="uniform", settle=200):
    """The share of states that random inputs of some bound have driven away for good after T steps.

    Parameters
    ----------
    map : Map
    a : array_like (R or 1, B, n)
        Attracting fixed points, at which all trials start.
    bound : float or array_like (R or 1, B)
        b >= 0.
    steps : int
        T.
    rng : numpy.random.Generator
        Gives the same inputs, scaled by the bound, for all systems and points.
    trials : int
    noise : {"uniform", "gaussian"}
        Independent at each step; uniform in the ball of radius b, or Gaussian of the same covariance,
        ``b^2 / (n + 2)`` for each component.
    settle : int
        As in `lost`.

    Returns
    -------
    ndarray (R, B)

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or a point of `a` not attracting.
    """
    a, settle = _attractors(map, a, settle)
    b = _bounds(map, "bound", bound, a.shape[1])
    u = _noise(rng, steps, trials, map.n, noise)
    return _random_loss(map, a, b, u, settle)


def noise_borne(map, a, steps, rng, share=0.25, trials=200, noise="uniform", reach=10.0, halvings=14, settle=200):
    """The bound of random inputs at which a share of the states is lost after T steps.

    Parameters
    ----------
    map : Map
    a : array_like (R or 1, B, n)
        Attracting fixed points.
    steps : int
        T.
    rng : numpy.random.Generator
    share : float
        Between 0 and 1, both excluded. Of two states that are each other's mirror image, no more than one half are
        ever lost, however large the inputs: some come back.
    trials : int
    noise : {"uniform", "gaussian"}
        As in `share_lost`.
    reach : float
        The largest bound to be tried, > 0.
    halvings : int
        Of the bracket from ``1e-6 reach`` to `reach`, on a logarithmic axis.
    settle : int

    Returns
    -------
    ndarray (R, B)
        A bound at which at least that share was lost, and just below which fewer were; inf if fewer are at `reach`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or a point of `a` not attracting.
    """
    a, settle = _attractors(map, a, settle)
    reach = check.real("reach", reach, 0, open_low=True)
    halvings = check.count("halvings", halvings)
    share = check.real("share", share, 0, 1, open_low=True, open_high=True)
    u = _noise(rng, steps, trials, map.n, noise)
    high = np.full(a.shape[:2], reach)
    low, none = 1e-6 * high, _random_loss(map, a, high, u, settle) < share
    for _ in range(halvings):
        b = np.sqrt(low * high)
        many = _random_loss(map, a, b, u, settle) >= share
        low, high = np.where(many, low, b), np.where(many, b, high)
    return np.where(none, np.inf, high)


def _lost(map, a, z, settle):
    """`lost`, for states (R, B, S, n); NaN stands for one that has left the domain already."""
    gone = np.isnan(z).any(-1)
    z = np.where(gone[..., None], a[:, :, None], z)
    quarter = settle // 4
    before = after = np.zeros(z.shape[:3])
    for t in range(settle):
        z, gone = _bounded(map, _images(map, z), a, gone)
        if t >= settle - 2 * quarter:
            off = np.linalg.norm(z - a[:, :, None], axis=-1)
            if t < settle - quarter:
                before = np.maximum(before, off)
            else:
                after = np.maximum(after, off)
    away = after > 1e-6 * (1 + np.linalg.norm(a, axis=-1))[..., None]
    return gone | (away & (after > 0.9 * before))


def _random_loss(map, a, b, u, settle):
    z = np.broadcast_to(a[:, :, None], (*a.shape[:2], *u.shape[1:]))
    gone = np.zeros(z.shape[:3], bool)
    for t in range(len(u)):
        z, gone = _bounded(map, _images(map, z) + b[..., None, None] * u[t], a, gone)
    return _lost(map, a, np.where(gone[..., None], np.nan, z), settle).mean(-1)


def _noise(rng, steps, trials, n, noise):
    rng, steps, trials = check.generator("rng", rng), check.count("steps", steps), check.count("trials", trials)
    u = rng.normal(size=(steps, trials, n))
    if check.choice("noise", noise, ("uniform", "gaussian")) == "gaussian":
        return u / np.sqrt(n + 2)
    return unit(u) * rng.uniform(size=(steps, trials, 1)) ** (1 / n)


def _images(map, z):
    """M of states (R, B, S, n)."""
    return map._step(z.reshape(len(z), -1, map.n)).reshape(z.shape)


def _bounded(map, z, a, gone):
    """States that leave the domain, or for infinity, are gone, and wait at a."""
    if map.bounded:
        return z, gone
    gone = gone | map._left(z)
    return np.where(gone[..., None], a[:, :, None], z), gone


# What a user gave.


def _rates(map, path, d, rng):
    """The largest norm within each d (R, B, K) of the orbits (R, B, L, n): (R, B, K)."""
    R, (B, L, n), K = map.runs, path.shape[1:], d.shape[2]
    centres = np.broadcast_to(path[:, :, :, None], (len(path), B, L, K, n)).reshape(len(path), -1, n)
    radii = np.broadcast_to(d[:, :, None], (R, B, L, K)).reshape(R, -1)
    if map.domain is not None:
        for side in (-1, 1):
            map._inside("reach", centres + side * radii[..., None])
    return map._norm_bounds(centres, radii, rng)[1].reshape(R, B, L, K).max(axis=2)


def _orbits(map, path):
    shapes = [("R|1", "B", map.n), ("R|1", "B", "L", map.n)]
    path = check.array("path", path, shapes)
    fixed = path.ndim == 3
    path = path[:, :, None] if fixed else path
    flat = map.points("path", path.reshape(len(path), -1, map.n)).reshape(path.shape)
    end = _images(map, np.broadcast_to(flat, (map.runs, *flat.shape[1:])))
    off = end - flat if fixed else (end[:, :, :-1] - flat[:, :, 1:])
    if (np.linalg.norm(off, axis=-1) > _AT_REST * (1 + np.abs(end).max())).any():
        raise ValueError(f"path must be {'fixed points' if fixed else 'orbits'} of the map, got others")
    return flat


def _attractors(map, a, settle):
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    a = np.asarray(map.points("a", a), float)
    a = np.broadcast_to(a, (map.runs, *a.shape[1:]))
    settle = check.count("settle", settle, 8)
    if (np.linalg.norm(map._step(a) - a, axis=-1) > _AT_REST * (1 + np.linalg.norm(a, axis=-1))).any():
        raise ValueError("a must be fixed points of the map, got others")
    rho = spectral_radius(map._jacobian(a))
    if (rho >= 1).any():
        raise ValueError(f"a must be attracting, got an eigenvalue of absolute value {rho.max():.6g}")
    if (rho ** (settle // 4) > 0.5).any():
        raise ValueError(f"settle must be larger for a point of a that attracts by a factor of {rho.max():.6g} a step, "
                         f"got {settle}")
    return a, settle


def _states(map, name, z, B):
    z = check.array(name, z, ("R|1", "B|1", "S", map.n))
    for axis, size, letter in ((0, map.runs, "R"), (1, B, "B")):
        if z.shape[axis] not in (1, size):
            raise ValueError(f"{name} must have 1 or {letter} = {size} on axis {axis}, got {z.shape[axis]}")
    map._inside(name, z)
    return z


def _bounds(map, name, value, B):
    b = check.array(name, value, [(), ("R|1", B)], low=0)
    if b.ndim and len(b) not in (1, map.runs):
        raise ValueError(f"{name} must have 1 or R = {map.runs} runs, got {len(b)}")
    return np.broadcast_to(b, (map.runs, B))
