"""The latching experiment of the NARX paper (Lin, Horne, Tino & Giles, 1996) with one, three and six output delays.

The protocol is that of `narx-latching`, which is its case D = 1, with the same strings and the same first inputs:
only the inputs of the first L steps are learned, and the loop's weights are fixed at 1.25/D each. What the noise
alone destroys is shown by the ceiling: in how many runs the best free inputs, which saturate the neuron, get
every string right."""

from __future__ import annotations

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import NarxNeuron
from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.experiments.narx_latching import UPDATES
from reproduction.streams import generator


def blocks(config):
    return [{"D": D, "update": update, "T": T} for D in config["D"] for update in UPDATES for T in config["T"]]


def task_and_strings(config, T):
    """The task, and the strings that all D and both kinds of update see."""
    task = Latch(T, config["L"], config["amplitude"] / np.sqrt(3), distribution="uniform")
    return task, task.sample(generator(config["seed"], "noise", T), config["size"], config["runs"])


def compute(config, block):
    """All runs at one T; and how much of the error reaches the free inputs, in runs as they begin and as they end."""
    T, runs, size = block["T"], config["runs"], config["size"]
    network = NarxNeuron(block["D"], config["L"], w=config["w"])
    theta = network.pack(h=_latch.first_inputs(config, runs, T))
    task, seen = task_and_strings(config, T)
    batch_size = UPDATES[block["update"]]
    updates = size // (batch_size or size)  # in an epoch
    problem = Problem(task, network, runs=runs, rng=generator(config["seed"], "noise", T), training_size=size,
                      budget=Budget(evaluations=config["epochs"] * updates))
    history = GradientDescent(config["rate"], batch_size, check_every=updates).train(problem, theta)
    return {"solved": history.solved, "ceiling": bearable(network, seen),
            "reach": np.quantile([reach(network, parameters, seen) for parameters in (theta, history.theta)],
                                 [0.25, 0.5, 0.75], axis=1).T}


def bearable(network, batch):
    """Which runs the best free inputs solve on this batch, (R,) of bool.

    Every weight of the loop is positive, so the output at T rises with each of the first L outputs: free inputs that
    saturate the neuron on the side of the class are right wherever any others are.
    """
    h = np.broadcast_to(_latch.SATURATED * np.array([-1.0, 1.0])[:, None], (batch.runs, 2, network.L))
    outputs = network.run(network.pack(h=h), batch.inputs, batch.groups).outputs[:, :, -1]
    return ((outputs > 0) == (batch.targets > 0)).all(1)


class Output:
    """A cost whose derivative by each output is 1: its gradient tells how much of an error arrives, whatever its
    size."""

    value = staticmethod(lambda o, d: o - d)
    derivative = staticmethod(lambda o, d: np.ones_like(o))


def reach(network, theta, batch):
    """Of an error of 1 at the end of every string, the mean that arrives at the free inputs of step L, (R,)."""
    h = network.views(bptt(network, theta, batch, Output()).gradient)["h"]
    return h[:, :, -1].sum(1) / batch.size


def assemble(config, blocks, outputs):
    """Counts (D, T) of runs, of the last pass of each kind; quartiles (D, 2, T, 3) of what arrives, before and
    after."""
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}

    def gather(f, update="batch"):
        return np.array([[f(found[D, update, T]) for T in config["T"]] for D in config["D"]])

    return {"T": np.array(config["T"]), "D": np.array(config["D"]), "runs": config["runs"],
            "converged": gather(lambda out: out["solved"].sum(), "on-line"),
            "converged_batch": gather(lambda out: out["solved"].sum()),
            "ceiling": gather(lambda out: out["ceiling"].sum()),
            "reach": gather(lambda out: out["reach"]).swapaxes(1, 2)}


def _scale(T, runs):
    return {"seed": 1996, "D": [1, 3, 6], "T": T, "runs": runs, "L": 3, "w": 1.25, "amplitude": 0.155, "size": 60,
            "rate": 0.1, "epochs": 100, "scale": 0.1}


EXPERIMENT = Experiment(
    id="narx-delays", title="The NARX paper's latching experiment with 1, 3 and 6 output delays",
    scales={"quick": _scale([10, 40, 100], 10), "full": _scale([*range(10, 81, 10), *range(100, 201, 20)], 50)},
    blocks=blocks, compute=compute, assemble=assemble, counts={"solved": 1, "ceiling": 1}, tolerance={"reach": 1e-3})
