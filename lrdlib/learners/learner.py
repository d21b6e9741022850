"""The loop that all learners share: a batch, a step, and from time to time a test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners.history import LearningStopped
from lrdlib.learners.problem import Problem

__all__ = ["Learner", "Step"]


@dataclass(frozen=True, eq=False)
class Step:
    """What one step of a learner has to say of the active runs, in their order.

    Attributes
    ----------
    cost : ndarray (A,)
        C, summed over the batch, of the A active runs.
    diverged : ndarray of bool (A,), optional
        Runs that left the finite numbers: their theta must be what it was before.
    stuck : ndarray of bool (A,), optional
        Runs that the learner gives up; they are tested once more.
    """

    cost: np.ndarray
    diverged: np.ndarray | None = None
    stuck: np.ndarray | None = None


class Learner(ABC):
    """What changes the parameters of R runs, one batch after another, until they have ended.

    A learner of one's own writes `_step`, and `_state` if it remembers anything from one step to the next.

    Parameters
    ----------
    batch_size : int, optional
        Sequences between two steps: 1 is on-line learning; by default the whole training set.
    check_every : int
        Evaluations between two tests of convergence; the last one is tested in any case.
    check_growth : float
        At least 1. With 1.1 an interval between two tests is also no shorter than a tenth of the
        evaluations so far: a curve over several powers of ten.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.
    """

    #: Whether `train` wants a generator for the learner's own random choices.
    stochastic = False

    def __init__(self, batch_size=None, check_every=1, check_growth=1.0):
        self.batch_size = None if batch_size is None else check.count("batch_size", batch_size)
        self.check_every = check.count("check_every", check_every)
        self.check_growth = check.real("check_growth", check_growth, 1)

    def train(self, problem, theta0, rng=None):
        """Learn until every run is solved, out of budget, stuck, or diverged.

        Parameters
        ----------
        problem : Problem
            A fresh one, with a network that suits the learner.
        theta0 : array_like (R, P)
            Where each run starts; it is not changed.
        rng : numpy.random.Generator, optional
            For the learner's own random choices; a learner that makes some wants it.

        Returns
        -------
        History

        Raises
        ------
        TypeError, ValueError
            Before any work, if the problem has no network or was used before, its budget does not pay
            for one batch, or shapes do not fit.
        LearningStopped
            If the task, the cost or the gradient fails on the way, or gives what it must not (a NaN, say).
            What had been found is in the exception's `history`.
        """
        theta = self._begin(problem, theta0, rng)
        cost = np.full(problem.runs, np.inf)
        records = [problem.record(cost)]
        try:
            self._go_on(problem, theta, rng, cost, records)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            spent = int(problem.spent["evaluations"].max())
            problem.end("stopped")
            records.append(problem.record(cost))
            raise LearningStopped(f"training stopped in evaluation {spent}: {error}",
                                  problem.history(theta, records)) from error
        return problem.history(theta, records)

    def _go_on(self, problem, theta, rng, cost, records):
        problem.test(theta)
        records[0] = problem.record(cost)
        state, step, due = self._state(problem, theta, rng), 0, self.check_every
        while (batch := problem.draw(self.batch_size)) is not None:
            step += 1
            active = problem.active
            said = self._step(problem, theta, batch, state)
            cost[active] = said.cost / batch.size
            stuck = np.zeros(problem.runs, bool)
            if said.stuck is not None:
                stuck[active] = said.stuck
            if said.diverged is not None:
                problem.diverge(said.diverged)
            last = stuck.any() or not problem.affords(self.batch_size).all()
            if (step >= due or last) and problem.active.size:
                due = step + max(self.check_every, int((self.check_growth - 1) * step))
                problem.test(theta[problem.active])
                problem.end("stuck", stuck[problem.active])
                cost[problem.status == "diverged"] = np.inf
                records.append(problem.record(cost))

    def _begin(self, problem, theta0, rng):
        """Everything checked before any work; a copy of theta0."""
        check.instance("problem", problem, Problem, "a lrdlib.learners.Problem")
        if problem.network is None:
            raise TypeError(f"problem must have a network for {type(self).__name__}, got one without")
        theta = np.array(check.array("theta0", theta0, (problem.runs, problem.network.n_parameters)))
        if self.stochastic or rng is not None:
            check.generator("rng", rng)
        if (problem.status != "running").any() or problem.spent["evaluations"].any():
            raise ValueError("problem must be a fresh one, got one that was used")
        if not problem.affords(self.batch_size).all():
            raise ValueError(f"the budget of problem must pay for one batch at least, got {problem.budget}")
        return theta

    def _state(self, problem, theta, rng):
        """What the learner remembers from one step to the next; None by default."""

    @abstractmethod
    def _step(self, problem, theta, batch, state):
        """Change the rows ``theta[problem.active]`` after one batch, and return a `Step`."""
