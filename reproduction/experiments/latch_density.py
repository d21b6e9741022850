"""TNN94, Fig. 3(a): how often training converges, over the first weight w0 and the noise s."""

from __future__ import annotations

import numpy as np

from lrdlib.tasks import Latch
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.streams import generator


def axes(config):
    """w0 (nw,) and the noise's standard deviation s (ns,)."""
    return np.linspace(*config["w0"]), np.linspace(*config["s"])


def blocks(config):
    return [{"repetition": r} for r in range(config["runs"])]


def compute(config, block):
    """One run in every cell. The noise and the first h are common to all cells, which makes cells comparable."""
    r, (w0, s) = block["repetition"], axes(config)
    shape = len(w0), len(s)
    w, noise = (a.ravel() for a in np.meshgrid(w0, s, indexing="ij"))
    h = np.repeat(_latch.first_inputs(config, 1, r), w.size, axis=0)
    network, theta = _latch.neuron_and_theta(h, w, frozen=False)

    def rng():
        return generator(config["seed"], "noise", r)

    problem = _latch.problem(config, network, config["T"], noise, w.size, rng(), common=True)
    history = _latch.descend(config, problem, theta)
    seen = Latch(config["T"], config["L"], noise).sample(rng(), config["size"], w.size, common=True)
    trained = network.views(history.theta)["w"]
    return {"converged": history.solved.reshape(shape),
            "diverged": int((history.status == "diverged").sum()),
            "bearable": _latch.bearable(w, seen, config["L"]).reshape(shape),
            "bearable_trained": _latch.bearable(trained, seen, config["L"]).reshape(shape)}


def assemble(config, blocks, outputs):
    w0, s = axes(config)
    total = {name: sum(np.asarray(out[name], int) for out in outputs) for name in outputs[0]}
    return {"w0": w0, "s": s, "runs": len(blocks), **total}


def _scale(w0, s, runs):
    return {"seed": 1994, **_latch.PROTOCOL, "T": 20, "w0": [0.5, 3.0, w0], "s": [0.0, 0.8, s], "runs": runs}


EXPERIMENT = Experiment(
    id="latch-density", title="Fig. 3(a): density of convergence over the first weight and the noise",
    scales={"quick": _scale(10, 10, 4), "paper": _scale(20, 20, 18), "full": _scale(40, 40, 100)},
    blocks=blocks, compute=compute, assemble=assemble,
    counts={"converged": 1, "bearable": 1, "bearable_trained": 1})
