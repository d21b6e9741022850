"""Second derivatives of C by the weights, and by each instance of a weight in the unfolded net.

Unfolded in time, a net has an instance ``w_t`` of each weight w at every step t, and w is shared by its
instances: ``dC/dw = sum_t dC/dw_t``. For second derivatives this is not so: ``d2C/dw^2 = sum_t sum_s
d2C/(dw_t dw_s)``, and the terms with s != t do not vanish. With pre-activations ``a_t``, units
``x_t = f(a_t)`` and ``z_t`` what the weight of unit i multiplies at time t,

    ``dC/dw_t = z_t dC/da_{i,t}``  and  ``d2C/dw_t^2 = z_t^2 d2C/da_{i,t}^2``,

so that what is wanted is the diagonal of the Hessian of C by the ``a_t``. There are two ways to it:

- "recursion", after Becker & Le Cun (1988; from memory): the diagonal is carried back by itself,
  ``d2C/da_i^2 = f'(a_i)^2 d2C/dx_i^2 + f''(a_i) dC/dx_i`` and
  ``d2C/dx_j^2 = d2C_t/dx_j^2 + sum_i w_ij^2 d2C/da_i^2``, where j feeds the units i. What two units do together,
  ``d2C/(da_i da_k)``, is left out, so that this is exact for a chain of single units only. It costs as much as the
  gradient. The form here keeps the term with f'', from which the curvature may be negative (as the
  absolute value in the pseudo-Newton step supposes); without it the recursion would be a diagonal
  Gauss-Newton form, never negative, and not even exact for a single unit.
- "exact": the whole n x n Hessian by the state is carried back,
  ``H_{t-1} = W' (F' H_t F' + diag(f'' dC/dx_t)) W``, F' being diag(f').

For a shared weight the recursion is summed over t, as if instances did not act together; the exact form has all terms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.gradients.backward import _sweep
from lrdlib.gradients.core import Gradient, at, begin, bends, finish, quiet, refuse_diverged, steps
from lrdlib.networks import LatchNeuron, Recurrent

__all__ = ["FAMILIES", "METHODS", "InstanceDerivatives", "SecondDerivatives", "WeightedByTime", "hessian",
           "instance_derivatives", "second_derivatives", "weighted_by_time"]

#: Networks that have the calculus of a step's second derivatives.
FAMILIES = (Recurrent, LatchNeuron)
#: Ways to the second derivatives.
METHODS = ("recursion", "exact")


@dataclass(frozen=True, eq=False)
class SecondDerivatives(Gradient):
    """A `Gradient`, and the second derivative by each parameter.

    Attributes
    ----------
    curvature : ndarray (R, P)
        d2C/dw^2 of the batch, for one parameter at a time; 0 for a run that diverged.
    """

    curvature: np.ndarray


@dataclass(frozen=True, eq=False)
class WeightedByTime(Gradient):
    """A `Gradient`, and the sum of its terms, each over its own curvature.

    Attributes
    ----------
    step : ndarray (R, P)
        ``sum_t dC/dw_t / (|d2C/dw_t^2| + mu)``; 0 for a run that diverged.
    """

    step: np.ndarray


@dataclass(frozen=True, eq=False)
class InstanceDerivatives:
    """Derivatives of C by the instance of each parameter at each time.

    Attributes
    ----------
    gradient, curvature : ndarray (R, T, P)
        ``gradient[r, t - 1, i]`` is dC/dw_{i,t} of run r, and ``curvature`` d2C/dw_{i,t}^2. An instance is shared by
        the sequences of the batch, at the same time t since their beginning: both are summed over them.
    """

    gradient: np.ndarray
    curvature: np.ndarray


@quiet
def second_derivatives(network, theta, batch, cost=None, method="recursion"):
    """The gradient, and d2C/dw^2 for each parameter by itself.

    "recursion": ``sum_t d2C/dw_t^2``, each by the recursion of Becker & Le Cun (1988).

    "exact": with ``s_t = dx_t/dw`` and ``p_t = da_t/dw`` carried forward,
    ``d2C/dw^2 = sum_t (d2C_t/do_t^2 (do_t/dw)^2 + sum_k f''(a_k) dC/dx_k p_k^2 + 2 dC/da_i dz/dw)``, where unit i
    gets ``w z``: the second derivatives of each equation of the net, weighted by how C depends on it (derived
    here). It costs n^2 P products a step, as `rtrl`.

    Parameters
    ----------
    network : Recurrent or LatchNeuron
    theta : array_like (R, P)
    batch : Batch
    cost : object with methods value, derivative and curvature, each of (o, d), optional
        By default `SquaredError`.
    method : {"recursion", "exact"}

    Returns
    -------
    SecondDerivatives

    Raises
    ------
    TypeError
        If the network is of another family, or the cost has no method ``curvature``.
    TypeError, ValueError
        If an argument has a wrong kind or shape, is empty, or holds NaN or infinity.
    """
    trajectory, C, g, c = _begin(network, theta, batch, cost, method)
    T, n, N, P = steps(g, trajectory.T), network.n_state, network.n_weights, network.n_parameters
    total = network.accumulator(trajectory)
    if method == "recursion":
        bent = network.accumulator(trajectory)
        for t, _, da, ha in _diagonal(trajectory, g, c):
            total += network.instances(trajectory, t, da)
            bent += network.instances(trajectory, t, ha, 2)
        curvature, products, memory = network.collect(bent), 5 * N * T, n * (T + 1)
    else:
        back = []
        for t, delta, da in _first(trajectory, g):
            total += network.instances(trajectory, t, da)
            back.append((delta, da))
        curvature = _shared(trajectory, c, back[::-1])
        products, memory = (3 * N + n * n * P + 3 * n * P) * T, 3 * n * (T + 1) + n * P
    return _finish(SecondDerivatives, C, network.collect(total), curvature, trajectory, products, memory)


@quiet
def weighted_by_time(network, theta, batch, mu, cost=None, method="recursion"):
    """The gradient, and the direction of time-weighted pseudo-Newton.

    ``sum_t dC/dw_t / (|d2C/dw_t^2| + mu)``, summed on the way back, so that no (R, T, P) numbers are held (TNN94,
    section V, as a second-hand account has it). The instance ``w_t`` is shared by the sequences of a batch: gradient
    and curvature of each time are summed over the batch before they are divided (stated choice; in on-line learning it
    makes no difference).

    Parameters
    ----------
    network, theta, batch, cost, method
        As for `second_derivatives`.
    mu : float or array_like (R,)
        Positive; one for all runs, or one for each.

    Returns
    -------
    WeightedByTime

    Raises
    ------
    TypeError, ValueError
        As `second_derivatives`, and if mu is not positive.
    """
    mu = check.array("mu", mu, [(), ("R",)])
    if (mu <= 0).any():
        raise ValueError(f"mu must be positive, got {mu.min()}")
    trajectory, C, g, c = _begin(network, theta, batch, cost, method)
    if mu.ndim and len(mu) != len(C):
        raise ValueError(f"mu must be one number or R = {len(C)} of them, got {len(mu)}")
    mu = np.broadcast_to(mu, C.shape)[:, None]
    total, step = network.accumulator(trajectory), 0
    for t, _, da, ha in _sweeps(method)(trajectory, g, c):
        share = network.instances(trajectory, t, da)
        total += share
        step = step + network.collect(share) / (np.abs(network.collect(network.instances(trajectory, t, ha, 2))) + mu)
    T, n, N = steps(g, trajectory.T), network.n_state, network.n_weights
    products = (5 * N if method == "recursion" else 4 * N + 2 * n**3) * T
    memory = n * (T + 1) + (n * n if method == "exact" else n)
    return _finish(WeightedByTime, C, network.collect(total), step, trajectory, products, memory)


@quiet
def instance_derivatives(network, theta, batch, cost=None, method="recursion"):
    """First and second derivative of C by the instance of each parameter at each time.

    Parameters
    ----------
    network, theta, batch, cost, method
        As for `second_derivatives`.

    Returns
    -------
    InstanceDerivatives

    Raises
    ------
    TypeError, ValueError
        As `second_derivatives`, and if a run diverges.
    """
    trajectory, C, g, c = _begin(network, theta, batch, cost, method)
    refuse_diverged(C)
    gradient = np.zeros((len(C), trajectory.T, network.n_parameters), trajectory.x.dtype)
    curvature = np.zeros_like(gradient)
    for t, _, da, ha in _sweeps(method)(trajectory, g, c):
        gradient[:, t - 1] = network.collect(network.instances(trajectory, t, da))
        curvature[:, t - 1] = network.collect(network.instances(trajectory, t, ha, 2))
    refuse_diverged(np.abs(gradient).max((1, 2)) + np.abs(curvature).max((1, 2)))
    return InstanceDerivatives(gradient, curvature)


@quiet
def hessian(network, theta, batch, cost=None, step=1e-100):
    """All second derivatives, by the complex step of the back-propagated gradient.

    ``d2C/(dtheta dtheta_j) = Im grad C(theta + i step e_j) / step`` (Squire & Trapp, 1998), for any network: exact to
    rounding, at the price of P gradients in complex numbers. The judge of `second_derivatives`.

    Parameters
    ----------
    network : Network
    theta, batch
        As for `bptt`.
    cost : object, optional
        As for `complex_step`.
    step : float
        From 1e-300 to 1e-8.

    Returns
    -------
    ndarray (R, P, P)

    Raises
    ------
    TypeError, ValueError
        As `bptt`, if a run diverges, and if `step` is out of its range.
    """
    step = check.real("step", step, 1e-300, 1e-8)
    refuse_diverged(begin(network, theta, batch, cost)[1])
    theta = np.asarray(theta, complex)
    out = np.empty((*theta.shape, theta.shape[1]))
    for j in range(theta.shape[1]):
        shifted = theta.copy()
        shifted[:, j] += 1j * step
        trajectory, _, g = begin(network, shifted, batch, cost, complex_ok=True)
        total = network.accumulator(trajectory)
        _sweep(trajectory, g, total)
        out[:, :, j] = network.collect(total).imag / step
    return out


def _begin(network, theta, batch, cost, method):
    """As `begin`, with d2C/do_t^2 too."""
    check.instance("network", network, FAMILIES, "a Recurrent network or a LatchNeuron")
    check.choice("method", method, METHODS)
    trajectory, C, g = begin(network, theta, batch, cost)
    return trajectory, C, g, bends(trajectory, batch, cost)


def _finish(kind, cost, gradient, second, *rest):
    """Mask the runs of which the second derivatives, too, left the finite numbers."""
    lost = ~np.isfinite(second).all(1)
    first = finish(np.where(lost, np.inf, cost), gradient, *rest)
    second = np.where(first.diverged[:, None], 0, second) if first.diverged.any() else second
    return kind(first.cost, first.gradient, first.diverged, *rest, second)


def _sweeps(method):
    return _diagonal if method == "recursion" else _full


def _arriving(trajectory, t, g, before):
    """What arrives at the units at time t: from later steps, and from the cost of this one. A copy."""
    g_t = at(g, t)
    if g_t is None:
        return before + 0
    return trajectory.network.pull_output(trajectory, t, g_t, None) + before


def _first(trajectory, g):
    """Backwards in time: t, dC/dx_t as seen from the other units, and dC/da_t; both (R, n, B)."""
    network = trajectory.network
    W, V = network.weights(trajectory)
    delta = 0
    for t in range(steps(g, trajectory.T), 0, -1):
        delta = _arriving(trajectory, t, g, delta)
        slope, _ = network.bends(trajectory, t)
        da = slope * delta
        if V is not None:
            for i in reversed(range(network.n_state)):
                da[:, i] = slope[:, i] * delta[:, i]
                delta[:, :i] += V[:, i, :i, None] * da[:, i, None]
        yield t, delta, da
        delta = np.matmul(W.transpose(0, 2, 1), da)


def _diagonal(trajectory, g, c):
    """Becker & Le Cun's recursion, backwards in time: t, dC/dx_t, dC/da_t and d2C/da_t^2; all (R, n, B)."""
    network = trajectory.network
    W, V = network.weights(trajectory)
    squared = (W * W).transpose(0, 2, 1)
    h = 0
    for t, delta, da in _first(trajectory, g):
        h = _arriving(trajectory, t, c, h)
        slope, bend = network.bends(trajectory, t)
        ha = slope * slope * h + bend * delta
        if V is not None:
            for i in reversed(range(network.n_state)):
                ha[:, i] = slope[:, i] ** 2 * h[:, i] + bend[:, i] * delta[:, i]
                h[:, :i] += V[:, i, :i, None] ** 2 * ha[:, i, None]
        yield t, delta, da, ha
        h = np.matmul(squared, ha)


def _full(trajectory, g, c):
    """The exact recursion, backwards in time: as `_diagonal`, from the Hessian H (R, n, n, B) by the state."""
    network = trajectory.network
    W, V = network.weights(trajectory)
    n, out = network.n_state, range(network.n_state)
    H = 0
    for t, delta, da in _first(trajectory, g):
        H = np.zeros((*delta.shape[:2], *delta.shape[1:]), delta.dtype) + H
        if at(c, t) is not None:
            H[:, out, out] += network.pull_output(trajectory, t, at(c, t), None)
        slope, bend = network.bends(trajectory, t)
        if V is None:
            H *= slope[:, :, None]
            H *= slope[:, None]
            H[:, out, out] += bend * delta
        else:  # x_i = f(e_i + V_i x_<i): put e_i in the place of x_i, the last unit first
            for i in reversed(range(n)):
                H[:, i] *= slope[:, i, None]
                H[:, :, i] *= slope[:, i, None]
                H[:, i, i] += bend[:, i] * delta[:, i]
                H[:, :i] += V[:, i, :i, None, None] * H[:, i, None]
                H[:, :, :i] += V[:, i, None, :i, None] * H[:, :, i, None]
        yield t, delta, da, H[:, out, out]
        H = _congruent(W.transpose(0, 2, 1), H)


def _congruent(A, H):
    """A H A' (R, n, n, B) of a symmetric H."""
    for _ in range(2):  # A H, then A (A H)'
        R, n, m, B = H.shape
        H = np.matmul(A, H.reshape(R, n, m * B)).reshape(R, n, m, B).transpose(0, 2, 1, 3)
    return H


def _shared(trajectory, c, back):
    """d2C/dw^2 (R, P), forward in time, from what `_first` gave at each step, put in the order of time."""
    network = trajectory.network
    W, V = network.weights(trajectory)
    receiver, sender, same = network.links()
    R, n, B, P = *trajectory.x.shape[1:], network.n_parameters
    each = np.arange(P)
    earlier, now = np.flatnonzero((sender >= 0) & ~same), np.flatnonzero(same)
    S = np.zeros((R, n, B, P), trajectory.x.dtype)  # dx_t/dw
    total = np.zeros((R, P), trajectory.x.dtype)

    def products(da, which):  # 2 dC/da_i dz/dw, of parameters that multiply a unit
        return 2 * np.einsum("rpb,prb->rp", da[:, receiver[which]], S[:, sender[which], :, which])

    def squares(weight):
        return np.matmul(weight.reshape(R, 1, n * B), (S * S).reshape(R, n * B, P))[:, 0]

    for t, (delta, da) in enumerate(back, 1):
        slope, bend = network.bends(trajectory, t)
        total[:, earlier] += products(da, earlier)
        S = np.matmul(W, S.reshape(R, n, B * P)).reshape(R, n, B, P)
        S[:, receiver, :, each] += network.sources(trajectory, t).transpose(1, 0, 2)  # da_t/dw, less the same step
        if V is None:
            total += squares(bend * delta)
            S *= slope[..., None]
        else:
            for i in range(n):
                S[:, i] += np.einsum("rj,rjbp->rbp", V[:, i, :i], S[:, :i])
                total += np.einsum("rb,rbp->rp", bend[:, i] * delta[:, i], S[:, i] ** 2)
                S[:, i] *= slope[:, i, :, None]
            total[:, now] += products(da, now)
        if at(c, t) is not None:
            total += squares(network.pull_output(trajectory, t, at(c, t), None))
    return total
