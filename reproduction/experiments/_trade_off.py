"""Robustness of a bit beside the gradient that comes back from it, by several definitions of each.

A network's bit is a pair of attracting fixed points. What is measured is in the pre-activation a; robustness in
its units, or as a share of a length; gradients over T steps. A pair is as robust as its weaker state, and
its gradient is that of the state with the larger one: the reading most favourable to a corner that is not empty.
"""

from __future__ import annotations

import numpy as np

from lrdlib import dynamics
from lrdlib.dynamics._matrices import spectral_norm, spectral_radius

__all__ = ["GRADIENTS", "PAIRS", "ROBUSTNESS", "SLOWEST", "measure", "pairs_of_states", "proved"]

#: How much is borne. "theorem 3": its lower bound b; "theorem 3 / d": the same over the radius d of its ball.
#: "opponent": the upper bound b found; "opponent / distance": over half the distance between the two states.
#: "chance": uniform random inputs with which a quarter is lost.
ROBUSTNESS = ("theorem 3 / d", "theorem 3", "opponent", "opponent / distance", "chance")

#: What comes back from T steps later. "state": the operator norm of da_T/da_0; "bit": the norm of its row along the
#: direction between the two states. At rest; under noise of half the opponent's bound, the mean of the paths and
#: their median; held: the largest that was found, on these paths and on those that a constant input of 0.9 of the
#: opponent's bound holds away from the attractor.
GRADIENTS = ("state, at rest", "state, noise, median", "state, noise", "state, held",
             "bit, at rest", "bit, noise, median", "bit, noise", "bit, held")

#: The pairs of definitions that are looked at, by place in the two lists.
PAIRS = tuple((i, j) for i in range(len(ROBUSTNESS)) for j in range(len(GRADIENTS)))

#: Attractors with a larger spectral radius are left out: whether a state returns to them takes too long to see.
SLOWEST = 0.998

_LEAST = 1e-300


def pairs_of_states(map, starts, symmetric):
    """The two attracting fixed points that lie farthest apart, of each system that has two.

    Parameters
    ----------
    map : PreActivation
    starts : ndarray (R or 1, S, n)
    symmetric : bool
        Whether M(-a) = -M(a): then the mirror image of an attractor is one.

    Returns
    -------
    which : ndarray of int (r,)
        The systems that have such a pair, both states with a spectral radius of at most `SLOWEST`.
    a : ndarray (r, 2, n)
    slow : int
        How many systems had two attracting fixed points, but slower ones.
    """
    starts = np.broadcast_to(starts, (map.runs, *starts.shape[1:]))
    starts = np.concatenate([starts, -starts], axis=1) if symmetric else starts
    found = dynamics.attractors(map, starts, steps=300, longest=1)
    points, radius = found.orbits.filled(np.nan)[:, :, 0], found.radius.filled(np.inf)
    fast = radius <= SLOWEST
    chosen = np.where(fast[..., None], points, np.nan)
    apart = np.linalg.norm(chosen[:, :, None] - chosen[:, None], axis=-1)
    K = apart.shape[1]
    best = np.nan_to_num(apart, nan=-1).reshape(len(apart), -1).argmax(1)
    which = np.flatnonzero(fast.sum(1) >= 2)
    i, j = best[which] // K, best[which] % K
    slow = np.sum((found.count >= 2) & (fast.sum(1) < 2))
    return which, np.stack([points[which, i], points[which, j]], axis=1), int(slow)


def measure(map, a, symmetric, rng, config, chance=0):
    """Robustness and gradients of R bits, by each definition, and what goes with them.

    Parameters
    ----------
    map : Map
        R systems.
    a : ndarray (R, 2, n)
        The two states of each.
    symmetric : bool
        Whether the two are mirror images, so that one will do.
    rng : Generator
    config : dict
    chance : int
        For the first how many systems random inputs are tried; nan for the others.

    Returns
    -------
    dict of ndarray
        ``robustness`` (R, 5) and ``gradients`` (R, 8), as listed above; ``states`` (R, 3): of the state that by theorem 3
        is the weaker, lambda, d and the spectral radius; ``excess`` (R,): the largest log of a product's norm over what
        theorems 3 and 4 allow it, at rest and on paths within theorem 3's bound.
    """
    T, n = config["T"], map.n
    v = a[:, 0] - a[:, 1]
    half = np.linalg.norm(v, axis=-1, keepdims=True) / 2
    v, other = v / (2 * half), a[:, ::-1]
    if symmetric:
        a, other = a[:, :1], other[:, :1]
    half = np.broadcast_to(half, a.shape[:2])
    J = map.jacobian(a)
    low = dynamics.bearable_input(map, a, reach=float(4 * half.max()), rng=None if map.exact_bounds else rng)
    settle = _settle(spectral_radius(J), config["settle"])
    high, borne = np.empty(a.shape[:2]), np.full(a.shape[:2], np.nan)
    for s, runs in settle.items():
        some = _select(map, runs)
        towards = np.stack([other[runs], 0.5 * (a + other)[runs]], axis=2)
        high[runs] = dynamics.breaking_input(
            some, a[runs], rng, towards, np.minimum(low.bound[runs], half[runs]), 2 * half[runs], config["push"], s,
            config["directions"], config["halvings"], config["rounds"]).bound
        runs = runs[runs < chance]
        if runs.size:
            borne[runs] = dynamics.noise_borne(
                _select(map, runs), a[runs], T, rng, trials=config["trials"], reach=float(8 * half.max()),
                halvings=config["chance_halvings"], settle=s)
    robust = [low.bound / np.where(low.d > 0, low.d, 1), low.bound, high, high / half, borne]
    rest = _norms(np.linalg.matrix_power(J, T), v[:, None])
    noise = _paths(map, a, v, 0.5 * np.where(np.isfinite(high), high, 0), rng, config["paths"], T)
    held = _held(map, a, other, v, 0.9 * np.where(np.isfinite(high), high, 0), config)
    inside = _paths(map, a, v, low.bound, rng, 4, T)[0]
    # Theorems 3 and 4: all these products are at most lambda^T, which is (1 - b/d)^T.
    allowed = T * np.log(np.maximum(low.rate, _LEAST))
    seen = np.maximum(rest[0], inside.max(-1))  # below that the product underflows: nothing exceeds
    excess = np.where((low.bound > 0) & (seen > _LEAST), np.log(np.maximum(seen, _LEAST)) - allowed, -np.inf).max(1)
    gradients = []
    for k in range(2):  # of the state, of the bit
        noisy = noise[k]
        gradients += [rest[k], np.median(noisy, -1), noisy.mean(-1), np.maximum(noisy.max(-1), held[k])]
    weaker = low.bound.argmin(1)[:, None]
    states = [np.take_along_axis(each, weaker, 1)[:, 0] for each in (low.rate, low.d, spectral_radius(J))]
    return {"robustness": np.stack(robust, -1).min(1), "gradients": np.stack(gradients, -1).max(1),
            "states": np.stack(states, -1), "excess": excess}


def proved(W, a, bound, cells=(401, 1201, 2401)):
    """Whether it is proved on a grid that inputs up to this bound never drive a network of two units out of a basin.

    Proved up to two things: rounding, and that a cell of the grid belongs to the basin if its centre does.
    """
    map = dynamics.PreActivation(W[None])
    box = np.abs(W).sum(1).max() + bound + 0.1
    (settle,) = _settle(spectral_radius(map.jacobian(a[None, None])), 80)
    for number in cells:
        found = dynamics.reachable(map, a[None, None], bound, -box, box, number)
        points = found.points()[None, None]
        few = points[:, :, :: max(1, points.shape[2] // 2000)]  # most failures show at once
        if found.enclosed and not any(dynamics.lost(map, a[None, None], z, settle).any() for z in (few, points)):
            return True
    return False


def _norms(P, v):
    """Operator norm of the products P (..., n, n), and norm of their row along v."""
    return spectral_norm(P), np.linalg.norm(np.matmul(v[..., None, :], P)[..., 0, :], axis=-1)


def _paths(map, a, v, bound, rng, paths, T):
    """Both norms of da_T/da_0 on random paths from a under inputs uniform in a ball, each (R, B, paths)."""
    R, B, n = a.shape
    u = rng.normal(size=(T, paths, n))
    u *= rng.uniform(size=(T, paths, 1)) ** (1 / n) / np.linalg.norm(u, axis=-1, keepdims=True)
    z = np.broadcast_to(a[:, :, None], (R, B, paths, n))
    P = np.broadcast_to(np.eye(n), (R, B, paths, n, n))
    for t in range(T):
        z, P = _along(map, z, P, bound[..., None, None] * u[t])
    return _norms(P, v[:, None, None])


def _held(map, a, other, v, bound, config):
    """The largest norms on paths that a constant input holds away from a, each (R, B); lost paths do not count."""
    n = map.n
    J = map.jacobian(a)
    ahead = (other - a) / np.linalg.norm(other - a, axis=-1, keepdims=True)
    pushed = np.linalg.solve(np.eye(n) - J.swapaxes(-1, -2), ahead[..., None])[..., 0]
    pushed /= np.linalg.norm(pushed, axis=-1, keepdims=True)
    axes = np.concatenate([np.eye(n), -np.eye(n)])
    e = np.concatenate([np.broadcast_to(axes, (*a.shape[:2], 2 * n, n)), ahead[:, :, None], pushed[:, :, None]], axis=2)
    u = bound[..., None, None] * e
    z = np.broadcast_to(a[:, :, None], e.shape)
    for _ in range(config["push"]):
        z = map(z.reshape(len(z), -1, n)).reshape(z.shape) + u
    P = np.broadcast_to(np.eye(n), (*e.shape, n))
    start = z
    for _ in range(config["T"]):
        z, P = _along(map, z, P, u)
    kept = np.linalg.norm(z - start, axis=-1) < 0.05 * np.linalg.norm(other - a, axis=-1)[..., None]
    for _ in range(config["push"]):
        z = map(z.reshape(len(z), -1, n)).reshape(z.shape)
    kept &= np.linalg.norm(z - a[:, :, None], axis=-1) < 0.5 * np.linalg.norm(other - a, axis=-1)[..., None]
    return [np.where(kept, norm, 0).max(-1) for norm in _norms(P, v[:, None, None])]


def _along(map, z, P, u):
    """One step of states (R, B, K, n) and of the products (R, B, K, n, n) along them."""
    flat = z.reshape(len(z), -1, map.n)
    P = np.matmul(map.jacobian(flat).reshape(P.shape), P)
    return map(flat).reshape(z.shape) + u, P


def _settle(radius, least):
    """For how many steps a return is waited for, and the systems that need it: most need few."""
    radius = radius.max(1)
    few = 4 * int(np.ceil(np.log(2) / -np.log(SLOWEST)))
    quick = radius ** (least // 4) <= 0.5
    return {s: np.flatnonzero(which) for s, which in ((least, quick), (few, ~quick)) if which.any()}


def _select(map, runs):
    return map.select(runs) if map.runs > 1 else map
