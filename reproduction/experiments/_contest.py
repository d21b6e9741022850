"""The contest of learners: tasks, nets, data and budgets that the three experiments of TNN94's section VI share.

Every learner gets the same training sets, test sets, prototypes and, where it trains the same net, the same first
weights. What is confirmed or second hand (see the chapter): uniform noise in [-0.2, 0.2], lengths uniform in
[T/2, T], first weights uniform in [-0.5, 0.5], the numbers of parameters. Ours: the sizes of training and test sets
(30 sequences as in El Hihi & Bengio's relative of the two-sequence task, 100 for parity as in Schmidhuber, Hochreiter
& Bengio, 2001; 200 to test), that a run ends as solved when all of the test set is right, and the tests' times: they
thin out, so that an ended run may have spent a tenth more than it needed.
"""

from __future__ import annotations

import numpy as np

from lrdlib.learners import Budget, Problem
from reproduction.experiments import _contestants
from reproduction.experiments._problems import pairs, problem_of
from reproduction.streams import generator

__all__ = ["BOUNDS", "CHECKPOINTS", "arena", "assemble", "blocks", "compete", "compute"]

#: Presentations at which the tuned protocol reports the error.
CHECKPOINTS = (1000, 10_000, 100_000)
#: Presentations at which the mean error is drawn.
CURVE = np.unique(np.geomspace(30, 100_000, 43).astype(int))
#: No run of an on-line learner takes more steps: this cuts the budget at T = 500 only.
STEPS = {"published": 3_000_000, "tuned": 10_000_000}
#: What is kept of each run.
COUNTS = ("error", "solved", "evaluations", "presentations", "unit_steps")
SIZES = {"latch": 30, "two-sequence": 30, "parity": 100}


def prototypes(config, runs, part, N=3):
    """A pair for each run (runs, 2, N), as El Hihi & Bengio draw them; the same at every T and for every learner."""
    return np.concatenate([pairs(generator(config["seed"], "prototypes", part, run), 1, N) for run in range(runs)])


def arena(config, T, runs, part, copies=1):
    """The task of this experiment at length T, and the net that the paper trained on it."""
    own = np.tile(prototypes(config, runs, part), (copies, 1, 1)) if config["task"] == "two-sequence" else None
    return problem_of(config["task"], T, own)


def compete(config, method, settings, T, runs, presentations, part, copies=1):
    """One learner, with settings of its own for each run, on the data of this part of the experiment.

    Parameters
    ----------
    settings : dict
        One value for all runs, or an array (copies x runs,).
    presentations : int
        The budget.
    part : str
        Part of every stream's name: the search for settings sees no data of the contest.
    copies : int
        How often all runs are made: with the same prototypes and first weights, and sequences of their own.

    Returns
    -------
    History
    """
    task, net = arena(config, T, runs, part, copies)
    net, learner = _contestants.build(method, config["task"], net, settings)
    problem = Problem(task, net, runs=runs * copies, rng=generator(config["seed"], "data", part, T),
                      budget=Budget(presentations=presentations), training_size=SIZES[config["task"]], test_size=200)
    theta = net.initial(runs, generator(config["seed"], "weights", part, T, net.n_parameters))
    return learner.train(problem, np.tile(theta, (copies, 1)), generator(config["seed"], "choices", part, T, method))


def search(config, method, T):
    """Which of a learner's settings does best on data of its own: lowest mean error, then fewest presentations."""
    runs, part = config["search_runs"], "search"
    candidates = _contestants.settings(method, config["task"])
    errors, spent = np.empty(len(candidates)), np.empty(len(candidates))
    for group in _contestants.groups(method, candidates):
        merged = _contestants.merge([candidates[k] for k in group], runs)
        history = compete(config, method, merged, T, runs, config["search_presentations"], part, len(group))
        errors[group] = history.error.reshape(len(group), runs).mean(1)
        spent[group] = history.presentations.reshape(len(group), runs).mean(1)
    best = int(np.lexsort([spent, errors])[0])
    return best, errors, int(spent.sum() * runs)


def error_at(history, presentations):
    """The error (runs,) at the last test by then; a run that has ended keeps its own."""
    shown, error = history.curve["presentations"], history.curve["error"]
    k = np.maximum((shown <= presentations).sum(0) - 1, 0)
    return error[k, np.arange(error.shape[1])]


def counts(history):
    return {name: getattr(history, name) for name in COUNTS}


def blocks(config):
    """A block for each protocol, learner and length, the longest first: they take longest."""
    return [{"protocol": protocol, "method": method, "T": T}
            for protocol in ("published", "tuned") for T in sorted(config["T"], reverse=True)
            for method in config["methods"] if T <= config["longest"].get(method, config["longest"]["others"])
            if protocol == "published" or method not in config["published_only"]]


def compute(config, block):
    protocol, method, T, runs = block["protocol"], block["method"], block["T"], config["runs"]
    budget = config["budgets"][method] if protocol == "published" else config["presentations"]
    if method in config["online"]:
        budget = min(budget, STEPS[protocol] // T)
    if protocol == "published":
        settings = _contestants.as_published(method, config["task"])
        return counts(compete(config, method, settings, T, runs, budget, "published"))
    best, errors, spent = search(config, method, T)
    settings = _contestants.settings(method, config["task"])[best]
    history = compete(config, method, settings, T, runs, budget, "tuned")
    at = {f"error_at_{n}": error_at(history, n) for n in CHECKPOINTS}
    curve = np.array([error_at(history, n).mean() for n in CURVE])
    return {**counts(history), **at, "curve": curve, "setting": best, "search_errors": errors, "search": spent}


def assemble(config, blocks, outputs):
    """The cells of both protocols, beside the values of N93's tables."""
    published, tuned = [], []
    for block, out in zip(blocks, outputs):
        cell = {"method": block["method"], "T": block["T"], **{name: out[name] for name in COUNTS}}
        if block["protocol"] == "published":
            published.append(cell)
            continue
        cells = _contestants.settings(block["method"], config["task"])
        tuned.append({**cell, "setting": _contestants.words(cells[int(out["setting"])]),
                      "error_at": {str(n): out[f"error_at_{n}"] for n in CHECKPOINTS}, "curve_presentations": CURVE,
                      "curve_error": out["curve"], "search_presentations": int(out["search"]),
                      "search_errors": out["search_errors"]})
    return {"methods": config["methods"], "runs": config["runs"], "published": published, "tuned": tuned,
            "target": config["target"]}


#: On another machine: solved runs by the exact test; the rest moves with single runs, which rounding can change.
BOUNDS = {"counts": {"solved": 1},
          "tolerance": {"error": 1.0, "evaluations": 1.0, "presentations": 1.0, "unit_steps": 1.0, "curve": 0.2,
                        "setting": 10.0, "search_errors": 1.0, "search": 1.0,
                        **{f"error_at_{n}": 1.0 for n in CHECKPOINTS}}}
