"""Predicates on theorems 1 to 4: TNN94, section IV."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["a_ball_grows_outside_the_reduced_set", "latched_derivatives_vanish", "latched_systems_bear_inputs",
           "no_ball_grows_inside_the_reduced_set", "small_norms_contract", "something_moves_away"]

ENOUGH = 100_000  # systems that meet a hypothesis


def something_moves_away(theorems):
    """No violation of theorem 1 in 100 000 random systems that meet its hypothesis; and where the norm is large in
    the ball but not at its centre, there are systems in which nothing moves away from there."""
    held, text = _search(theorems.data, 1)
    needed, more = _needed(theorems.data, "1: large, but not at the centre",
                           "Where the norm is large in the ball, but not at its centre, nothing moves away from there")
    _, ends = _needed(theorems.data, "1: growth for ever", "It speaks of one step: ten steps later the ball is smaller")
    return verdict(held, needed), f"{text} {more} {ends}"


def small_norms_contract(theorems):
    """No violation of theorem 2 in 100 000 random systems that meet its hypothesis; and it fails somewhere on sets that
    are not convex, and with eigenvalues in place of norms."""
    held, text = _search(theorems.data, 2)
    convex, first = _needed(theorems.data, "2: not convex", "On a ring two points move apart")
    norms, second = _needed(theorems.data, "2: eigenvalues for norms",
                            "With eigenvalues below 1 in place of norms, distances grow")
    return verdict(held, convex, norms), f"{text} {first} {second}"


def latched_systems_bear_inputs(theorems):
    """No violation of theorem 3 in 100 000 random systems that meet its hypothesis; and it fails somewhere with a tenth
    more input, with eigenvalues in place of norms, and with the norm on the path alone."""
    held, text = _search(theorems.data, 3)
    left = "the state leaves"
    cases = [_needed(theorems.data, "3: a tenth more input", f"With a tenth more input {left}"),
             _needed(theorems.data, "3: eigenvalues for norms", f"with eigenvalues in place of norms {left}"),
             _needed(theorems.data, "3: norms on the path alone", f"with the norm on the path alone {left}")]
    return verdict(held, *(needed for needed, _ in cases)), f"{text} {'; '.join(more[:-1] for _, more in cases)}."


def latched_derivatives_vanish(theorems):
    """No violation of theorem 4 in 100 000 random systems whose norms stay below one number below 1; and with the reduced
    attracting set by eigenvalues, as it is defined, inputs that keep the state in it never make the product grow."""
    held, text = _search(theorems.data, 4)
    fails, more = _needed(theorems.data, "4: latched by eigenvalues",
                          "With the reduced attracting set by eigenvalues (so it is defined, as far as we know), "
                          "inputs that keep the state in it make the product explode")
    return verdict(held, not fails), f"{text} {more}"


def a_ball_grows_outside_the_reduced_set(theorems):
    """Of the random states in a basin but outside the reduced attracting set, at least 99% have a small ball round them that
    grows at some step, Wilson's bound included."""
    outside = _balls(theorems.data, "outside_grew", "outside")
    later = _balls(theorems.data, "outside_shrank_later", "outside")
    return verdict(outside[1] >= 0.99), (
        f"Outside, {percent(outside)} of {np.sum(theorems.data['ball_outside'])} balls grow at some step; after "
        f"{theorems.data['ball_horizon']} steps {percent(later)} are smaller than at first.")


def no_ball_grows_inside_the_reduced_set(theorems):
    """Of the random states inside the reduced attracting set, fewer than 0.1% have a small ball round them that grows at some
    step, Wilson's bound included: with the set taken by norms, and with the set taken by eigenvalues."""
    norms = _balls(theorems.data, "inside_norm_grew", "inside_norm")
    eigenvalues = _balls(theorems.data, "inside_grew", "inside")
    return verdict(norms[2] < 0.001, eigenvalues[2] < 0.001), (
        f"Inside by norms {np.sum(theorems.data['ball_inside_norm_grew'])} of "
        f"{np.sum(theorems.data['ball_inside_norm'])} balls grow; inside by eigenvalues {percent(eigenvalues)} of "
        f"{np.sum(theorems.data['ball_inside'])} do.")


def _balls(data, some, all):
    return rate(np.sum(data[f"ball_{some}"]), int(np.sum(data[f"ball_{all}"])))


def _search(data, theorem):
    k = theorem - 1
    met, violated = int(np.sum(data["met"][k])), int(np.sum(data["violated"][k]))
    text = f"Of {np.sum(data['drawn'][k])} systems drawn {met} meet the hypothesis, {violated} of them violate the conclusion."
    return met >= ENOUGH and violated == 0, text


def _needed(data, case, text):
    """Whether the conclusion fails somewhere without a hypothesis, and a sentence on it."""
    found, tried = data["dropped"][case]["found"], data["dropped"][case]["tried"]
    return found > 0, f"{text} in {found} of {tried} systems."
