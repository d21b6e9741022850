"""Predicates on EM and the diffusion of credit: TNN94, section V."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import percent, rate, verdict

__all__ = ["credit_diffuses", "determinant_term_helps", "likelihood_never_falls"]

LONG = 20  # steps from which on a sequence counts as long
PLAIN, WITH = 0.0, 1.0  # weights of the determinant's term, in units of T
CONNECTED = ("parity, 2 states", "parity, 4 states", "7 states")


def likelihood_never_falls(em):
    """In no EM step with look-up tables, of any run, does the mean log-likelihood of a sequence fall by more than
    1e-10, which is what rounding may do; there are at least a thousand steps."""
    plain = [(model, *(_of(cells, name, PLAIN) for name in ("steps", "fell", "least")))
             for model, cells in em.data["models"].items() if "subnetworks" not in model]
    steps, fell = (int(sum(each[k].sum() for each in plain)) for k in (1, 2))
    least = min(float(each[3].min()) for each in plain)
    term = em.data["models"]["parity, 2 states"]
    return verdict(steps >= 1000 and fell == 0 and least >= -1e-10), (
        f"In {steps} steps it fell {fell} times; the largest fall was {max(-least, 0.0):.1e}. With the determinant's "
        f"term, which is not part of the likelihood, {int(_of(term, 'fell', WITH).sum())} of "
        f"{int(_of(term, 'steps', WITH).sum())} steps on parity lowered it.")


def determinant_term_helps(em):
    """From T = 20 on, with the term at weight T against none: on parity with two fully connected states more runs
    converge (Wilson's intervals apart), and Dobrushin's coefficient over a sequence is larger after training, in the
    median, at every such T; and more runs converge in the fully connected nets of more states, taken together
    (intervals apart)."""
    models = em.data["models"]
    two = models["parity, 2 states"]
    small = [_converged([two], c) for c in (PLAIN, WITH)]
    large = [_converged([models[name] for name in CONNECTED[1:]], c) for c in (PLAIN, WITH)]
    short = [rate(int(_of(two, "solved", c)[0]), int(_of(two, "runs", c)[0])) for c in (PLAIN, WITH)]
    reach = [_of(two, "after", c)[two["T"] >= LONG] for c in (PLAIN, WITH)]
    return verdict(small[1][1] > small[0][2], (reach[1] > reach[0]).all(), large[1][1] > large[0][2]), (
        f"With the term {percent(small[1])} of runs converge on parity with two states, without {percent(small[0])}; "
        f"with more states {percent(large[1])} against {percent(large[0])}. At T = {int(two['T'][0])}, where credit "
        f"need not go far, {percent(short[1])} against {percent(short[0])}. At T = {int(two['T'][-1])} Dobrushin's "
        f"coefficient after training is {_power(reach[1][-1])} with the term, {_power(reach[0][-1])} without.")


def credit_diffuses(em):
    """Dobrushin's coefficient of 50 random transitions is below 0.001 in three of four fully connected products, of
    either kind and for each number of states, and above 0.5 in three of four that permute the states but for a
    probability of 0.001; and at the longest T, without the determinant's term, at most 10% of runs of each fully
    connected net converge and at least 90% of those with two chains, Wilson's bounds included."""
    data, models = em.data, em.data["models"]
    at = list(data["lengths"]).index(50)
    families = dict(zip(data["families"], np.asarray(data["products"])[:, :, at]))
    connected = max(float(families[name][:, 2].max()) for name in ("near uniform", "uniform on the simplex"))
    permuting = float(families["nearly a permutation, 0.001"][:, 0].min())
    full = [_longest(models[name]) for name in CONNECTED]
    chains = _longest(models["two chains"])
    # What stands beside the one trial of 160 of the paper on diffusion: our fully connected net on two-sequence
    seven = models["7 states"]
    row = int(np.argmax(seven["runs"][:, 0]))
    beside = f"{int(_of(seven, 'solved', PLAIN)[row])} of {int(seven['runs'][row, 0])} at T = {int(seven['T'][row])}"
    held = (connected < -3, permuting > np.log10(0.5), all(found[2] <= 0.1 for found in full), chains[1] >= 0.9)
    return verdict(*held), (
        f"After 50 steps the coefficient is at most {_power(connected)} in three of four fully connected products, at "
        f"least {_power(permuting)} in near permutations. Without the term, at the longest T, "
        f"{', '.join(f'{percent(found)} ({name})' for found, name in zip(full, CONNECTED))} of fully connected runs "
        f"converge, {percent(chains)} with two chains; of the seven fully connected states {beside}.")


def _of(cells, name, c):
    """What the cells of one weight hold, by T."""
    which = np.flatnonzero(np.asarray(cells["c"]) == c)
    if not which.size:
        raise KeyError(f"weight {c}")
    return np.asarray(cells[name])[:, which[0]]


def _converged(models, c):
    """The rate of converged runs at all long T of some models."""
    long = [np.asarray(cells["T"]) >= LONG for cells in models]
    solved, runs = (int(sum(_of(cells, name, c)[at].sum() for cells, at in zip(models, long)))
                    for name in ("solved", "runs"))
    return rate(solved, runs)


def _longest(cells):
    return rate(int(_of(cells, "solved", PLAIN)[-1]), int(_of(cells, "runs", PLAIN)[-1]))


def _power(log):
    """A power of ten, also one that is smaller than any number that the machine has."""
    exponent = int(np.floor(log))
    return f"{10**log:.2g}" if log > -3 else f"{10 ** (log - exponent):.1f}e{exponent}"
