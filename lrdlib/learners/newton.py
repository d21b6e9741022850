"""Gradient descent whose every step is divided by a curvature: pseudo-Newton, and its time-weighted form."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

import numpy as np

from lrdlib import _validate as check
from lrdlib import gradients
from lrdlib.gradients.curvature import FAMILIES, METHODS
from lrdlib.learners._settings import setting
from lrdlib.learners.descent import Descent
from lrdlib.networks import NoDerivative

__all__ = ["PseudoNewton", "TimeWeightedPseudoNewton"]


class _Newton(Descent):
    """Descent along a rescaled gradient."""

    settings = (*Descent.settings, "mu")

    def __init__(self, rate, mu, batch_size=None, curvature="recursion", momentum=0.0, check_every=1, check_growth=1.0):
        super().__init__(rate, momentum, batch_size, check_every, check_growth)
        self.mu = setting("mu", mu, above=0)
        self.curvature = check.choice("curvature", curvature, METHODS)

    def _begin(self, problem, theta0, rng):
        theta = super()._begin(problem, theta0, rng)
        check.instance("the network of problem", problem.network, FAMILIES, "a Recurrent network or a LatchNeuron")
        if getattr(problem.network, "hard", False):
            raise NoDerivative
        if not callable(getattr(problem.task.cost, "curvature", None)):
            raise TypeError(f"the cost of problem's task must have the method curvature, got {problem.task.cost!r}")
        return theta

    def _direction(self, problem, theta, batch):
        with np.errstate(over="ignore", invalid="ignore"):
            return self._rescaled(problem, theta, batch, self._each("mu", problem.runs)[problem.active])

    @abstractmethod
    def _rescaled(self, problem, theta, batch, mu):
        """A `Gradient` of the active runs, and what mu (A,) and the curvature make of it."""


class PseudoNewton(_Newton):
    """``dw_i = - rate / (|d2C/dw_i^2| + mu) dC/dw_i``, for each weight by itself.

    Gradient and curvature are those of the present batch, summed over its sequences: no running mean of the
    curvature is kept (a stated choice; Becker & Le Cun, 1988, as we remember, average it over the training set).
    The absolute value makes every step go down; mu bounds it by ``rate |dC/dw_i| / mu``, and is what divides where
    the curvature vanishes.

    Parameters
    ----------
    rate : float or array_like (R,)
        Positive; one for all runs, or one for each. A second-hand account has 0.01.
    mu : float or array_like (R,)
        Positive; one for all runs, or one for each. A second-hand account has 0.001 to 0.3. It is in the units of the
        curvature, so that a batch of B sequences wants B times that of a single one.
    batch_size : int, optional
        Sequences between two changes of theta: 1 is on-line; by default the whole training set.
    curvature : {"recursion", "exact"}
        By Becker & Le Cun's recursion, summed over time as if a weight's instances did not act together; or
        the exact second derivative of the shared weight. See `lrdlib.gradients.second_derivatives`.
    momentum : float or array_like (R,)
        In [0, 1): the share of the last change that is made again. A second-hand account has 0.8.
    check_every, check_growth
        As for `Learner`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    TNN94, section V, as a second-hand account has it; that mu bounds the step is confirmed in N93. It takes a
    `Recurrent` network or a `LatchNeuron`. A run of which the curvature leaves the finite numbers has diverged.
    """

    def _rescaled(self, problem, theta, batch, mu):
        found = problem.gradient(theta, batch, partial(gradients.second_derivatives, method=self.curvature))
        return found, found.gradient / (np.abs(found.curvature) + mu[:, None])


class TimeWeightedPseudoNewton(_Newton):
    """``dw_i = - sum_t rate / (|d2C/dw_it^2| + mu) dC/dw_it``, w_it being the instance of w_i at time t.

    Each time's share of the gradient is divided by its own curvature before they are summed. An instance is shared
    by the sequences of a batch: both derivatives are summed over these, at each time, before they are divided (a
    stated choice, which makes no difference on-line).

    Parameters
    ----------
    rate, mu, batch_size, momentum, check_every, check_growth
        As for `PseudoNewton`. The bound on a step is ``rate sum_t |dC/dw_it| / mu``.
    curvature : {"recursion", "exact"}
        Of each instance, by Becker & Le Cun's recursion, or exact. See `lrdlib.gradients.weighted_by_time`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    TNN94, section V, as a second-hand account has it. It takes a `Recurrent` network or a `LatchNeuron`. A run
    of which a curvature leaves the finite numbers has diverged.
    """

    def _rescaled(self, problem, theta, batch, mu):
        found = problem.gradient(theta, batch, partial(gradients.weighted_by_time, mu=mu, method=self.curvature))
        return found, found.step
