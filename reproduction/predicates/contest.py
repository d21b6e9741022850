"""Predicates on the contest of methods, on the latch and the two-sequence problem, and over all problems: TNN94,
sections V and VI, with N93's tables 1 and 2.

What N93's tables say is judged by the protocol as published; the detail adds what tuned settings give.
"Back-propagation" is descent, "pseudo-Newton" the one with Becker and Le Cun's recursion, "multi-grid" the one with
shrink factor 9.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from scipy import stats

from reproduction.intervals import wilson
from reproduction.predicates._cells import (
    N93,
    NAMES,
    Cells,
    counts,
    exact_too,
    mean_of,
    number,
    percent,
    percents,
    tuned_too,
)
from reproduction.predicates.verdicts import PARTLY, REPRODUCED, verdict

__all__ = ["annealing_does_well_and_slowly", "annealing_needs_most_presentations", "backpropagation_stays_at_chance",
           "discrete_degrades", "discrete_is_reasonable_and_faster", "em_solves_every_length",
           "gradient_methods_degrade", "long_contingencies_are_not_found", "multi_grid_is_much_faster",
           "pseudo_newton_solves_short_and_degrades", "ranking_depends_on_the_count", "searches_solve_every_length",
           "several_methods_solve_the_latch", "time_weighted_is_best"]

CHANCE = (0.43, 0.58)  # what N93's table 1 gives for a method that learns nothing
GRADIENT = ("descent", "pseudo-newton", "time-weighted")


def long_contingencies_are_not_found(two_sequence):
    """At the longest T back-propagation is at chance as published (the interval of its mean error meets 43 to
    58%); with tuned settings and 100 000 presentations its error there still reaches 25%, and is above that at
    the shortest T, the intervals apart."""
    cells, tuned = Cells(two_sequence), Cells(two_sequence, "tuned")
    shortest, longest = tuned.ends("descent")
    published = cells.mean("descent", cells.ends("descent")[1])
    first, last = tuned.mean("descent", shortest), tuned.mean("descent", longest)
    return verdict(published.meets(*CHANCE), last.high >= 0.25, first.below(last)), (
        f"At T = {cells.ends('descent')[1]} back-propagation errs in {percent(published)} of sequences as published. "
        f"Tuned, with 100 000 presentations, in {percent(last)} at T = {longest} and in {percent(first)} at "
        f"T = {shortest}.")


def multi_grid_is_much_faster(two_sequence):
    """At every T annealing spends at least 3 times as many presentations as multi-grid search, by the near ends
    of the intervals of their means; partly, if at some."""
    cells = Cells(two_sequence)
    lengths = cells.lengths("multi-grid")
    pairs = [[cells.mean(method, T, "presentations") for method in ("annealing", "multi-grid")] for T in lengths]
    return verdict(*(slow.low >= 3 * fast.high for slow, fast in pairs)), (
        f"In presentations annealing spends {counts(cells, 'annealing', lengths)}; multi-grid search "
        f"{counts(cells, 'multi-grid', lengths)}: "
        f"{', '.join(f'{slow.value / fast.value:.1f}' for slow, fast in pairs)} times as many. They end with "
        f"{percent(cells.average('annealing', lengths=lengths))} and "
        f"{percent(cells.average('multi-grid', lengths=lengths))} error on average.")


ABOUT = 1600  # "trials" of G01


def several_methods_solve_the_latch(latch):
    """At the longest T three methods or more, guessing apart, solve more than half of the runs (Wilson's interval
    above 50%); and three of these spend about 1600 presentations on it (the interval of the mean over solved runs
    meets 800 to 3200)."""
    cells = Cells(latch)
    methods = [method for method in N93 if any(name == method for name, _ in cells.found)]
    longest = max(T for _, T in cells.found)
    solving, near, texts = 0, 0, []
    for method in methods:
        solved = cells.runs_of(method, longest, "solved").astype(bool)
        spent = cells.runs_of(method, longest, "presentations")[solved]
        share = solved.mean(), *wilson(int(solved.sum()), len(solved))
        does = share[1] > 0.5
        solving += does
        near += does and mean_of(spent).meets(ABOUT / 2, 2 * ABOUT)
        after = f" after {number(spent.mean())}" if len(spent) else ""
        texts.append(f"{NAMES[method]} {percent(share)}{after}")
    return verdict(solving >= 3, solving >= 3 and near >= 3), (
        f"At T = {longest}, runs solved and presentations on average: {'; '.join(texts)}. {solving} methods solve more "
        f"than half of the runs, {near} of them in about {ABOUT}.")


def backpropagation_stays_at_chance(two_sequence):
    """At every T, as published, the interval of back-propagation's mean error meets 43 to 58%; partly, if at some."""
    cells = Cells(two_sequence)
    return verdict(*(error.meets(*CHANCE) for error in cells.errors("descent"))), (
        f"Back-propagation errs in {percents(cells, 'descent')}. {tuned_too(two_sequence, 'descent')}")


def pseudo_newton_solves_short_and_degrades(two_sequence):
    """For each of the two: at the shortest T the interval of its mean error reaches down to 5%; at the longest it is
    above that, the intervals apart; and there it meets N93's value, 29 and 14%, give or take 10 points."""
    cells, held = Cells(two_sequence), []
    for method, value in (("pseudo-newton", 0.29), ("time-weighted", 0.14)):
        shortest, longest = cells.ends(method)
        held += [cells.mean(method, shortest).low <= 0.05, cells.rises(method),
                 cells.mean(method, longest).meets(value - 0.1, value + 0.1)]
    return verdict(*held), (
        f"Pseudo-Newton errs in {percents(cells, 'pseudo-newton')}; its time-weighted form in "
        f"{percents(cells, 'time-weighted')}.{exact_too(cells)} "
        f"{tuned_too(two_sequence, 'pseudo-newton', 'time-weighted')}")


def searches_solve_every_length(two_sequence):
    """At every T the intervals of the mean errors of multi-grid search and of annealing reach down to 11%; partly, if
    some do."""
    cells = Cells(two_sequence)
    methods = ("multi-grid", "annealing")
    return verdict(*(error.low <= 0.11 for method in methods for error in cells.errors(method))), (
        f"Multi-grid search errs in {percents(cells, 'multi-grid')}; annealing in {percents(cells, 'annealing')}. "
        f"{tuned_too(two_sequence, *methods)}")


def discrete_degrades(two_sequence):
    """The error degrades: at the shortest T the interval of its mean reaches down to 10%, and at the longest it
    lies above that at the shortest; and from T = 20 on it meets 20 to 30% at every T."""
    cells = Cells(two_sequence)
    shortest, _ = cells.ends("discrete")
    late = cells.errors("discrete", cells.lengths("discrete", 20))
    degrades = cells.mean("discrete", shortest).low <= 0.1 and cells.rises("discrete")
    return verdict(degrades, all(error.meets(0.2, 0.3) for error in late)), (
        f"Discrete propagation errs in {percents(cells, 'discrete')}. {tuned_too(two_sequence, 'discrete')}")


def em_solves_every_length(two_sequence):
    """At every T the interval of EM's mean error reaches down to what a table in whole per cent shows as 0, that
    is half of one; partly, if at some."""
    cells = Cells(two_sequence)
    return verdict(*(error.low <= 0.005 for error in cells.errors("em"))), (
        f"EM errs in {percents(cells, 'em')}. {tuned_too(two_sequence, 'em')}")


def annealing_needs_most_presentations(two_sequence):
    """Annealing spends at least 10 times as many presentations as each other method of N93's table (far ends of
    the intervals of the means, geometric mean over T); partly, if as some, or if a gradient method or discrete
    propagation spends more than 3300 at some T. The last cannot fail alone where their budget was set by that
    table."""
    cells = Cells(two_sequence)
    ratios = {}
    for method in N93:
        if method != "annealing":
            lengths = sorted(set(cells.lengths(method)) & set(cells.lengths("annealing")))
            slow, fast = ([cells.mean(name, T, "presentations") for T in lengths] for name in ("annealing", method))
            logs = [np.log(s.high / max(f.low, 1)) for s, f in zip(slow, fast)]
            means = [np.log(s.value / f.value) for s, f in zip(slow, fast)]
            ratios[method] = float(np.exp(np.mean(means))), float(np.exp(np.mean(logs)))
    cheap = max(cells.mean(method, T, "presentations").low for method in (*GRADIENT, "discrete")
                for T in cells.lengths(method))
    found = verdict(*(far >= 10 for _, far in ratios.values()))
    times = [f"{ratio:.1f} (at most {far:.1f}) times what {NAMES[method]} spends"
             for method, (ratio, far) in ratios.items()]
    return PARTLY if found == REPRODUCED and cheap > 3300 else found, (
        f"In presentations annealing spends {counts(cells, 'annealing')}: on average over T that is {', '.join(times)}. "
        f"Back-propagation spends {counts(cells, 'descent')}.")


def gradient_methods_degrade(two_sequence, parity):
    """On both problems, for back-propagation, pseudo-Newton and its time-weighted form: the mean error at the
    longest T is above that at the shortest, the intervals apart. A method that is at chance at the shortest T as
    published (its interval reaches 43%) is judged by the tuned protocol, with 100 000 presentations."""
    held, texts = [], []
    for problem, result in (("two-sequence", two_sequence), ("parity", parity)):
        for method in GRADIENT:
            cells, how = Cells(result), ""
            if cells.mean(method, cells.ends(method)[0]).high >= CHANCE[0]:
                cells, how = Cells(result, "tuned"), " tuned"
            held.append(cells.rises(method))
            first, last = (percent(cells.mean(method, T)) for T in cells.ends(method))
            texts.append(f"{NAMES[method]}{how} from {first} to {last} on {problem}")
    return verdict(*held), f"From the shortest T to the longest the error goes: {'; '.join(texts)}."


def time_weighted_is_best(two_sequence, parity):
    """On each problem the error, averaged over T, of pseudo-Newton is below back-propagation's, and that of the
    time-weighted form below pseudo-Newton's, the intervals apart; partly, if some of the four hold."""
    held, texts = [], []
    for problem, result in (("two-sequence", two_sequence), ("parity", parity)):
        cells = Cells(result)
        lengths = sorted(set.intersection(*(set(cells.lengths(method)) for method in GRADIENT)))
        plain, newton, weighted = (cells.average(method, lengths=lengths) for method in GRADIENT)
        held += [newton.below(plain), weighted.below(newton)]
        texts.append(f"on {problem} {percent(plain)}, {percent(newton)} and {percent(weighted)}")
    return verdict(*held), (
        f"Back-propagation, pseudo-Newton and its time-weighted form err on average over T {'; '.join(texts)}. "
        f"{tuned_too(two_sequence, *GRADIENT)}")


def annealing_does_well_and_slowly(two_sequence, parity):
    """On each problem the interval of annealing's error, averaged over T, reaches down to 11%; and each other method
    of N93's tables spends fewer presentations, the intervals of the mean logarithms apart."""
    held, texts = [], []
    for problem, result in (("two-sequence", two_sequence), ("parity", parity)):
        cells = Cells(result)
        error, spent = cells.average("annealing"), _spent(cells, "presentations")
        others = [method for method in N93 if method != "annealing"]
        held += [error.low <= 0.11, all(spent[method].below(spent["annealing"]) for method in others)]
        next_ = max(others, key=lambda method: spent[method].value)
        texts.append(f"on {problem} {percent(error)} error after {number(10 ** spent['annealing'].value)} "
                     f"presentations (the next, {NAMES[next_]}: {number(10 ** spent[next_].value)})")
    return verdict(*held), (f"Annealing ends, on average over T, {'; '.join(texts)}. "
                            f"{tuned_too(two_sequence, 'annealing')}")


def discrete_is_reasonable_and_faster(two_sequence, parity):
    """On each problem the interval of discrete propagation's error, averaged over T, reaches down to 25%, halfway to
    chance; and it spends fewer presentations than annealing, the intervals of the mean logarithms apart."""
    held, texts = [], []
    for problem, result in (("two-sequence", two_sequence), ("parity", parity)):
        cells = Cells(result)
        lengths = sorted(set(cells.lengths("discrete")) & set(cells.lengths("annealing")))
        error = cells.average("discrete", lengths=lengths)
        own, slow = (cells.average(method, "presentations", lengths) for method in ("discrete", "annealing"))
        held += [error.low <= 0.25, own.below(slow)]
        texts.append(f"on {problem} {percent(error)} error after {number(10 ** own.value)} presentations "
                     f"(annealing: {number(10 ** slow.value)})")
    return verdict(*held), (f"Discrete propagation ends, on average over T, {'; '.join(texts)}. "
                            f"{tuned_too(two_sequence, 'discrete')}")


def ranking_depends_on_the_count(two_sequence, parity):
    """On each problem at least one pair of N93's methods changes places between a ranking by evaluations and one
    by presentations, on average over T, the intervals of the mean logarithms apart in both; partly, if on one
    problem."""
    held, texts = [], []
    for problem, result in (("two-sequence", two_sequence), ("parity", parity)):
        cells = Cells(result)
        spent = {what: _spent(cells, what) for what in ("evaluations", "presentations", "unit_steps")}
        turned = _reversals(spent["evaluations"], spent["presentations"])
        tau = {what: _tau(spent["presentations"], spent[what]) for what in ("evaluations", "unit_steps")}
        held.append(len(turned) > 0)
        texts.append(f"on {problem} {len(turned)} of {len(N93) * (len(N93) - 1) // 2} pairs of methods clearly change places "
                     f"(Kendall's tau {tau['evaluations']:+.2f}; of presentations with unit-steps "
                     f"{tau['unit_steps']:+.2f})")
    return verdict(*held), f"From evaluations to presentations, {'; '.join(texts)}."


def _spent(cells, what):
    """What each method of N93 spends at the lengths that all were run at: means of logarithms."""
    lengths = sorted(set.intersection(*(set(cells.lengths(method)) for method in N93)))
    if not lengths:
        raise KeyError("a T at which all methods were run")
    return {method: cells.average(method, what, lengths) for method in N93}


def _tau(one, other):
    """Kendall's tau of two rankings; 0 where one of them ranks nothing."""
    values = [[count[method].value for method in N93] for count in (one, other)]
    return 0.0 if 0 in np.ptp(values, axis=1) else float(stats.kendalltau(*values).statistic)


def _reversals(one, other):
    """The pairs of methods that two counts rank the opposite way, each clearly."""
    return [(a, b) for a, b in permutations(N93, 2) if one[a].below(one[b]) and other[b].below(other[a])]
