"""Predicates on discrete error propagation: TNN94, section V."""

from __future__ import annotations

import numpy as np

from reproduction.experiments.discrete_error import agreement
from reproduction.intervals import wilson
from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["coin", "curve_is_irregular", "does_not_decay", "flip_flop"]


def does_not_decay(discrete_error):
    """In every self-loop of a sign unit under the latch task's noise, at the last lag: the mean size of the desired
    change of the net input, with those that were lost as 0, is at least half of the first one, and within 5% of what
    it is at half that lag; the wish for the original side comes in more than 75% of the sequences, Wilson's bound
    included; and the gradient of the tanh neuron of the same weight is below 1e-6."""
    data = discrete_error.data
    loops, texts = data["noise"], []
    kept, steady, agrees, vanishes = [], [], [], []
    for cell in loops:
        size, gradient = np.asarray(cell["size"]), np.asarray(cell["gradient"])
        last, half = len(size) - 1, len(size) // 2
        against = rate(cell["against"][last], int(data["repeats"]))
        kept.append(size[last] >= 0.5 * size[0])
        steady.append(abs(size[last] / size[half] - 1) <= 0.05)
        agrees.append(against[1] > 0.75)
        vanishes.append(gradient[last] < 1e-6)
        texts.append(f"w = {cell['w']:g}: size {size[last] / size[0]:.2f}, sign {percent(against)}, "
                     f"gradient {gradient[last]:.1e}")
    nets = [(cell["scale"], np.asarray(cell["owed"])) for cell in data["net"]]
    # halved, as in `coin`: later wishes can differ by 4, those of lag 0, where a right answer has none, by 2
    few = "; ".join(f"weights within {scale:g}: {np.sqrt(max(owed[1], 0) / owed[0]) / 2:.2f} after one step, "
                    f"{np.sqrt(max(owed[2], 0) / owed[0]) / 2:.2f} after two" for scale, owed in nets)
    return verdict(all(kept) and all(steady), all(agrees), all(vanishes)), (
        f"After {last} steps, relative to the first: {'; '.join(texts)}. In nets of five units it is otherwise: the "
        f"part of the wishes that depends on the original error is, where a loop keeps at most 0.5 and 0.25, {few}.")


def flip_flop(discrete_error):
    """Trained by discrete errors, the latch of one sign unit converges in more than 80% of the runs at every length,
    and a pair of sign units that pulses set and reset in more than half of the runs at the shortest length, Wilson's
    bounds included."""
    data = discrete_error.data
    runs = int(data["runs"])
    found = {kind: {int(cell["T"]): rate(cell["solved"], runs) for cell in data["train"] if cell["kind"] == kind}
             for kind in ("latch", "pulses")}
    shortest = found["pulses"][min(found["pulses"])]
    text = {kind: ", ".join(f"{percent(cells[T])} at T = {T}" for T in sorted(cells)) for kind, cells in found.items()}
    return verdict(min(low for _, low, _ in found["latch"].values()) > 0.8, shortest[1] > 0.5), (
        f"Runs that converge within {data['presentations']} presentations: the latch {text['latch']}; the flip-flop of "
        f"two units under pulses {text['pulses']}.")


def curve_is_irregular(discrete_error):
    """On the same task, data and number of presentations: at the rate with which each learner solves most, the share
    of tests at which the error has changed by 10 points or more is at least twice that of gradient descent; and at
    whatever rate more runs of discrete propagation than of gradient descent see it rise by 10 points at least once,
    with Wilson intervals that do not overlap."""
    data = discrete_error.data
    kinds = {kind: [cell for cell in data["curve"] if cell["learner"].startswith(kind)]
             for kind in ("discrete", "descent")}
    best = {kind: max(cells, key=lambda cell: cell["solved"]) for kind, cells in kinds.items()}
    jumps = {kind: rate(cell["jumps"], int(cell["intervals"])) for kind, cell in best.items()}
    rises = {kind: [rate(cell["rises"], int(data["runs"])) for cell in cells] for kind, cells in kinds.items()}
    twice = jumps["discrete"][0] >= 2 * jumps["descent"][0]
    apart = min(low for _, low, _ in rises["discrete"]) > max(high for _, _, high in rises["descent"])
    return verdict(twice, apart), (
        f"At the best rates the error changes by 10 points or more from one test to the next in "
        f"{percent(jumps['discrete'])} of the tests ({best['discrete']['learner']}) and {percent(jumps['descent'])} "
        f"({best['descent']['learner']}). Runs with a rise of 10 points: "
        + ", ".join(f"{percent(found)} ({cell['learner']})" for kind in kinds
                    for cell, found in zip(kinds[kind], rises[kind])) + ".")


def coin(discrete_error):
    """Where g = 0, wishes for the upper side are within 1% of one half (3 standard errors more are allowed), and the
    size of a desired change is the same at every lag. The agreement with the original sign stays 1 for MAX = |g| and
    otherwise falls, the lower the larger MAX/|g|: at the last lag the Wilson intervals of neighbouring ratios do not
    overlap. At every lag it is within 4 standard errors of the closed form."""
    data = discrete_error.data
    cells, n = sorted(data["loop"], key=lambda cell: cell["ratio"]), int(data["repeats"])
    tossed, up = (sum(int(cell[name]) for cell in cells) for name in ("tossed", "up"))
    fair = tossed > 0 and abs(up / tossed - 0.5) <= 0.01 + 1.5 / np.sqrt(max(tossed, 1))
    against = {cell["ratio"]: np.asarray(cell["against"]) for cell in cells}
    ratios = list(against)
    ends = [wilson(int(against[ratio][-1]), n) for ratio in ratios]
    falls = bool((against[ratios[0]] == n).all() and all(a[0] > b[1] for a, b in zip(ends, ends[1:])))
    worst = 0.0
    for ratio in ratios:
        p = (1 + agreement(ratio, np.arange(len(against[ratio])))) / 2
        worst = max(worst, np.abs((against[ratio] / n - p) / np.maximum(np.sqrt(p * (1 - p) / n), 1 / n)).max())
    constant = all(np.isclose(cell["least"], cell["most"], rtol=1e-9) for cell in cells)
    text = ", ".join(f"{2 * against[r][1] / n - 1:.2f} to {2 * against[r][-1] / n - 1:.2f} for {r:g}" for r in ratios)
    right = {cell["ratio"]: np.asarray(cell["against_right"]) for cell in cells}
    owed = ", ".join(f"{abs(against[r][3] - right[r][3]) / n:.3f} for {r:g}" for r in ratios)
    return verdict(fair and constant, falls, worst <= 4), (
        f"Of {tossed} errors of 0, {up / max(tossed, 1):.1%} became +2. Mean agreement of the sign with the original, "
        f"by MAX/|g|, at lags 1 and {len(against[ratios[0]]) - 1}: {text}; it deviates from the closed form by at most "
        f"{worst:.1f} standard errors. It does not fall to 0, for a unit can only be asked to go "
        f"where it is not; what depends on the original error is {owed} at lag 3.")
