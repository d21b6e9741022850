"""The latch with three parameters, all learners (TNN94, section VI)."""

from reproduction.experiments import _contest
from reproduction.experiment import Experiment
from reproduction.experiments.two_sequence import METHODS, ONLINE

#: "About 1600 trials" with several methods (Schmidhuber, Hochreiter & Bengio, 2001): every learner's budget here.
TRIALS = 1600


def _scale(**changes):
    return {"seed": 1993, "task": "latch", "methods": METHODS, "published_only": ["pseudo-newton-exact",
            "time-weighted-exact"], "T": [5, 10, 20, 50, 100], "longest": {"others": 100}, "online": ONLINE, "runs": 50,
            "presentations": 100_000, "budgets": {method: TRIALS for method in METHODS},
            "search_runs": 10, "search_presentations": 10_000, "target": {"presentations": TRIALS}, **changes}


QUICK = {"T": [5, 20], "runs": 10, "presentations": 3000, "search_runs": 3, "search_presentations": 300}

EXPERIMENT = Experiment(
    id="latch-methods", title="The latch with three parameters, all learners, as published and tuned",
    scales={"quick": _scale(**QUICK), "full": _scale()},
    blocks=_contest.blocks, compute=_contest.compute, assemble=_contest.assemble, **_contest.BOUNDS)
