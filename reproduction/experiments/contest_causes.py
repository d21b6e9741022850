"""Why our back-propagation differs from the paper's: what was left open, varied one thing at a time.

N93's table 1 has back-propagation on two-sequence at 43 to 58 % error from T = 5 on, after about 3000 presentations;
its table 3 has it at 2 % on parity at T = 3, after 3600. Ours does better on the one and worse on the other. Around
the contest's published protocol (on-line; rate 0.1 on two-sequence, 1 on parity) these are varied: the learning rate,
the width of the first weights, the momentum, fresh sequences or a fixed set, the noise, the lengths, and ten times
the budget; on two-sequence also the unit that is read and the size of the prototypes, on parity the kind of the units
(tanh units have targets +-0.8). All cells of a task see the same prototypes and first weights (scaled to their
width).
"""

from __future__ import annotations

import numpy as np

from lrdlib.batch import Batch
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.tasks import Parity, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._contest import prototypes
from reproduction.experiments._contestants import TESTS
from reproduction.experiments._problems import NOISE, five_units, same_step_net
from reproduction.streams import generator

#: The protocol that is varied. `unit` is the one that is read, of 0 (which gets the input) to 4; `training` 0 means
#: fresh sequences; the prototypes are multiplied by `spread`; `shortest` is the least length as a share of T.
BASE = {
    "two-sequence": {"rate": 0.1, "unit": 4, "scale": 0.5, "momentum": 0.0, "training": 30, "noise": 1.0, "spread": 1.0,
                     "shortest": 0.5, "presentations": 3000},
    "parity": {"rate": 1.0, "scale": 0.5, "momentum": 0.0, "training": 100, "noise": 1.0, "tanh": 0, "shortest": 0.5,
               "presentations": 4000},
}
CHANGES = {
    "two-sequence": {
        "rate": [0.00001, 0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0], "unit": [0, 4],
        "scale": [0.1, 0.25, 0.5, 1.0, 2.0],
        "momentum": [0.0, 0.5, 0.9], "training": [0, 30, 100], "noise": [0.0, 1.0, 2.0], "spread": [0.25, 0.5, 1.0],
        "shortest": [0.5, 1.0], "presentations": [3000, 30_000]},
    "parity": {
        "rate": [0.1, 0.3, 1.0, 3.0, 10.0], "scale": [0.5, 1.0, 2.0, 5.0, 10.0], "momentum": [0.0, 0.5, 0.9],
        "training": [0, 100], "noise": [0.0, 1.0], "tanh": [0, 1], "shortest": [0.5, 1.0],
        "presentations": [4000, 40_000]},
}


class TwoValued(Parity):
    """Parity with targets +-0.8, for tanh units."""

    threshold = 0.0

    def sample(self, rng, size, runs=1, common=False):
        batch = super().sample(rng, size, runs, common)
        return Batch(batch.inputs, batch.lengths, np.where(batch.targets > 0.5, 0.8, -0.8), batch.groups)


def arena(config, name, T, given):
    """The task and the net of one cell."""
    length = "half" if given["shortest"] < 1 else "fixed"
    noise = given["noise"] * NOISE
    if name == "two-sequence":
        pairs = _apart(prototypes(config, config["runs"], "causes"), given["spread"])
        return TwoSequence(T, 3, pairs, noise, length=length), five_units(output=given["unit"])
    kind, task = ("tanh", TwoValued) if given["tanh"] else ("logistic", Parity)
    return task(T, noise, length=length), same_step_net(kind)


def _apart(pairs, spread):
    """The prototypes, scaled; no pair nearer than the task allows."""
    scaled = spread * pairs
    distance = np.abs(scaled[:, 1] - scaled[:, 0]).max(1)
    factor = np.maximum(1, 1.001 * TwoSequence.apart / distance)
    return scaled * factor[:, None, None]


def blocks(config):
    return [{"task": task, "T": T, "change": name, "value": value} for task, lengths in config["T"].items()
            for T in lengths for name, values in CHANGES[task].items() for value in values]


def compute(config, block):
    """Descent in 50 runs with one thing changed."""
    name, T, runs, seed = block["task"], block["T"], config["runs"], config["seed"]
    given = {**BASE[name], block["change"]: block["value"]}
    task, net = arena(config, name, T, given)
    problem = Problem(task, net, runs=runs, rng=generator(seed, "data", name, T), test_size=200,
                      budget=Budget(presentations=min(given["presentations"], config["most"])),
                      training_size=given["training"] or None)
    learner = GradientDescent(given["rate"], 1, momentum=given["momentum"], **TESTS)
    history = learner.train(problem, net.initial(runs, generator(seed, "weights", name), given["scale"]))
    return {"error": history.error, "solved": history.solved, "presentations": history.presentations}


def assemble(config, blocks, outputs):
    """For each task, change and T: the values tried, mean error, its standard error, and runs solved."""
    cells = []
    for block, out in zip(blocks, outputs):
        error = out["error"]
        cells.append({**block, "mean_error": error.mean(), "standard_error": error.std(ddof=1) / len(error) ** 0.5,
                      "n_solved": int(out["solved"].sum()),
                      "median_presentations": float(np.median(out["presentations"]))})
    return {"runs": config["runs"], "base": BASE, "cells": cells}


def _scale(T, runs, most):
    return {"seed": 1989, "T": T, "runs": runs, "most": most}


EXPERIMENT = Experiment(
    id="contest-causes", title="Back-propagation on two-sequence and parity: what was left open, varied",
    scales={"quick": _scale({"two-sequence": [5], "parity": [3]}, 10, 300),
            "full": _scale({"two-sequence": [5, 20, 100], "parity": [3, 5]}, 50, 40_000)},
    blocks=blocks, compute=compute, assemble=assemble, counts={"solved": 1},
    tolerance={"error": 1.0, "presentations": 1.0})
