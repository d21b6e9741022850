"""The two-sequence problem, all learners (TNN94, section VI; N93, tables 1 and 2)."""

from reproduction.experiments import _contest
from reproduction.experiment import Experiment

METHODS = ["descent", "pseudo-newton", "time-weighted", "pseudo-newton-exact", "time-weighted-exact", "multi-grid",
           "multi-grid-0.9", "annealing", "discrete", "em", "guessing"]

#: Learners whose published protocol is on-line.
ONLINE = ["descent", "pseudo-newton", "time-weighted", "pseudo-newton-exact", "time-weighted-exact", "discrete"]

#: N93's tables 1 (final error, per cent) and 2 (sequence presentations).
TARGET = {
    "T": [5, 10, 20, 50, 100],
    "error": {
        "descent": [58, 56, 43, 53, 50], "pseudo-newton": [2, 3, 10, 25, 29], "time-weighted": [0, 0, 9, 34, 14],
        "multi-grid": [2, 6, 1, 3, 6], "discrete": [6, 16, 29, 23, 22], "annealing": [6, 0, 7, 4, 11],
        "em": [0, 0, 0, 0, 0]},
    "presentations": {
        "descent": [2900, 3000, 2900, 3000, 2800], "pseudo-newton": [510, 1100, 1900, 2600, 2500],
        "time-weighted": [540, 430, 2400, 2900, 2700], "multi-grid": [4100, 5800, 2500, 3900, 6400],
        "discrete": [660, 1300, 2100, 2100, 2100], "annealing": [200_000, 39_000, 82_000, 77_000, 43_000],
        "em": [3200, 4000, 2900, 3200, 2900]},
}
#: Each learner's largest mean of table 2, rounded up to one digit; guessing, which the table has not, gets the most.
BUDGETS = {"descent": 3000, "pseudo-newton": 3000, "time-weighted": 3000, "pseudo-newton-exact": 3000,
           "time-weighted-exact": 3000, "multi-grid": 7000, "multi-grid-0.9": 7000, "discrete": 3000,
           "annealing": 200_000, "em": 4000, "guessing": 200_000}


def _scale(**changes):
    return {"seed": 1994, "task": "two-sequence", "methods": METHODS, "published_only": ["pseudo-newton-exact",
            "time-weighted-exact"], "T": [5, 10, 20, 50, 100], "longest": {"others": 100}, "online": ONLINE, "runs": 50,
            "presentations": 100_000, "budgets": BUDGETS, "search_runs": 10, "search_presentations": 10_000,
            "target": TARGET, **changes}


QUICK = {"T": [5, 20], "runs": 10, "presentations": 3000, "search_runs": 3, "search_presentations": 300,
         "budgets": {method: min(1000, most) for method, most in BUDGETS.items()}}

EXPERIMENT = Experiment(
    id="two-sequence", title="The two-sequence problem, all learners, as published and tuned",
    scales={"quick": _scale(**QUICK), "full": _scale()},
    blocks=_contest.blocks, compute=_contest.compute, assemble=_contest.assemble, **_contest.BOUNDS)
