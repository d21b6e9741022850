"""Attractors X of random networks, their basins beta(X), and their reduced attracting sets Gamma(X), in a.

All is in the pre-activation a. Gamma(X) is read in four ways: (M^l)' small by its eigenvalues, as the paper has it, or
by its norm; and this for every l >= 1, as it stands, or for multiples of the attractor's period only. For a fixed point
the last two are the same.
"""

from __future__ import annotations

import numpy as np

from lrdlib.dynamics import PreActivation, attractors, basins, reduced_sets, trapping_box
from reproduction.experiments._systems import random_weights
from reproduction.streams import generator

__all__ = ["READINGS", "members", "volumes"]

READINGS = {"eigenvalues": ("eigenvalues", False), "eigenvalues, multiples of the period": ("eigenvalues", True),
            "norm": ("norm", False), "norm, multiples of the period": ("norm", True)}


def random_nets(config, part, block, runs):
    """Nets of this kind, every other one with a constant input; and states in a box that holds all attractors."""
    n = block["n"]
    rng = generator(config["seed"], part, n, block["kind"], block.get("repetition", 0))
    W = random_weights(rng, runs, n, block["kind"])
    map = PreActivation(W, rng.normal(size=(runs, n)) * (np.arange(runs) % 2)[:, None])
    low, high = trapping_box(map)
    states = config["share_states"] if part == "volumes" else config["starts"]
    return map, rng.uniform(low[:, None], high[:, None], (runs, states, n))


def members(config, block):
    """How many hyperbolic attractors, fixed points and cycles, have all their points in their own Gamma.

    Of the cycles, those are counted by themselves whose M' has a spectral radius below 1 at each of their points.
    The largest such radius at any point is kept, with that of the whole cycle.
    """
    map, starts = random_nets(config, "members", block, config["member_nets"])
    found = attractors(map, starts, config["steps"], config["longest"])
    R, K, longest, n = found.orbits.shape
    missing = found.orbits.mask[..., 0]
    points = np.where(missing[..., None], found.orbits.data[:, :, :1], found.orbits.data).reshape(R, K * longest, n)
    inside = [(reduced_sets(map, points, found, config["horizon"], *how).reshape(R, K, longest)
               == np.arange(K)[:, None]).all(-1) for how in READINGS.values()]
    period, hyperbolic = found.period.filled(0), found.hyperbolic.filled(False)
    step = np.abs(np.linalg.eigvals(map.jacobian(points))).max(-1).reshape(R, K, longest).max(-1)
    out = {"unresolved": found.unresolved.sum(), "released": found.label.size}
    for name, which in (("fixed", hyperbolic & (period == 1)), ("cycles", hyperbolic & (period > 1)),
                        ("small_steps", hyperbolic & (period > 1) & (step < 1))):
        out[name] = which.sum()
        out[f"{name}_in_gamma"] = (np.array(inside) & which).sum((1, 2))
    step[~(hyperbolic & (period > 1))] = 0
    largest = np.unravel_index(step.argmax(), step.shape)
    return out | {"largest_step": step[largest], "its_cycle": found.radius.data[largest]}


def volumes(config, block):
    """How many random states of the box lie in a basin, and in Gamma by each reading; by the spectral radius of W.
    Of those in Gamma, how many a much longer run finds away from the attractor."""
    map, a = random_nets(config, "volumes", block, config["volume_nets"])
    found = attractors(map, a, config["steps"], config["longest"])
    beta = basins(map, a, found, config["steps"])
    gamma = np.array([reduced_sets(map, a, found, config["horizon"], *how, steps=config["steps"])
                      for how in READINGS.values()])
    end = a
    for _ in range(config["later_steps"]):
        end = map(end)
    run = np.arange(map.runs)[:, None]
    away = np.array([np.ma.filled(np.abs(found.orbits[run, label] - end[:, :, None]).max(-1), np.inf).min(-1) > 1e-3
                     for label in gamma])
    edges = config["scale_edges"]
    bins = np.digitize(np.abs(np.linalg.eigvals(map.W)).max(-1), edges) - 1

    def by_scale(which):
        return np.bincount(bins, which.sum(1), len(edges) - 1).astype(int)

    return {"points": by_scale(np.ones(beta.shape, bool)), "beta": by_scale(beta >= 0),
            "gamma": np.stack([by_scale(label >= 0) for label in gamma]),
            "outside_beta": ((gamma >= 0) & away).sum((1, 2))}
