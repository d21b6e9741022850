"""Each hypothesis of theorems 1 to 4 dropped: random systems that meet the rest, and what becomes of the conclusion.

A case is a function (rng, draws) -> dict: how many systems were drawn, how many of them met what is left of
the hypothesis (`tried`), in how many the conclusion failed (`found`), and the clearest of these as an example.
In the pre-activation a, with ``a_t = W tanh(a_{t-1}) + u_t``.
"""

from __future__ import annotations

import numpy as np

from lrdlib.dynamics import PreActivation, theorem_1, theorem_2, theorem_3, theorem_4
from lrdlib.dynamics._matrices import spectral_norm, spectral_radius, unit_ball
from reproduction.experiments._systems import random_weights, settle

__all__ = ["CASES"]


def _clearest(draws, tried, failed, clarity, **example):
    """Counts, and the example in which the conclusion fails most clearly; `example` holds arrays (draws, ...)."""
    clear = np.where(tried & failed, clarity, -np.inf)
    top = int(np.argmax(clear))
    return {"draws": draws, "tried": int(tried.sum()), "found": int((tried & failed).sum()), "clarity": clear[top],
            **{name: np.asarray(value)[top] for name, value in example.items()}}


def _small(W, effect):
    """Clarity: by the smallest weights, among effects of at least 1.5."""
    return np.where(effect > 1.5, 0.0, -1e6) - spectral_norm(W)


def _in_ball(rng, a, r, points):
    return a + r[..., None] * unit_ball(rng, (len(a), points), a.shape[-1])


def not_at_the_centre(rng, draws):
    """Theorem 1 with ``|M'| > 1`` in a part of the ball, but not at its centre: nothing need move away from the centre."""
    map = PreActivation(random_weights(rng, draws, 2, "symmetric"))
    x, r = rng.normal(0, 1.5, (draws, 1, 2)), rng.uniform(0.3, 1.5, (draws, 1))
    y = _in_ball(rng, x, r, 400)
    norm = spectral_norm(map.jacobian(y)).max(axis=1)
    at = spectral_norm(map.jacobian(x))[:, 0]
    ratio = np.linalg.norm(map(y) - map(x), axis=-1) / np.linalg.norm(y - x, axis=-1)
    near = theorem_1(map, x, r, rng, directions=64)
    most = np.maximum(ratio.max(axis=1), near.measured[:, 0])
    return _clearest(draws, (norm > 1) & (at < 1), most < 1, norm, W=map.W, x=x[:, 0], radius=r[:, 0], norm=norm,
                     most=most)


def growth_for_ever(rng, draws):
    """Theorem 1 read as growth for ever: the ball that grows at the first step is smaller ten steps later."""
    map = PreActivation(random_weights(rng, draws, 2, "non-normal"))
    x, r = rng.normal(size=(draws, 1, 2)), np.full((draws, 1), 0.05)
    first = theorem_1(map, x, r, rng)
    y = _in_ball(rng, x, r, 200)
    sizes = [np.linalg.norm(y - x, axis=-1).max(axis=1)]
    centre, points = x, y
    for _ in range(10):
        centre, points = map(centre), map(points)
        sizes.append(np.linalg.norm(points - centre, axis=-1).max(axis=1))
    sizes = np.stack(sizes, axis=1)
    return _clearest(draws, first.hypothesis[:, 0], sizes[:, -1] < sizes[:, 0],
                     _small(map.W, sizes[:, 1] / sizes[:, 0]), W=map.W,
                     x=x[:, 0], radius=r[:, 0], sizes=sizes)


def not_convex(rng, draws):
    """Theorem 2 on a set that is not convex: ``|M'| < 1`` all along a closed curve, and two of its points move apart."""
    map = PreActivation(random_weights(rng, draws, 2, "symmetric", (0.8, 2.0)))
    turn = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    size = rng.uniform(0.3, 3, (draws, 1, 1))
    ring = size * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    norm = spectral_norm(map.jacobian(ring)).max(axis=1)
    image, half = map(ring), len(turn) // 2
    ratio = np.linalg.norm(image[:, :half] - image[:, half:], axis=-1) / (2 * size[:, 0])
    return _clearest(draws, norm < 1, ratio.max(axis=1) > 1, ratio.max(axis=1), W=map.W, radius=size[:, 0, 0], norm=norm,
                     ratio=ratio.max(axis=1), angle=turn[ratio.argmax(axis=1)])


def eigenvalues_do_not_contract(rng, draws):
    """Theorem 2 with eigenvalues below 1 in the whole ball instead of norms: distances grow."""
    map = PreActivation(random_weights(rng, draws, 2, "non-normal"))
    x, r = settle(rng, map), rng.uniform(0.1, 1, (draws, 1))
    radius = spectral_radius(map.jacobian(_in_ball(rng, x, r, 400))).max(axis=1)
    check = theorem_2(map, x, r, rng)
    ratio = check.measured[:, 0]
    return _clearest(draws, radius < 1, ratio > 1, _small(map.W, ratio), W=map.W, x=x[:, 0], radius=r[:, 0],
                     eigenvalue=radius, ratio=ratio)


def more_input(rng, draws):
    """Theorem 3 with inputs a tenth larger than permitted: the state leaves the tube."""
    map = PreActivation(random_weights(rng, draws, 2, "symmetric"))
    a, d = settle(rng, map), 10 ** rng.uniform(-2, 0, (draws, 1))
    allowed = theorem_3(map, a, d, 40, rng)
    more = theorem_3(map, a, d, 40, rng, fraction=1.1)
    left = more.measured[:, 0] / d[:, 0]
    return _clearest(draws, allowed.hypothesis[:, 0], left > 1, left, W=map.W, a=a[:, 0], d=d[:, 0], left=left)


def _with_rates(rng, draws, kind, rate, d):
    """Theorem 3 with inputs sized by another rate of contraction along the path."""
    map = PreActivation(random_weights(rng, draws, 2, kind, (0.25, 4.0)))
    a, steps = settle(rng, map, most=60), 40
    path = map.orbit(a, steps)
    rates = np.stack([rate(map.jacobian(path[:, :, t])) for t in range(steps)])
    check = theorem_3(map, a, d, steps, rng, rates=rates)
    left = check.measured[:, 0] / d[:, 0]
    return _clearest(draws, (rates < 1).all(axis=(0, 2)), ~check.conclusion[:, 0], _small(map.W, left), W=map.W, a=a[:, 0], d=d[:, 0],
                     rate=rates.max(axis=(0, 2)), left=left)


def rates_by_eigenvalues(rng, draws):
    """Theorem 3 with the eigenvalues of M' on the path in place of its norm: the state leaves the tube."""
    return _with_rates(rng, draws, "non-normal", spectral_radius, np.full((draws, 1), 0.05))


def rates_at_the_path(rng, draws):
    """Theorem 3 with ``|M'|`` on the path alone, not in the whole ball round it: the state leaves the tube."""
    return _with_rates(rng, draws, "symmetric", spectral_norm, 10 ** rng.uniform(-0.5, 0.7, (draws, 1)))


def _led(map, path):
    """The inputs that lead a map along a path (R, T + 1, n)."""
    return path[:, 1:] - map(path[:, :-1])


def norms_below_one(rng, draws):
    """Theorem 4 with each norm below 1, but no common bound: the product stays away from 0.

    Nets with |W| = 1 are led along paths that approach 0 at some rate; tried are those with all norms below 1.
    """
    steps = 200
    W = random_weights(rng, draws, 2, "normal", (1.0, 1.0 + 1e-12))
    map = PreActivation(W / spectral_norm(W)[:, None, None])
    rate = rng.uniform(0.5, 1, (draws, 1, 1))
    start = rng.normal(0, 0.5, (draws, 1, 2))
    path = start * rate ** np.arange(steps + 1)[:, None]
    norms = spectral_norm(map.jacobian(path[:, :-1]))
    u = _led(map, path)[:, None]
    check = theorem_4(map, path[:, :1], u)
    product = check.measured[:, 0] ** steps
    return _clearest(draws, (norms < 1).all(axis=1), product > 0.5, -np.abs(product - 0.7), W=map.W, path=path,
                     norms=norms, product=product)


def _round_a_pair(rng, draws, steps):
    """Nets with biases that inputs lead round a cycle of two random states; the growth of the product a step."""
    map = PreActivation(random_weights(rng, draws, 2, "non-normal"), rng.normal(0, 2, (draws, 2)))
    pair = rng.normal(0, 2, (draws, 2, 2))
    path = np.concatenate([pair] * (steps // 2) + [pair[:, :1]], axis=1)
    factor = theorem_4(map, path[:, :1], _led(map, path)[:, None]).measured[:, 0]
    return map, pair, factor


def eigenvalues_below_one(rng, draws):
    """Theorem 4 with the eigenvalues of every M'(a_t) below 1, not the norms: the product explodes."""
    map, pair, factor = _round_a_pair(rng, draws, 40)
    radius = spectral_radius(map.jacobian(pair)).max(axis=1)
    return _clearest(draws, radius < 1, factor > 1, _small(map.W, factor + 0.4), W=map.W, c=map.c, pair=pair,
                     eigenvalue=radius, factor=factor)


def latched_by_eigenvalues(rng, draws):
    """Theorem 4 with the reduced attracting set by eigenvalues: inputs keep the state in it, and the product explodes.

    Both states of the cycle go to the same fixed point without input, and all eigenvalues of (M^l)' there are below 1 for
    l up to 60.
    """
    map, pair, factor = _round_a_pair(rng, draws, 40)
    rest = map.orbit(pair, 2000)[:, :, -1]
    settled = (np.abs(map(rest) - rest).max(axis=(1, 2)) < 1e-9) & (np.abs(rest[:, 0] - rest[:, 1]).max(axis=1) < 1e-6)
    a, product, radius = pair, np.eye(2), []
    for _ in range(60):
        product = map.jacobian(a) @ product
        radius.append(spectral_radius(product).max(axis=1))
        a = map(a)
    radius = np.max(radius, axis=0)
    return _clearest(draws, settled & (radius < 1), factor > 1, _small(map.W, factor + 0.4), W=map.W, c=map.c, pair=pair,
                     eigenvalue=radius, factor=factor)


def not_latched(rng, draws):
    """Theorem 4 without latching: inputs that hold a neuron with two states near the border between them."""
    steps = 40
    map = PreActivation(np.abs(random_weights(rng, draws, 1, "symmetric", (1.0, 4.0))))
    path = np.concatenate([np.zeros((draws, 1, 1)), rng.normal(0, 0.1, (draws, steps, 1))], axis=1)
    factor = theorem_4(map, path[:, :1], _led(map, path)[:, None]).measured[:, 0]
    norms = spectral_norm(map.jacobian(path[:, :-1]))
    return _clearest(draws, (norms > 1).any(axis=1), factor > 1, -map.W[:, 0, 0], W=map.W, path=path, factor=factor)


def large_norms_that_vanish(rng, draws):
    """The converse of theorem 4: ``|M'(a_t)| > 1`` at every step, and the product goes to 0 all the same."""
    steps = 100
    map = PreActivation(random_weights(rng, draws, 2, "non-normal"))
    u = rng.normal(0, 0.1, (draws, 1, steps, 2))
    a = settle(rng, map)
    norms = spectral_norm(map.jacobian(map.orbit(a, steps, u)[:, 0, :-1]))
    check = theorem_4(map, a, u)
    product = check.measured[:, 0] ** steps
    return _clearest(draws, (norms > 1).all(axis=1), product < 1e-3, _small(map.W, norms.min(axis=1)), W=map.W, a=a[:, 0], u=u[:, 0],
                     least=norms.min(axis=1), product=product)


#: Which hypothesis each case drops; the number is the theorem's.
CASES = {
    "1: large, but not at the centre": not_at_the_centre,
    "1: growth for ever": growth_for_ever,
    "2: not convex": not_convex,
    "2: eigenvalues for norms": eigenvalues_do_not_contract,
    "3: a tenth more input": more_input,
    "3: eigenvalues for norms": rates_by_eigenvalues,
    "3: norms on the path alone": rates_at_the_path,
    "4: norms below 1, no common bound": norms_below_one,
    "4: eigenvalues for norms": eigenvalues_below_one,
    "4: latched by eigenvalues": latched_by_eigenvalues,
    "4: not latched": not_latched,
    "4: the converse, norms above 1": large_norms_that_vanish,
}
