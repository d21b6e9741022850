"""What is kept of a learner's work, also when it could not be finished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["History", "LearningStopped"]


@dataclass(frozen=True, eq=False)
class History:
    """What a learner did, run by run.

    Attributes
    ----------
    theta : ndarray (R, P)
        Parameters at each run's end: the solution, where it was solved.
    status : ndarray of str (R,)
        "solved", "exhausted" (the budget ended first), "stuck" (the learner gave up before) or
        "diverged"; "stopped" where an error ended the training (see `LearningStopped`).
    evaluations, presentations, unit_steps : ndarray of int (R,)
        What each run was charged.
    error : ndarray (R,)
        Share of the test's sequences that were wrong when each run was last tested.
    curve : dict of str to ndarray (K, R)
        "evaluations", "presentations", "unit_steps", "error" and "cost" at each test; a run that
        has ended keeps its last values. The cost is that of the batch before the test, divided by
        its size; infinite before the first batch, and for a run that diverged.
    """

    theta: np.ndarray
    status: np.ndarray
    evaluations: np.ndarray
    presentations: np.ndarray
    unit_steps: np.ndarray
    error: np.ndarray
    curve: dict

    @property
    def solved(self):
        """Which runs passed the test of convergence, (R,) of bool."""
        return self.status == "solved"


class LearningStopped(ValueError):
    """An error in a cost, a task or a learner ended the training; what had been found is in `history`.

    The error itself is the exception's ``__cause__``.

    Attributes
    ----------
    history : History
        The runs that had not ended have the status "stopped". The last row of its curve is no test: it has the
        errors of the tests before, and what had been charged when the error came.
    """

    def __init__(self, message, history):
        super().__init__(message)
        self.history = history

    def __reduce__(self):  # so that it gets through from a worker process
        return type(self), (self.args[0], self.history)
