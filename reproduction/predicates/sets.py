"""Predicates on attractors and the sets round them: TNN94, section IV, definitions."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import verdict

__all__ = ["attractor_in_reduced_set_in_basin", "augmenting_keeps_the_trajectories", "one_fixed_point_below_one",
           "symmetric_nets_come_to_rest"]

BY_EIGENVALUES, AT_MULTIPLES, BY_NORM = 0, 1, 2  # of the experiment's readings of Gamma


def attractor_in_reduced_set_in_basin(sets):
    """Every hyperbolic fixed point lies in its own reduced attracting set, taken by the eigenvalues of the Jacobians of
    all iterates; so does every hyperbolic cycle; and no state of such a set is found away from its attractor later."""
    data = sets.data
    fixed, cycles = int(np.sum(data["members_fixed"])), int(np.sum(data["members_cycles"]))
    fixed_in, cycles_in, small_in = (
        np.asarray(data[f"members_{name}_in_gamma"]).reshape(-1, len(data["readings"])).sum(0)
        for name in ("fixed", "cycles", "small_steps"))
    beta = np.asarray(data["volumes_beta"]).sum()
    gamma = np.asarray(data["volumes_gamma"]).sum(axis=(0, 1, 3))
    away = int(np.asarray(data["volumes_outside_beta"])[..., BY_EIGENVALUES].sum())
    step, cycle = (np.asarray(data[f"members_{name}"])[0].ravel() for name in ("largest_step", "its_cycle"))
    at = int(step.argmax())
    return verdict(fixed > 0 and fixed_in[BY_EIGENVALUES] == fixed, cycles > 0 and cycles_in[BY_EIGENVALUES] == cycles,
                   gamma[BY_EIGENVALUES] > 0 and away == 0), (
        f"Of {fixed} hyperbolic fixed points {fixed_in[BY_EIGENVALUES]} lie in their own set, of {cycles} hyperbolic "
        f"cycles {cycles_in[BY_EIGENVALUES]}: one step from a point of a cycle may expand though the whole cycle "
        f"contracts (one unit: {step[at]:.2f} in a step, {cycle[at]:.2f} round the cycle). Of the "
        f"{int(np.sum(data['members_small_steps']))} whose single steps all have eigenvalues below 1, "
        f"{small_in[BY_EIGENVALUES]} do. With iterates that are multiples of the period only, "
        f"{cycles_in[AT_MULTIPLES]} cycles do. With norms for eigenvalues "
        f"{fixed_in[BY_NORM]} fixed points do. "
        f"Of {gamma[BY_EIGENVALUES]} states in a reduced attracting set {away} were away from the attractor after "
        f"{data['later_steps']} steps; the set holds {gamma[BY_EIGENVALUES] / max(beta, 1):.0%} of the basins' states.")


def symmetric_nets_come_to_rest(sets):
    """No symmetric net with least eigenvalue above -1 has a cycle, and every start that does not settle creeps; and
    where the same nets have that eigenvalue moved below -1, some do have cycles."""
    data = sets.data

    def total(name):
        return int(np.sum(data[f"symmetric_{name}"]))

    nets = int(np.size(data["symmetric_with_cycle_above"])) * int(data["symmetric_nets"])
    above, below, repelling = total("with_cycle_above"), total("with_cycle_below"), total("with_any_2_cycle_above")
    unresolved, creeping = total("unresolved_above"), total("creeping_above")
    return verdict(above == 0 and repelling == 0 and creeping == unresolved, below > 0), (
        f"Of {nets} nets with least eigenvalue above -1 {above} have an attracting cycle; of "
        f"{total('searched_above')} that were searched for all cycles of length 2 {repelling} have one, repelling ones "
        f"included; {unresolved} starts did not settle, and {creeping} of these creep. With the least eigenvalue below "
        f"-1 {below} of the {nets} nets have an attracting cycle.")


def one_fixed_point_below_one(sets):
    """No net whose eigenvalues are all below 1 in absolute value has a second fixed point, whatever the norm of W."""
    data = sets.data
    kinds = list(data["kinds"])
    several, within = np.asarray(data["eigenvalues_several"]).sum((0, 2)), int(np.sum(data["eigenvalues_within_norm"]))
    broken, cells = int(np.sum(data["eigenvalues_several_within_norm"])), np.asarray(data["eigenvalues_several"])
    nets = int(data["eigenvalue_nets"]) * cells.shape[0] * cells.shape[2]
    words = ", ".join(f"{count} of {nets} {kind}" for kind, count in zip(kinds, several))
    text = f"With several fixed points: {words} nets; with |W| < 1, {broken} of {within}."
    if several.sum():
        shares = np.asarray(data["eigenvalues_several_by_norm"]).sum((0, 1, 2)) / np.maximum(
            np.asarray(data["eigenvalues_nets_by_norm"]).sum((0, 1, 2)), 1)
        edges = np.asarray(data["norm_edges"])
        first = int(np.flatnonzero(shares)[0])
        radius, norm, count = (np.asarray(data[f"smallest_{name}"]) for name in ("spectral_radius", "norm", "count"))
        low = int(radius.argmin())
        text += (f" It takes a norm: {shares[first]:.1%} where |W| is between {edges[first]:.3g} and "
                 f"{edges[first + 1]:.3g}, {shares[-1]:.0%} above {edges[-2]:.3g}. Searched for, there is one with "
                 f"spectral radius {radius[low]:.2f}, |W| = {norm[low]:.2f} and {count[low]} fixed points.")
    beside = int(np.sum(data["eigenvalues_cycle_beside_one_point"]))
    return verdict(int(several.sum()) == 0), f"{text} In {beside} nets without a second fixed point a cycle attracts."


def augmenting_keeps_the_trajectories(sets):
    """In every family of systems the states of a system and of its augmented form agree to 1e-12."""
    data = sets.data
    apart = np.asarray(data["augmented_apart"])
    states, contracting, grown = (int(np.sum(data[f"augmented_{name}"])) for name in
                                  ("states", "contracting", "contracting_but_augmented_not"))
    return verdict(bool((apart <= 1e-12).all())), (
        f"Over {states} states of {len(apart)} families they differ by at most {apart.max():.1e}. But norms change: of "
        f"{contracting} states where the system contracts {grown} have an augmented Jacobian of norm 1 or more. The "
        f"rate at which long products grow or shrink differs by at most {np.max(data['augmented_rate_apart']):.2f} a "
        f"step, after {data['T']} steps.")
