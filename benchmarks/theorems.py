"""Theorem 4 asked of many random systems, and of one at a time."""

from __future__ import annotations

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib.dynamics import PreActivation, theorem_4


def with_numpy(W, a, u, rate=0.99):
    """One system: whether every norm is below the rate, and whether the derivative, by the complex step, is too."""
    columns, derivative, most = [a + 1e-100j * e for e in np.eye(len(a))], [], 0.0
    for u_t in u:
        most = max(most, np.linalg.norm(W / np.cosh(columns[0].real) ** 2, 2))
        columns = [W @ np.tanh(c) + u_t for c in columns]
        derivative.append(np.linalg.norm(np.stack([c.imag for c in columns], axis=1) / 1e-100, 2))
    t = np.arange(1, len(u) + 1)
    return most <= rate, bool(np.all(derivative <= min(most, rate) ** t * (1 + 1e-9) + 1e-200))


def run(systems=4000, n=4, T=60, loop=20, turns=5):
    """Race, and return the table as text."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(systems, n, n)) * rng.uniform(0.1, 0.6, (systems, 1, 1))
    a, u = rng.normal(size=(systems, 1, n)), rng.uniform(-0.1, 0.1, (systems, 1, T, n))
    some = range(min(loop, systems))

    def ensemble():
        found = theorem_4(PreActivation(W), a, u)
        return np.stack([found.hypothesis[:, 0], found.conclusion[:, 0]], axis=1)

    def one_by_one():
        found = [theorem_4(PreActivation(W[[r]]), a[[r]], u[[r]]) for r in some]
        return np.array([[each.hypothesis[0, 0], each.conclusion[0, 0]] for each in found])

    def numpy_loop():
        return np.array([with_numpy(W[r], a[r, 0], u[r, 0]) for r in some])

    truth = ensemble()[: len(some)]
    np.testing.assert_array_equal(one_by_one(), truth)
    np.testing.assert_array_equal(numpy_loop(), truth)
    contenders = [Contender("lrdlib, all systems", ensemble, systems),
                  Contender("loop over systems, numpy", numpy_loop, len(some)),
                  Contender("lrdlib, one system at a time", one_by_one, len(some))]
    title = f"theorems: theorem 4 asked of {systems} systems of {n} units, {T} steps; an item is one system"
    return table(title, "system", contenders, race(contenders, turns))
