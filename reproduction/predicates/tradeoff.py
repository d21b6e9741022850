"""Predicate on the trade-off between robustness and gradient: TNN94, section IV."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import verdict

__all__ = ["robust_excludes_trainable"]

#: The three readings of the claim: what is robust, and what must then vanish.
CONDITIONS = (("theorem 3 / d", "state, at rest"), ("opponent", "bit, noise"), ("opponent", "state, noise"))


def robust_excludes_trainable(trade_off):
    """In three readings of the claim, no system, whether random, trained, bred or built for it, both bears inputs of
    0.1 and has a gradient of 0.1 over 50 steps: the bound of theorem 3 over the radius of its ball, beside the whole
    state's gradient at rest, of which besides none exceeds what theorem 4 allows; an opponent's bound, beside the bit's
    gradient under noise of half of it; an opponent's bound, beside the whole state's gradient under that noise."""
    data = trade_off.data
    kept = int(data["random_violations"]) == 0 and float(np.max(data["trained_excess"], initial=-np.inf)) <= 1e-8
    held, texts = [], []
    for robustness, gradient in CONDITIONS:
        counts = in_the_corner(data, robustness, gradient)
        held.append(not any(counts.values()))
        found = ", ".join(f"{count} {name}" for name, count in counts.items())
        texts.append(f"by {robustness}, and {gradient}: {found}")
    return verdict(held[0] and kept, *held[1:]), (
        f"Of {data['qualified']} random and {len(data['trained_excess'])} trained systems, and those bred and built "
        f"for it, these bear {data['corner']} and have a gradient of {data['corner']} over {data['T']} steps: "
        f"{'; '.join(texts)}. More than theorem 4 allows was seen {int(data['random_violations'])} times.")


def in_the_corner(data, robustness, gradient):
    """How many systems of each population bear at least the corner's input and have at least its gradient.

    Of the bred ones those are counted that were bred for this pair.
    """
    i, j = data["robustness"].index(robustness), data["gradients"].index(gradient)
    corner = data["corner"]

    def count(b, g):
        return int(np.sum((np.asarray(b) >= corner) & (np.asarray(g) >= corner)))

    pair = int(np.flatnonzero((np.asarray(data["pairs"]) == [i, j]).all(axis=1))[0])
    out = {"random": int(data["random_corner"][pair])}
    for name in ("trained", "built"):
        b, g = (np.asarray(data[f"{name}_{axis}"]) for axis in ("robustness", "gradients"))
        out[name] = count(b[:, i], g[:, j])
    goals = [tuple(goal) for goal in data["shown"]]
    if (robustness, gradient) in goals:
        own = np.asarray(data["bred"])[np.asarray(data["bred_goal"]) == goals.index((robustness, gradient))]
        out["bred"] = count(own[:, 0], own[:, 1])
    return out
