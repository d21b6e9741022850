"""Gradient descent, on-line and batch, with momentum or without."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from lrdlib import gradients
from lrdlib.learners._settings import setting
from lrdlib.learners.learner import Learner, Step

__all__ = ["GradientDescent"]


class Descent(Learner):
    """v <- momentum v - rate d, theta <- theta + v; each kind of descent makes its direction d of the gradient."""

    settings = ("rate", "momentum")

    def __init__(self, rate, momentum, *rest):
        super().__init__(*rest)
        self.rate = setting("rate", rate, above=0)
        self.momentum = setting("momentum", momentum, low=0, below=1)

    def _state(self, problem, theta, rng):
        return np.zeros_like(theta)  # v, the last change

    def _step(self, problem, theta, batch, v):
        active = problem.active
        found, direction = self._direction(problem, theta[active], batch)
        rate, momentum = (self._each(name, problem.runs)[active, None] for name in ("rate", "momentum"))
        with np.errstate(over="ignore", invalid="ignore"):
            v[active] = momentum * v[active] - rate * direction
        return Step(found.cost, move(theta, active, v[active], found.diverged))

    @abstractmethod
    def _direction(self, problem, theta, batch):
        """A `Gradient` of the active runs, and the direction d (A, P)."""


class GradientDescent(Descent):
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
        super().__init__(rate, momentum, batch_size, check_every, check_growth)
        if not callable(gradient):
            raise TypeError(f"gradient must be a function as in lrdlib.gradients, got {gradient!r}")
        self.gradient = gradient

    def _direction(self, problem, theta, batch):
        g = problem.gradient(theta, batch, self.gradient)
        return g, g.gradient


def move(theta, active, change, diverged):
    """Add the change (A, P) to the active rows; which of them diverged, and stay where they were, (A,) of bool."""
    with np.errstate(over="ignore", invalid="ignore"):
        new = theta[active] + change
    diverged = diverged | ~np.isfinite(new).all(1)
    theta[active[~diverged]] = new[~diverged]
    return diverged
