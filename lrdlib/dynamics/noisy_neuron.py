"""One neuron under noise: how long the bit survives.

``x_t = tanh(a_t)``, ``a_t = w x_{t-1} + e_t`` with independent ``e_t`` of mean 0 and standard deviation s. All densities
are in the pre-activation a, where the noise is added. Two roads to the same number: `survival` integrates,
without chance; `survival_monte_carlo` plays it out.
"""

from __future__ import annotations

import numpy as np

from lrdlib import _validate
from lrdlib.dynamics.neuron import _LARGEST, _bounded, _broadcast, _floats, stable_state

__all__ = ["survival", "survival_monte_carlo"]

_NOISES = ("gaussian", "uniform")
_FINEST = 1e-3  # the least s / max(1, |w|) that the grids resolve; uniform noise has at most a million cells


def survival(w, s, steps, x0=None, noise="gaussian", crossed=False):
    """Probability that the bit is still positive after 0 .. `steps` steps of noise, by quadrature.

    Parameters
    ----------
    w : array_like of float
        Recurrent weight, in [-1e6, 1e6]; `w`, `s` and `x0` broadcast together to the shape (...).
    s : array_like of float, 0 or from 0.001 max(1, |w|) to 1e6
        Standard deviation of the noise, never its variance. A smaller one would need too fine a grid;
        uniform noise also wants s >= 0.001 w^2 / 20.
    steps : int
        Number of noisy steps, >= 0.
    x0 : array_like of float in [-1, 1], optional
        The output at the start; 1 is the saturated neuron. By default the stable state +xbar(w), which
        exists for w > 1 only.
    noise : {"gaussian", "uniform"}
        Uniform noise lies in [-s sqrt(3), s sqrt(3)].
    crossed : bool
        False: ``x_n > 0`` at step n, whatever happened before. True: a path that once was at or below zero
        counts as lost for good, so the result is the probability that ``x_1 .. x_n > 0``.

    Returns
    -------
    ndarray (..., steps + 1)
        Entry n: the probability after n steps. Entry 0 is 1 where x0 > 0 and 0 elsewhere.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, is not finite, empty or out of range, does not broadcast, or if x0
        is left out and some w <= 1.

    Notes
    -----
    Both noises look back from the end. Let ``v_n(m)`` be the expectation, over n steps, of the final sign (or of
    never having crossed), when the next pre-activation has mean m = w x. Then ``v_1(m) = E sign(m + e)``,
    ``v_n(m) = E v_{n-1}(w tanh(m + e))``, and the result is ``(1 + v_n(w x0)) / 2`` (or ``v_n(w x0)``). The noise is
    symmetric and the neuron odd, so that ``v_n`` is odd and half the line suffices: the expectation over a > 0 of
    the noise's density around m less, for the final sign only, the density of the mirror image around -m.
    Gaussian noise: Gauss-Legendre nodes (error below 1e-12 over 200 steps). Uniform noise: differences of the
    antiderivative of v, which is cubic between grid points (below 1e-6). Derived here.
    """
    w, s, x0, steps = _arguments(w, s, steps, x0, noise, crossed)
    least, said = np.maximum(1, np.abs(w)), "1, |w|"
    if noise == "uniform":
        least, said = np.maximum(least, w**2 / 20), "1, |w|, w^2 / 20"
    unresolved = (s > 0) & (s < _FINEST * least)
    if unresolved.any():
        raise ValueError(f"s must be 0 or >= {_FINEST} max({said}), got {s[unresolved].flat[0]} with w = "
                         f"{w[unresolved].flat[0]}; simulate it with survival_monte_carlo")
    pairs, inverse = np.unique(np.stack([w.ravel(), s.ravel()], axis=-1), axis=0, return_inverse=True)
    inverse = inverse.ravel()
    look_back = _gaussian if noise == "gaussian" else _uniform
    value = np.empty((w.size, steps + 1))
    value[:, 0] = np.where(x0.ravel() > 0, 1.0, 0.0 if crossed else -1.0)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(pairs) + 1))
    for k, (weight, deviation) in enumerate(pairs):
        rows = order[bounds[k]:bounds[k + 1]]
        mean = weight * x0.ravel()[rows]
        if deviation == 0:
            value[rows, 1:] = _noiseless(weight, mean, steps, crossed)
        elif steps:
            value[rows, 1:] = look_back(weight, deviation, mean, steps, crossed)
    if crossed:
        value[x0.ravel() <= 0] = 0.0
    else:
        value = (1 + value) / 2
    return np.clip(value, 0.0, 1.0).reshape(w.shape + (steps + 1,))


def survival_monte_carlo(w, s, steps, trials, rng, x0=None, noise="gaussian", crossed=False):
    """How many of `trials` simulated neurons still hold the positive bit after 0 .. `steps` steps of noise.

    The same quantity as `survival`, by simulation: counts, so that an exact binomial interval can be given.

    Parameters
    ----------
    w, s, steps, x0, noise, crossed
        As for `survival`.
    trials : int
        Independent simulations for each entry of (...), >= 1.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    int ndarray (..., steps + 1)
        Entry n: how many of the trials hold the bit after n steps.

    Raises
    ------
    TypeError, ValueError
        As `survival`; or if `trials` is not a positive integer or `rng` no Generator.
    """
    w, s, x0, steps = _arguments(w, s, steps, x0, noise, crossed)
    trials = _validate.count("trials", trials)
    _validate.generator("rng", rng)
    x = np.broadcast_to(x0[..., None], x0.shape + (trials,)).copy()
    held = x > 0
    counts = np.empty(w.shape + (steps + 1,), dtype=int)
    counts[..., 0] = held.sum(axis=-1)
    for n in range(1, steps + 1):
        e = rng.standard_normal(x.shape) if noise == "gaussian" else rng.uniform(-(3**0.5), 3**0.5, x.shape)
        x = np.tanh(w[..., None] * x + s[..., None] * e)
        held = (held if crossed else True) & (x > 0)
        counts[..., n] = held.sum(axis=-1)
    return counts


def _arguments(w, s, steps, x0, noise, crossed):
    w, s = _bounded("w", w), _floats("s", s, 0, _LARGEST)
    steps = _validate.count("steps", steps, 0)
    _validate.choice("noise", noise, _NOISES)
    _validate.instance("crossed", crossed, (bool, np.bool_), "True or False")
    if x0 is None:
        if (w <= 1).any():
            raise ValueError(f"x0 must be given where w <= 1, where there is no bit; got w = {w.min()}")
        x0 = stable_state(w)
    return *_broadcast(w=w, s=s, x0=_floats("x0", x0, low=-1, high=1)), steps


def _noiseless(w, mean, steps, crossed):
    """Without noise the sign of the state follows from the signs of w and of the first state."""
    n = np.arange(steps)
    sign = np.sign(mean)[:, None] * np.sign(w) ** n
    return np.where(crossed, np.minimum.accumulate(sign, axis=1) > 0, sign)


def _gaussian(w, s, mean, steps, crossed):
    """v_1 .. v_steps at the means given, shape (len(mean), steps)."""
    a, weights = _nodes(w, s)

    def kernel(m):
        density = np.exp(-(((a - m[:, None]) / s) ** 2) / 2)
        if not crossed:
            density -= np.exp(-(((a + m[:, None]) / s) ** 2) / 2)
        return density * (weights / (s * np.sqrt(2 * np.pi)))

    step, first = kernel(w * np.tanh(a)), kernel(mean)
    v = np.empty((steps, a.size))
    v[0] = 1
    for n in range(1, steps):
        np.matmul(step, v[n - 1], out=v[n])
    return first @ v.T


def _nodes(w, s):
    """Gauss-Legendre nodes and weights on (0, |w| + 9 s), in panels as narrow as the integrand wants.

    The noise's density has the scale s as a function of a, and s / (|w| sech^2 b) as a function of b in
    a - w tanh(b); tanh itself has the scale 1 near 0. A panel is a few of the shortest of these wide.
    """
    reach = abs(w) + 9 * s
    near = min(reach, 20.0)  # beyond, tanh is 1 to the last digit
    fine = np.concatenate([np.linspace(0, near, 4001), np.linspace(near, reach, 1001)[1:]])
    panels = (fine + abs(w) * np.tanh(fine)) / (5 * s) + 5 * np.tanh(fine / 5) / 0.8  # how many, up to there
    edges = np.interp(np.linspace(0, panels[-1], int(np.ceil(panels[-1])) + 1), panels, fine)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    width = np.diff(edges)[:, None]
    return (edges[:-1, None] + width * (nodes + 1) / 2).ravel(), (width * weights / 2).ravel()


def _uniform(w, s, mean, steps, crossed):
    """v_1 .. v_steps at the means given, shape (len(mean), steps)."""
    c = np.sqrt(3) * s
    reach = abs(w) + c
    cells = max(2048, int(np.ceil(96 * reach * max(abs(w), 1) / c)))
    grid = reach / cells
    a = grid * np.arange(cells + 1)

    def ends(m):
        """Where to read the antiderivative for the mean m, and the cubic's weights there."""
        out = []
        for b in (m + c, m - c):
            b = np.maximum(b, 0) if crossed else np.abs(b)
            cell = np.minimum((b / grid).astype(int), cells - 1)
            t = b / grid - cell
            out.append((cell, t * t * (3 - 2 * t), grid * t * (1 - t) ** 2, grid * t * t * (t - 1)))
        return out

    def mean_over(places, v, integral):
        value = 0.0
        for sign, (cell, rise, left, right) in zip((1, -1), places):
            jump = integral[cell + 1] - integral[cell]
            value = value + sign * (integral[cell] + rise * jump + left * v[cell] + right * v[cell + 1])
        return value / (2 * c)

    step, first = ends(w * np.tanh(a)), ends(mean)
    out = np.empty((len(mean), steps))
    v = np.ones(cells + 1)
    for n in range(steps):
        padded = np.concatenate([[v[0]], v, [v[-1]]])
        inner = 13 * (padded[1:-2] + padded[2:-1]) - padded[:-3] - padded[3:]
        integral = np.concatenate([[0.0], np.cumsum(inner) * (grid / 24)])
        out[:, n] = mean_over(first, v, integral)
        v = mean_over(step, v, integral)
    return out
