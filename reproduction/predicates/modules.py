"""Predicates on two modules, one of which must learn what the other keeps: TNN94, section IV."""

from __future__ import annotations

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["neither_before_nor_after_latching"]


def neither_before_nor_after_latching(modules):
    """At the longest T, each arm with the rate that solves most: while B does not latch, the classes are less than one standard
    deviation apart at the end; where B latches, less than a millionth of the error reaches A, and no more runs are solved
    than if that error is cut off (the Wilson intervals overlap); and either way fewer are solved, the intervals apart, than
    if it reached A undiminished."""
    data = modules.data

    def at(name, arm, of):
        k = list(data[of]).index(arm)
        return data[name][k][-1][data["best"][list(data["arms"]).index(arm)][-1]]

    kept = float(at("kept_last", "not latching", "trained")[1])
    passed = float(at("passed_first", "latching, frozen", "trained")[1])
    before, after, cut, whole = (rate(at("solved", arm, "arms"), data["runs"]) for arm in (
        "not latching", "latching, frozen", "latching, frozen, cut", "latching, frozen, normalised"))
    return verdict(abs(kept) < 1, passed < 1e-6 and after[1] <= cut[2], max(before[2], after[2]) < whole[1]), (
        f"At T = {data['T'][-1]}: while B does not latch, the classes end {abs(kept):.2g} standard deviations apart and "
        f"{percent(before)} of runs are solved. With a B that latches, a share of {passed:.1e} of the error reaches A and "
        f"{percent(after)} are solved; with that error cut off {percent(cut)}, with it undiminished {percent(whole)}.")
