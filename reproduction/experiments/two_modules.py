"""Two modules: does A learn what to say, when B is to keep it? (TNN94, section IV, from memory.)

A reads a window of the sequence; which of two prototypes it began with, B must still know T steps later. The arms differ in B's
weight at the start, in what is taken away (noise; the vanishing of what reaches A), and in whether B may change.
Every arm gets the same sequences, the same first parameters of A, and the same budget.
"""

from __future__ import annotations

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.tasks import SquaredError, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._modules import TwoModules, lag_normalised, parts
from reproduction.streams import generator

#: w0: B's first weight; frozen: B stays as it is; lag: what reaches A from the informative steps does not vanish; cut: it
#: is taken away altogether, so that A is changed by what the noisy steps hand back alone.
ARMS = {
    "not latching": {"w0": 0.5},
    "not latching, no noise": {"w0": 0.5, "noise": False},
    "latching": {"w0": 1.5},
    "latching, normalised": {"w0": 1.5, "lag": True},
    "latching, frozen": {"w0": 1.5, "frozen": True},
    "latching, frozen, no noise": {"w0": 1.5, "frozen": True, "noise": False},
    "latching, frozen, normalised": {"w0": 1.5, "frozen": True, "lag": True},
    "latching, frozen, cut": {"w0": 1.5, "frozen": True, "cut": True},
    "latching hard, frozen": {"w0": 2.0, "frozen": True},
    "linear integrator": {"w0": 1.0, "frozen": True, "linear": True},
    "guessing": {"w0": 1.5, "guess": True},
}
#: early, late: the norm of A's gradient from the informative steps, and from all later ones. passed: |dC/dh_t| at the last
#: informative step over that at the end. heard, kept: how far apart the classes are in B's state, then and at the end.
QUANTITIES = ("early", "late", "passed", "heard", "kept")


def blocks(config):
    return [{"arm": arm, "T": T, "rate": rate, "repetition": r} for arm in ARMS for T in config["T"]
            for rate in config["rates"] for r in range(config["repetitions"])]


def compute(config, block):
    arm, T, runs = ARMS[block["arm"]], block["T"], config["runs"]

    def rng(*key):
        return generator(config["seed"], *key, block["repetition"])

    prototypes = TwoSequence(config["N"], config["N"], rng("prototypes")).prototypes
    test = TwoSequence(T, config["N"], prototypes, config["s"], length="fixed")
    task = test if arm.get("noise", True) else TwoSequence(T, config["N"], prototypes, 0.0, length="fixed")
    network = TwoModules(config["hidden"], config["delays"], arm.get("linear", False))
    theta = network.initial(runs, rng("first"), config["scale"])
    network.views(theta)["w"][:] = arm["w0"]
    problem = Problem(task, network, runs=runs, rng=rng("sequences", T), training_size=config["size"],
                      budget=Budget(evaluations=config["epochs"]), test_task=test, test_size=config["fresh"],
                      tolerance=config["tolerance"])
    if arm.get("guess"):
        random = rng("guess", T, str(block["rate"]))
        while problem.draw() is not None:
            problem.test(random.uniform(-config["width"], config["width"], theta.shape)[problem.active])
        return {"solved": problem.status == "solved", "evaluations": problem.spent["evaluations"]}

    informative = config["N"] + config["delays"] - 1

    def gradient(network, theta, batch, cost):
        g = (lag_normalised(network, theta, batch, cost, informative) if arm.get("lag")
             else bptt(network, theta, batch, cost))
        if arm.get("cut"):
            g.gradient[:] -= parts(network, theta, batch, cost, informative)[0]
        if arm.get("frozen"):
            network.views(g.gradient)["w"][:] = 0
        return g

    learner = GradientDescent(block["rate"] / config["size"], gradient=gradient, check_every=config["check_every"])
    history = learner.train(problem, theta)
    fresh = test.sample(rng("fresh", T), config["fresh"], runs)
    last = history.theta
    out = {"solved": history.solved, "diverged": problem.status == "diverged", "w": _quartiles(network.views(last)["w"]),
           "evaluations": problem.spent["evaluations"]}
    for when, at in (("first", theta), ("last", last)):
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverged
            early, late, trajectory, dh = parts(network, at, fresh, SquaredError(), informative)
        out[f"early_{when}"] = _quartiles(_size(early) / config["fresh"])
        out[f"late_{when}"] = _quartiles(_size(late) / config["fresh"])
        passed = np.abs(dh[informative - 1] / np.where(dh[-1] == 0, 1, dh[-1]))
        out[f"passed_{when}"] = _quartiles(passed.mean(axis=(1, 2)))
        right = (trajectory.x[informative, :, 0] > 0) == (fresh.groups == 1)
        out[f"written_{when}"] = right.mean(axis=1) >= config["written"]
        for name, t in (("heard", informative), ("kept", T)):
            out[f"{name}_{when}"] = _quartiles(_contrast(trajectory.x[t, :, 0], fresh.groups))
    return out


def _quartiles(values):
    finite = values[np.isfinite(values)]  # runs that diverged have none
    return np.quantile(finite, [0.25, 0.5, 0.75]) if finite.size else np.full(3, np.nan)


def _contrast(x, groups):
    """How far the classes are apart in B's state: the difference of their means over the standard deviation within."""
    one = np.broadcast_to(groups == 1, x.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        means, spread = [], []
        for chosen in (one, ~one):
            n = chosen.sum(axis=1)
            mean = np.where(chosen, x, 0).sum(axis=1) / n
            means.append(mean)
            spread.append(np.where(chosen, (x - mean[:, None]) ** 2, 0).sum(axis=1) / n)
        return (means[0] - means[1]) / np.sqrt(np.mean(spread, axis=0) + 1e-300)


def _size(gradient):
    """The norm of each row; infinite where it cannot be held."""
    largest = np.abs(gradient).max(axis=1)
    with np.errstate(invalid="ignore"):
        norm = largest * np.linalg.norm(gradient / np.where(largest > 0, largest, 1)[:, None], axis=1)
    return np.where(np.isfinite(norm), norm, np.inf)


def assemble(config, blocks, outputs):
    """Arrays (arm, T, rate), and of quartiles (arm, T, rate, 3): those of the runs of a repetition, the median over the
    repetitions. `best` picks for each arm and T the rate that solves most."""
    cells = {}
    for block, output in zip(blocks, outputs):
        cells.setdefault((block["arm"], block["T"], block["rate"]), []).append(output)
    trained = [arm for arm in ARMS if arm != "guessing"]

    def table(name, f, arms):
        return np.array([[[f(np.stack([out[name] for out in cells[arm, T, rate]])) for rate in config["rates"]]
                          for T in config["T"]] for arm in arms])

    def middle(quartiles):
        known = quartiles[np.isfinite(quartiles).all(axis=1)]
        return np.median(known, axis=0) if len(known) else np.full(3, np.nan)

    data = {"T": np.array(config["T"]), "rates": np.array(config["rates"]), "arms": list(ARMS), "trained": trained,
            "runs": config["runs"] * config["repetitions"], "solved": table("solved", np.sum, ARMS),
            "evaluations": table("evaluations", np.median, ARMS), "diverged": table("diverged", np.sum, trained),
            "w": table("w", middle, trained)}
    data["best"] = data["solved"].argmax(axis=2)
    for when in ("first", "last"):
        data[f"written_{when}"] = table(f"written_{when}", np.sum, trained)
        for name in QUANTITIES:
            data[f"{name}_{when}"] = table(f"{name}_{when}", middle, trained)
    return data


FULL = {"seed": 1994, "T": [5, 10, 20, 40, 80], "rates": [0.004, 0.02, 0.1, 0.5], "runs": 25, "repetitions": 4, "N": 3,
        "delays": 3, "hidden": 4, "s": 0.2 / 3**0.5, "scale": 0.5, "size": 40, "epochs": 300, "check_every": 10,
        "fresh": 100, "tolerance": 0.02, "written": 0.95, "width": 100.0}

EXPERIMENT = Experiment(
    id="two-modules", title="Module A feeds module B: what A learns, before and after B latches",
    scales={"quick": {**FULL, "T": [5, 20, 40], "runs": 10, "repetitions": 2, "epochs": 150}, "full": FULL},
    blocks=blocks, compute=compute, assemble=assemble,
    counts={"solved": 1, "diverged": 1, "written_first": 1, "written_last": 1},
    # Where training ends hangs on every bit; the counts above stand.
    tolerance={"evaluations": 1.0, "w": 1.0, **{f"{name}_{when}": 1.0 for name in QUANTITIES for when in ("first", "last")}})
