"""Predicates on the share of each lag in the gradient: TNN94, section IV."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["short_term_dominates"]


def short_term_dominates(lag_shares):
    """In nets that keep the bit the most recent fifth of the lags holds 90% of the gradient by the recurrent weights,
    in at least 90% of sequences, Wilson's bound included: in single neurons, in trained neurons, and in trained nets of
    five units. In each control, where nothing is latched and nothing decays, in fewer than 10%: else the test would
    tell nothing."""
    data = lag_shares.data
    neuron, latch, net = (_held(data, kind) for kind in ("neuron", "latch", "net"))
    controls = {name: rate(count, int(kept)) for name, count, kept in
                zip(data["controls"], data["control_dominated"], data["control_kept"])}
    lags = int(data["T"]) // 5
    dominated = [held[1] >= 0.9 for held in (neuron, latch, net)]
    return verdict(*dominated, all(held[2] < 0.1 for held in controls.values())), (
        f"Of sequences of {data['T']} steps in which the bit is kept, the last {lags} lags hold 90% of the gradient in "
        f"{percent(neuron)} for single neurons, {percent(latch)} for trained ones, {percent(net)} for trained nets of "
        f"five units; without a latch in {', '.join(f'{percent(held)} ({name})' for name, held in controls.items())}. "
        "With a cost at every step: "
        f"{', '.join(percent(_held(data, kind, '_every')) for kind in ('neuron', 'latch', 'net'))}.")


def _held(data, kind, suffix=""):
    """The rate of sequences whose gradient recent lags dominate, among those in which the bit is kept."""
    kept = int(np.sum(data[f"{kind}_kept"]))
    return rate(np.sum(data[f"{kind}_dominated{suffix}"]), kept) if kept else (0.0, 0.0, 1.0)
