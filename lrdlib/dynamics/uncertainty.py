"""A ball of uncertainty: what a system makes of not knowing its state, or its inputs, exactly.

TNN94, section IV, pictures robustness by a ball round the state (second-hand). Where ``|M'| > 1`` a ball grows at the
next step, in some direction (theorem 1), and the paper concludes that in the basin but outside Gamma a ball
grows. Here balls are followed, not bounded: every number is the distance between two trajectories of the
system, in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics.maps import Map

__all__ = ["Ball", "grow_ball"]

_GOLDEN = np.pi * (3 - 5**0.5)


@dataclass(frozen=True, eq=False)
class Ball:
    """A ball's images, for R systems and B balls each.

    Attributes
    ----------
    centre : ndarray (R, B, T + 1, n)
        The trajectory of the centre, ``a_0 .. a_T``.
    points : ndarray (R, B, T + 1, D, n)
        The points of the surface that were followed. Without noise ``points[r, p, t, j]`` is the image of
        ``points[r, p, 0, j]``; with noise it is the one found farthest in direction j.
    radius : ndarray (R, B, T + 1)
        The largest distance of these points from the centre.
    growth : masked ndarray (R, B, T)
        ``radius[t] / radius[t - 1]``; masked where that was 0.
    """

    centre: np.ndarray
    points: np.ndarray
    radius: np.ndarray
    growth: np.ma.MaskedArray


def grow_ball(map, a0, radius, steps, noise=0.0, inputs=None, directions=64, rng=None):
    """Follow a ball round a state, and the error that is added at each step, for T steps.

    The ball holds the possible states at step 0. At each step it is mapped, and the noise, any vector of norm up
    to `noise`, is added. The centre gets none. What may have become of the ball is sampled on its surface: by a
    map that is one-to-one, as ``W f(a) + c`` with an invertible W is, no inner point gets farther away. With
    noise, in each of D directions the point that lies farthest is kept and pushed on in that direction, a choice
    of noise that an opponent might make. All points lie on trajectories of the system, so that the radius found
    is never too large; it may be too small, by little if the directions are many.

    Parameters
    ----------
    map : Map
    a0 : array_like (R or 1, B, n)
        The centres, in the coordinates a.
    radius : float or array_like (R or 1, B)
        Of the ball at step 0, >= 0.
    steps : int
        T >= 1.
    noise : float
        >= 0, the same bound at each step.
    inputs : array_like (R or 1, B or 1, T, n), optional
        Known inputs ``u_1 .. u_T``, which centre and ball have in common.
    directions : int
        D: spread evenly for n = 2 and 3, at random for n >= 4; for n = 1 there are two.
    rng : numpy.random.Generator, optional
        For the directions; needed if n >= 4.

    Returns
    -------
    Ball

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind or shape, a point leaves the map's domain, or the map returns NaN.

    Examples
    --------
    >>> from lrdlib.dynamics import PreActivation
    >>> ball = grow_ball(PreActivation([[[2.0]]]), [[[0.0], [2.0]]], 0.1, steps=1)
    >>> ball.growth[0, :, 0].round(2).tolist()
    [1.99, 0.16]
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    a0, radius = map._ball(map.points("a0", a0), radius)
    noise = check.real("noise", noise, low=0)
    e = _directions(map.n, check.count("directions", directions), rng)
    centre = map.orbit(a0, steps, inputs)
    T, (R, B) = centre.shape[2] - 1, centre.shape[:2]
    u = np.zeros((1, 1, T, map.n)) if inputs is None else np.asarray(inputs, dtype=float)
    points = np.empty((R, B, T + 1, len(e), map.n))
    points[:, :, 0] = a0[:, :, None] + radius[:, :, None, None] * e
    map._inside("radius", points[:, :, 0])
    for t in range(T):
        new = map._finite("map", map._step(points[:, :, t].reshape(R, -1, map.n))).reshape(R, B, -1, map.n)
        new = new + u[:, :, t, None]
        if noise:
            farthest = np.matmul(new, e.T).argmax(2)
            new = np.take_along_axis(new, farthest[..., None], axis=2) + noise * e
        map._inside("map", new)
        points[:, :, t + 1] = new
    size = np.linalg.norm(points - centre[:, :, :, None], axis=-1).max(-1)
    before = size[:, :, :-1]
    growth = np.ma.masked_array(size[:, :, 1:] / np.where(before > 0, before, 1), mask=before == 0)
    return Ball(centre, points, size, growth)


def _directions(n, D, rng):
    """Unit vectors (D, n)."""
    if rng is not None or n > 3:
        rng = check.generator("rng", rng)
    if n == 1:
        return np.array([[-1.0], [1.0]])
    if n == 2:
        angle = 2 * np.pi * np.arange(D) / D
        return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    if n == 3:  # a spiral from pole to pole, in equal areas
        z = 1 - (2 * np.arange(D) + 1) / D
        angle, r = _GOLDEN * np.arange(D), np.sqrt(1 - z**2)
        return np.stack([r * np.cos(angle), r * np.sin(angle), z], axis=-1)
    e = rng.normal(size=(D, n))
    return e / np.linalg.norm(e, axis=1)[:, None]
