"""Gradient descent, on-line and batch, with momentum or without."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib import gradients
from lrdlib.learners.learner import Learner, Step

__all__ = ["GradientDescent"]


class GradientDescent(Learner):
    """v <- momentum v - rate dC/dtheta, theta <- theta + v, with C summed over the batch.

    Parameters
    ----------
    rate : float or array_like (R,)
        Learning rate, positive; one for all runs, or one for each.
    batch_size : int, optional
        Sequences between two changes of theta: 1 is on-line descent; by default the whole training set.
    gradient : callable
        One of `lrdlib.gradients`, or a function of one's own that returns a `Gradient`: it is called as
        ``gradient(network, theta, batch, cost=cost)``. Other arguments are bound before:
        ``functools.partial(gradients.truncated_bptt, window=3)``.
    momentum : float or array_like (R,)
        In [0, 1): the share of the last change that is made again. By default none.
    check_every, check_growth
        As for `Learner`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    The learner of TNN94, section III: descent on C = 1/2 sum_p (x_T^p - d^p)^2. Its rate and batch are
    not known. Momentum in the form of Rumelhart, Hinton & Williams (1986).
    """

    def __init__(self, rate, batch_size=None, gradient=gradients.bptt, momentum=0.0, check_every=1,
                 check_growth=1.0):
        super().__init__(batch_size, check_every, check_growth)
        self.rate = np.array(check.array("rate", rate, [(), ("R",)]))
        if (self.rate <= 0).any():
            raise ValueError(f"rate must be positive, got {rate!r}")
        self.momentum = np.array(check.array("momentum", momentum, [(), ("R",)], low=0))
        if (self.momentum >= 1).any():
            raise ValueError(f"momentum must be below 1, got {momentum!r}")
        if not callable(gradient):
            raise TypeError(f"gradient must be a function as in lrdlib.gradients, got {gradient!r}")
        self.gradient = gradient

    def _begin(self, problem, theta0, rng):
        theta = super()._begin(problem, theta0, rng)
        per_run("rate", self.rate, problem.runs)
        per_run("momentum", self.momentum, problem.runs)
        return theta

    def _state(self, problem, theta, rng):
        return np.zeros_like(theta)  # v, the last change

    def _step(self, problem, theta, batch, v):
        active = problem.active
        g = problem.gradient(theta[active], batch, self.gradient)
        rate, momentum = per_run("rate", self.rate, problem.runs), per_run("momentum", self.momentum, problem.runs)
        with np.errstate(over="ignore", invalid="ignore"):
            v[active] = momentum[active, None] * v[active] - rate[active, None] * g.gradient
        return Step(g.cost, move(theta, active, v[active], g.diverged))


def per_run(name, value, R):
    """One number for each run (R,), from one for all or one for each."""
    if value.ndim and len(value) != R:
        raise ValueError(f"{name} must be one number or R = {R} of them, got {len(value)}")
    return np.broadcast_to(value, (R,))


def move(theta, active, change, diverged):
    """Add the change (A, P) to the active rows; which of them diverged, and stay where they were, (A,) of bool."""
    with np.errstate(over="ignore", invalid="ignore"):
        new = theta[active] + change
    diverged = diverged | ~np.isfinite(new).all(1)
    theta[active[~diverged]] = new[~diverged]
    return diverged
