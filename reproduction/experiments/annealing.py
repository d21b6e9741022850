"""Simulated annealing at work: which share of its moves is accepted, how far they go, and what it solves.

Corana's own functions: Rosenbrock's valley, and a parabola with holes, flat and lower than what is round them, whose
constants are the published ones; starts, boxes and first temperatures are ours, and a temperature lasts a tenth as
long as in the published schedule. The paper's problems: the cost of a net on its whole training set, divided by the
number of sequences. There TNN94's temperatures and schedules are not known; several are tried. At last annealing is
raced against multi-grid random search with both shrink factors, on the same data, the same first weights and the same
budgets.
"""

from __future__ import annotations

import numpy as np

from lrdlib.gradients.core import cost as cost_of
from lrdlib.learners import Budget, MultiGridSearch, Problem, SimulatedAnnealing
from reproduction.experiment import Experiment
from reproduction.experiments._problems import TASKS, pairs, problem_of
from reproduction.streams import generator

__all__ = ["EXPERIMENT", "FUNCTIONS", "parabola_with_holes", "rosenbrock"]

D = np.array([1.0, 1000.0, 10.0, 100.0])
QUARTILES = [0.25, 0.5, 0.75]


def rosenbrock(x):
    """sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 of points x (R, n): a bent, narrow valley; minimum 0 at (1, ..., 1)."""
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(1)


def parabola_with_holes(x, s=0.2, t=0.05, c=0.15):
    """sum d_i x_i^2 with flat holes: where |x_i - k_i s| < t for all i, with integers k_i, not all of them 0.

    There it is c sum d_i (k_i s - t sgn k_i)^2. The minimum 0 is at 0; of the 3^n - 1 holes next to it the best has
    c d_1 (s - t)^2. Corana and others (1987), with their s, t, c and d.
    """
    d, k = D[: x.shape[1]], np.round(x / s)
    inside = (np.abs(x - k * s) < t).all(1) & k.any(1)
    return np.where(inside, c * (d * (k * s - t * np.sign(k)) ** 2).sum(1), (d * x**2).sum(1))


#: name -> function, dimensions, half-side of the box, first temperature, and the cost below which it counts as solved
FUNCTIONS = {
    "Rosenbrock, n = 2": (rosenbrock, 2, 1000.0, 5e4, 1e-3),
    "Rosenbrock, n = 4": (rosenbrock, 4, 100.0, 1e7, 1e-3),
    "parabola with holes, n = 2": (parabola_with_holes, 2, 100.0, 1e6, 1e-3),
    "parabola with holes, n = 4": (parabola_with_holes, 4, 100.0, 1e6, 1e-3),
}


def on_function(config, block):
    cost, n, box, T0, solved = FUNCTIONS[block["function"]]
    rng = generator(config["seed"], "function", block["function"])
    learner = SimulatedAnnealing(T0, box / 2, N_T=config["N_T"], eps=config["eps"], box=box)
    found = learner.minimise(cost, rng.uniform(-box, box, (config["starts"], n)), rng, config["function_evaluations"])
    return profile(found, box) | {
        "solved": int((found.cost < solved).sum()), "stuck": int((found.status == "stuck").sum()),
        "evaluations": np.quantile(found.evaluations, QUARTILES), "cost": np.quantile(found.cost, QUARTILES)}


def on_task(config, block):
    """The share of moves accepted while a net is annealed, and the cost that it comes to."""
    name, T, R = block["task"], config["T"][block["task"]], config["nets"]
    rng = generator(config["seed"], "task", name)
    task, net = problem_of(name, T, pairs(rng, R))
    batch = task.sample(rng, config["training"][name], R)
    learner = SimulatedAnnealing(block["T0"], config["v0"], N_S=config["task_N_S"], N_T=config["task_N_T"],
                                 box=config["box"], eps=config["eps"])

    def cost(theta):
        return cost_of(net, theta, batch, task.cost) / batch.size

    found = learner.minimise(cost, net.initial(R, rng), rng, config["task_evaluations"][name])
    return profile(found, config["box"]) | {"cost": np.quantile(found.cost, QUARTILES)}


def profile(found, box):
    """What the trace of an annealing says: means over coordinates, and over the runs that have not ended.

    `late` is each run's share of moves accepted in the later half of its own adjustments, as a mean over runs with its
    standard error, `wide` the share of steps in that half that have grown to the whole box. `accepted`, `step` and
    `temperature` are those at 40 adjustments, evenly spread over the median run's time.
    """
    K, R = len(found.accepted), found.accepted.shape[1]
    own = np.isfinite(found.temperature).sum(0)  # adjustments of each run
    late = (np.arange(K)[:, None] >= own // 2) & np.isfinite(found.temperature)
    share = np.array([found.accepted[late[:, r], r].mean() for r in range(R)])
    wide = np.array([(found.steps[late[:, r], r] >= 2 * box).mean() for r in range(R)])
    some = np.linspace(0, int(np.median(own)) - 1, 40).astype(int)
    return {"late": np.array([share.mean(), share.std(ddof=1) / R**0.5]), "wide": wide.mean(), "adjustment": some,
            "accepted": np.nanmean(found.accepted[some], axis=(1, 2)),
            "step": np.exp(np.nanmean(np.log(found.steps[some]), axis=(1, 2))),
            "temperature": np.nanmedian(found.temperature[some], axis=1)}


def race(config, block):
    """Solved runs, presentations and final errors of one search on one task, with one of its settings."""
    name, T, R = block["task"], config["T"][block["task"]], config["nets"]
    rng = generator(config["seed"], "race", name)
    task, net = problem_of(name, T, pairs(rng, R))
    problem = Problem(task, net, runs=R, rng=rng, budget=Budget(presentations=config["presentations"]),
                      training_size=config["training"][name], test_size=config["test"])
    theta0, own = net.initial(R, rng), {"check_every": 5}
    if block["search"] == "annealing":
        learner = SimulatedAnnealing(block["setting"], config["v0"], N_S=config["task_N_S"], N_T=config["task_N_T"],
                                     box=config["box"], **own)
    else:
        learner = MultiGridSearch(block["setting"], 9.0 if block["search"] == "multi-grid, 9" else 1 / 0.9, **own)
    history = learner.train(problem, theta0, generator(config["seed"], "choices", name, block["search"]))
    return {"race_solved": int(history.solved.sum()), "race_error": history.error.mean(),
            "race_presentations": np.quantile(history.presentations, QUARTILES)}


SEARCHES = {"annealing": "T0", "multi-grid, 9": "widths", "multi-grid, 1/0.9": "widths"}
COMPUTE = {"function": on_function, "task": on_task, "race": race}


def blocks(config):
    return ([{"part": "function", "function": name} for name in FUNCTIONS]
            + [{"part": "task", "task": task, "T0": T0} for task in TASKS for T0 in config["T0"]]
            + [{"part": "race", "task": task, "search": search, "setting": setting}
               for task in TASKS for search, key in SEARCHES.items() for setting in config[key]])


def compute(config, block):
    return COMPUTE[block["part"]](config, block)


PROFILE = ("late", "wide", "adjustment", "accepted", "step", "temperature")


def assemble(config, blocks, outputs):
    """`function_*` (function, ...); `task_*` (task, T0, ...); `race_*` (task, search, setting, ...)."""
    found = {tuple(block.values()): output for block, output in zip(blocks, outputs)}
    data = {"functions": list(FUNCTIONS), "tasks": list(TASKS), "T0": np.array(config["T0"]),
            "T": [config["T"][task] for task in TASKS], "starts": config["starts"], "nets": config["nets"],
            "searches": list(SEARCHES), "widths": np.array(config["widths"]), "presentations": config["presentations"],
            "box": config["box"]}
    for key in (*PROFILE, "solved", "stuck", "evaluations", "cost"):
        data[f"function_{key}"] = np.array([found["function", name][key] for name in FUNCTIONS])
    for key in (*PROFILE, "cost"):
        data[f"task_{key}"] = np.array([[found["task", task, T0][key] for T0 in config["T0"]] for task in TASKS])
    for key in ("race_solved", "race_error", "race_presentations"):
        data[key] = np.array([[[found["race", task, search, setting][key] for setting in config[name]]
                               for search, name in SEARCHES.items()] for task in TASKS])
    return data


FULL = {"seed": 1994, "starts": 40, "N_T": 10, "eps": 1e-4, "function_evaluations": 120_000,
        "T": {"latch": 20, "two-sequence": 20, "parity": 5},
        "training": {"latch": 30, "two-sequence": 30, "parity": 100}, "test": 200, "nets": 50,
        "T0": [0.001, 0.01, 0.1, 1.0], "v0": 1.0, "box": 10.0, "task_N_S": 5, "task_N_T": 4,
        "task_evaluations": {"latch": 3000, "two-sequence": 6000, "parity": 3000}, "presentations": 100_000,
        "widths": [1.0, 3.0, 10.0, 30.0]}
QUICK = {**FULL, "starts": 6, "function_evaluations": 8000, "nets": 6, "T0": [0.01, 1.0], "presentations": 6000,
         "test": 50, "task_evaluations": {"latch": 400, "two-sequence": 800, "parity": 400}, "widths": [3.0, 10.0]}

EXPERIMENT = Experiment(
    id="annealing", title="Simulated annealing: moves accepted, and a race with multi-grid search",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble,
    counts={"solved": "starts", "stuck": "starts", "race_solved": "nets"},
    # A move taken or refused by the last bit leads elsewhere: counts stand, means nearly.
    tolerance={name: 0.5 for name in ("late", "wide", "accepted", "step", "temperature", "evaluations", "cost",
                                      "race_error", "race_presentations", "adjustment")})
