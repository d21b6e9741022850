"""The learners of the contest: how each is built, the settings it is given, and those it may choose from.

*As published*: every setting that is known of TNN94 and N93, and a stated choice for what is not. *Tuned*: eight
settings for each learner, of which a search on other data takes the best, at each length anew.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from lrdlib.learners import (
    DiscretePropagation,
    ExpectationMaximisation,
    GradientDescent,
    MultiGridSearch,
    PseudoNewton,
    RandomGuessing,
    SimulatedAnnealing,
    TimeWeightedPseudoNewton,
)
from lrdlib.networks import InputOutputHMM, LatchNeuron, two_chains
from reproduction.experiments._problems import five_units, same_step_net

__all__ = ["LABELS", "as_published", "build", "groups", "merge", "settings", "words"]

LABELS = {
    "descent": "back-propagation", "pseudo-newton": "pseudo-Newton", "time-weighted": "time-weighted pseudo-Newton",
    "pseudo-newton-exact": "pseudo-Newton, exact curvature", "time-weighted-exact": "time-weighted, exact curvature",
    "multi-grid": "multi-grid, shrink 9", "multi-grid-0.9": "multi-grid, shrink 1/0.9",
    "annealing": "simulated annealing", "discrete": "discrete error propagation", "em": "EM",
    "guessing": "random guessing"}

#: Tests thin out: the share of the evaluations so far that may pass without one.
TESTS = {"check_every": 1, "check_growth": 1.1}


def product(**options):
    """All combinations of some options, as a list of settings."""
    out = [{}]
    for name, values in options.items():
        out = [{**each, name: value} for each in out for value in values]
    return out


#: Sequences between two changes of the weights, for the learners that need no whole training set.
BATCH = {"published": 1, "tuned": 10}

WIDTHS = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
NEWTON = product(rate=[0.01, 0.1], mu=[0.001, 0.01, 0.1, 0.3], momentum=[0.8])
ANNEALING = {  # cycles between adjustments, adjustments a temperature: the longest that the budget pays for, and less
    "latch": product(T0=[0.03, 0.3], v0=[1.0, 5.0], N_S=[5, 20], N_T=[2]),
    "two-sequence": product(T0=[0.03, 0.3], v0=[1.0, 5.0], N_S=[2, 5], N_T=[1]),
    "parity": product(T0=[0.03, 0.3], v0=[1.0, 5.0], N_S=[2, 5], N_T=[2])}
SETTINGS = {
    "descent": {"latch": product(rate=[0.03, 0.1, 0.3, 1.0], momentum=[0.0, 0.9]),
                "two-sequence": product(rate=[0.01, 0.03, 0.1, 0.3], momentum=[0.0, 0.9]),
                "parity": product(rate=[0.1, 0.3, 1.0, 3.0], momentum=[0.0, 0.9])},
    "pseudo-newton": NEWTON, "time-weighted": NEWTON,
    "multi-grid": product(width=WIDTHS, shrink=[9.0]),
    "multi-grid-0.9": product(width=WIDTHS, shrink=[1 / 0.9]),
    "annealing": ANNEALING,
    "guessing": product(width=WIDTHS),
    "discrete": product(rate=[0.03, 0.1, 0.3, 1.0], margin=[0.3, 1.0]),
    "em": product(determinant=[0.0, 1.0, 10.0, 100.0], restart=[None, 1.0], tolerance=[1e-3]),
}
PUBLISHED = {
    "descent": {"latch": {"rate": 0.1}, "two-sequence": {"rate": 0.1}, "parity": {"rate": 1.0}},
    "pseudo-newton": {"rate": 0.01, "mu": 0.01, "momentum": 0.8},
    "time-weighted": {"rate": 0.01, "mu": 0.01, "momentum": 0.8},
    "multi-grid": {"width": 3.0, "shrink": 9.0}, "multi-grid-0.9": {"width": 3.0, "shrink": 1 / 0.9},
    "annealing": {"latch": {"T0": 0.3, "v0": 1.0, "N_S": 2, "N_T": 1},
                  "two-sequence": {"T0": 0.3, "v0": 1.0, "N_S": 5, "N_T": 2},
                  "parity": {"T0": 0.3, "v0": 1.0, "N_S": 20, "N_T": 5}},
    "guessing": {"width": 100.0},
    "discrete": {"rate": 1.0, "margin": 1.0},
    "em": {"determinant": 10.0, "restart": 1.0, "tolerance": 1e-3},
}
for each in ("pseudo-newton", "time-weighted"):
    SETTINGS[f"{each}-exact"], PUBLISHED[f"{each}-exact"] = SETTINGS[each], PUBLISHED[each]
#: Settings that may differ from run to run, so that several settings are tried at once.
PER_RUN = {"descent": {"rate", "momentum"}, "pseudo-newton": {"rate", "mu"}, "time-weighted": {"rate", "mu"},
           "multi-grid": {"width"}, "multi-grid-0.9": {"width"}, "annealing": {"T0", "v0"}, "guessing": {"width"},
           "em": {"determinant"}, "discrete": {"rate", "margin"}}
#: What builds each learner from its settings; those of `BATCHED` take batches, the others the whole training set.
LEARNERS = {
    "descent": GradientDescent, "pseudo-newton": PseudoNewton, "time-weighted": TimeWeightedPseudoNewton,
    "pseudo-newton-exact": partial(PseudoNewton, curvature="exact"),
    "time-weighted-exact": partial(TimeWeightedPseudoNewton, curvature="exact"),
    "multi-grid": MultiGridSearch, "multi-grid-0.9": MultiGridSearch, "annealing": SimulatedAnnealing,
    "discrete": DiscretePropagation, "em": ExpectationMaximisation, "guessing": RandomGuessing,
}
BATCHED = {"descent", "pseudo-newton", "time-weighted", "pseudo-newton-exact", "time-weighted-exact", "discrete"}


def settings(method, task):
    """The eight settings that the tuned protocol searches."""
    found = SETTINGS[method]
    found = found[task] if isinstance(found, dict) else found
    return [{**each, "batch": "tuned"} for each in found]


def as_published(method, task):
    found = PUBLISHED[method]
    return {**found.get(task, found), "batch": "published"}


def groups(method, candidates):
    """Which settings can be tried at once: those that differ in numbers that each run may have for itself."""
    same = {}
    for k, each in enumerate(candidates):
        own = PER_RUN.get(method, ())
        fixed = tuple(sorted((name, repr(value)) for name, value in each.items() if name not in own))
        same.setdefault(fixed, []).append(k)
    return list(same.values())


def merge(alike, runs):
    """Settings of one group, each for `runs` runs, as arrays where they differ."""
    out = {}
    for name, value in alike[0].items():
        values = [each[name] for each in alike]
        out[name] = value if all(v == value for v in values) else np.repeat(values, runs)
    return out


def words(settings):
    """A setting in words, without the size of the batch."""
    return ", ".join(f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in settings.items() if name != "batch")


def build(method, task, net, settings):
    """The net that this learner trains, and the learner.

    Returns
    -------
    network : Network
    learner : Learner
    """
    given = {name: value for name, value in settings.items() if name != "batch"}
    if method in BATCHED:
        given["batch_size"] = BATCH[settings["batch"]]
    if method == "em":
        net, given["patience"] = markov(task), 2
    if method == "discrete":
        net = hard(task)
    return net, LEARNERS[method](**given, **({} if method == "guessing" else TESTS))


def markov(task):
    """The input-output HMM for EM: N93's states; the input is quantised at 0, for two-sequence at seven edges."""
    if task == "two-sequence":
        return InputOutputHMM(7, np.linspace(-0.75, 0.75, 7), allowed=two_chains(cross=True), accepting=[4, 5, 6],
                              outputs=(-1, 1))
    return InputOutputHMM(2, [0.0], **({"L": 1, "outputs": (-1, 1)} if task == "latch" else {}))


def hard(task):
    """The paper's nets with units of two values, for discrete error propagation."""
    if task == "latch":
        return LatchNeuron(1, activation="sign")
    if task == "two-sequence":
        return five_units("sign")
    return same_step_net("step")
