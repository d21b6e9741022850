"""The loop that all learners share: a batch, a step, and from time to time a test."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners._settings import per_run
from lrdlib.learners.history import LearningStopped
from lrdlib.learners.problem import Problem

__all__ = ["Learner", "Step"]


@dataclass(frozen=True, eq=False)
class Step:
    """What one step of a learner has to say of the active runs, in their order.

    Attributes
    ----------
    cost : ndarray (A,)
        C, summed over the batch, of the A active runs; no NaN.
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

    A learner of one's own writes `_step`, and `_state` if it remembers anything from one step to the next. It
    changes the rows of the active runs only, and leaves no NaN there.

    Parameters
    ----------
    batch_size : int, optional
        Sequences between two steps: 1 is on-line learning; by default the whole training set.
    check_every : int
        Evaluations between two tests of convergence. When a run gives up, or cannot pay for the next batch,
        all active runs are tested: with a check_every above 1 the evaluation in which a run is found to be
        solved may so depend on when others end; with 1 it does not.
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
    #: Names of the settings that are one number for all runs, or one for each.
    settings = ()

    def __init__(self, batch_size=None, check_every=1, check_growth=1.0):
        self.batch_size = None if batch_size is None else check.count("batch_size", batch_size)
        self.check_every = check.count("check_every", check_every)
        self.check_growth = check.real("check_growth", check_growth, 1, 1e6)

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
            If the task, the cost, the gradient or the step fails on the way, or gives what it must not (a NaN,
            say). What had been found is in the exception's `history`.
        """
        theta = self._begin(problem, theta0, rng)
        cost = np.full(problem.runs, np.inf)
        records = [problem.record(cost)]
        try:
            self._go_on(problem, theta, rng, cost, records)
        except Exception as error:  # whatever the user's task, cost or gradient raises: nothing is lost
            spent = int(problem.spent["evaluations"].max())
            problem.end("stopped")
            records.append(problem.record(cost))
            said = str(error) if isinstance(error, (TypeError, ValueError)) else f"{type(error).__name__}: {error}"
            raise LearningStopped(f"training stopped after {spent} evaluations: {said}",
                                  problem.history(theta, records)) from error
        return problem.history(theta, records)

    def _go_on(self, problem, theta, rng, cost, records):
        problem.test(theta)
        records[0] = problem.record(cost)
        state, step, due = self._state(problem, theta, rng), 0, self.check_every
        while (batch := problem.draw(self.batch_size)) is not None:
            step += 1
            active = problem.active
            before = theta.copy()
            said = self._step(problem, theta, batch, state)
            try:
                _check(said, theta, active)
            except (TypeError, ValueError):
                theta[:] = before
                raise
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
        if not np.array_equal(records[-1]["evaluations"], problem.spent["evaluations"]):  # all diverged at once
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
        if self.batch_size is None and problem.training is None:
            raise ValueError("batch_size must be given where problem has no fixed training set, got None")
        if not problem.affords(self.batch_size).all():
            raise ValueError(f"the budget of problem must pay for one batch at least, got {problem.budget}")
        for name in self.settings:
            self._each(name, problem.runs)
        return theta

    def _each(self, name, runs):
        """A setting for each run (runs,)."""
        return per_run(name, getattr(self, name), runs)

    def _state(self, problem, theta, rng):
        """What the learner remembers from one step to the next; None by default."""

    @abstractmethod
    def _step(self, problem, theta, batch, state):
        """Change the rows ``theta[problem.active]`` after one batch, and return a `Step`."""


def _check(said, theta, active):
    """A step that a learner, perhaps the user's, has made."""
    check.instance("what _step returns", said, Step, "a lrdlib.learners.Step")
    cost = said.cost
    if not isinstance(cost, np.ndarray) or cost.dtype.kind != "f" or cost.shape != active.shape or np.isnan(cost).any():
        raise ValueError(f"the cost of a Step must be real numbers without NaN, of shape {active.shape}, got {cost!r}")
    for name in ("diverged", "stuck"):
        if getattr(said, name) is not None:
            check.mask(name, getattr(said, name), active.shape)
    if not np.isfinite(theta).all():
        raise ValueError("theta must stay finite in a step, got NaN or infinity")
