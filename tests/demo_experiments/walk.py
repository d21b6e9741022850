"""Random walks that end above zero, in blocks that can be slow, fail, or be counted; for the tests of the
engine alone."""

import os
import signal
import time

import numpy as np

from reproduction.experiment import Experiment
from reproduction.streams import generator


def blocks(config):
    return [{"cell": cell, "repetition": r} for cell in range(config["cells"]) for r in range(config["repetitions"])]


def compute(config, block):
    time.sleep(float(os.environ.get("DEMO_SLEEP", "0")))
    if config["fail"] == block["cell"]:
        raise FloatingPointError("this cell was made to fail")
    if config["die"] == [block["cell"], block["repetition"]]:
        os.kill(os.getpid(), signal.SIGKILL)
    if log := os.environ.get("DEMO_LOG"):  # which blocks were really computed
        with open(log, "a") as file:
            file.write(f"{block['cell']},{block['repetition']}\n")
    rng = generator(config["seed"], "walk", block["cell"], block["repetition"])
    ends = rng.normal(size=(config["walks"], 20)).sum(axis=1)
    mixed = ends @ rng.normal(size=(config["walks"], 50))  # through BLAS
    return {"above": (ends > 0).sum(), "ends": ends, "mixed": mixed, "each": ends > 0,
            "seconds": time.perf_counter(), "walks": config["walks"]}


def assemble(config, blocks, outputs):
    above = np.array([output["above"] for output in outputs]).reshape(config["cells"], config["repetitions"])
    return {"above": above, "walks": config["walks"], "mean": np.mean([output["mixed"] for output in outputs], axis=0)}


CONFIG = {"seed": 7, "cells": 4, "repetitions": 3, "walks": 100, "fail": -1, "die": []}

EXPERIMENTS = [
    Experiment(
        id="walk", title="How often does a walk end above zero?",
        scales={"quick": CONFIG, "paper": {**CONFIG, "cells": 8}},
        blocks=blocks, compute=compute, assemble=assemble, published="quick",
        counts={"above": "walks"}, volatile=("seconds",)),
    Experiment(
        id="failing-walk", title="A walk that fails in one cell", scales={"quick": {**CONFIG, "fail": 2}},
        blocks=blocks, compute=compute, assemble=assemble, published="quick"),
    Experiment(
        id="dying-walk", title="A walk that kills its process", scales={"quick": {**CONFIG, "die": [1, 1]}},
        blocks=blocks, compute=compute, assemble=assemble, published="quick"),
]
