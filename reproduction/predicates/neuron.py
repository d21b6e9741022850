"""Predicates on the dynamics of one neuron: TNN94, section III."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["critical_input_grows_with_w", "critical_input_has_closed_form", "critical_input_switches",
           "narx_interval_is_robust", "noise_erases_the_bit_at_small_w", "strong_neuron_resists_noise",
           "switching_time_shrinks", "two_stable_states_above_one"]


def two_stable_states_above_one(dynamics):
    """For every w > 1 tried there are two stable states, for every w <= 1 one."""
    data = dynamics.data
    w, stable = np.asarray(data["w_stable"]), np.asarray(data["n_stable"])
    return verdict(bool(np.all(stable[w > 1] == 2)), bool(np.all(stable[w <= 1] == 1))), (
        f"Of {int((w > 1).sum())} values of w above 1, {int((stable[w > 1] == 2).sum())} have two stable states; "
        f"of {int((w <= 1).sum())} up to 1, {int((stable[w <= 1] == 1).sum())} have one.")


def critical_input_grows_with_w(dynamics):
    """The critical input found numerically grows strictly with w."""
    data = dynamics.data
    w, h = np.asarray(data["w"]), np.asarray(data["h_star_numeric"])
    return verdict(bool(np.all(np.diff(h) > 0))), (
        f"h* goes from {h[0]:.4g} at w = {w[0]:.3g} to {h[-1]:.4g} at w = {w[-1]:.3g}.")


def critical_input_has_closed_form(dynamics):
    """h* found numerically and the closed form agree to 1e-6 of h*."""
    data = dynamics.data
    closed, numeric = np.asarray(data["h_star_closed"]), np.asarray(data["h_star_numeric"])
    error = float(np.max(np.abs(numeric - closed) / closed))
    return verdict(error <= 1e-6), f"They differ by at most {error:.1e} of h* at {len(closed)} values of w."


def critical_input_switches(dynamics):
    """Every constant input above h* switches the state in finitely many steps, none below h* does."""
    data = dynamics.data
    above, L1 = np.asarray(data["h_over_h_star"]) > 1, np.asarray(data["L1"])
    switched = np.isfinite(L1) & (L1 > 0)
    return verdict(bool(switched[..., above].all()), not switched[..., ~above].any()), (
        f"Above h* the state switched in {int(switched[..., above].sum())} of {switched[..., above].size} cases, "
        f"below in {int(switched[..., ~above].sum())} of {switched[..., ~above].size}.")


def switching_time_shrinks(dynamics):
    """L1 never grows with the input above h*, and is smaller at the largest than at the smallest."""
    data = dynamics.data
    ratio, L1 = np.asarray(data["h_over_h_star"]), np.asarray(data["L1"], float)
    steps = L1[..., ratio > 1]
    return verdict(bool(np.all(np.diff(steps) <= 0)), bool(np.all(steps[..., -1] < steps[..., 0]))), (
        f"At {ratio[ratio > 1][0]:.4g} h* it takes {steps[..., 0].min():.0f} to {steps[..., 0].max():.0f} steps, at "
        f"{ratio[-1]:.3g} h* {steps[..., -1].min():.0f} to {steps[..., -1].max():.0f}.")


def noise_erases_the_bit_at_small_w(dynamics):
    """At w = 1.25 and the longest time fewer than 75% of runs keep the sign; at w = 2 more than 95% do (s =
    0.2, a standard deviation)."""
    data = dynamics.data
    w, kept = np.asarray(data["survival_w"]), np.asarray(data["survival"])[0]
    weak, strong = (rate(kept[np.argmin(abs(w - value)), -1], data["runs"]) for value in (1.25, 2.0))
    return verdict(weak[2] < 0.75, strong[1] > 0.95), (
        f"After {data['survival_steps'][-1]} steps {percent(weak)} of runs keep the sign at w = 1.25, "
        f"{percent(strong)} at w = 2.")


def strong_neuron_resists_noise(dynamics):
    """At w = 2 and the longest time more than 95% of runs keep the sign, Wilson's bound included (s = 0.2, a
    standard deviation)."""
    data = dynamics.data
    w, kept = np.asarray(data["survival_w"]), np.asarray(data["survival"])[0]
    strong = rate(kept[np.argmin(abs(w - 2.0)), -1], data["runs"])
    return verdict(strong[1] > 0.95), (
        f"After {data['survival_steps'][-1]} steps of noise {percent(strong)} of runs keep the sign at w = 2.")


def narx_interval_is_robust(dynamics):
    """At w = 1.25 inputs within 0.155 switch the state neither at random (fewer than 5% of runs) nor at their
    worst (never)."""
    data = dynamics.data
    bounds, steps = np.asarray(data["bounds"]), np.asarray(data["bounded_worst_steps"])
    interval = int(np.argmin(abs(bounds - 0.155)))
    kept = rate(np.asarray(data["bounded_random"])[interval], data["runs"])
    safe = bounds[~np.isfinite(steps)]
    worst = f"always the worst, they switch it in {steps[interval]:.0f} steps" if np.isfinite(steps[interval]) else (
        "always the worst, they never switch it")
    return verdict(kept[1] > 0.95, not np.isfinite(steps[interval])), (
        f"Independent and uniform in [-{bounds[interval]:.3f}, {bounds[interval]:.3f}], inputs leave the sign right in "
        f"{percent(kept)} of runs after {data['bound_steps']} steps; {worst}. "
        f"No input within {safe.max(initial=0):.4f} does.")
