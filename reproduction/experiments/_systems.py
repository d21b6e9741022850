"""Random systems ``a_t = W tanh(a_{t-1}) + u_t``, by the kind of W."""

from __future__ import annotations

import numpy as np

__all__ = ["KINDS", "random_weights", "settle"]

KINDS = ("symmetric", "normal", "non-normal")


def random_weights(rng, runs, n, kind, scale=(0.25, 4.0)):
    """Weight matrices (runs, n, n) whose spectral radius is log-uniform between the two scales.

    All are ``Q B Q^T`` with Q a random rotation. Symmetric: B diagonal, entries uniform in [-1, 1]. Normal: B
    has 2 x 2 blocks r (cos f, -sin f; sin f, cos f) on its diagonal, with r uniform in [0, 1] and f in
    [0, 2 pi], and for odd n one entry uniform in [-1, 1]. Non-normal: to a diagonal as for symmetric comes a strictly upper
    triangle of normal numbers times a factor log-uniform in [0.1, 10]. Then B is scaled. For n = 1 all three are one number.
    """
    B = np.zeros((runs, n, n))
    i = np.arange(n)
    B[:, i, i] = rng.uniform(-1, 1, (runs, n))
    if kind == "normal":
        for k in range(0, n - 1, 2):
            r, f = rng.uniform(0, 1, runs), rng.uniform(0, 2 * np.pi, runs)
            B[:, k, k] = B[:, k + 1, k + 1] = r * np.cos(f)
            B[:, k + 1, k] = r * np.sin(f)
            B[:, k, k + 1] = -B[:, k + 1, k]
    radius = np.abs(np.linalg.eigvals(B)).max(axis=1)
    if kind == "non-normal":
        factor = 10 ** rng.uniform(-1, 1, runs)
        B += np.triu(rng.normal(size=(runs, n, n)), 1) * (factor * radius)[:, None, None]
    elif kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    wanted = np.exp(rng.uniform(*np.log(scale), runs))
    Q = np.linalg.qr(rng.normal(size=(runs, n, n)))[0]
    return Q @ (B * (wanted / radius)[:, None, None]) @ Q.transpose(0, 2, 1)


def settle(rng, map, spread=2.0, most=30):
    """A state (R, 1, n) of each system: a normal start, and after it a random number of steps without input."""
    a = rng.normal(0, spread, (map.runs, 1, map.n))
    steps = rng.integers(0, most + 1, map.runs)
    for t in range(most):
        a = np.where((t < steps)[:, None, None], map(a), a)
    return a
