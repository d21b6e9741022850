"""Neighbourhoods of attractors that no trajectory leaves, and what the Jacobians of the way inside can still do."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from lrdlib.dynamics._matrices import spectral_norm
from lrdlib.dynamics.pre_activation import PreActivation

__all__ = ["Traps", "traps"]

_MOST_UNITS = 6  # the bound on an ellipsoid looks at 2^n corners
_SMALLEST, _LARGEST = -27.0, 20.0  # radii that are tried, as powers of 2
_LARGEST_NORM = 1e6  # of M' and (M^l)' on an orbit: beyond it rounding spoils the equation
_MARGIN = 1e-9  # by which a factor must stay below 1 in spite of rounding


@dataclass(frozen=True, eq=False)
class Traps:
    """An ellipsoid ``|S_i (a - x_i)| <= reach`` round each point of each attractor.

    Attributes
    ----------
    centres : ndarray (R, K, longest, n)
    S : ndarray (R, K, longest, n, n)
    reach : ndarray (R, K, longest)
        Negative where there is no such point.
    growth : ndarray (R, K)
        No product of Jacobians, along any way that starts inside, has a larger operator norm; infinity if not known.
    """

    centres: np.ndarray
    S: np.ndarray
    reach: np.ndarray
    growth: np.ndarray

    def select(self, runs):
        return Traps(self.centres[runs], self.S[runs], self.reach[runs], self.growth[runs])

    def label(self, a):
        """The attractor in whose trap each point (R, B, n) lies; -1 if in none."""
        out = np.full(a.shape[:2], -1)
        for k, i in np.argwhere((self.reach >= 0).any(0)):
            away = np.matmul(a - self.centres[:, None, k, i], self.S[:, k, i].swapaxes(-1, -2))
            inside = np.einsum("rbn,rbn->rb", away, away) <= (np.maximum(self.reach[:, k, i], 0) ** 2)[:, None]
            out[inside & (self.reach[:, k, i] >= 0)[:, None] & (out < 0)] = k
        return out


def traps(map, attractors, tolerance):
    """Traps of these attractors.

    For a `PreActivation` with exact bounds they are found with proof. Along a hyperbolic orbit
    ``H_i = I + J_i^T H_{i+1} J_i`` has a solution (Lyapunov's equation, once round), and in the norms
    ``|S_i x|``, ``H_i = S_i^T S_i``, each step contracts: ``|S_{i+1} J_i S_i^{-1}| < 1``. It does so on a
    whole ellipsoid if it does so at the corners of the slopes that occur there, since a norm is convex. What has
    come in stays and converges, and as no S_i makes a vector shorter, later products are at most ``max |S_i|``.
    Elsewhere a trap is what lies within the tolerance, relative to ``1 + |a|``.
    """
    period = attractors.period.filled(0)
    centres = attractors.orbits.filled(0.0)
    R, K, longest, n = centres.shape
    S = np.broadcast_to(np.eye(n), (R, K, longest, n, n)).copy()
    exists = np.arange(longest) < period[..., None]
    reach = np.where(exists, tolerance * (1 + np.abs(centres).max(-1)), -1.0)
    growth = np.full((R, K), np.inf)
    if isinstance(map, PreActivation) and map.exact_bounds and n <= _MOST_UNITS:
        sound = attractors.hyperbolic.filled(False) & (attractors.norm.filled(np.inf) < _LARGEST_NORM)
        for l in np.unique(period[sound]):
            run, k = np.nonzero(sound & (period == l))
            shape, radius, most = _ellipsoids(map.select(run), centres[run, k, :l])
            kept = np.flatnonzero(radius > 0)
            run, k = run[kept], k[kept]
            S[run, k, :l], reach[run, k, :l], growth[run, k] = shape[kept], radius[kept, None], most[kept]
    return Traps(centres, S, reach, growth)


def _ellipsoids(map, x):
    """S (N, l, n, n), radius (N,), 0 if none is found, and growth (N,), for N orbits (N, l, n) of N systems."""
    N, l, n = x.shape
    J = np.stack([map._jacobian(x[:, i, None])[:, 0] for i in range(l)], axis=1)
    tame = (spectral_norm(J) < _LARGEST_NORM).all(1)
    J = np.where(tame[:, None, None, None], J, 0)
    A, Q = np.broadcast_to(np.eye(n), (N, n, n)), np.zeros((N, n, n))
    for i in range(l):
        Q, A = Q + np.matmul(A.swapaxes(1, 2), A), np.matmul(J[:, i], A)
    kron = np.einsum("Nki,Nlj->Nijkl", A, A).reshape(N, n * n, n * n)
    H = [np.linalg.solve(np.eye(n * n) - kron, Q.reshape(N, n * n, 1)).reshape(N, n, n)]
    for i in range(l - 1, 0, -1):
        H.insert(0, np.eye(n) + np.matmul(J[:, i].swapaxes(1, 2), np.matmul(H[0], J[:, i])))
    H = np.stack([H[-1], *H[:-1]], axis=1)
    H = (H + H.swapaxes(-1, -2)) / 2
    values = np.linalg.eigvalsh(H)
    good = tame & (values[..., 0].min(1) > 0.5)  # it is at least 1, but for rounding
    H = np.where(good[:, None, None, None], H, np.eye(n))
    S = np.linalg.cholesky(H).swapaxes(-1, -2)
    inverse = np.linalg.inv(S)
    half = np.sqrt((inverse**2).sum(-1))  # of the ellipsoid's box, for radius 1

    def contracts(radius):
        worst = np.zeros(N)
        for i in range(l):
            side = radius[:, None] * half[:, i]
            far, near = map._extreme_slopes((x[:, i] - side)[:, None], (x[:, i] + side)[:, None])
            for corner in itertools.product((False, True), repeat=n):
                J = map.W * np.where(corner, far, near)
                worst = np.maximum(worst, spectral_norm(np.matmul(np.matmul(S[:, (i + 1) % l], J), inverse[:, i])))
        return worst < 1 - _MARGIN

    low, high = np.full(N, _SMALLEST), np.full(N, _LARGEST)
    good &= contracts(2.0**low)
    for _ in range(24):
        middle = (low + high) / 2
        holds = contracts(2.0**middle)
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return S, np.where(good, 2.0**low, 0.0), np.sqrt(values[..., -1].max(1)) * (1 + _MARGIN)
