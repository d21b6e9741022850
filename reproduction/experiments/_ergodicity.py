"""How much of the first state is left after many transitions: Dobrushin's coefficient, and products to ask it of.

For a column-stochastic P it is ``max_jk 1/2 sum_i |P_ij - P_ik|``: how far apart two certain beginnings still are. At
0 the end says nothing of the beginning, nor a target at the end of what should be done there (DIF).
"""

from __future__ import annotations

import itertools

import numpy as np

from lrdlib.networks import two_chains

__all__ = ["FAMILIES", "log_dobrushin"]


def log_dobrushin(A):
    """log10 of Dobrushin's coefficient of ``A_t ... A_1``, for t = 1 .. T.

    The products themselves would lose it below 1e-16: the differences of columns are carried instead, scaled anew and
    made to sum to 0 at each step.

    Parameters
    ----------
    A : array (R, T, n, n)
        Columns sum to 1.

    Returns
    -------
    ndarray (R, T)
        -infinity where two columns are the same for good.
    """
    R, T, n, _ = A.shape
    pairs = np.array(list(itertools.combinations(range(n), 2)))
    D = np.zeros((R, n, len(pairs)))
    D[:, pairs[:, 0], np.arange(len(pairs))] = 1
    D[:, pairs[:, 1], np.arange(len(pairs))] = -1
    log, out = np.zeros(R), np.empty((R, T))
    for t in range(T):
        D = A[:, t] @ D
        D -= D.mean(1, keepdims=True)
        size = np.abs(D).sum(1).max(1) / 2
        with np.errstate(divide="ignore"):
            log = log + np.log10(size)
        D /= np.where(size > 0, size, 1)[:, None, None]
        out[:, t] = log
    return out


def _softmax(logits, allowed=True):
    p = np.where(allowed, np.exp(logits), 0)
    return p / p.sum(-2, keepdims=True)


def near_uniform(rng, R, T, n):
    """What EM starts from here: a softmax of logits in [-0.5, 0.5], fully connected; two tables, in random order."""
    return _drawn(rng, _softmax(rng.uniform(-0.5, 0.5, (R, 2, n, n))), T)


def anywhere(rng, R, T, n):
    """Each column uniform on the simplex, fully connected."""
    return _drawn(rng, rng.dirichlet(np.ones(n), (R, 2, n)).transpose(0, 1, 3, 2), T)


def permuting(eps):
    """A permutation, but for a probability eps that is shared by all states."""
    def family(rng, R, T, n):
        order = rng.permuted(np.tile(np.arange(n), (R, 2, 1)), axis=2)
        return _drawn(rng, (1 - eps) * np.eye(n)[order].transpose(0, 1, 3, 2) + eps / n, T)
    return family


def chains(rng, R, T, n):
    """A start and two left-to-right chains, with random logits in [-0.5, 0.5]; n is odd."""
    allowed = two_chains((n - 1) // 2)
    return _drawn(rng, _softmax(rng.uniform(-0.5, 0.5, (R, 2, n, n)), allowed), T)


def _drawn(rng, tables, T):
    level = rng.integers(2, size=(len(tables), T))
    return tables[np.arange(len(tables))[:, None], level]


FAMILIES = {"near uniform": near_uniform, "uniform on the simplex": anywhere,
            "nearly a permutation, 0.1": permuting(0.1), "nearly a permutation, 0.01": permuting(0.01),
            "nearly a permutation, 0.001": permuting(0.001), "two chains": chains}
