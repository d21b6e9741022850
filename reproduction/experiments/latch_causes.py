"""Why training the latch fails: the causes of Fig. 3(b) taken away one by one, and together; the same for NARX's protocol.

Only the reading with the clearest question: w learned, s = 0.2 a standard deviation.
"""

from __future__ import annotations

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.learners import Budget, Problem
from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.experiments.latch_length import EXPERIMENT as LENGTH
from reproduction.experiments.narx_latching import EXPERIMENT as NARX
from reproduction.streams import generator

#: Of the latch: what is taken away. "held": w may not fall below w0.
ARMS = {"descent": (), "noise-free": ("noise",), "held": ("fall",), "lag-normalised": ("lag",),
        "held and lag-normalised": ("fall", "lag"), "noise-free and lag-normalised": ("noise", "lag")}
#: Of NARX's latch, updates after all strings. "long": ten times the epochs.
NARX_ARMS = ["descent", "noise-free", "long", "lag-normalised"]


def held(gradient, floor, rate):
    """A control: the gradient of w cut down to what a step of this rate can follow without going below the floor."""
    def cut(network, theta, batch, cost):
        g = gradient(network, theta, batch, cost=cost)
        g.gradient[:, 0] = np.minimum(g.gradient[:, 0], (theta[:, 0] - floor) / rate)
        return g
    return cut


def blocks(config):
    return [{"task": "latch", "arm": arm, "T": T} for T in config["T"] for arm in ARMS] + [
        {"task": "narx", "arm": arm, "T": T} for T in config["narx_T"] for arm in NARX_ARMS]


def compute(config, block):
    return (_narx if block["task"] == "narx" else _fig3b)(config, block["arm"], block["T"])


def _fig3b(config, arm, T):
    """The runs of Fig. 3(b), from the same inputs and on the same strings as in `latch-length`."""
    own, gone = {**LENGTH.config("full"), "runs": config["runs"]}, ARMS[arm]
    h = _latch.first_inputs(own, own["runs"], T)
    network, theta = _latch.neuron_and_theta(h, own["w0"], frozen=False)
    problem = _latch.problem(own, network, T, 0.0 if "noise" in gone else own["s"], own["runs"],
                             generator(own["seed"], "noise", T))
    gradient = _latch.lag_normalised if "lag" in gone else bptt
    if "fall" in gone:
        gradient = held(gradient, own["w0"], own["rate"] / own["size"])
    history = _latch.descend(own, problem, theta, gradient)
    return {"solved": history.solved, "let_go": ~history.solved & (network.views(history.theta)["w"] <= 1),
            "crossed": _crossed(own, h)}


def _crossed(config, h):
    """Runs whose first inputs, without noise, put each class on the other's side."""
    x = np.zeros(h.shape[:2])
    for t in range(h.shape[2]):
        x = np.tanh(config["w0"] * x + h[:, :, t])
    return (x[:, 0] > 0) & (x[:, 1] < 0)


def _narx(config, arm, T):
    own = NARX.config("full")
    h = _latch.first_inputs(own, own["runs"], T)
    network, theta = _latch.neuron_and_theta(h, own["w"], frozen=True)
    epochs = own["epochs"] * (10 if arm == "long" else 1)
    noise = 0.0 if arm == "noise-free" else own["amplitude"] / np.sqrt(3)
    problem = Problem(Latch(T, own["L"], noise, distribution="uniform"), network, runs=own["runs"],
                      rng=generator(own["seed"], "noise", T), training_size=own["size"],
                      budget=Budget(evaluations=epochs))
    sums = {**own, "rate": own["rate"] * own["size"], "check_every": 1}  # their rate multiplies the sum
    gradient = _latch.lag_normalised if arm == "lag-normalised" else bptt
    return {"solved": _latch.descend(sums, problem, theta, gradient).solved}


def assemble(config, blocks, outputs):
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}

    def counts(task, arms, Ts, name="solved"):
        return np.array([[np.sum(found[task, arm, T][name]) for T in Ts] for arm in arms])

    crossed = [[np.sum(found["latch", arm, T]["crossed"] & found["latch", arm, T]["let_go"]) for T in config["T"]]
               for arm in ARMS]
    return {"T": np.array(config["T"]), "runs": config["runs"], "arms": list(ARMS),
            "converged": counts("latch", ARMS, config["T"]), "let_go": counts("latch", ARMS, config["T"], "let_go"),
            "let_go_crossed": np.array(crossed), "narx_T": np.array(config["narx_T"]), "narx_arms": NARX_ARMS,
            "narx_runs": NARX.config("full")["runs"], "narx": counts("narx", NARX_ARMS, config["narx_T"])}


EXPERIMENT = Experiment(
    id="latch-causes", title="Why training the latch fails: causes taken away one by one, and together",
    scales={"quick": {"seed": 1994, "runs": 20, "T": [10, 40], "narx_T": [30]},
            "full": {"seed": 1994, "runs": 200, "T": [10, 20, 40, 80, 200], "narx_T": [30, 60, 100]}},
    blocks=blocks, compute=compute, assemble=assemble, counts={"solved": 1, "let_go": 1, "crossed": 1})
