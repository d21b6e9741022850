"""Predicates on the training of the latch: TNN94, section III, Fig. 3, and the NARX paper's protocol."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import NOT_REPRODUCED, PARTLY, falls, percent, rate, verdict

__all__ = ["ceiling_falls_when_frozen", "convergence_falls_with_length", "converges_below_ceiling",
           "large_noise_defeats_training", "retention_falls_with_length", "small_weight_defeats_training"]

UNLIKELY = 0.10  # "very unlikely": a mean rate of at most this


def large_noise_defeats_training(density):
    """The convergence rate falls with s, and on the noisiest tenth of the axis it is at most 10%."""
    data = density.data
    converged, s = np.asarray(data["converged"]), np.asarray(data["s"])
    fall, text = falls(s, converged.T, data["runs"])
    corner = rate(converged[:, -max(1, len(s) // 10):], data["runs"])
    return verdict(fall, corner[0] <= UNLIKELY), (
        f"Over all w0 convergence goes {text} as s goes from {s[0]:.2g} to {s[-1]:.2g}; "
        f"on the noisiest tenth it is {percent(corner)}.")


def small_weight_defeats_training(density):
    """On the lowest tenth of the w0 axis the mean rate is at most 10%, and its interval below that of the
    middle third.

    The claim is about small weights: what happens at large ones, and where the axis ends, is not part of it.
    """
    data = density.data
    converged, w0 = np.asarray(data["converged"]), np.asarray(data["w0"])
    low, third = max(1, len(w0) // 10), len(w0) // 3
    corner, middle = rate(converged[:low], data["runs"]), rate(converged[third: len(w0) - third], data["runs"])
    return verdict(corner[0] <= UNLIKELY, corner[2] < middle[1]), (
        f"Over all s training converges in {percent(corner)} of runs for w0 from {w0[0]:.3g} to {w0[low - 1]:.3g}, "
        f"and in {percent(middle)} on the middle third of the axis, {w0[third]:.3g} to {w0[len(w0) - third - 1]:.3g}.")


READINGS = ("s a standard deviation", "s a variance")
MODES = ("w learned", "w frozen")


def convergence_falls_with_length(length):
    """The frequency of convergence falls with T: in all four readings (s a standard deviation or a variance,
    w learned or frozen)."""
    data = length.data
    held, texts = [], []
    for i, reading in enumerate(READINGS):
        for j, mode in enumerate(MODES):
            fall, text = falls(data["T"], np.asarray(data["converged"])[i, j], data["runs"])
            held.append(fall)
            texts.append(f"{text} with {reading}, {mode}")
    return verdict(*held), f"As T grows from {data['T'][0]} to {data['T'][-1]}: {'; '.join(texts)}."


def ceiling_falls_when_frozen(length):
    """With w frozen at 1.25 even the best free inputs fail more often as T grows, in both readings of s."""
    data = length.data
    held, texts = [], []
    for i, reading in enumerate(READINGS):
        fall, text = falls(data["T"], _counts(data["ceiling"], data["runs"])[i, 1], data["runs"])
        held.append(fall)
        texts.append(f"{text} with {reading}")
    return verdict(*held), f"The ceiling goes {'; '.join(texts)}."


def converges_below_ceiling(length):
    """With w learned, at the longest T training converges less often than the best parameters allow: the
    Wilson intervals are apart."""
    data = length.data
    held, texts = [], []
    for i, reading in enumerate(READINGS):
        reached = rate(np.asarray(data["converged"])[i, 0, -1], data["runs"])
        ceiling = rate(_counts(data["ceiling"], data["runs"])[i, 0, -1], data["runs"])
        held.append(reached[2] < ceiling[1])
        texts.append(f"{percent(reached)} of runs converge, {percent(ceiling)} could, with {reading}")
    return verdict(*held), f"At T = {data['T'][-1]}: {'; '.join(texts)}."


def retention_falls_with_length(narx):
    """The share of runs that latch falls with T; partly, if it is only lower at the longest T than at the
    shortest."""
    data = narx.data
    converged = np.asarray(data["converged"])
    fall, text = falls(data["T"], converged, data["runs"])
    lower = converged[-1] < converged[0]
    found = verdict(fall, lower) if fall else (PARTLY if lower else NOT_REPRODUCED)
    return found, f"The share of runs that latch goes {text} as T goes from {data['T'][0]} to {data['T'][-1]}."


def _counts(rates, trials):
    """Counts of successes, from counts or from rates."""
    rates = np.asarray(rates)
    return rates if rates.dtype.kind in "iu" else np.rint(rates * int(trials)).astype(int)
