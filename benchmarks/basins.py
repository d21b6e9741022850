"""Basin and reduced attracting set of a network of two units, for a grid of states."""

from __future__ import annotations

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib.dynamics import PreActivation, attractors, basins, grid, reduced_sets

W = np.array([[1.4, 0.8], [0.3, 0.9]])


def with_numpy(W, y, X, horizon):
    """One state: the nearest attractor at the end, and whether it is in Gamma by eigenvalues, and by the norm."""
    a, product, eigenvalues, norm = y, np.eye(len(y)), True, True
    for _ in range(horizon):
        x = np.tanh(a)
        product = (W * (1 - x**2)) @ product
        a = W @ x
        eigenvalues &= np.abs(np.linalg.eigvals(product)).max() < 1
        norm &= np.linalg.norm(product, 2) < 1
    return np.linalg.norm(X - a, axis=1).argmin(), eigenvalues, norm


def at_once(W, states, X, horizon):
    """The same for all states in one array."""
    a, product = states, np.eye(len(W))
    eigenvalues, norm = np.ones((2, len(states)), bool)
    for _ in range(horizon):
        x = np.tanh(a)
        product = (W * (1 - x**2)[:, None]) @ product
        a = x @ W.T
        eigenvalues &= np.abs(np.linalg.eigvals(product)).max(-1) < 1
        norm &= np.linalg.norm(product, 2, axis=(1, 2)) < 1
    return np.linalg.norm(X - a[:, None], axis=2).argmin(1), eigenvalues, norm


def labels(nearest, eigenvalues, norm):
    return np.stack([nearest, np.where(eigenvalues, nearest, -1), np.where(norm, nearest, -1)])


def run(points=400, horizon=100, loop=100, turns=3):
    """Race, and return the table as text."""
    net, states = PreActivation(W[None]), grid([-3, -3], [3, 3], points)
    found = attractors(net, grid([-3, -3], [3, 3], 9))
    X = found.orbits[0, :, 0].data

    def with_lrdlib():
        both = [reduced_sets(net, states, found, horizon, sense)[0] for sense in ("eigenvalues", "norm")]
        return np.stack([basins(net, states, found)[0], *both])

    some = np.linspace(0, points**2 - 1, min(loop, points**2)).astype(int)
    few = np.linspace(0, points**2 - 1, min(max(points**2 // 16, loop), points**2)).astype(int)

    def loop_over_states():
        return np.transpose([labels(*with_numpy(W, y, X, horizon)) for y in states[0, some]])

    def whole_grid():
        return labels(*at_once(W, states[0, few], X, horizon))

    truth = with_lrdlib()
    np.testing.assert_array_equal(loop_over_states(), truth[:, some])
    np.testing.assert_array_equal(whole_grid(), truth[:, few])
    contenders = [Contender("lrdlib, all states", with_lrdlib, points**2),
                  Contender("all states, numpy", whole_grid, len(few)),
                  Contender("loop over states, numpy", loop_over_states, len(some))]
    title = (f"basins: {points} x {points} states of two units, products of up to {horizon} Jacobians; an item is "
             f"the basin and both reduced sets of one state")
    return table(title, "state", contenders, race(contenders, turns))
