"""Theorems 1 to 4 of TNN94, section IV, as checks: does a system meet the hypothesis, does the conclusion hold?

Each check takes R systems and B points of each, tests the hypothesis with bounds on the operator norm
``|M'|``, and *measures* the conclusion on simulated states: distances between images, deviations under inputs,
the derivative of a whole trajectory by the complex step. So a check can fail, and what it finds where the
hypothesis does not hold says what the hypothesis is good for. All is in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import spectral_norm, unit, unit_ball
from lrdlib.dynamics.maps import Map

__all__ = ["Check", "theorem_1", "theorem_2", "theorem_3", "theorem_4"]

_EPS = np.finfo(float).eps
_STEP = 1e-100  # of the complex step
_STRETCH = 2.0**200  # by which it is stretched, or shrunk, on the way
_LADDER = 10.0 ** -np.arange(0, 6)  # how far from the centre witnesses are looked for, in radii


@dataclass(frozen=True, eq=False)
class Check:
    """What was found, for R systems at B points each.

    Attributes
    ----------
    hypothesis : ndarray of bool (R, B)
        Whether the theorem's hypothesis holds.
    conclusion : ndarray of bool (R, B)
        Whether its conclusion was seen to hold; looked at whether or not the hypothesis does.
    measured : ndarray (R, B)
        The number that the conclusion is about.
    bound : ndarray (R, B)
        What the theorem's proof allows for it.
    exact : bool
        Whether the hypothesis was tested by bounds that hold on the whole set, or at sampled points.
    """

    hypothesis: np.ndarray
    conclusion: np.ndarray
    measured: np.ndarray
    bound: np.ndarray
    exact: bool

    @property
    def violated(self):
        """Where the hypothesis holds and the conclusion does not, (R, B) of bool."""
        return self.hypothesis & ~self.conclusion

    @property
    def tightness(self):
        """How near the conclusion comes to what the proof allows, (R, B): 1 where the theorem cannot be bettered."""
        low, high = np.minimum(self.measured, self.bound), np.maximum(self.measured, self.bound)
        return np.where(high > 0, low / np.where(high > 0, high, 1), 1.0)


def theorem_1(map, x, radius, rng, directions=16):
    """Theorem 1: where the map's Jacobian is larger than 1, something moves away.

    *Hypothesis:* ``|M'(z)| > 1`` on an open ball round x. *Conclusion:* some y in the ball has
    ``|M(x) - M(y)| > |x - y|``. It speaks of one step, and of some y, not of all (confirmed in the paper's
    NIPS sibling).

    Parameters
    ----------
    map : Map
    x : array_like (R or 1, B, n)
        Centres.
    radius : float or array_like (R or 1, B)
        Of the balls, > 0.
    rng : numpy.random.Generator
    directions : int
        In how many random directions y is looked for, beside the one that the Jacobian at x stretches most.

    Returns
    -------
    Check
        ``measured`` is the greatest ``|M(x) - M(y)| / |x - y|`` that was found, reduced by what rounding may
        have added; ``bound`` the least norm on the ball.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or a ball leaves the map's domain.
    """
    x, r, rng = _balls(map, "x", x, radius, rng)
    low, _ = map._norm_bounds(x, r, rng)
    around = rng.normal(size=(map.runs, x.shape[1], check.count("directions", directions), map.n))
    v = np.concatenate([_most_stretched(map, x), around], axis=2)
    v /= np.linalg.norm(v, axis=-1, keepdims=True)
    v = np.concatenate([v, -v], axis=2)
    y = x[:, :, None, None] + (0.999 * r[..., None] * _LADDER)[..., None, None] * v[:, :, None]
    grown = _ratio(map, np.broadcast_to(x[:, :, None, None], y.shape), y, -1)
    growth = grown.max(axis=(2, 3))
    return Check(low > 1, growth > 1, growth, low, map.exact_bounds)


def theorem_2(map, centre, radius, rng, pairs=64):
    """Theorem 2: where the Jacobian is smaller than 1 throughout a convex set, the map shrinks distances on it.

    *Hypothesis:* ``|M'(z)| < 1`` on D, convex; here a ball. *Conclusion:* ``|M(y) - M(z)| < |y - z|`` for all
    y and z in D. The factor is uniform only where the supremum of ``|M'|`` is below 1, as it is on these closed balls
    (from memory; the theorem is the mean value inequality).

    Parameters
    ----------
    map : Map
    centre : array_like (R or 1, B, n)
    radius : float or array_like (R or 1, B)
        Of D, > 0.
    rng : numpy.random.Generator
    pairs : int
        How many random pairs are tried; beside them pairs across D and close to each other.

    Returns
    -------
    Check
        ``measured`` is the greatest ``|M(y) - M(z)| / |y - z|`` that was found, ``bound`` the greatest norm
        on D.

    Raises
    ------
    TypeError, ValueError
        As `theorem_1`.
    """
    c, r, rng = _balls(map, "centre", centre, radius, rng)
    _, high = map._norm_bounds(c, r, rng)
    y, z = (_in_ball(rng, c, r, map.runs, check.count("pairs", pairs)) for _ in range(2))
    v = _most_stretched(map, c)
    across = r[..., None, None] * v / np.linalg.norm(v, axis=-1, keepdims=True)
    near = y + 1e-4 * (z - y)
    most = c[:, :, None] + across
    y, z = np.concatenate([y, y, most], axis=2), np.concatenate([z, near, most - 2 * across], axis=2)
    ratio = _ratio(map, y, z, -1).max(axis=2)
    return Check(high < 1, ratio < 1, ratio, high, map.exact_bounds)


def theorem_3(map, a0, d, steps, rng, fraction=1.0, rates=None):
    """Theorem 3: inputs that are small enough, by the rate of contraction, never drive a latched system away.

    Let ``b_t = M(b_{t-1})``, ``b_0 = a_0``, be the path without input, and ``lambda_t`` the largest ``|M'|``
    on the ball of radius d round ``b_{t-1}``. *Hypothesis:* ``lambda_t < 1`` and
    ``|u_t| < (1 - lambda_t) d``, for all t. *Conclusion:* ``a_t = M(a_{t-1}) + u_t`` stays within d of ``b_t``,
    and returns to it when the inputs end (from memory). A lower bound on what the system bears.

    The inputs are chosen by three opponents: one that always pushes away from the path, one that pushes in
    one direction, one at random; the worst of them counts. Afterwards as many steps without input follow.

    Parameters
    ----------
    map : Map
    a0 : array_like (R or 1, B, n)
        Where the paths start.
    d : float or array_like (R or 1, B)
        Distance, > 0.
    steps : int
        For how many steps inputs come.
    rng : numpy.random.Generator
    fraction : float
        How much of the permitted input the opponents use, >= 0; more than 1 breaks the hypothesis.
    rates : array_like (steps, R or 1, B), optional
        Used in place of ``lambda_t`` to size the inputs, to see what a weaker notion of contraction is worth; the
        hypothesis is still tested with ``lambda_t``, and holds only where the rates are no smaller.

    Returns
    -------
    Check
        ``measured`` is the largest distance from the path, ``bound`` is d.

    Raises
    ------
    TypeError, ValueError
        As `theorem_1`; also if the ball round the path leaves the domain.
    """
    a, d, rng = _balls(map, "a0", a0, d, rng, name="d")
    T = check.count("steps", steps)
    fraction = check.real("fraction", fraction, 0)
    path = map.orbit(a, 2 * T).transpose(2, 0, 1, 3)  # (2T + 1, R, B, n)
    d = np.broadcast_to(d, path.shape[1:3])
    lam = np.stack([map._norm_bounds(path[t], d, rng)[1] for t in range(2 * T)])
    used = lam[:T]
    if rates is not None:
        rates = check.array("rates", rates, ("T", "R|1", d.shape[1]), low=0)
        if len(rates) != T or rates.shape[1] not in (1, map.runs):
            raise ValueError(f"rates must be of shape ({T}, 1 or {map.runs}, {d.shape[1]}), got {rates.shape}")
        used = np.broadcast_to(rates, used.shape)
    size = np.maximum(1 - used, 0) * d * fraction * (1 - 1e-12)
    still = np.zeros_like(d)
    farthest, returned = still, np.ones(d.shape, bool)
    for push in (_away, _one_way, _anywhere):
        a, far, state = path[0], still, {"first": _most_stretched(map, path[0])[:, :, 0], "rng": rng}
        for t in range(1, T + 1):
            moved = map._step(a)
            a = moved + size[t - 1][..., None] * unit(push(moved - path[t], state))
            map._inside("d", a)
            far = np.maximum(far, np.linalg.norm(a - path[t], axis=-1))
        last = np.linalg.norm(a - path[T], axis=-1)
        for t in range(T + 1, 2 * T + 1):
            a = map._step(a)
        now, rounding = np.linalg.norm(a - path[2 * T], axis=-1), _rounding(path[2 * T])
        farthest, returned = np.maximum(farthest, far), returned & (now <= last + rounding)
    within = farthest <= d * (1 + 1e-9) + _rounding(path).max(axis=0)
    hypothesis = (lam < 1).all(axis=0) & (fraction <= 1) & (used >= lam[:T]).all(axis=0)
    return Check(hypothesis, within & returned, farthest, d.copy(), map.exact_bounds)


def theorem_4(map, a0, inputs, rate=0.99):
    """Theorem 4: while inputs keep a system in the region of contraction, the past's influence goes to 0.

    *Hypothesis:* ``|M'(a_t)| <= rate < 1`` along the path ``a_t = M(a_{t-1}) + u_t``, with one rate for all
    times; that each norm is below 1 is not enough. *Conclusion:* ``da_t/da_0`` goes to 0, at least as fast as
    ``rate^t`` (confirmed in the NIPS sibling; that the bound must be uniform is derived here).

    The derivative is taken of the simulated trajectory, by the complex step, not as a product of Jacobians.

    Parameters
    ----------
    map : Map
        Its function must accept complex points.
    a0 : array_like (R or 1, B, n)
    inputs : array_like (R or 1, B or 1, T, n)
        ``inputs[r, p, t - 1]`` is ``u_t``.
    rate : float
        Between 0 and 1, both excluded.

    Returns
    -------
    Check
        ``measured`` is ``|da_T/da_0|^(1/T)``, the mean factor a step; ``bound`` the largest norm on the path, lambda.
        The conclusion is asked at every step t: where the hypothesis holds, with lambda in place of the rate.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or the state leaves the map's domain.
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    u = np.asarray(check.array("inputs", inputs, ("R|1", "B|1", "T", map.n)))
    rate = check.real("rate", rate, 0, 1, open_low=True, open_high=True)
    path = map.orbit(map.points("a0", a0), u.shape[2], u)
    norms = np.stack([spectral_norm(map._jacobian(path[:, :, t])) for t in range(u.shape[2])])
    lam = norms.max(axis=0)
    size = _derivatives(map, path, u)  # logarithms
    t = np.arange(1, u.shape[2] + 1)[:, None, None]
    with np.errstate(divide="ignore"):
        allowed = t * np.log(np.minimum(lam, rate)) + 1e-9
    return Check(lam <= rate, (size <= allowed).all(axis=0), np.exp(size[-1] / len(t)), lam, True)


def _derivatives(map, path, u):
    """``log |da_t/da_0|`` for t = 1 .. T, (T, R, B): the imaginary part of a trajectory started at a_0 + i h e_j.

    h changes on the way, by powers of 2, so that the imaginary part neither underflows nor is felt by the real one.
    """
    columns = np.stack([path[:, :, 0] + 1j * _STEP * e for e in np.eye(map.n)])
    scale, out = np.full(path.shape[:2], np.log(_STEP)), []
    for t in range(u.shape[2]):
        columns = np.stack([map._step(a) + u[:, :, t] for a in columns])
        largest = np.abs(columns.imag).max(axis=(0, -1))
        change = np.where((0 < largest) & (largest < 1e-150), _STRETCH, np.where(largest > 1e-50, 1 / _STRETCH, 1.0))
        columns = columns.real + 1j * (columns.imag * change[..., None])
        scale = scale + np.log(change)
        with np.errstate(divide="ignore"):
            out.append(np.log(spectral_norm(np.moveaxis(columns.imag, 0, -1))) - scale)
    return np.stack(out)


def _balls(map, what, centre, radius, rng, name="radius"):
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    rng = check.generator("rng", rng)
    c = np.asarray(map.points(what, centre))
    r = check.array(name, radius, [(), ("R|1", c.shape[1])], low=0)
    if (r == 0).any():
        raise ValueError(f"{name} must be > 0, got 0")
    if r.ndim and len(r) not in (1, map.runs):
        raise ValueError(f"{name} must have 1 or R = {map.runs} runs, got {len(r)}")
    r = np.broadcast_to(r, (map.runs, c.shape[1]))
    c = np.broadcast_to(c, (map.runs, *c.shape[1:]))
    if map.domain is not None:
        for side in (-1, 1):
            map._inside(name, c + side * r[..., None])
    return c, r, rng


def _most_stretched(map, x):
    """The direction that M' stretches most at each point, (R, B, 1, n)."""
    return np.linalg.svd(map._jacobian(x))[2][..., :1, :]


def _in_ball(rng, c, r, runs, count):
    """Random points of each ball, (R, B, count, n)."""
    return c[:, :, None] + r[..., None, None] * unit_ball(rng, (runs, c.shape[1], count), c.shape[2])


def _ratio(map, y, z, side):
    """``|M(y) - M(z)| / |y - z|`` for points (R, B, ..., n), moved to one side by what rounding may have done."""
    R, B, *more, n = y.shape
    My, Mz = (map._step(p.reshape(R, -1, n)).reshape(y.shape) for p in (y, z))
    apart = np.linalg.norm(y - z, axis=-1)
    image = np.linalg.norm(My - Mz, axis=-1)
    rounding = 4 * _EPS * np.sqrt(n) * np.maximum(np.abs(My), np.abs(y)).max(-1)
    return np.where(apart > 0, np.maximum(image + side * rounding, 0) / np.where(apart > 0, apart, 1), 0)


def _rounding(a):
    return 1e-12 * (1 + np.abs(a).max(axis=-1))


def _away(deviation, state):
    """Away from the path; in the direction that is stretched most while there is no deviation yet."""
    none = np.linalg.norm(deviation, axis=-1, keepdims=True) == 0
    return np.where(none, state["first"], deviation)


def _one_way(deviation, state):
    return state["first"]


def _anywhere(deviation, state):
    return state["rng"].normal(size=deviation.shape)
