"""One neuron with a self-connection: what its dynamics can keep, and what it takes to change it.

    x_t = tanh(a_t),    a_t = w x_{t-1} + h_t                                   (TNN94, section III)

Two coordinates describe the same neuron: its output x, in (-1, 1), and its pre-activation a. Inputs are added
in a. Every function says which one it takes and returns; fixed points are returned in both. The slope of the
map at a fixed point is the same in both coordinates: w (1 - x^2), because a smooth change of coordinates does
not change eigenvalues there. Away from a fixed point the two slopes differ.

Weights and inputs beyond +-1e6 are refused: there rounding would soon merge the fixed points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate

__all__ = [
    "FixedPoints",
    "critical_input",
    "critical_input_bracket",
    "fixed_points",
    "input_to_switch",
    "orbit",
    "stable_state",
    "steps_to_switch",
]

_LARGEST = 1e6  # |w| and |h|: with more, 64 halvings leave digits out, and 1 - 1/w becomes 1 in the end
_BISECTIONS = 64  # each halves the bracket: enough for every digit of a float64


@dataclass(frozen=True)
class FixedPoints:
    """The fixed points of x = tanh(w x + h), by branch.

    The last axis of the masked arrays holds three branches, in rising order: 0 the lower, 1 the middle, 2 the
    upper. A point that does not exist is masked. For w <= 1 the only point is on the middle branch. For
    w > 1 the outer branches are stable and the middle one is not; beyond `|h| = h*(w)` only the outer
    branch on the side of h is left; at `|h| = h*(w)` exactly the middle one has merged with the vanishing
    outer one, whose slope is 1, and the two count as one point.

    Attributes
    ----------
    w, h : ndarray (...)
        Recurrent weight and constant input, broadcast together.
    count : int ndarray (...)
        How many distinct fixed points there are: 1, 2 or 3.
    x, a : masked ndarray (..., 3)
        The fixed points as outputs, x, and as pre-activations, a; x = tanh(a).
    slope : masked ndarray (..., 3)
        w (1 - x^2), the derivative of the map at the point, in x or in a alike.
    stable : masked bool ndarray (..., 3)
        Whether `|slope| < 1`. Where `|slope| = 1` exactly the linear part decides nothing;
        it is marked False.
    """

    w: np.ndarray
    h: np.ndarray
    count: np.ndarray
    x: np.ma.MaskedArray
    a: np.ma.MaskedArray
    slope: np.ma.MaskedArray
    stable: np.ma.MaskedArray


def fixed_points(w, h=0.0):
    """All fixed points of x = tanh(w x + h), with their slope and stability.

    Parameters
    ----------
    w, h : array_like of float
        Recurrent weight and constant input, each in [-1e6, 1e6]; they broadcast together to the shape (...).

    Returns
    -------
    FixedPoints

    Raises
    ------
    TypeError, ValueError
        If `w` or `h` is not numeric, not finite, empty or out of range, or if they do not broadcast.

    Notes
    -----
    In a the fixed points are the roots of g(a) = a - w tanh(a) = h. For w > 1, g turns at a = -/+ atanh(u),
    u = sqrt(1 - 1/w), where it equals +/- h*(w). This cuts the line into three pieces on which g is monotone;
    each is bisected. Two roots closer than rounding allows one to tell apart are reported as tangent.

    Examples
    --------
    >>> points = fixed_points(2.0)
    >>> int(points.count), points.x.round(4).tolist(), points.stable.tolist()
    (3, [-0.9575, 0.0, 0.9575], [True, False, True])
    """
    w, h = _broadcast(w=_bounded("w", w), h=_bounded("h", h))
    turning = np.sqrt(np.maximum(w - 1, 0) / np.maximum(w, 1))  # u; 0 where the map has one piece
    edge = np.arctanh(turning)
    critical = w * turning - edge
    bistable = w > 1
    rounding = 4 * np.finfo(float).eps * np.abs(w) * turning
    tangent = bistable & (np.abs(np.abs(h) - critical) <= rounding)
    inside = bistable & (np.abs(h) < critical) & ~tangent

    exists = np.stack([
        bistable & (inside | tangent | (h < 0)),
        inside | ~bistable,
        bistable & (inside | tangent | (h > 0)),
    ], axis=-1)
    reach = np.abs(w) + np.abs(h) + 1  # every fixed point has |a| <= |w| + |h|
    middle = np.where(bistable, edge, reach)
    low = np.stack([-reach, -middle, edge], axis=-1)
    high = np.stack([-edge, middle, reach], axis=-1)
    sign = np.stack([np.ones_like(w), np.where(bistable, -1.0, 1.0), np.ones_like(w)], axis=-1)  # of g'
    weight, level = w[..., None], h[..., None]
    a = _bisect(lambda a: sign * (a - weight * np.tanh(a) - level), low, high)
    merged = tangent[..., None] & np.stack([h > 0, np.zeros_like(inside), h < 0], axis=-1)
    a = np.where(merged, np.stack([-edge, edge, edge], axis=-1), a)
    at_zero = (h == 0)[..., None] & [False, True, False]  # without input the middle one is 0, to the bit
    a = np.where(exists & ~at_zero, a, 0.0)
    x = np.tanh(a)
    slope = np.where(merged, 1.0, weight / np.cosh(np.minimum(np.abs(a), 350)) ** 2)
    points = [np.ma.array(values, mask=~exists) for values in (x, a, slope, np.abs(slope) < 1)]
    return FixedPoints(w, h, exists.sum(axis=-1), *points)


def stable_state(w):
    """The positive stable state xbar of x = tanh(w x), without input; the other one is -xbar.

    Parameters
    ----------
    w : array_like of float, > 1 and <= 1e6
        Recurrent weight, shape (...).

    Returns
    -------
    ndarray (...)
        xbar, an output x in (0, 1).

    Raises
    ------
    TypeError, ValueError
        If `w` is not numeric, not finite, empty, beyond 1e6, or <= 1 (there is then no pair of stable states).
    """
    return fixed_points(_bistable_weight(w)).x.data[..., 2]


def critical_input(w):
    """h*(w), the largest constant input that leaves the bit where it is: the closed form.

    With u = sqrt(1 - 1/w), the output at which the map has slope one, h*(w) = w u - atanh(u). At h = h* the
    stable state on the other side meets the unstable one and vanishes (a saddle-node bifurcation).
    TNN94, section III, names h*; the closed form is derived here: x = tanh(w x + h) together with
    w (1 - x^2) = 1.

    Parameters
    ----------
    w : array_like of float, from 1 to 1e6
        Recurrent weight, shape (...).

    Returns
    -------
    ndarray (...)
        h*(w) >= 0, in the units of the pre-activation a; 0 at w = 1.

    Raises
    ------
    TypeError, ValueError
        If `w` is not numeric, not finite, empty, or out of range.
    """
    w = _floats("w", w, 1, _LARGEST)
    u = np.sqrt(1 - 1 / w)
    return np.maximum(w * u - np.arctanh(u), 0.0)


def critical_input_bracket(w, steps=2000, points=4001):
    """h*(w) between two bounds that follow from iterating the map alone, without the closed form.

    *Below.* If at some a* < 0 above the stable state the map does not move up, w tanh(a*) + h <= a*, then no
    orbit that starts below a* ever passes it, since the map is increasing. The best of `points` such a*, on a
    grid, proves that the input never switches the neuron. *Above.* An input seen to carry the neuron from
    -xbar to the positive side within `steps` steps is above h*. The upper bound exceeds h* by about
    (pi / steps)^2 / u, u = sqrt(1 - 1/w): near a tangency the passage takes pi / sqrt(u (h - h*)) steps, so
    a finite run cannot tell such an h from one that never switches.

    Parameters
    ----------
    w : array_like of float, > 1 and <= 1e6
        Recurrent weight, shape (...).
    steps : int
        Length of the simulated passages.
    points : int
        Points of the grid of a*.

    Returns
    -------
    lower, upper : ndarray (...)
        lower <= h*(w) < upper.

    Raises
    ------
    TypeError, ValueError
        If `w` is not numeric, not finite, empty or out of range, or a count is not a positive integer.
    """
    w = _bistable_weight(w)
    steps = _validate.count("steps", steps)
    points = _validate.count("points", points, 2)
    a = -w[..., None] * np.linspace(0, 1, points)
    lower = (a - w[..., None] * np.tanh(a)).max(axis=-1)
    return lower, input_to_switch(w, steps)


def orbit(w, h, x0=0.0):
    """The outputs ``x_0 .. x_T`` of the neuron under given inputs.

    Parameters
    ----------
    w : array_like of float (...)
        Recurrent weight.
    h : array_like of float (..., T)
        Inputs ``h_1 .. h_T``, added to the pre-activation.
    x0 : array_like of float (...) in [-1, 1]
        First output.

    Returns
    -------
    ndarray (..., T + 1)
        The outputs x, x0 first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not numeric, not finite, empty or out of range, or if they do not broadcast.
    """
    w, h, x0 = _bounded("w", w), _bounded("h", h), _floats("x0", x0, low=-1, high=1)
    if h.ndim == 0:
        raise ValueError("h must be an array with the steps on its last axis, got a single number")
    w, first, x = _broadcast(w=w, h=h[..., 0], x0=x0)
    h = np.broadcast_to(h, first.shape + h.shape[-1:])
    out = np.empty(first.shape + (h.shape[-1] + 1,))
    out[..., 0] = x
    for t in range(h.shape[-1]):
        out[..., t + 1] = np.tanh(w * out[..., t] + h[..., t])
    return out


def steps_to_switch(w, h, longest=1_000_000):
    """L1: after how many steps a constant input h carries the neuron from -xbar to the positive side.

    The least t with ``x_t > 0``, from ``x_0 = -xbar(w)`` and ``h_t = h`` for all t. TNN94, section III: L1 is finite for
    every h > h*(w), and falls as h grows. Close above h* it follows pi / sqrt(u (h - h*)), u = sqrt(1 - 1/w),
    the time to pass the bottleneck that the vanished fixed points leave (derived here).

    Parameters
    ----------
    w : array_like of float, > 1 and <= 1e6
        Recurrent weight; broadcasts with `h` to the shape (...).
    h : array_like of float
        Constant input.
    longest : int
        The longest passage worth simulating, in steps.

    Returns
    -------
    float ndarray (...)
        L1, whole numbers >= 1; ``inf`` for h <= h*(w): such an input never switches the neuron.

    Raises
    ------
    TypeError, ValueError
        If an argument is not numeric, not finite or empty, if w is out of range, if they do not broadcast,
        or if some h is so close above h* that its passage would take more than `longest` steps.
    """
    w, h = _broadcast(w=_bistable_weight(w), h=_bounded("h", h))
    longest = _validate.count("longest", longest)
    excess = h - critical_input(w)
    switches = excess > 4 * np.finfo(float).eps * w
    passage = np.pi / np.sqrt(np.sqrt(1 - 1 / w) * np.where(switches, excess, np.inf))
    if passage.max() > longest:
        raise ValueError(f"h must be <= h*(w) or far enough above it to switch within {longest} steps, got "
                         f"{h.flat[passage.argmax()]} with a passage of about {passage.max():.3g} steps")
    out = np.full(w.shape, np.inf)
    moving = np.flatnonzero(switches)
    weight, drive = w.flat[moving], h.flat[moving]
    x = -stable_state(weight) if moving.size else weight
    t = 0
    while moving.size:
        t += 1
        x = np.tanh(weight * x + drive)
        out.flat[moving[x > 0]] = t
        stay = x <= 0
        moving, weight, drive, x = moving[stay], weight[stay], drive[stay], x[stay]
    return out


def input_to_switch(w, steps):
    """The smallest constant input that carries the neuron from -xbar to the positive side in `steps` steps.

    It falls to h*(w) as `steps` grows: the inverse of `steps_to_switch`. By bisection on simulated passages.

    Parameters
    ----------
    w : array_like of float, > 1 and <= 1e6
        Recurrent weight, shape (...).
    steps : int
        Steps available, >= 1.

    Returns
    -------
    ndarray (...)
        An input, added to the pre-activation, that switches, within rounding of the smallest.

    Raises
    ------
    TypeError, ValueError
        If `w` is not numeric, not finite, empty or out of range, or `steps` is not a positive integer.
    """
    w = _bistable_weight(w)
    steps = _validate.count("steps", steps)
    start = -stable_state(w)

    def passage(h):
        x = start
        for _ in range(steps):
            x = np.tanh(w * x + h)
        return np.where(x > 0, 1.0, -1.0)

    return _bisect(passage, np.zeros_like(w), w)  # from -xbar the input w gives a_1 = w (1 - xbar) > 0


def _bisect(rising, low, high):
    """Where `rising` turns positive between `low` and `high`: the positive end of the last bracket."""
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    for _ in range(_BISECTIONS):
        centre = (low + high) / 2
        if np.all((centre <= low) | (centre >= high)):
            break
        above = rising(centre) > 0
        high = np.where(above, centre, high)
        low = np.where(above, low, centre)
    return high


def _floats(name, value, low=None, high=None):
    return _validate.array(name, value, low=low, high=high).astype(float)


def _bounded(name, value):
    return _floats(name, value, -_LARGEST, _LARGEST)


def _bistable_weight(w):
    w = _floats("w", w, high=_LARGEST)
    if (w <= 1).any():
        raise ValueError(f"w must be > 1 for two stable states, got {w.min()}")
    return w


def _broadcast(**arrays):
    try:
        return [np.array(each) for each in np.broadcast_arrays(*arrays.values())]
    except ValueError:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in arrays.items())
        raise ValueError(f"{' and '.join(arrays)} must broadcast together, got shapes {shapes}") from None
