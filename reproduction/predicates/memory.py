"""Predicates on memory: TNN94, sections I and II, static networks with delays against recurrent ones."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["recurrent_keeps_the_bit_at_every_length", "recurrent_stores_and_static_does_not",
           "static_response_is_finite", "static_solves_short_delays_only"]

SOLVED, CHANCE = 0.95, 0.5


def static_response_is_finite(memory):
    """The static network's response to an impulse is exactly 0 from as many steps on as it has delays; the
    recurrent one's is not."""
    data = memory.data
    static, recurrent = np.asarray(data["static_response"]), np.asarray(data["recurrent_response"])
    delays = int(data["delays"])
    return verdict(not static[delays:].any(), bool(static[:delays].any()), bool(recurrent[delays:].all())), (
        f"With {delays} delays the static network responds for {np.count_nonzero(static)} steps; at "
        f"step {len(recurrent)} the recurrent one still responds by {abs(recurrent[-1]):.2g}.")


def recurrent_stores_and_static_does_not(memory):
    """At the longest T the recurrent network gives the bit in at least 95% of trials, and the static one's
    Wilson interval holds 50%."""
    data = memory.data
    recurrent = rate(np.asarray(data["recurrent_correct"])[-1], data["trials"])
    static = rate(np.asarray(data["static_correct"])[-1], data["trials"])
    return verdict(recurrent[1] >= SOLVED, static[1] <= CHANCE <= static[2]), (
        f"At T = {data['T'][-1]} the recurrent network is right in {percent(recurrent)} of trials, "
        f"the static one in {percent(static)}.")


def static_solves_short_delays_only(memory):
    """The static network is right in at least 95% of trials while the bit is within its delays, and at chance
    at all longer T."""
    data = memory.data
    T, correct = np.asarray(data["T"]), np.asarray(data["static_correct"])
    within = T <= int(data["delays"])
    if not within.any() or within.all():
        raise KeyError("T on both sides of delays")
    short, long = rate(correct[within], data["trials"]), rate(correct[~within], data["trials"])
    return verdict(short[0] >= SOLVED, long[1] <= CHANCE <= long[2]), (
        f"The static network is right in {percent(short)} of trials up to T = {T[within][-1]}, "
        f"in {percent(long)} beyond.")


def recurrent_keeps_the_bit_at_every_length(memory):
    """At every T tried the recurrent network is right in at least 95% of trials; partly, if at some T
    only."""
    data = memory.data
    right = [rate(correct, data["trials"]) for correct in np.asarray(data["recurrent_correct"])]
    worst = min(right)
    return verdict(*(r[0] >= SOLVED for r in right)), (
        f"From T = {data['T'][0]} to {data['T'][-1]} the recurrent network is right in at least "
        f"{percent(worst)} of trials.")
