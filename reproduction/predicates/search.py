"""Predicates on searching without a gradient: TNN94, sections V and VI, and its critics."""

from __future__ import annotations

import numpy as np
from scipy import stats

from reproduction.intervals import wilson
from reproduction.predicates.verdicts import verdict

__all__ = ["annealing_accepts_half", "guessing_beats_the_methods", "parity_within_the_step_only"]

HALF = (0.4, 0.6)  # Corana's rule leaves the steps alone there
LATCH = 1600  # trials that several methods need, according to G01
#: Fewest presentations of any method that N93 reports with 10% error or less, at some of its lengths (tables 1 and 2).
TWO_SEQUENCE = {5: 510, 20: 1900, 100: 2900}
#: The same for parity: the least and the most that EM needs, whose columns are not all certain (tables 3 and 4).
PARITY = (1300, 3400)
ONE_IN = 4200


def annealing_accepts_half(annealing):
    """In the later half of a run's adjustments the mean share of moves accepted lies between .4 and .6, with its 95%
    interval over runs: for each of Corana's functions, and for each of the paper's problems at every first temperature
    tried; partly, if for some of these."""
    data = annealing.data
    functions, tasks = (_held(data[f"{kind}_late"]) for kind in ("function", "task"))
    wide = np.asarray(data["task_wide"])
    shares = np.asarray(data["task_late"])[..., 0]
    T0 = [f"{T0:g}" for T0 in np.asarray(data["T0"])]
    said = "; ".join(f"{task}: {', '.join(f'{100 * share:.0f}%' for share in row)}"
                     for task, row in zip(data["tasks"], shares))
    return verdict(*functions.ravel(), *tasks.ravel()), (
        f"Moves accepted: {', '.join(f'{100 * late[0]:.0f}%' for late in np.asarray(data['function_late']))} on "
        f"Corana's functions; from first temperatures of {', '.join(T0)}, {said}. In {functions.sum()} of "
        f"{functions.size} and in {tasks.sum()} of {tasks.size} cases that is about half; at the highest temperature "
        f"{100 * wide[:, -1].mean():.0f}% of the steps have grown to the whole box.")


def _held(late):
    """Where a mean and its interval lie in the range of half."""
    mean, error = np.moveaxis(np.asarray(late), -1, 0)
    return (mean - 1.96 * error >= HALF[0]) & (mean + 1.96 * error <= HALF[1])


def median(trials):
    """The median of trials, of which -1 are those that were not enough, and its 95% interval; perhaps infinity.

    The interval goes from one order statistic to another, and is exact for any distribution.
    """
    trials = np.asarray(trials, float)
    ordered = np.sort(np.where(trials < 0, np.inf, trials))
    n = len(ordered)
    low = int(stats.binom.ppf(0.025, n, 0.5))
    at = np.clip([low - 1, n - low], 0, n - 1)
    middle = ordered[(n - 1) // 2] if np.isinf(ordered[n // 2]) else ordered[[(n - 1) // 2, n // 2]].mean()
    return middle, ordered[at[0]], ordered[at[1]]


def guessing_beats_the_methods(guessing):
    """The median number of trials until a random net with weights in [-100, 100] solves the problem lies, with its 95%
    interval, below what the methods need: for the latch at every length below 1600; for two-sequence below the fewest
    presentations of a method that N93 reports with 10% error or less, at its lengths; for parity at every length below
    the most that EM needs, 3400; partly, if for some of the problems."""
    data = guessing.data
    widest = int(np.argmax(data["widths"]))
    held, said = [], []
    for task in data["tasks"]:
        at = [int(T) for T in data[f"{task}_T"]]
        trials = {T: median(row[widest]) for T, row in zip(at, np.asarray(data[f"{task}_trials"]))}
        limit = {"latch": dict.fromkeys(at, LATCH), "parity": dict.fromkeys(at, PARITY[1])}.get(task, TWO_SEQUENCE)
        held.append(all(trials[T][2] < limit[T] for T in at if T in limit) and any(T in limit for T in at))
        said.append(f"{task}: {', '.join(f'{_interval(trials[T])} at T = {T}' for T in at)}")
    return verdict(*held), f"Trials (median): {'; '.join(said)}."


def _interval(found):
    return "{} [{}, {}]".format(*(f"{value:.0f}" if np.isfinite(value) else "more than were tried" for value in found))


def parity_within_the_step_only(guessing):
    """None of at least a million random nets solves parity with the connection delayed, and Wilson's 95% interval of
    the share of those with the connection within the step and logistic units that do holds 1 in 4200."""
    data, n = guessing.data, int(guessing.data["parity_nets"])
    solved = dict(zip(data["nets"], (int(count) for count in data["parity_solved"])))
    within = solved["logistic, within the step"]
    low, high = wilson(within, n)
    one_in = [f"{1 / rate:.0f}" if rate else "more" for rate in (within / n, high, low)]
    delayed = [solved[name] for name in ("logistic, delayed", "tanh, delayed")]
    return verdict(n >= 10**6 and not any(delayed), low <= 1 / ONE_IN <= high), (
        f"Of {n} random nets of each kind {within} solve parity within the step, one in {one_in[0]} [{one_in[1]}, "
        f"{one_in[2]}]; with tanh units {solved['tanh, within the step']}; with the connection delayed {delayed[0]}, "
        f"and {delayed[1]} with tanh units.")
