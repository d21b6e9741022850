"""How much the answers of Fig. 3 depend on what TNN94 leaves open: rate, epochs, batch, set, first h, test.

Every setting is judged by the predicates of the ledger itself, on small versions of both figures.
"""

from __future__ import annotations

import itertools
from functools import partial
from types import SimpleNamespace

import numpy as np

from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.experiments.latch_length import MODES, READINGS
from reproduction.predicates import REPRODUCED
from reproduction.predicates import latch as predicates
from reproduction.streams import generator

#: "batch": the fixed set at once; "on-line": its strings one by one; "fresh": new strings for every batch.
UPDATES = ["batch", "on-line", "fresh"]

#: Of the noise and of the first weight, Fig. 3(a); of the length, Fig. 3(b).
CLAIMS = ["noise", "weight", "length"]


def trainings(config):
    """What is trained separately: (rate, update, size, scale)."""
    return list(itertools.product(config["rates"], config["updates"], config["sizes"], config["scales"]))


def settings(config):
    """The trainings times what is read off each: the share of strings that may be wrong, and the epochs."""
    return list(itertools.product(trainings(config), config["tolerances"], config["epochs"]))


def blocks(config):
    keys = ("rate", "update", "size", "scale")
    parts = [{"part": "density"}, *({"part": "length", "T": T} for T in config["T"])]
    return [{**dict(zip(keys, training)), **part} for training in trainings(config) for part in parts]


def _grid(config):
    w0, s = np.linspace(*config["w0"]), np.linspace(*config["s"])
    cells = np.meshgrid(w0, s, np.arange(config["runs"]), indexing="ij")
    return cells[0].ravel(), cells[1].ravel()


def _train(config, block, T, w0, noise, frozen, key):
    """Epochs after which each run first had at most each tolerance wrong, (tolerances, R); -1 if it never had."""
    setting = {**config, **block}
    h = _latch.first_inputs(setting, len(noise), block["part"], T)
    network, theta = _latch.neuron_and_theta(h, w0, frozen)
    online = block["update"] == "on-line"
    updates = block["size"] if online else 1  # in an epoch
    epochs = max(config["epochs"]) // (config["saved"] if online else 1)
    sets = {"test_size": block["size"]} if block["update"] == "fresh" else {"training_size": block["size"]}
    problem = Problem(Latch(T, config["L"], noise), network, runs=len(noise), **sets,
                      rng=generator(config["seed"], "noise", *key), tolerance=min(config["tolerances"]),
                      budget=Budget(evaluations=epochs * updates))
    rate = block["rate"] / (1 if online else block["size"])
    batch_size = 1 if online else block["size"]
    curve = GradientDescent(rate, batch_size, check_every=updates * (1 if online else 5)).train(problem, theta).curve
    first = []
    for tolerance in config["tolerances"]:
        passed = curve["error"] <= tolerance + 1e-12
        when = np.take_along_axis(curve["evaluations"], passed.argmax(0)[None], 0)[0] // updates
        first.append(np.where(passed.any(0), when * (config["saved"] if online else 1), -1))
    return np.array(first)


def compute(config, block):
    """One training of one small figure. On-line descent, which steps once a string, gets fewer epochs by `saved`."""
    if block["part"] == "density":
        w0, noise = _grid(config)
        return {"first": _train(config, block, 20, w0, noise, False, ("density",))}
    noise = np.repeat(list(_latch.readings(config["noise"]).values()), config["runs_length"])
    return {mode: _train(config, block, block["T"], config["w"], noise, mode == "frozen", ("length", block["T"]))
            for mode in MODES}


def _solved(first, k, epochs):
    return (first[k] >= 0) & (first[k] <= epochs)


def assemble(config, blocks, outputs):
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}
    w0, s = np.linspace(*config["w0"]), np.linspace(*config["s"])
    verdicts, density, length = [], [], []
    for training, tolerance, epochs in settings(config):
        solved = partial(_solved, k=config["tolerances"].index(tolerance), epochs=epochs)
        cells = solved(found[*training, "density"]["first"]).reshape(len(w0), len(s), -1).sum(2)
        a = SimpleNamespace(data={"w0": w0, "s": s, "runs": config["runs"], "converged": cells})
        counts = np.array([[[solved(found[*training, "length", T][mode]).reshape(len(READINGS), -1)[i].sum()
                             for T in config["T"]] for mode in MODES] for i in range(len(READINGS))])
        b = SimpleNamespace(data={"T": config["T"], "runs": config["runs_length"], "converged": counts})
        verdicts.append([predicate(evidence)[0] for predicate, evidence in (
            (predicates.large_noise_defeats_training, a), (predicates.small_weight_defeats_training, a),
            (predicates.convergence_falls_with_length, b))])
        density.append(cells)
        length.append(counts)
    names = ["rate", "update", "size", "scale", "tolerance", "epochs"]
    table = [dict(zip(names, [*training, tolerance, epochs])) for training, tolerance, epochs in settings(config)]
    holds = {f"holds_{claim}": np.array(column) == REPRODUCED for claim, column in zip(CLAIMS, zip(*verdicts))}
    return {"settings": table, **holds, "claims": CLAIMS, "verdicts": verdicts,
            "w0": w0, "s": s, "runs": config["runs"], "converged": np.array(density),
            "T": np.array(config["T"]), "runs_length": config["runs_length"], "converged_length": np.array(length)}


def _scale(rates, sizes, scales, runs, grid, T, updates=UPDATES):
    return {"seed": 77, "L": 3, "rates": rates, "updates": updates, "sizes": sizes, "scales": scales,
            "tolerances": [0.0, 0.05], "epochs": [100, 500], "saved": 5, "w0": [0.5, 3.0, grid], "s": [0.1, 0.8, grid],
            "runs": runs, "T": T, "runs_length": runs, "w": 1.25, "noise": 0.2}


EXPERIMENT = Experiment(
    id="latch-sensitivity", title="Fig. 3 under other settings: what depends on what the paper leaves open",
    scales={"quick": _scale([0.1], [20], [0.1], 40, 4, [5, 20], ["batch", "fresh"]),
            "full": _scale([0.01, 0.03, 0.1, 0.3, 1.0], [20, 60], [0.1, 0.5], 48, 6, [5, 10, 20, 40, 80])},
    blocks=blocks, compute=compute, assemble=assemble)
