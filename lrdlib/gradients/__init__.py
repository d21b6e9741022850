"""Four ways to dC/dtheta, Jacobian products, and the share of each lag.

With states ``x_t = F(x_{t-1}, u_t; theta)``, ``J_t = dx_t/dx_{t-1}`` and ``C = sum_t C_t``::

    dC/dtheta = sum_t sum_{tau <= t} dC_t/dx_t (J_t J_{t-1} ... J_{tau+1}) d+x_tau/dtheta

Here ``d+`` holds ``x_{tau-1}`` fixed. Back-propagation through time sums this from the right end
backwards, forward propagation (real-time recurrent learning) from the left end forwards; truncated
back-propagation leaves out all lags t - tau from a window on; and where J is diagonal, the forward
sum costs no more than the network itself. All Jacobians here are in the coordinates of the
state x (TNN94, section IV, works with the pre-activation a).
"""

from lrdlib.gradients.backward import bptt, lag_contributions, truncated_bptt
from lrdlib.gradients.core import Gradient
from lrdlib.gradients.curvature import (
    InstanceDerivatives,
    SecondDerivatives,
    WeightedByTime,
    hessian,
    instance_derivatives,
    second_derivatives,
    weighted_by_time,
)
from lrdlib.gradients.forward import complex_step, local_feedback, rtrl
from lrdlib.gradients.jacobians import jacobian_products, jacobians
from lrdlib.gradients.lags import LagShares, lag_shares

__all__ = ["Gradient", "InstanceDerivatives", "LagShares", "SecondDerivatives", "WeightedByTime", "bptt",
           "complex_step", "hessian", "instance_derivatives", "jacobian_products", "jacobians", "lag_contributions",
           "lag_shares", "local_feedback", "rtrl", "second_derivatives", "truncated_bptt", "weighted_by_time"]
