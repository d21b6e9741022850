"""Norms and eigenvalues of many small matrices at once, in closed form where n is 1 or 2; and unit vectors and balls."""

from __future__ import annotations

import numpy as np

__all__ = ["spectral_norm", "spectral_radius", "unit", "unit_ball"]


def _scaled(A):
    """A divided by its largest entry, and that: so that no square over- or underflows."""
    largest = np.abs(A).max(axis=(-2, -1))
    return A / np.where(largest > 0, largest, 1)[..., None, None], largest


def spectral_norm(A):
    """The operator norm |A|, largest singular value, of real matrices (..., n, n)."""
    if A.shape[-1] == 1:
        return np.abs(A[..., 0, 0])
    A, scale = _scaled(A)
    if A.shape[-1] == 2:
        a, b, c, d = A[..., 0, 0], A[..., 0, 1], A[..., 1, 0], A[..., 1, 1]
        # The singular values are |p| + |q| and ||p| - |q|| of the matrix's two complex coordinates.
        return scale * (np.hypot(a + d, c - b) + np.hypot(a - d, b + c)) / 2
    return scale * np.sqrt(np.linalg.eigvalsh(np.matmul(A.swapaxes(-1, -2), A))[..., -1])


def spectral_radius(A):
    """The largest absolute value of an eigenvalue of real matrices (..., n, n)."""
    if A.shape[-1] == 1:
        return np.abs(A[..., 0, 0])
    A, scale = _scaled(A)
    if A.shape[-1] == 2:
        half = (A[..., 0, 0] + A[..., 1, 1]) / 2
        bent = ((A[..., 0, 0] - A[..., 1, 1]) / 2) ** 2 + A[..., 0, 1] * A[..., 1, 0]
        real = np.abs(half) + np.sqrt(np.maximum(bent, 0))
        return scale * np.where(bent >= 0, real, np.sqrt(half**2 + np.maximum(-bent, 0)))
    return scale * np.abs(np.linalg.eigvals(A)).max(-1)


def unit(v, instead=None):
    """Vectors (..., n) of length 1 along v; where v is 0 `instead`, by default the first axis."""
    size = np.linalg.norm(v, axis=-1, keepdims=True)
    if instead is None:
        instead = np.eye(v.shape[-1])[0]
    return np.where(size > 0, v / np.where(size > 0, size, 1), instead)


def unit_ball(rng, shape, n):
    """Random points of the unit ball in n dimensions, uniform in its volume: (*shape, n)."""
    z = rng.normal(size=(*shape, n))
    z *= rng.uniform(size=shape)[..., None] ** (1 / n) / np.linalg.norm(z, axis=-1, keepdims=True)
    return z
