"""What four ways to the gradient cost, how far they agree, and what truncation leaves out.

TNN94's introduction: back-propagation through time stores the unfolded activations, at a cost per step
in proportion to the weights; forward propagation needs no past, and is far more expensive; on dynamic
neurons with local feedback it is local in time and linear in the weights. The counts of operations and
memory are exact; nothing is timed here.

A third part asks what the latch's free inputs stand for (TNN94, section II): the gradient of a module
that computes them, taken through the whole system by the complex step, against the one handed over at
the free inputs.
"""

from __future__ import annotations

import numpy as np

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent
from lrdlib.tasks import Latch, SquaredError, last
from reproduction.experiment import Experiment
from reproduction.streams import generator

__all__ = ["EXPERIMENT"]

COUNTS = ("operations", "memory")


def _recurrent(config, n, gain, rng):
    """Random fully recurrent nets: W uniform, of spectral radius near `gain`; not chaotic below 1."""
    network = Recurrent(n, bias=True)
    theta = network.initial(config["runs"], rng)
    network.views(theta)["W"][:] *= 2 * gain * np.sqrt(3 / n)
    return network, theta


def _sequences(config, T, rng):
    """Noise in, random targets at every step."""
    runs, size = config["runs"], config["size"]
    inputs = rng.uniform(-1, 1, (runs, size, T, 1))
    return Batch(inputs, np.full((1, size), T), rng.uniform(-0.8, 0.8, (runs, size, T)))


def _disagreement(a, b):
    """The largest difference, relative to the largest entry of each run's gradient."""
    return float((np.abs(a - b).max(1) / np.abs(b).max(1)).max())


def _costs(config, n, T):
    """All algorithms on random nets of one size and sequences of one length."""
    rng = generator(config["seed"], "costs", n, T)
    network, theta = _recurrent(config, n, config["gain"], rng)
    batch = _sequences(config, T, rng)
    judge = gradients.complex_step(network, theta, batch)
    bptt = gradients.bptt(network, theta, batch)
    results = {"bptt": bptt, "rtrl": gradients.rtrl(network, theta, batch),
               "truncated": gradients.truncated_bptt(network, theta, batch, config["window"])}
    local = LocalFeedback(n)
    theta = local.initial(config["runs"], rng, scale=1.0)
    local_bptt = gradients.bptt(local, theta, batch)
    results["local"] = gradients.local_feedback(local, theta, batch)
    out = {f"{count}_{name}": getattr(g, count) for name, g in results.items() for count in COUNTS}
    out["parameters"], out["parameters_local"] = network.n_parameters, local.n_parameters
    out["disagreement_rtrl"] = _disagreement(results["rtrl"].gradient, bptt.gradient)
    out["disagreement_local"] = _disagreement(results["local"].gradient, local_bptt.gradient)
    out["disagreement_complex"] = _disagreement(bptt.gradient, judge)
    out["disagreement_complex_local"] = _disagreement(
        local_bptt.gradient, gradients.complex_step(local, theta, batch))
    return out


def _truncation(config, gain):
    """What each window leaves out of the gradient, |truncated - whole| / |whole|, for each run."""
    rng = generator(config["seed"], "truncation", round(1000 * gain))
    network, theta = _recurrent(config, config["n"], gain, rng)
    shares = gradients.lag_contributions(network, theta, _sequences(config, max(config["windows"]), rng))
    whole = shares.sum(1)
    errors = [np.linalg.norm(shares[:, w:].sum(1), axis=1) / np.linalg.norm(whole, axis=1)
              for w in config["windows"]]
    return {"error": np.stack(errors, axis=1)}


def _module(config, T):
    """A module h = tanh(Z v) in front of the neuron: dC/dv through both, and by way of the free inputs."""
    rng = generator(config["seed"], "module", T)
    runs, latch = config["runs"], LatchNeuron(L=3)
    Z = rng.uniform(-1, 1, (latch.n_groups, latch.L, config["features"]))  # what the module sees
    v, w = rng.uniform(-1, 1, (runs, config["features"])), rng.uniform(0.5, 1.5, (runs, 1))
    batch = Latch(T, latch.L).sample(rng, 2 * config["size"], runs)
    h = np.tanh(np.einsum("gtk,rk->rgt", Z, v))
    free = latch.views(gradients.bptt(latch, latch.pack(w=w[:, 0], h=h), batch).gradient)["h"]
    handed = np.einsum("rgt,rgt,gtk->rk", free, 1 - h**2, Z)

    def cost(v):
        inputs = batch.inputs.astype(complex)
        inputs[:, :, : latch.L, 0] = np.tanh(np.einsum("gtk,rk->rgt", Z, v))[:, batch.groups[0]]
        outputs = Recurrent(1, train_input=False).run(w, inputs).outputs
        return SquaredError().value(last(outputs, batch.lengths), batch.targets).sum(1)

    step = 1e-100
    through = [cost(v + 1j * step * unit).imag / step for unit in np.eye(config["features"])]
    return {"disagreement_free_inputs": _disagreement(handed, np.stack(through, axis=1))}


_PARTS = {"costs": lambda config, block: _costs(config, block["n"], block["T"]),
          "truncation": lambda config, block: _truncation(config, block["gain"]),
          "module": lambda config, block: _module(config, block["T"])}


def blocks(config):
    return ([{"part": "costs", "n": n, "T": T} for n in config["sizes"] for T in config["T"]]
            + [{"part": "truncation", "gain": gain} for gain in config["gains"]]
            + [{"part": "module", "T": T} for T in config["T"]])


def compute(config, block):
    return _PARTS[block["part"]](config, block)


def assemble(config, blocks, outputs):
    """Arrays (size, T) for each algorithm; (gain, run, window) for the error of truncation."""
    by_part = {part: [] for part in _PARTS}
    for block, output in zip(blocks, outputs):
        by_part[block["part"]].append(output)
    costs, shape = by_part["costs"], (len(config["sizes"]), len(config["T"]))
    data = {name: np.array([cost[name] for cost in costs]).reshape(shape) for name in costs[0]}
    for name in ("parameters", "parameters_local"):
        data[name] = data[name][:, 0]
    data["truncation_error"] = np.stack([output["error"] for output in by_part["truncation"]])
    data["disagreement_free_inputs"] = np.array(
        [output["disagreement_free_inputs"] for output in by_part["module"]])
    axes = {"n": "sizes", "T": "T", "gain": "gains", "window": "windows"}
    return data | {name: np.array(config[key]) for name, key in axes.items()}


_QUICK = {"seed": 1994, "runs": 2, "size": 2, "sizes": [2, 4, 8], "T": [10, 20, 40], "gain": 0.9,
          "window": 10, "features": 4, "n": 5, "gains": [0.5, 0.9], "windows": [1, 2, 5, 10, 20]}
_PAPER = {**_QUICK, "runs": 10, "sizes": [2, 4, 8, 16], "T": [10, 20, 50, 100], "n": 10,
          "gains": [0.3, 0.6, 0.9, 1.2], "windows": [1, 2, 3, 5, 8, 12, 20, 30, 50]}

EXPERIMENT = Experiment(
    id="gradient-costs",
    title="What four ways to the gradient cost, and how far they agree",
    scales={"quick": _QUICK, "paper": _PAPER,
            "full": {**_PAPER, "runs": 10, "sizes": [2, 4, 8, 16, 24], "T": [10, 20, 50, 100, 200],
                     "windows": [1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 100]}},
    blocks=blocks, compute=compute, assemble=assemble,
    # Disagreements are rounding errors: another machine has others, of the same order
    tolerance={f"disagreement_{name}": 1e3
               for name in ("rtrl", "local", "complex", "complex_local", "free_inputs")},
)
