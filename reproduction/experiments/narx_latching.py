"""The latching experiment of the NARX paper (Lin, Horne, Tino & Giles, 1996) for D = 1: only the inputs are learned."""

from __future__ import annotations

import numpy as np

from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.streams import generator

#: When theta changes, which that paper leaves open: after each string, or after all by the sum of the gradients.
UPDATES = {"on-line": 1, "batch": None}


def blocks(config):
    return [{"T": T, "update": update} for T in range(*config["T"]) for update in UPDATES]


def compute(config, block):
    """All runs at one T; both kinds of update see the same strings."""
    T, runs, size = block["T"], config["runs"], config["size"]
    task = Latch(T, config["L"], config["amplitude"] / np.sqrt(3), distribution="uniform")
    network = LatchNeuron(config["L"], w=config["w"])
    theta = network.pack(h=_latch.first_inputs(config, runs, T))
    batch_size = UPDATES[block["update"]]
    updates = size // (batch_size or size)  # in an epoch
    problem = Problem(task, network, runs=runs, rng=generator(config["seed"], "noise", T), training_size=size,
                      budget=Budget(evaluations=config["epochs"] * updates))
    learner = GradientDescent(config["rate"], batch_size, check_every=updates)
    seen = task.sample(generator(config["seed"], "noise", T), size, runs)
    return {"solved": learner.train(problem, theta).solved,
            "ceiling": _latch.bearable(np.full(runs, config["w"]), seen, config["L"])}


def assemble(config, blocks, outputs):
    def counts(update, name="solved"):
        return np.array([np.sum(out[name]) for block, out in zip(blocks, outputs) if block["update"] == update])

    return {"T": np.arange(*config["T"]), "runs": config["runs"], "converged": counts("on-line"),
            "converged_batch": counts("batch"), "ceiling": counts("batch", "ceiling")}


def _scale(T, runs):
    return {"seed": 1996, "T": T, "runs": runs, "L": 3, "w": 1.25, "amplitude": 0.155, "size": 60, "rate": 0.1,
            "epochs": 100, "scale": 0.1}


EXPERIMENT = Experiment(
    id="narx-latching", title="The NARX paper's latching experiment, one delay: inputs learned, w = 1.25 frozen",
    scales={"quick": _scale([10, 101, 30], 10), "paper": _scale([10, 201, 10], 50), "full": _scale([10, 201, 2], 50)},
    blocks=blocks, compute=compute, assemble=assemble, counts={"solved": 1, "ceiling": 1})
