"""What every gradient algorithm begins and ends with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrdlib import _validate as check
from lrdlib.batch import Batch
from lrdlib.networks import Network, Trajectory
from lrdlib.tasks import SquaredError

__all__ = ["Gradient", "at", "begin", "bends", "cost", "finish", "quiet", "refuse_diverged", "steps"]

#: Decorates what may meet a run that diverges: such runs are masked or refused in the end.
quiet = np.errstate(over="ignore", invalid="ignore")


@dataclass(frozen=True, eq=False)
class Gradient:
    """A gradient and what it cost.

    Attributes
    ----------
    cost : ndarray (R,)
        C, summed over the batch; infinite for a run that diverged.
    gradient : ndarray (R, P)
        dC/dtheta, or what the algorithm takes for it; 0 for a run that diverged.
    diverged : ndarray of bool (R,)
        Runs whose states, cost or gradient left the finite numbers.
    trajectory : Trajectory
    operations : int
        Multiplications for one sequence of one run, counted from the algorithm's own products;
        the unit's activation function counts as none.
    memory : int
        Numbers held at once for one sequence of one run, beside parameters and inputs.
    """

    cost: np.ndarray
    gradient: np.ndarray
    diverged: np.ndarray
    trajectory: Trajectory
    operations: int
    memory: int


def finish(cost, gradient, *rest):
    """Mask the runs that diverged, so that no NaN travels."""
    diverged = ~(np.isfinite(cost) & np.isfinite(gradient).all(1))
    if diverged.any():
        cost, gradient = np.where(diverged, np.inf, cost), np.where(diverged[:, None], 0, gradient)
    return Gradient(cost, gradient, diverged, *rest)


def begin(network, theta, batch, cost, complex_ok=False):
    """Check, run forward, and return the trajectory, C (R,), and dC/do_t (T, R, B)."""
    check.instance("network", network, Network, "a lrdlib.networks.Network")
    check.instance("batch", batch, Batch, "a lrdlib.tasks.Batch")
    cost = SquaredError() if cost is None else cost
    methods = [getattr(cost, name, None) for name in ("value", "derivative")]
    if isinstance(cost, type) or not all(map(callable, methods)):
        raise TypeError(f"cost must be an object with the methods value and derivative, got {cost!r}")
    theta = check.array("theta", theta, ("R", network.n_parameters), complex_ok=complex_ok)
    if np.iscomplexobj(batch.inputs):
        raise TypeError("batch must have real inputs, got complex numbers")
    trajectory = network._run(theta, batch.inputs, batch.groups)
    return trajectory, *_errors(trajectory, batch, cost)


@quiet
def cost(network, theta, batch, cost=None):
    """C (R,), summed over the batch, without its gradient; infinite for a run that diverges.

    Parameters, and errors, as for `bptt`.
    """
    C = begin(network, theta, batch, cost)[1]
    return np.where(np.isnan(C), np.inf, C)


def _ask(cost, method, o, d):
    """What a method of the cost, which may be the user's, says of each output; it cannot change them."""
    given = o.view()
    given.flags.writeable = False  # o is a view of the states
    said = getattr(cost, method)(given, d)
    kind = {"f": "real", "c": "complex"}[o.dtype.kind]
    wanted = f"cost.{method} must return {kind} numbers in an array of o's shape {o.shape}"
    if not isinstance(said, np.ndarray) or said.dtype.kind != o.dtype.kind:
        raise TypeError(f"{wanted}, got {type(said).__name__} of dtype {getattr(said, 'dtype', None)}")
    if said.shape != o.shape:
        raise ValueError(f"{wanted}, got shape {said.shape}")
    if np.isnan(said).any():
        raise ValueError(f"{wanted}, got NaN for a finite output")
    return said


def bends(trajectory, batch, cost):
    """d2C/do_t^2, in the form in which `begin` gives dC/do_t; the cost must say it."""
    cost = SquaredError() if cost is None else cost
    if not callable(getattr(cost, "curvature", None)):
        raise TypeError(f"cost must have the method curvature for second derivatives, got {cost!r}")
    return _errors(trajectory, batch, cost, "curvature")[1]


def _errors(trajectory, batch, cost, slope="derivative"):
    o, d = trajectory.o, batch.targets
    R, B, lengths = *o.shape[1:], batch.lengths
    for name in ("lengths", "targets"):
        if len(getattr(batch, name)) not in (1, R):
            raise ValueError(f"batch.{name} must have 1 or R = {R} runs, got {len(getattr(batch, name))}")
    finite = np.isfinite(o).all((0, 2))
    if not finite.all():
        C, g = _errors(replace(trajectory, o=np.where(finite[:, None], o, 0)), batch, cost, slope)
        return np.where(finite, C, np.inf), g
    if d.ndim == 3:
        alive, d = batch.mask.transpose(2, 0, 1), d.transpose(2, 0, 1)
        value, g = (np.where(alive, _ask(cost, method, o, d), 0) for method in ("value", slope))
        return value.sum((0, 2)), g
    end = lengths[0, 0]
    if (lengths == end).all():
        return _ask(cost, "value", o[end - 1], d).sum(1), {end: _ask(cost, slope, o[end - 1], d)}
    runs, rows = np.arange(R)[:, None], np.arange(B)
    final = o[lengths - 1, runs, rows]
    g = np.zeros_like(o)
    g[lengths - 1, runs, rows] = _ask(cost, slope, final, d)
    return _ask(cost, "value", final, d).sum(1), g


def at(g, t):
    """dC/do_t (R, B), or None where no cost falls on this step."""
    return g.get(t) if isinstance(g, dict) else g[t - 1]


def steps(g, T):
    """The last step on which a cost falls."""
    return int(max(g)) if isinstance(g, dict) else T


def refuse_diverged(cost):
    if not np.isfinite(cost).all():
        raise ValueError(f"theta makes run {np.flatnonzero(~np.isfinite(cost))[0]} diverge")
