"""Jacobians of a step and their products, in the coordinates of the state x."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks import Trajectory

__all__ = ["jacobian_products", "jacobians"]


def jacobians(trajectory):
    """``J_t = dx_t/dx_{t-1}`` at every step, in the coordinates of the state x.

    Parameters
    ----------
    trajectory : Trajectory

    Returns
    -------
    ndarray (R, B, T, n, n)
        ``[r, p, t - 1]`` is ``J_t``.

    Raises
    ------
    TypeError, ValueError
        If `trajectory` is no Trajectory, or a run of it diverged.
    """
    check.instance("trajectory", trajectory, Trajectory, "a lrdlib.networks.Trajectory")
    if trajectory.diverged.any():
        raise ValueError(f"trajectory must be finite, got one whose run {trajectory.diverged.argmax()} diverged")
    network = trajectory.network
    return np.stack([network.state_jacobian(trajectory, t) for t in range(1, trajectory.T + 1)], axis=2)


def jacobian_products(trajectory):
    """``dx_t/dx_tau`` for all pairs of times, in the coordinates of the state x.

    Parameters
    ----------
    trajectory : Trajectory

    Returns
    -------
    ndarray (R, B, T + 1, T + 1, n, n)
        ``[r, p, t, tau]`` is ``J_t ... J_{tau+1}``; the identity for tau = t, zero for tau > t.

    Raises
    ------
    TypeError, ValueError
        As `jacobians`.
    """
    J = jacobians(trajectory)
    R, B, T, n, _ = J.shape
    out = np.zeros((R, B, T + 1, T + 1, n, n), J.dtype)
    out[:, :, 0, 0] = np.eye(n)
    for t in range(1, T + 1):
        out[:, :, t, :t] = np.matmul(J[:, :, t - 1, None], out[:, :, t - 1, :t])
        out[:, :, t, t] = np.eye(n)
    return out
