"""An opponent who picks every input, and looks for the smallest that make a latched state forget.

What it finds is an upper bound on what `a_t = M(a_{t-1}) + u_t` bears, with a witness; the lower bound is in
:mod:`lrdlib.dynamics.latching`. All is in the coordinates a of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.dynamics._matrices import unit
from lrdlib.dynamics.latching import _attractors, _bounded, _bounds, _images, _lost, _states

__all__ = ["Broken", "STRATEGIES", "breaking_input"]

STRATEGIES = ("none", "constant", "away", "ahead", "adjoint")
"""How an opponent picks its inputs; see `breaking_input`."""

_CONSTANT, _AWAY, _AHEAD, _ADJOINT = range(1, 5)


@dataclass(frozen=True, eq=False)
class Broken:
    """The smallest bound within which an opponent broke each of B states of R systems.

    Attributes
    ----------
    bound : ndarray (R, B)
        Every ``|u_t|`` of the witness is at most this; inf where no way was found.
    inputs : ndarray (R, B, T, n)
        The witness: ``map.orbit(a, T, inputs)`` ends at a state that does not return to a. 0 where none was found.
    strategy : ndarray of int (R, B)
        Index in ``lrdlib.dynamics.opponent.STRATEGIES`` of what found it.
    """

    bound: np.ndarray
    inputs: np.ndarray
    strategy: np.ndarray


def breaking_input(map, a, rng, towards=None, floor=None, reach=10.0, steps=200, settle=200, directions=8,
                   halvings=20, rounds=2):
    """An opponent's search for the smallest inputs that make a latched state forget.

    The opponent knows the map and picks ``u_1 .. u_T`` within a bound. It has broken the state if, with no input
    from then on, the state does not return. Strategies, all tried at once:

    - *constant*: one direction throughout, the axes, the targets in `towards` and the direction that M'(a) stretches
      most, random ones; and, for each of those targets p, ``(1 - M'(a))^-T p``, in which a constant push moves the
      fixed point farthest along p;
    - *away*: at each step away from a; this turns with a state that turns, and jumps with one that alternates;
    - *ahead*: along the gradient of the distance from a one step later.

    The bracket round the bound is halved, on a logarithmic axis, by whether one of them succeeds. Later rounds start
    from the best and try to better it, down to half of it: by small turns of its mean direction, and by *adjoint*
    sweeps, which point every input along the gradient of the final distance.

    The result is an upper bound on what is borne: a better opponent may need less, and so may a more patient one, as
    just above the true limit it takes ever more steps.

    Parameters
    ----------
    map : Map
    a : array_like (R or 1, B, n)
        Attracting fixed points.
    rng : numpy.random.Generator
    towards : array_like (R or 1, B or 1, K, n), optional
        Points to make for: other attractors, saddles.
    floor : array_like (R or 1, B), optional
        Bounds known to be borne, such as those of `bearable_input`, >= 0: the search ends there.
    reach : float or array_like (R or 1, B)
        The largest bound to be tried, > 0.
    steps : int
        T.
    settle : int
        For how many steps without input a return is waited for; see `lost`.
    directions : int
        Random directions, >= 0.
    halvings, rounds : int
        Halvings of the bracket in each round (n of them leave the 2^n-th part of its width, on a logarithmic
        axis), and rounds.

    Returns
    -------
    Broken

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or a point of `a` is not an attracting fixed point that pulls
        back within `settle` steps.
    """
    a, settle = _attractors(map, a, settle)
    rng, reach = check.generator("rng", rng), _bounds(map, "reach", reach, a.shape[1])
    if (reach == 0).any():
        raise ValueError("reach must be > 0, got 0")
    steps, halvings, rounds = (check.count(k, v) for k, v in
                               (("steps", steps), ("halvings", halvings), ("rounds", rounds)))
    directions = check.count("directions", directions, 0)
    R, B, n = a.shape
    if towards is not None:
        towards = np.broadcast_to(_states(map, "towards", towards, B), (R, B, *np.shape(towards)[2:]))
    low = np.zeros((R, B)) if floor is None else _bounds(map, "floor", floor, B)
    low = np.minimum(np.maximum(low, 1e-6 * reach), reach)
    bound, won = np.full((R, B), np.inf), np.zeros((R, B), int)
    inputs = np.zeros((R, B, steps, n))
    for turn in range(rounds):
        if turn == 0:
            first, kind, sequence = _openings(map, a, towards, directions, rng)
        else:
            first, kind, sequence = _refined(map, a, inputs, rng, 0.5**turn, max(directions, 2))
        broken = np.isfinite(bound)
        top, base = np.where(broken, bound, reach), np.where(broken, np.maximum(low, bound / 2), low)
        found, winner = _halve(map, a, base, top, first, kind, sequence, steps, settle, halvings)
        z, u = _witness(map, a, np.where(found < bound, found, 0), first, kind, sequence, winner, steps)
        better = (found < bound) & _lost(map, a, z, settle)[:, :, 0]  # alone, as it will be replayed
        inputs = np.where(better[..., None, None], u, inputs)
        fresh = better & ((winner > 0) | (turn == 0))  # candidate 0 of a later round is the witness that was there
        won = np.where(fresh, np.take_along_axis(kind, winner[..., None], -1)[..., 0], won)
        bound = np.where(better, found, bound)
    return Broken(bound, inputs, won)


# What the opponent does. S candidates at each of B points; arrays (R, B, S, n), or flat (R, B S, n) for the map.


def _openings(map, a, towards, directions, rng):
    R, B, n = a.shape
    J = map._jacobian(a)
    right = np.linalg.svd(J)[2][..., :1, :]  # what a step stretches most
    targets = right if towards is None else np.concatenate([unit(towards - a[:, :, None]), right], axis=2)
    pushed = unit(np.linalg.solve((np.eye(n) - J.swapaxes(-1, -2))[:, :, None], targets[..., None])[..., 0])
    axes = np.broadcast_to(np.concatenate([np.eye(n), -np.eye(n)]), (R, B, 2 * n, n))
    chance = np.broadcast_to(unit(rng.normal(size=(directions, n))), (R, B, directions, n))
    constant = [axes] if n == 1 else [axes, targets, pushed, chance]
    starts = [targets, -right]
    first = np.concatenate([*constant, *starts, *starts], axis=2)
    counts = [sum(part.shape[2] for part in parts) for parts in (constant, starts, starts)]
    kind = np.broadcast_to(np.repeat([_CONSTANT, _AWAY, _AHEAD], counts), first.shape[:3])
    return first, kind, None


def _refined(map, a, inputs, rng, width, turns):
    """The best witness again, two adjoint sweeps over it, and small turns of its mean direction."""
    R, B, T, n = inputs.shape
    sequences = [inputs]
    for _ in range(2):
        sequences.append(_adjoint(map, a, sequences[-1]))
    sequence = unit(np.stack(sequences, axis=2).transpose(3, 0, 1, 2, 4))  # (T, R, B, 3, n)
    mean = unit(inputs.mean(axis=2))[:, :, None]
    turned = unit(mean + width * rng.normal(size=(R, B, turns, n)))
    kind = np.empty((R, B, 3 + turns), int)
    kind[..., :3], kind[..., 3:] = _ADJOINT, _CONSTANT
    return np.concatenate([sequence[0], turned], axis=2), kind, sequence


def _adjoint(map, a, inputs):
    """Inputs of the same size along the gradient of ``|a_T - a|`` by each, on the path that `inputs` give."""
    size = np.linalg.norm(inputs, axis=-1, keepdims=True)
    path, T, gone = [a], inputs.shape[2], np.zeros((*a.shape[:2], 1), bool)
    for t in range(T):
        z, gone = _bounded(map, (map._step(path[-1]) + inputs[:, :, t])[:, :, None], a, gone)
        path.append(z[:, :, 0])
    out, p = np.empty_like(inputs), unit(path[-1] - a)
    for t in range(T - 1, -1, -1):
        out[:, :, t] = size[:, :, t] * p
        p = unit(np.matmul(map._jacobian(path[t]).swapaxes(-1, -2), p[..., None])[..., 0], p)
    return out


def _halve(map, a, low, high, first, kind, sequence, steps, settle, halvings):
    """The smallest bound at which a candidate succeeded, inf for none, and which candidate."""
    best, winner = np.full(low.shape, np.inf), np.zeros(low.shape, int)
    b = high
    for _ in range(halvings + 1):
        broken = _lost(map, a, _push(map, a, b, first, kind, sequence, steps)[0], settle)
        some = broken.any(-1)
        best, winner = np.where(some, b, best), np.where(some, broken.argmax(-1), winner)
        known = np.isfinite(best)
        low, high = np.where(known & ~some, b, low), np.where(some, b, high)
        b = np.where(known, np.sqrt(low * high), np.maximum(b / 2, low))  # too large a push may overshoot
    return best, winner


def _witness(map, a, b, first, kind, sequence, winner, steps):
    """The winning candidate alone: where it ends (R, B, 1, n), and its inputs (R, B, T, n)."""
    k = winner[..., None]
    one = np.take_along_axis(first, k[..., None], 2)
    if sequence is not None:
        at = np.minimum(k, sequence.shape[3] - 1)
        sequence = np.take_along_axis(sequence, at[None, ..., None], 3)
    z, inputs = _push(map, a, b, one, np.take_along_axis(kind, k, -1), sequence, steps, record=True)
    return z, inputs[:, :, 0]


def _push(map, a, b, first, kind, sequence, steps, record=False):
    """The states after T inputs of size b, (R, B, S, n), and if wanted the inputs (R, B, S, T, n)."""
    R, B, S, n = first.shape
    size = np.broadcast_to(b[..., None, None], (R, B, S, 1))
    where = {k: np.flatnonzero((kind == k).any(axis=(0, 1))) for k in (_AWAY, _AHEAD, _ADJOINT)}
    z, used = np.broadcast_to(a[:, :, None], first.shape), []
    fixed, gone = size * first, np.zeros((R, B, S), bool)
    for t in range(steps):
        m, u = _images(map, z), fixed
        if where[_AWAY].size or where[_AHEAD].size or where[_ADJOINT].size:
            u = fixed.copy()
        for k, cols in where.items():
            if cols.size and (t > 0 or k == _ADJOINT):  # from rest each pushes in its own first direction
                wanted = _direction(map, a, m[:, :, cols], k, sequence, t)
                chosen = (kind[:, :, cols] == k)[..., None]
                still = (wanted == 0).all(-1, keepdims=True)
                u[:, :, cols] = np.where(chosen & ~still, size[:, :, cols] * wanted, u[:, :, cols])
        if record:
            used.append(u)
        z, gone = _bounded(map, m + u, a, gone)
    z = np.where(gone[..., None], np.nan, z) if gone.any() else z
    return z, np.stack(used, axis=3) if record else None


def _direction(map, a, m, kind, sequence, t):
    """Unit vectors along which the candidates of one kind push from the images m; 0 for no wish."""
    if kind == _ADJOINT:
        return sequence[t]
    off = m - a[:, :, None]
    if kind == _AHEAD:
        inside, _ = _bounded(map, m, a, np.zeros(m.shape[:3], bool))
        flat = inside.reshape(len(m), -1, map.n)
        J = map._jacobian(flat).reshape(*m.shape, map.n)
        off = np.matmul(J.swapaxes(-1, -2), (_images(map, inside) - a[:, :, None])[..., None])[..., 0]
    return unit(off, np.zeros(map.n))
