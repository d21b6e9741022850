"""TNN94, Fig. 3(b): how often training converges against T; the ceilings; and what the failures are made of."""

from __future__ import annotations

import numpy as np

from lrdlib.learners import Budget
from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.streams import generator

READINGS = ["std", "variance"]  # of s = 0.2
MODES = ["learned", "frozen"]  # w
CONTROLS = ["long", "lag-normalised", "guessing"]
BEST = [1.5, 2.0, 3.0, 4.0]  # weights, beside w0, among which the best is sought


def blocks(config):
    noisy = [(what, reading) for what in ["descent", *CONTROLS] for reading in READINGS]
    return [{"T": T, "mode": mode, "what": what, "reading": reading}
            for T in config["T"] for mode in MODES for what, reading in [*noisy, ("descent", "noise-free")]]


def compute(config, block):
    """All runs at one T; those that are compared see the same strings and start from the same h."""
    T, mode, what, runs = block["T"], block["mode"], block["what"], config["runs"]
    noise = {**_latch.readings(config["s"]), "noise-free": 0.0}[block["reading"]]

    def rng():
        return generator(config["seed"], "noise", T)

    h = _latch.first_inputs(config, runs, T)
    network, theta = _latch.neuron_and_theta(h, config["w0"], frozen=mode == "frozen")
    epochs = config["epochs"] * (config["long"] if what == "long" else 1)
    problem = _latch.problem(config, network, T, noise, runs, rng(), budget=Budget(evaluations=epochs))
    if what == "guessing":
        return {"solved": _latch.guess(problem, theta, generator(config["seed"], "guess", T, mode))}
    if what == "lag-normalised":
        return {"solved": _latch.descend(config, problem, theta, _latch.lag_normalised).solved}
    history = _latch.descend(config, problem, theta)
    out = {"solved": history.solved}
    if what == "descent":
        seen = Latch(T, config["L"], noise).sample(rng(), config["size"], runs)
        w0 = np.full(runs, config["w0"])
        out["wrong"] = np.rint(history.error * config["size"]).astype(int)
        trained = w0 if mode == "frozen" else network.views(history.theta)["w"]
        candidates = [config["w0"], *([] if mode == "frozen" else BEST)]
        out["bistable"] = trained > 1
        out["ceiling_trained"] = _latch.bearable(trained, seen, config["L"])
        out["ceiling"] = np.any([_latch.bearable(0 * w0 + w, seen, config["L"]) for w in candidates], axis=0)
    return out


def assemble(config, blocks, outputs):
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}

    def gather(f, what, readings=READINGS):
        return np.array([[[f(found[T, mode, what, reading]) for T in config["T"]] for mode in MODES]
                         for reading in readings])

    def counts(what, name="solved", readings=READINGS):
        return gather(lambda out: np.sum(out[name]), what, readings)

    near = 0.1 * config["size"]  # at most one string in ten wrong
    return {"T": np.array(config["T"]), "runs": config["runs"], "readings": READINGS, "modes": MODES,
            "converged": counts("descent"), "ceiling": counts("descent", "ceiling"),
            "ceiling_trained": counts("descent", "ceiling_trained"),
            "let_go": gather(lambda out: np.sum(~out["solved"] & ~out["bistable"]), "descent"),
            "near_miss": gather(lambda out: np.sum(~out["solved"] & out["bistable"] & (out["wrong"] <= near)), "descent"),
            "noise_free": counts("descent", readings=["noise-free"])[0],
            "controls": CONTROLS, "control": np.stack([counts(what) for what in CONTROLS])}


def _scale(T, runs):
    return {"seed": 1994, **_latch.PROTOCOL, "w0": 1.25, "s": 0.2, "T": T, "runs": runs, "long": 4}


EXPERIMENT = Experiment(
    id="latch-length", title="Fig. 3(b): frequency of convergence against the length, with ceilings and controls",
    scales={"quick": _scale([10, 20, 40], 10),
            "paper": _scale([5, 10, 20, 30, 50, 100], 18),
            "full": _scale([5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 80, 100, 150, 200], 200)},
    blocks=blocks, compute=compute, assemble=assemble,
    counts={"solved": 1, "bistable": 1, "ceiling": 1, "ceiling_trained": 1, "wrong": "size"})
