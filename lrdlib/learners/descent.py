"""Gradient descent, on-line and batch."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib import gradients
from lrdlib.learners.problem import Problem

__all__ = ["GradientDescent"]


class GradientDescent:
    """theta <- theta - rate dC/dtheta, with C summed over the batch.

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
    check_every : int
        Evaluations between two tests of convergence; the last one is tested in any case.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    The learner of TNN94, section III: descent on C = 1/2 sum_p (x_T^p - d^p)^2. Its rate and batch are
    not known.
    """

    def __init__(self, rate, batch_size=None, gradient=gradients.bptt, check_every=1):
        self.rate = check.array("rate", rate, [(), ("R",)])
        if (self.rate <= 0).any():
            raise ValueError(f"rate must be positive, got {rate!r}")
        self.batch_size = None if batch_size is None else check.count("batch_size", batch_size)
        if not callable(gradient):
            raise TypeError(f"gradient must be a function as in lrdlib.gradients, got {gradient!r}")
        self.gradient = gradient
        self.check_every = check.count("check_every", check_every)

    def train(self, problem, theta0):
        """Descend until every run is solved, out of budget, or diverged.

        Parameters
        ----------
        problem : Problem
            A fresh one, with a network.
        theta0 : array_like (R, P)
            Where each run starts; it is not changed.

        Returns
        -------
        History

        Raises
        ------
        TypeError, ValueError
            If the problem has no network or was used before, or shapes do not fit.
        """
        check.instance("problem", problem, Problem, "a lrdlib.learners.Problem")
        if problem.network is None:
            raise TypeError("problem must have a network for gradient descent, got one without")
        R, P = problem.runs, problem.network.n_parameters
        theta = np.array(check.array("theta0", theta0, (R, P)))
        if self.rate.ndim and len(self.rate) != R:
            raise ValueError(f"rate must be one number or R = {R} of them, got {len(self.rate)}")
        if (problem.status != "running").any() or problem.spent["evaluations"].any():
            raise ValueError("problem must be a fresh one, got one that was used")
        problem.test(theta)
        cost = np.full(R, np.inf)
        records, step = [problem.record(cost)], 0
        while (batch := problem.draw(self.batch_size)) is not None:
            step += 1
            active = problem.active
            g = problem.gradient(theta[active], batch, self.gradient)
            cost[active] = g.cost / batch.size
            rate = self.rate[active, None] if self.rate.ndim else self.rate
            with np.errstate(over="ignore", invalid="ignore"):
                new = theta[active] - rate * g.gradient
            diverged = g.diverged | ~np.isfinite(new).all(1)
            theta[active[~diverged]] = new[~diverged]
            problem.diverge(diverged)
            due = step % self.check_every == 0 or not problem.affords(self.batch_size).all()
            if due and problem.active.size:
                problem.test(theta[problem.active])
                cost[problem.status == "diverged"] = np.inf
                records.append(problem.record(cost))
        return problem.history(theta, records)
