"""EM for the input-output HMM: does its likelihood ever fall, when does it converge, and how far does credit reach?

N93 gives EM's errors on parity (two states, fully connected) and two-sequence (seven states, two chains), but no
initial tables, levels, weight of the determinant's term, or rule for stopping: all these are ours. The term has weight
c T, so that it acts as strongly at every length. A run converges when it answers all sequences of a fresh test set
rightly. No run starts anew here, and none is given up but with the term, where five iterations gained next to nothing.
"""

from __future__ import annotations

import numpy as np

from lrdlib.learners import Budget, ExpectationMaximisation, GradientDescent, Problem, likelihood_gradient
from lrdlib.networks import InputOutputHMM, two_chains
from lrdlib.tasks import Parity, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._ergodicity import FAMILIES, log_dobrushin
from reproduction.experiments._problems import NOISE, pairs
from reproduction.streams import generator

#: Eight levels between -1 and 1, for two-sequence.
EDGES = np.linspace(-1, 1, 9)[1:-1].tolist()
CHAINS = {"accepting": [4, 5, 6], "outputs": (-0.8, 0.8)}
#: What is trained: the task, and the model.
MODELS = {
    "parity, 2 states": ("parity", {"n": 2, "levels": [0.0]}),
    "parity, 4 states": ("parity", {"n": 4, "levels": [0.0], "accepting": [2, 3]}),
    "two chains": ("two-sequence", {"n": 7, "levels": EDGES, "allowed": two_chains(wait=True), **CHAINS}),
    "two chains, no waiting": ("two-sequence", {"n": 7, "levels": EDGES, "allowed": two_chains(), **CHAINS}),
    "two chains, subnetworks": ("two-sequence", {"n": 7, "allowed": two_chains(wait=True), **CHAINS}),
    "3 states": ("two-sequence", {"n": 3, "levels": EDGES, "outputs": (-0.8, 0.8)}),
    "7 states": ("two-sequence", {"n": 7, "levels": EDGES, **CHAINS}),
}


def blocks(config):
    cells = [{"part": "train", "model": model, "T": T, "c": c} for model, grid in config["grid"].items()
             for T in grid["T"] for c in grid["c"]]
    cells += [{"part": "ascent", "model": "parity, 2 states", "T": T, "rate": rate}
              for T in config["ascent"]["T"] for rate in config["ascent"]["rate"]]
    dif = {"part": "train", **config["diffusion"], "c": 0}
    return ([{**cell, "repetition": r} for cell in cells for r in range(config["repetitions"])]
            + [{**dif, "repetition": r} for r in range(config["repetitions"], config["diffusion_repetitions"])]
            + [{"part": "products", "family": family, "n": n} for family in FAMILIES for n in config["n"]])


def compute(config, block):
    return {"train": train, "ascent": train, "products": products}[block["part"]](config, block)


def problem(config, model, T, repetition):
    """The problem, the same for all models of a task; and the first tables, the same for each weight and rule."""
    task, given = MODELS[model]
    R, seed = config["runs"], config["seed"]
    if task == "parity":
        task, size = Parity(T, NOISE, length="half"), config["size"]["parity"]
    else:
        rng = generator(seed, "prototypes", T, repetition)
        size = config["size"]["two-sequence"]
        task = TwoSequence(T, 3, pairs(rng, R), NOISE)
    network = InputOutputHMM(**given)
    data = generator(seed, "data", MODELS[model][0], T, repetition)
    made = Problem(task, network, runs=R, rng=data, training_size=size, test_size=config["test"],
                   budget=Budget(evaluations=config["iterations"]))
    return made, network.initial(R, generator(seed, "start", model, T, repetition), config["scale"])


def train(config, block):
    """Runs of one cell. `least` is the least change of the mean log-likelihood of a sequence in any step, and `steps`
    how many there were; `before` and `after` are log10 of Dobrushin's coefficient over a sequence of T steps."""
    made, theta = problem(config, block["model"], block["T"], block["repetition"])
    if block["part"] == "ascent":
        learner = GradientDescent(block["rate"], gradient=likelihood_gradient)
    else:
        tolerance = config["tolerance"] if block["c"] else 0.0
        learner = ExpectationMaximisation(block["c"] * block["T"], config["inner"], tolerance)
    inputs = made.training.inputs[:, 0]
    history = learner.train(made, theta)
    cost, spent = history.curve["cost"][1:], history.curve["evaluations"][1:]
    change = np.where(np.diff(spent, axis=0) > 0, -np.diff(cost, axis=0), np.inf)
    reach = [np.array([log_dobrushin(made.network.transitions(each[[r]], inputs[r]))[0, -1] for r in range(len(each))])
             for each in (theta, history.theta)]
    counted = np.isfinite(change)
    return {"solved": history.solved, "error": history.error, "iterations": history.evaluations,
            "least": change.min() if counted.any() else 0.0, "steps": counted.sum(),
            "fell": (counted & (change < -config["rounding"])).sum(), "before": reach[0].round(2),
            "after": reach[1].round(2)}


def products(config, block):
    """Quartiles of log10 of Dobrushin's coefficient of products of 1 .. T random transition matrices."""
    rng = generator(config["seed"], "products", block["family"], block["n"])
    A = FAMILIES[block["family"]](rng, config["products"], config["T"], block["n"])
    log = log_dobrushin(A)[:, np.array(config["lengths"]) - 1]
    return {"log": np.quantile(np.maximum(log, -1e4), [0.25, 0.5, 0.75], axis=0).T}


def assemble(config, blocks, outputs):
    """By model: `<model>` with T, c and counts (T, c); `ascent` (T, rate); `products` (family, n, length, quartile)."""
    parts = {}
    for block, out in zip(blocks, outputs):
        key = tuple(value for name, value in block.items() if name != "repetition")
        parts.setdefault(key, []).append(out)

    def cell(outs):
        whole = {name: np.concatenate([np.atleast_1d(out[name]) for out in outs]) for name in outs[0]}
        solved = whole["solved"]
        return {"solved": solved.sum(), "runs": solved.size, "error": whole["error"].mean(),
                "iterations": np.median(whole["iterations"][solved]) if solved.any() else -1.0,
                "least": whole["least"].min(), "steps": whole["steps"].sum(), "fell": whole["fell"].sum(),
                "before": np.median(whole["before"]), "after": np.median(whole["after"]),
                "after_solved": np.median(whole["after"][solved]) if solved.any() else 0.0,
                "after_failed": np.median(whole["after"][~solved]) if not solved.all() else 0.0}

    def grid(part, model, T, options):
        cells = [[cell(parts[part, model, t, option]) for option in options] for t in T]
        return {name: np.array([[each[name] for each in row] for row in cells]) for name in cells[0][0]}

    data = {"models": {model: {"T": np.array(given["T"]), "c": np.array(given["c"], float),
                               **grid("train", model, given["T"], given["c"])}
                       for model, given in config["grid"].items()}}
    ascent = config["ascent"]
    data["ascent"] = {"T": np.array(ascent["T"]), "rate": np.array(ascent["rate"]),
                      **grid("ascent", "parity, 2 states", ascent["T"], ascent["rate"])}
    data["products"] = np.array([[parts["products", family, n][0]["log"] for n in config["n"]] for family in FAMILIES])
    data |= {"families": list(FAMILIES), "n": np.array(config["n"]), "lengths": np.array(config["lengths"]),
             "iterations": config["iterations"], "rounding": config["rounding"]}
    return data


FULL = {
    "seed": 1994, "runs": 10, "repetitions": 6, "iterations": 100, "inner": 10, "tolerance": 1e-4, "scale": 0.5,
    "test": 200, "size": {"parity": 100, "two-sequence": 30}, "rounding": 1e-10,
    "grid": {
        "parity, 2 states": {"T": [3, 5, 10, 20, 50, 100, 500], "c": [0, 0.2, 1]},
        "parity, 4 states": {"T": [5, 20, 100], "c": [0, 1]},
        "two chains": {"T": [5, 10, 20, 50, 100], "c": [0]},
        "two chains, no waiting": {"T": [5, 10, 20, 50, 100], "c": [0]},
        "two chains, subnetworks": {"T": [5, 10, 20, 50, 100], "c": [0]},
        "3 states": {"T": [5, 10, 20, 50], "c": [0, 1]},
        "7 states": {"T": [5, 10, 20], "c": [0, 1]}},
    "diffusion": {"model": "7 states", "T": 20}, "diffusion_repetitions": 16,
    "ascent": {"T": [3, 5, 10, 20, 50, 100], "rate": [0.03, 0.3, 3.0]},
    "products": 200, "T": 500, "n": [3, 7], "lengths": [1, 2, 5, 10, 20, 50, 100, 200, 500]}
QUICK = {
    **FULL, "runs": 8, "repetitions": 1, "iterations": 40, "diffusion_repetitions": 2,
    "grid": {"parity, 2 states": {"T": [3, 10, 20], "c": [0, 1]}, "two chains": {"T": [5, 20], "c": [0]},
             "two chains, subnetworks": {"T": [5], "c": [0]}, "7 states": {"T": [5, 20], "c": [0, 1]}},
    "ascent": {"T": [3], "rate": [0.3]}, "products": 20}

EXPERIMENT = Experiment(
    id="em", title="EM on parity and two-sequence: its likelihood, its convergence, and how far credit reaches",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble,
    counts={"solved": 1, "fell": "steps"},
    # A hundred iterations may part at a last bit: the counts stand, what is of single runs does not.
    tolerance={"error": 1.0, "iterations": 1.0, "steps": 0.5, "least": 1.0, "after": 0.5, "before": 1e-6, "log": 0.05})
