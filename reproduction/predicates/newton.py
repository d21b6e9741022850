"""Predicates on pseudo-Newton: TNN94, section V, the curvature's recursion, the bound by mu, the weighting by time."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["curvature_recursion", "mu_bounds_the_step", "time_weighting_balances_times"]

EXACT, SEEN = 1e-10, 0.01


def mu_bounds_the_step(pseudo_newton):
    """No step of pseudo-Newton is longer than rate times |gradient| / mu. Where the curvature is below 0.001, the
    longest step falls with every larger mu; and with mu = 0.001 it is less than a tenth of what it is with next to no
    mu."""
    data = pseudo_newton.data
    broken, total = int(np.sum(data["bound_broken"])), int(np.sum(data["bound_total"])) * (len(data["mu"]) + 1)
    flat = np.asarray(data["decades"]) <= -3  # bin b ends at decade b
    longest = np.asarray(data["bound_longest"]).max(axis=0)[:, : len(flat)][:, flat].max(axis=1)
    return verdict(broken == 0, bool((np.diff(longest) < 0).all()), longest[1] < longest[0] / 10), (
        f"{broken} of {total} steps are beyond the bound. Where the curvature is below 0.001, the longest step, in "
        f"units of the rate, is {_said(longest[0])} with mu = {_said(data['least_mu'])}; "
        + "; ".join(f"{_said(step)} with mu = {mu:g}" for mu, step in zip(data["mu"], longest[1:])) + ".")


def _said(number):
    """A number in words: three digits, or a power of ten for small ones."""
    return f"{number:.1e}" if number < 0.01 else f"{float(f'{number:.3g}'):,g}" if number < 1e6 else f"{number:,.0f}"


def time_weighting_balances_times(pseudo_newton):
    """In at least half of the sequences in which the bit is kept, Wilson's bound included, the oldest fifth of the lags
    moves the recurrent weights a tenth as far as the most recent fifth, or farther: in single neurons and in trained
    nets of five units, with exact curvature, with next to no mu (first two conditions) and with every mu from 0.001 to 0.3
    (two more). Where this holds of gradient descent too, the condition fails: then it is no merit of the weighting."""
    data = pseudo_newton.data
    held = {kind: _even(data, kind, "time-weighted_exact") for kind in ("neuron", "trained")}
    plain = {kind: _even(data, kind, "descent") for kind in held}
    told = [plain[kind][0][2] < 0.5 for kind in held]
    without = [even[0][1] >= 0.5 and tell for even, tell in zip(held.values(), told)]
    with_mu = [all(each[1] >= 0.5 for each in even[1:]) and tell for even, tell in zip(held.values(), told)]
    shape = (-1, len(data["mu"]) + 1, 3)
    ratio = {kind: np.median(np.reshape(data[f"{kind}_time-weighted_exact_ratio"], shape)[:, :, 1], axis=0)
             for kind in held}
    names = {"neuron": "single neurons", "trained": "trained nets"}
    return verdict(*without, *with_mu), (
        f"Of sequences of {data['long_T']} steps, the oldest fifth of the lags moves the weights a tenth as far as the "
        "most recent, or farther, in "
        + "; in ".join(f"{percent(even[0])} of {names[kind]} with next to no mu, and {percent(max(even[1:]))} at most "
                       f"with mu from {data['mu'][0]:g} (by gradient descent {percent(plain[kind][0])}; median ratio "
                       f"{_said(ratio[kind][0])} without mu, and {_said(ratio[kind][1])} with mu = {data['mu'][0]:g})"
                       for kind, even in held.items()) + ".")


def _even(data, kind, step):
    """The rate of sequences in which a step is even, for each mu."""
    counts = np.reshape(data[f"{kind}_{step}_even"], (np.size(data[f"{kind}_kept"]), -1))
    kept = int(np.sum(data[f"{kind}_kept"]))
    return [rate(count, kept) if kept else (0.0, 0.0, 1.0) for count in counts.sum(axis=0)]


def curvature_recursion(pseudo_newton):
    """With one unit the recursion gives every instance's second derivative to 1e-10 of the largest; with two and more
    its median error, half-way back in time, is 1% at least; and summed over time it differs from the shared weight's
    second derivative by 1% at least in the median, with one unit, where only the cross terms are missing."""
    data = pseudo_newton.data
    n, kinds = np.asarray(data["n"]), list(data["kinds"])
    if 1 not in n or n.max() < 2:
        raise KeyError("n = 1 and larger")
    one, latch = int(np.flatnonzero(n == 1)[0]), kinds.index("latch")
    worst = max(float(np.asarray(data["units_worst"])[one]), float(np.asarray(data["gap_worst"])[latch]))
    half = np.asarray(data["units_error"])[n > 1, int(data["T"]) // 2, 1]
    crossed = [np.asarray(data["units_shared_error"])[one, 1], np.asarray(data["gap_shared_error"])[latch, 1]]
    agree = np.asarray(data["gap_shared_sign"]) / np.asarray(data["gap_shared_pairs"])
    return verdict(worst <= EXACT, bool((half >= SEEN).all()), min(crossed) >= SEEN), (
        f"With one unit the recursion is off by {worst:.1e} of the largest curvature at most; with "
        f"{n[n > 1].min()} to {n.max()} units by {half.min():.0%} to {half.max():.0%} in the median, "
        f"{int(data['T']) // 2} steps back. Its sum over time is off by {min(crossed):.0%} in the median with one "
        "unit, and has the sign of the shared weight's second derivative for "
        + ", ".join(f"{share:.0%} ({kind})" for kind, share in zip(kinds, agree)) + " of the weights.")
