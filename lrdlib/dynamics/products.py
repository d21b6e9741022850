"""Long products of Jacobians: their growth, and what rounding leaves of them.

The derivative of a state by an earlier one is ``da_t/da_0 = M'(a_{t-1}) ... M'(a_0)``, in the coordinates a of the
map (TNN94, section IV). Its singular values drift apart exponentially: an SVD of the product cannot see those below
eps times the largest, and beyond some length the product itself over- or underflows. Here they are found without
forming it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics.maps import Map

__all__ = ["SingularValues", "lyapunov_exponents", "path_jacobians", "products", "singular_values"]

_SWEEPS = 40  # of Jacobi's method, which needs a handful
_ORDINARY = 500  # Jacobians whose largest entry lies within 2^-500 .. 2^500 are not scaled


@dataclass(frozen=True, eq=False)
class SingularValues:
    """The singular values of products of T Jacobians, largest first, as natural logarithms.

    Attributes
    ----------
    log : ndarray (R, B, n)
        From a graded decomposition; ``-inf`` for a singular value that is 0.
    naive : ndarray (R, B, n)
        From an SVD of the product as it is multiplied out; ``-inf`` where that says 0.
    resolved : ndarray of bool (R, B, n)
        Whether a singular value exceeds n T eps times the largest: below, `naive` holds rounding errors. Always
        False where the product under- or overflows.
    condition : ndarray (R, B)
        The condition number of the factor that is not graded; `log` is off by about T eps times it. Infinite for some
        singular products.
    """

    log: np.ndarray
    naive: np.ndarray
    resolved: np.ndarray
    condition: np.ndarray


def path_jacobians(map, path):
    """``M'(a_{t-1})`` along trajectories, in the coordinates a.

    Parameters
    ----------
    map : Map
    path : array_like (R or 1, B, T + 1, n)
        ``a_0 .. a_T``, as `Map.orbit` gives them, with inputs or without; T >= 1.

    Returns
    -------
    ndarray (R, B, T, n, n)
        ``[r, p, t - 1]`` is ``da_t/da_{t-1}``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind or shape, a state lies outside the map's domain, or the map returns NaN.
    """
    check.instance("map", map, Map, "a lrdlib.dynamics.Map")
    path = check.array("path", path, ("R|1", "B", "T + 1", map.n))
    if path.shape[2] < 2:
        raise ValueError(f"path must have at least the 2 states of one step, got {path.shape[2]}")
    R, B, T = len(path), path.shape[1], path.shape[2] - 1
    map.points("path", path.reshape(R, -1, map.n))
    J = map.jacobian(path[:, :, :-1].reshape(R, B * T, map.n))
    return J.reshape(map.runs, B, T, map.n, map.n)


def products(jacobians):
    """``da_t/da_0`` for t = 1 .. T, multiplied out.

    Parameters
    ----------
    jacobians : array_like (R, B, T, n, n)
        As `path_jacobians` gives them, or `lrdlib.gradients.jacobians` in the coordinates x.

    Returns
    -------
    ndarray (R, B, T, n, n)

    Raises
    ------
    TypeError, ValueError
        If they are not finite numbers of that shape, or a product overflows.
    """
    P = _multiplied(_checked(jacobians))
    if not np.isfinite(P).all():
        t = np.flatnonzero(~np.isfinite(P).all(axis=(0, 1, 3, 4)))[0] + 1
        raise ValueError(f"jacobians must have products that do not overflow, got one that does at step {t}")
    return P


def lyapunov_exponents(jacobians):
    """Finite-time Lyapunov exponents: the mean rates at which T steps stretch a frame of n directions.

    ``J_t Q_{t-1} = Q_t R_t``, from ``Q_0 = I``, orthonormal again after each step; exponent i is the mean of
    ``log |R_t[i, i]|`` (Benettin, Galgani, Giorgilli & Strelcyn, 1980; from memory). Their sum is the mean of
    ``log |det J_t|``. As T grows they come, for almost every first frame, in descending order and approach 1/T times
    the logarithms of the singular values; at finite T they depend on the first frame. Of each Jacobian what is below
    eps times its largest entry may be lost.

    Parameters
    ----------
    jacobians : array_like (R, B, T, n, n)

    Returns
    -------
    ndarray (R, B, n)
        Natural logarithms for each step, in the frame's order. Of a direction that a singular Jacobian maps to 0
        rounding decides: ``-inf``, or the logarithm of some 1e-16, as for ``[[1, 1], [1, 1]]``.

    Raises
    ------
    TypeError, ValueError
        If they are not finite numbers of that shape.

    Examples
    --------
    >>> import numpy as np
    >>> lyapunov_exponents(np.diag([2.0, 0.5]) * np.ones((1, 1, 10, 1, 1))).round(4).tolist()
    [[[0.6931, -0.6931]]]
    """
    J = _checked(jacobians)
    total, Q = np.zeros((*J.shape[:2], J.shape[-1])), np.eye(J.shape[-1])
    for t in range(J.shape[2]):
        step, size = _scaled(J[:, :, t])
        Q, R = np.linalg.qr(np.matmul(step, Q))
        total += size[..., None] + _log(np.abs(np.diagonal(R, axis1=-2, axis2=-1)))
    return total / J.shape[2]


def singular_values(jacobians):
    """The singular values of ``J_T ... J_1``, small ones too, beside those of an SVD of the product.

    The product is kept as ``U diag(exp d) V``: U orthogonal, d sorted, V well conditioned. Each step takes
    the QR decomposition of ``J_t U`` with its columns sorted by size, and moves what is not graded to V (Bai, Lee, Li &
    Xu, 2011, for quantum Monte Carlo). One-sided Jacobi rotations of ``V^T diag(exp d)``, with d as logarithms, then
    give every singular value with a small relative error if V is well conditioned (Demmel & Veselic, 1992). Both
    sources are from memory; the test is exact integer arithmetic. No method gives back a singular value that the
    Jacobians' own last digits decide, as when one of them is singular. Those of the product may lie apart as far as
    they like, those of each Jacobian should lie within 1/eps of each other: of it, what is below eps times its largest
    entry may be lost, and `log` then be wrong or ``-inf``. It need not: a diagonal Jacobian may span 1e400.

    Parameters
    ----------
    jacobians : array_like (R, B, T, n, n)
        As `path_jacobians` gives them, or `lrdlib.gradients.jacobians` in the coordinates x.

    Returns
    -------
    SingularValues

    Raises
    ------
    TypeError, ValueError
        If they are not finite numbers of that shape.

    Examples
    --------
    >>> import numpy as np
    >>> found = singular_values(np.array([[1.0, 1.0], [0.0, 1e-3]]) * np.ones((1, 1, 20, 1, 1)))
    >>> found.log.round(3).tolist(), found.resolved.tolist()
    ([[[0.347, -138.502]]], [[[True, False]]])
    """
    J = _checked(jacobians)
    U, d, V = _graded(J)
    log = -np.sort(-_jacobi(V.swapaxes(-1, -2), d), axis=-1)
    with np.errstate(over="ignore", invalid="ignore"):
        P = _multiplied(J)[:, :, -1]
    finite = np.isfinite(P).all((-2, -1))
    s = np.linalg.svd(np.where(finite[..., None, None], P, 0), compute_uv=False)
    n, T = J.shape[-1], J.shape[2]
    tiny = np.finfo(float).tiny / np.finfo(float).eps  # entries below are multiplied with fewer digits
    resolved = (s > n * T * np.finfo(float).eps * s[..., :1]) & (s[..., :1] > tiny) & finite[..., None]
    naive = np.where(finite[..., None], _log(s), np.inf)
    return SingularValues(log, naive, resolved, np.linalg.cond(V))


def _checked(jacobians):
    return check.array("jacobians", jacobians, ("R", "B", "T", "n", "n"))


def _multiplied(J):
    with np.errstate(over="ignore", invalid="ignore"):
        out = np.array(J)
        for t in range(1, J.shape[2]):
            out[:, :, t] = np.matmul(J[:, :, t], out[:, :, t - 1])
    return out


def _log(x):
    with np.errstate(divide="ignore"):
        return np.log(x)


def _scaled(A):
    """A divided by a power of 2, and the logarithm of that: its largest entry is then in the ordinary range.

    Products with orthogonal matrices do not overflow there, and small entries beside large ones are kept.
    """
    _, exponent = np.frexp(np.abs(A).max(axis=(-2, -1)))
    excess = exponent - np.clip(exponent, -_ORDINARY, _ORDINARY)
    return np.ldexp(A, -excess[..., None, None]), excess * np.log(2)


def _graded(J):
    """U, d, V with ``J_T ... J_1 = U diag(exp d) V``."""
    R, B, T, n, _ = J.shape
    U = V = np.broadcast_to(np.eye(n), (R, B, n, n))
    d = np.zeros((R, B, n))
    for t in range(T):
        step, size = _scaled(J[:, :, t])
        A = np.matmul(step, U)
        column = np.hypot.reduce(np.abs(A), axis=-2)  # its length; unlike in np.linalg.norm no square underflows
        order = np.argsort(-(d + _log(column)), axis=-1, kind="stable")
        A = np.take_along_axis(A, order[..., None, :], axis=-1)
        V = np.take_along_axis(V, order[..., None], axis=-2)
        d = np.take_along_axis(d, order, axis=-1)
        U, upper = np.linalg.qr(A)
        # Row i of what is left, upper[i, j] exp(d_j), over its largest entry: the diagonal's may be 0, and others not
        terms = _log(np.abs(upper)) + d[..., None, :]
        largest = terms.max(-1)
        dead = np.isneginf(largest)
        rest = np.sign(upper) * np.exp(terms - np.where(dead, 0, largest)[..., None])
        V = np.matmul(np.where(dead[..., None], np.eye(n), rest), V)
        V, d = _unit(V, size[..., None] + largest)
    return U, d, V


def _jacobi(V, d):
    """log of the singular values (in no order) of the matrices with columns ``V[..., i] exp(d_i)``."""
    n = d.shape[-1]
    columns = [V[..., i] for i in range(n)]
    logs = [d[..., i] for i in range(n)]
    for _ in range(_SWEEPS):
        largest = 0.0
        for i in range(n - 1):
            for j in range(i + 1, n):
                swap = logs[j] > logs[i]  # the larger column first
                for pair in (columns, logs):
                    mask = swap[..., None] if pair is columns else swap
                    pair[i], pair[j] = np.where(mask, pair[j], pair[i]), np.where(mask, pair[i], pair[j])
                cosine = (columns[i] * columns[j]).sum(-1)
                ratio = np.exp(logs[j] - np.where(np.isneginf(logs[i]), 0, logs[i]))
                gap = 1 - ratio**2
                below = gap + np.sqrt(gap**2 + 4 * (ratio * cosine) ** 2)
                turn = 2 * cosine / np.where(below > 0, below, 1)  # tangent / ratio: finite where that underflows
                first = columns[i] + (turn * ratio**2)[..., None] * columns[j]
                second = columns[j] - turn[..., None] * columns[i]
                scale = -0.5 * np.log1p((turn * ratio) ** 2)
                columns[i], logs[i] = _unit(first, logs[i] + scale)
                columns[j], logs[j] = _unit(second, logs[j] + scale)
                largest = max(largest, float(np.abs(cosine).max()))
        if largest < 1e-15 * n:
            break
    return np.stack(logs, axis=-1)


def _unit(vector, log):
    """The vector over its length, and the logarithm of the two lengths multiplied."""
    length = np.linalg.norm(vector, axis=-1)
    safe = np.where(length > 0, length, 1)
    return vector / safe[..., None], log + _log(length)
