"""Hard units: two values, a threshold between them, and no derivative."""

from __future__ import annotations

import numpy as np

from lrdlib.networks.base import ACTIVATIONS

__all__ = ["HARD", "NoDerivative"]


class NoDerivative(TypeError):
    """A gradient was asked of a network whose units have none.

    The slope of a hard unit is 0 wherever it exists: no gradient method can learn anything from it, and a 0
    that nobody notices would look like a minimum.
    """

    def __init__(self):
        super().__init__("network must have units with a derivative ('tanh' or 'logistic') for this, got hard ones; "
                         "lrdlib.learners.DiscretePropagation trains those")


def _positive(a):
    """Which units are on: those with a net input of 0 too. A complex step would find a derivative of 0."""
    if np.iscomplexobj(a):
        raise NoDerivative
    return a >= 0


def _sign(a):
    return np.where(_positive(a), 1.0, -1.0).astype(np.result_type(a), copy=False)


def _step(a):
    return _positive(a).astype(np.result_type(a))


def _no_slope(y):
    raise NoDerivative


#: name -> (f, what raises `NoDerivative`): "sign" has the values -1 and 1, "step" 0 and 1, the upper one at 0.
HARD = {"sign": (_sign, _no_slope), "step": (_step, _no_slope)}

#: Soft or hard: name -> (f, f' as a function of the unit's output), for networks that can be either.
UNITS = {"tanh": ACTIVATIONS["tanh"], "logistic": ACTIVATIONS["logistic"], **HARD}
