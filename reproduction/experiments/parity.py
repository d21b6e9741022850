"""Parity, all learners (TNN94, section VI; N93, tables 3 and 4)."""

from reproduction.experiments import _contest
from reproduction.experiment import Experiment
from reproduction.experiments.two_sequence import METHODS, ONLINE

#: N93's tables 3 (final error, per cent) and 4 (sequence presentations). Values whose column is inferred stand where
#: they most likely belong; those whose column is not known at all stand in `unplaced`.
TARGET = {
    "T": [3, 5, 10, 20, 50, 100, 500],
    "error": {
        "descent": [2, 20, 41, 38, 43, None, None], "pseudo-newton": [3, 25, 41, 44, 40, 47, None],
        "discrete": [None, 0, 0, 0, 5, None, None], "annealing": [None, None, 3, 10, 0, None, None],
        "em": [None, 0, 6, 0, 14, 0, 12]},
    "presentations": {
        "descent": [3600, 5500, 8700, 16_000, 11_000, None, None],
        "pseudo-newton": [250, 8900, 8900, 77_000, 11_000, 110_000, None],
        "discrete": [None, 5000, 7900, 15_000, 54_000, None, None],
        "annealing": [None, None, 510_000, 1_200_000, 810_000, None, None],
        "em": [None, 2300, 1500, 1300, 3200, 2600, 3400]},
    "unplaced": {"time-weighted": {"error": [26, 39, 43, 44], "presentations": [45_000, 70_000, 34_000, 81_000]},
                 "multi-grid": {"error": [15, 44, 45], "presentations": [4200, 15_000, 31_000]}},
}
#: Each learner's largest mean of table 4, rounded up to one digit, but no more than 10 000 for the pseudo-Newton forms
#: and 20 000 for discrete error propagation (and no more than 3 million steps): on-line learning is slow to compute, and
#: the tuned protocol goes up to 100 000 (10 million steps) for all.
BUDGETS = {"descent": 20_000, "pseudo-newton": 10_000, "time-weighted": 10_000, "pseudo-newton-exact": 10_000,
           "time-weighted-exact": 10_000, "multi-grid": 40_000, "multi-grid-0.9": 40_000, "discrete": 20_000,
           "annealing": 2_000_000, "em": 4000, "guessing": 2_000_000}


def _scale(**changes):
    return {"seed": 1995, "task": "parity", "methods": METHODS, "published_only": ["pseudo-newton-exact",
            "time-weighted-exact"], "T": [3, 5, 10, 20, 50, 100, 500],
            "longest": {"em": 500, "discrete": 500, "guessing": 500, "others": 100, "pseudo-newton-exact": 20,
                        "time-weighted-exact": 20}, "online": ONLINE, "runs": 50,
            "presentations": 100_000, "budgets": BUDGETS, "search_runs": 10, "search_presentations": 10_000,
            "target": TARGET, **changes}


QUICK = {"T": [3, 10], "runs": 10, "presentations": 3000, "search_runs": 3, "search_presentations": 300,
         "budgets": {method: min(1000, most) for method, most in BUDGETS.items()}}

EXPERIMENT = Experiment(
    id="parity", title="Parity, all learners, as published and tuned",
    scales={"quick": _scale(**QUICK), "full": _scale()},
    blocks=_contest.blocks, compute=_contest.compute, assemble=_contest.assemble, **_contest.BOUNDS)
