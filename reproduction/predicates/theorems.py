"""Predicates on theorems 1 to 4: TNN94, section IV."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["a_ball_grows_outside_the_reduced_set", "latched_derivatives_vanish", "latched_systems_bear_inputs",
           "small_norms_contract", "something_moves_away"]

ENOUGH = 100_000  # systems that meet a hypothesis


def something_moves_away(theorems):
    """No violation of theorem 1 in 100 000 random systems that meet its hypothesis; and where the norm is large in a
    part of the ball only, there are systems in which nothing moves away from its centre."""
    held, text = _search(theorems.data, 1)
    needed, more = _needed(theorems.data, "1: large somewhere, not everywhere")
    _, ends = _needed(theorems.data, "1: growth for ever")
    return verdict(held, needed), f"{text} {more} It speaks of one step: {ends}"


def small_norms_contract(theorems):
    """No violation of theorem 2 in 100 000 random systems that meet its hypothesis; and it fails somewhere on sets that
    are not convex, and with eigenvalues in place of norms."""
    held, text = _search(theorems.data, 2)
    convex, first = _needed(theorems.data, "2: not convex")
    norms, second = _needed(theorems.data, "2: eigenvalues for norms")
    return verdict(held, convex, norms), f"{text} {first} {second}"


def latched_systems_bear_inputs(theorems):
    """No violation of theorem 3 in 100 000 random systems that meet its hypothesis; and it fails somewhere with a tenth
    more input, with eigenvalues in place of norms, and with the norm on the path alone."""
    held, text = _search(theorems.data, 3)
    cases = [_needed(theorems.data, f"3: {name}") for name in
             ("a tenth more input", "eigenvalues for norms", "norms on the path alone")]
    return verdict(held, *(needed for needed, _ in cases)), f"{text} {' '.join(more for _, more in cases)}"


def latched_derivatives_vanish(theorems):
    """No violation of theorem 4 in 100 000 random systems whose norms stay below one number below 1; and with the reduced
    attracting set by eigenvalues, as it is defined, inputs that keep the state in it never make the product grow."""
    held, text = _search(theorems.data, 4)
    fails, more = _needed(theorems.data, "4: latched by eigenvalues")
    return verdict(held, not fails), f"{text} {more}"


def a_ball_grows_outside_the_reduced_set(theorems):
    """Of the random states in a basin but outside the reduced attracting set, at least 99% have a small ball round them that
    grows at some step, Wilson's bound included; of those inside, fewer than 1%."""
    data = theorems.data
    total = {name: int(np.sum(data[f"ball_{name}"])) for name in
             ("outside", "outside_grew", "outside_shrank_later", "inside", "inside_grew", "inside_norm_grew")}
    outside = rate(total["outside_grew"], total["outside"])
    inside = rate(total["inside_grew"], total["inside"])
    later = rate(total["outside_shrank_later"], total["outside"])
    return verdict(outside[1] >= 0.99, inside[2] < 0.01), (
        f"Outside, {percent(outside)} of {total['outside']} balls grow at some step; after {data['ball_horizon']} steps "
        f"{percent(later)} are smaller than at first. Inside, by eigenvalues, {percent(inside)} of {total['inside']} grow "
        f"too; inside by norms, {total['inside_norm_grew']}.")


def _search(data, theorem):
    k = theorem - 1
    met, violated = int(np.sum(data["met"][k])), int(np.sum(data["violated"][k]))
    text = f"Of {np.sum(data['drawn'][k])} systems drawn {met} meet the hypothesis, {violated} of them violate the conclusion."
    return met >= ENOUGH and violated == 0, text


def _needed(data, case):
    """Whether the conclusion fails somewhere without a hypothesis, and a sentence on it."""
    found, tried, name = data["dropped"][case]["found"], data["dropped"][case]["tried"], case.split(": ")[1]
    return found > 0, f"Without it ({name}) the conclusion fails in {found} of {tried}."
