"""What one neuron can keep: stable states, critical input, time to switch, and the bit under noise.

TNN94, section III, without its training: the claims are about x_t = tanh(w x_{t-1} + h_t), started at a
stable state; noise and inputs are added to the pre-activation. The numerical h* takes nothing from the closed
form that it is to test: it comes from iterating the map (`lrdlib.dynamics.critical_input_bracket`). The inputs
of the times to switch are multiples of the closed form.
"""

from __future__ import annotations

import numpy as np

from lrdlib import dynamics
from reproduction.experiment import Experiment
from reproduction.streams import generator

CONFIG = {
    "seed": 1994,
    "w_stable": [-0.9, -0.5, 0.0, 0.5, 0.9, 0.99, 1.0, 1.01, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0],
    "starts": 42,  # neurons released at evenly spaced outputs, none at 0, to see where they come to rest
    "rest_steps": 20000,
    "w": [1.05, 1.1, 1.25, 1.3733, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0],
    "passage_steps": 4000,
    "trap_points": 40001,
    "h_over_h_star": [0.0, 0.5, 0.9, 0.99, 0.999, 1.001, 1.003, 1.01, 1.03, 1.1, 1.3, 2.0, 4.0, 8.0, 16.0],
    "L1_steps": 20000,
    "survival_s": [0.2, 0.2**0.5],  # s = 0.2 read as a standard deviation, and as a variance
    "survival_w": [1.1, 1.25, 1.373, 1.5, 2.0],
    "survival_steps": [0, 1, 2, 3, 5, 8, 12, 17, 25, 35, 47, 60, 75, 97, 120, 147, 172, 197],
    "runs": 100000,
    "bound_w": 1.25,
    "bounds": [0.02, 0.04, 0.06, 0.07, 0.0777, 0.0779, 0.085, 0.1, 0.12, 0.155, 0.2, 0.25, 0.3, 0.4, 0.5],
    "bound_steps": 197,
}
QUICK = {**CONFIG, "passage_steps": 300, "trap_points": 4001, "runs": 2000}


def blocks(config):
    parts = [{"part": "rest points"}, {"part": "critical input"}, {"part": "time to switch"}]
    survival = [{"part": "survival", "reading": i, "w": w}
                for i in range(len(config["survival_s"])) for w in config["survival_w"]]
    return parts + survival + [{"part": "bounded", "bound": bound} for bound in config["bounds"]]


def compute(config, block):
    return COMPUTE[block["part"]](config, block)


def rest_points(config, block):
    """At how many different outputs neurons come to rest, when released all over (-1, 1) and left alone.

    Outputs within 0.05 of each other count as one: at w = 1 the approach to 0 is slower than any exponential.
    """
    w = np.array(config["w_stable"])
    x = np.broadcast_to(np.linspace(-1, 1, config["starts"]), (w.size, config["starts"]))
    for _ in range(config["rest_steps"]):
        x = np.tanh(w[:, None] * x)
    apart = np.diff(np.sort(x, axis=1)) > 0.05
    return {"n_stable": 1 + np.count_nonzero(apart, axis=1)}


def critical_input(config, block):
    w = np.array(config["w"])
    lower, upper = dynamics.critical_input_bracket(w, config["passage_steps"], config["trap_points"])
    return {"h_star_numeric": lower, "h_star_upper": upper, "h_star_closed": dynamics.critical_input(w)}


def time_to_switch(config, block):
    """L1 by stepping the neuron; inf where it has not switched in the steps given."""
    w = np.array(config["w"])
    h = np.array(config["h_over_h_star"]) * dynamics.critical_input(w)[:, None]
    x = np.broadcast_to(-dynamics.stable_state(w)[:, None], h.shape)
    L1 = np.full(h.shape, np.inf)
    for t in range(1, config["L1_steps"] + 1):
        x = np.tanh(w[:, None] * x + h)
        L1[np.isinf(L1) & (x > 0)] = t
    return {"L1": L1}


def survival(config, block):
    """Counts and probabilities of a right sign at the end, and of a sign that never changed."""
    w, s, steps = block["w"], config["survival_s"][block["reading"]], config["survival_steps"]
    out = {}
    for name, crossed in (("survival", False), ("uncrossed", True)):
        rng = generator(config["seed"], name, block["reading"], str(w))
        counts = dynamics.survival_monte_carlo(w, s, steps[-1], config["runs"], rng, crossed=crossed)
        out[name] = counts[steps]
        out[f"{name}_exact"] = dynamics.survival(w, s, steps[-1], crossed=crossed)[steps]
    return out


def bounded(config, block):
    """Inputs of one bound: always the worst, -bound, or independent and uniform."""
    w, bound, steps = config["bound_w"], block["bound"], config["bound_steps"]
    s = bound / 3**0.5
    rng = generator(config["seed"], "bounded", str(bound))
    counts = dynamics.survival_monte_carlo(w, s, steps, config["runs"], rng, noise="uniform")
    return {"bounded_worst_steps": dynamics.steps_to_switch(w, bound),
            "bounded_random": counts[-1],
            "bounded_random_exact": dynamics.survival(w, s, steps, noise="uniform")[-1]}


COMPUTE = {"rest points": rest_points, "critical input": critical_input, "time to switch": time_to_switch,
           "survival": survival, "bounded": bounded}


def assemble(config, blocks, outputs):
    def gather(part, name):
        return np.array([output[name] for block, output in zip(blocks, outputs) if block["part"] == part])

    data = {key: np.array(config[key]) for key in
            ("w_stable", "w", "h_over_h_star", "survival_s", "survival_w", "survival_steps", "bounds")}
    data |= {key: config[key] for key in ("runs", "bound_w", "bound_steps", "passage_steps", "L1_steps")}
    for output in outputs[:3]:
        data |= output
    shape = (len(config["survival_s"]), len(config["survival_w"]), len(config["survival_steps"]))
    for name in ("survival", "survival_exact", "uncrossed", "uncrossed_exact"):
        data[name] = gather("survival", name).reshape(shape)
    for name in ("bounded_worst_steps", "bounded_random", "bounded_random_exact"):
        data[name] = gather("bounded", name)
    return data


EXPERIMENT = Experiment(
    id="neuron-dynamics",
    title="One neuron: stable states, critical input, time to switch, and the bit under noise",
    scales={"quick": QUICK, "full": CONFIG},
    blocks=blocks,
    compute=compute,
    assemble=assemble,
    counts={"survival": "runs", "uncrossed": "runs", "bounded_random": "runs"},
)
