"""The trade-off of TNN94, section IV, measured: how much input a bit bears, beside the gradient that comes back.

*Neuron*: one unit with any weight and bias, by the closed forms. *Random*: networks
``a_t = W tanh(a_{t-1}) + c`` of 1 to 5 units, symmetric, normal and non-normal, with bias and without, drawn until
enough of them have two attracting fixed points. *Trained*: latches and small recurrent networks that gradient descent
taught to keep a bit. *Built*: systems put together to be robust and to let a gradient through, one family for each
definition that can be outwitted. *Search*: networks bred for both. The definitions are in `_trade_off`.
"""

from __future__ import annotations

import numpy as np

from lrdlib import dynamics
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.experiments._systems import KINDS, random_weights
from reproduction.experiments._trade_off import GRADIENTS, PAIRS, ROBUSTNESS, measure, pairs_of_states, proved
from reproduction.streams import generator

FULL = {
    "seed": 1994, "T": 50,
    "push": 100, "settle": 80, "directions": 2, "halvings": 6, "rounds": 2,  # the opponent
    "paths": 8, "trials": 100, "chance_halvings": 9, "chance": 50,
    "n": [1, 2, 3, 4, 5], "quota": 1000, "parts": 4, "draw": 1000, "starts": 8,  # random networks
    "strong": 10, "strong_rounds": 4,  # a stronger opponent: for these many of each block, and who lands in the corner
    "search_n": [2, 3, 5], "population": 80, "generations": 30, "finalists": 10, "margin": 1.2,
    "trained_T": [10, 20, 40], "trained_n": [2, 3, 4, 5], "runs": 100, "epochs": 1500,
    "neuron_w": [1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0, 5.0], "neuron_c": 41, "held": [0.5, 0.9, 0.99, 0.999, 0.9999],
    "corner": 0.1,  # robust: at least this; trainable: at least this over T steps
}
QUICK = {**FULL, "quota": 60, "parts": 1, "draw": 200, "n": [1, 2, 4], "trained_T": [10], "trained_n": [3], "runs": 20,
         "epochs": 300, "chance": 20, "trials": 40, "search_n": [2], "population": 30, "generations": 8, "finalists": 4}

#: Edges of the histograms: robustness on a logarithmic axis, shares on a linear one; gradients as factors a step.
B_EDGES = np.round(np.linspace(-4, 1.5, 23), 4)  # of log10
SHARE_EDGES = np.linspace(0, 1, 21)
FACTOR_EDGES = np.linspace(0, 1.2, 25)
#: The pairs whose density is kept: (robustness, gradient).
SHOWN = (("theorem 3 / d", "state, at rest"), ("opponent", "state, noise"), ("opponent", "bit, noise"))


def blocks(config):
    random = [{"part": "random", "n": n, "kind": kind, "bias": bias, "repetition": k}
              for n in config["n"] for kind in (KINDS if n > 1 else KINDS[:1])
              for bias in (False, True) for k in range(config["parts"])]
    trained = [{"part": "trained", "n": n, "T": T} for n in [1, *config["trained_n"]] for T in config["trained_T"]]
    search = [{"part": "search", "n": n, "goal": k} for n in config["search_n"] for k in range(len(SHOWN))]
    return [{"part": "neuron"}, {"part": "built"}, *random, *trained, *search]


def compute(config, block):
    parts = {"neuron": neuron, "built": built, "random": random, "trained": trained, "search": search}
    return parts[block["part"]](config, block)


def neuron(config, block):
    """One unit in closed form: what each of its states bears, and its slope there, for any w and bias c."""
    w = np.array(config["neuron_w"])
    h = dynamics.critical_input(w)
    share = np.linspace(0, 1, config["neuron_c"])  # of h*, towards which the bias goes
    points = dynamics.fixed_points(w[:, None], share * h[:, None])
    slope, a = points.slope.filled(1.0), points.a.filled(np.nan)
    edge = np.arctanh(np.sqrt(1 - 1 / w))
    held = dynamics.fixed_points(w[:, None], np.array(config["held"]) * h[:, None])
    return {"h_star": h, "weak_bears": h[:, None] * (1 - share), "weak_factor": slope[..., 0],
            "weak_distance": np.where(share < 1, -a[..., 0] - edge[:, None], 0),
            "strong_bears": h[:, None] * (1 + share), "strong_factor": slope[..., 2],
            "held_factor": held.slope[..., 0].filled(1.0)}


def random(config, block):
    """Networks until the quota of pairs of states is reached."""
    n, kind, bias = block["n"], block["kind"], block["bias"]
    rng = generator(config["seed"], "trade-off", n, kind, int(bias), block["repetition"])
    W, c, a, drawn, slow = [], [], [], 0, 0
    while sum(map(len, W)) < config["quota"]:
        new = random_weights(rng, config["draw"], n, kind)
        b = rng.normal(size=(config["draw"], n)) * 10 ** rng.uniform(-1.5, 0.5, (config["draw"], 1)) * bias
        which, states, lazy = pairs_of_states(dynamics.PreActivation(new, b), _starts(rng, new, b, config), not bias)
        drawn, slow = drawn + len(new), slow + lazy
        W.append(new[which])
        c.append(b[which])
        a.append(states)
    W, c, a = (np.concatenate(part)[:config["quota"]] for part in (W, c, a))
    found = measure(dynamics.PreActivation(W, c), a, not bias, rng, config, config["chance"])
    over = _judged_again(config, found, W, c, a, not bias, rng)
    return {"drawn": drawn, "slow": slow, "over": over, **_reduced(config, found), **_closest(config, found, W, c)}


def _judged_again(config, found, W, c, a, symmetric, rng):
    """A stronger opponent for the first few, and for all that landed in the corner by the weaker one: their numbers in
    `found` are replaced. How far the weaker bound lay above, for the first few."""
    robust = found["robustness"][:, ROBUSTNESS.index("opponent")] >= config["corner"]
    usual = [j for j, name in enumerate(GRADIENTS) if not name.endswith("held")]
    corner = robust & (found["gradients"][:, usual] >= config["corner"]).any(axis=1)
    who = np.union1d(np.arange(config["strong"]), np.flatnonzero(corner))
    again = measure(dynamics.PreActivation(W[who], c[who]), a[who], symmetric, rng, _stronger(config))
    before = found["robustness"][who, 2]
    again["robustness"][:, 2] = np.minimum(again["robustness"][:, 2], before)
    again["robustness"][:, 3] = np.minimum(again["robustness"][:, 3], found["robustness"][who, 3])
    again["robustness"][:, 4] = found["robustness"][who, 4]
    for name, values in again.items():
        found[name][who] = values
    return (before / again["robustness"][:, 2])[:config["strong"]]


def _stronger(config):
    """The opponent's means where it matters: more directions, finer bounds, more rounds, more time."""
    return {**config, "push": 2 * config["push"], "directions": 12, "halvings": 8, "rounds": config["strong_rounds"],
            "paths": 64}


def search(config, block):
    """Networks bred to be robust and to let a gradient through, by one pair of definitions.

    A population of robust networks without bias; each generation adds a changed copy of each, and the robust ones with
    the largest gradients live on. The opponent is a weak one until the end, when a strong one judges the best.
    """
    n, (x, y) = block["n"], SHOWN[block["goal"]]
    i, j, size = ROBUSTNESS.index(x), GRADIENTS.index(y), config["population"]
    rng = generator(config["seed"], "search", n, block["goal"])
    weak = {**config, "push": 60, "directions": 0, "rounds": 1, "paths": 4}
    W, a, g = np.zeros((0, n, n)), np.zeros((0, 2, n)), np.zeros(0)
    for generation in range(config["generations"]):
        if len(W) < size:
            new = random_weights(rng, 4 * size, n, KINDS[generation % len(KINDS)])
            starts = _starts(rng, new, np.zeros((1, n)), config)
        else:
            parents = rng.integers(0, size // 4, size) if generation % 2 else np.arange(size)
            new = W[parents] + rng.normal(size=W.shape) * 10 ** rng.uniform(-3, -0.5, (size, 1, 1))
            starts = a[parents, :1]
        which, states, _ = pairs_of_states(dynamics.PreActivation(new), starts, True)
        if not which.size:
            continue
        found = measure(dynamics.PreActivation(new[which]), states, True, rng, weak)
        robust = found["robustness"][:, i] >= config["corner"] * (config["margin"] if x == "opponent" else 1)
        W, a = np.concatenate([W, new[which][robust]]), np.concatenate([a, states[robust]])
        g = np.concatenate([g, found["gradients"][robust, j]])
        best = np.argsort(-g, kind="stable")[:size]
        W, a, g = W[best], a[best], g[best]
    W, a = W[:config["finalists"]], a[:config["finalists"]]
    found = measure(dynamics.PreActivation(W), a, True, rng, _stronger(config))
    out = _closest(config, found, W, np.zeros((len(W), n)))
    best = np.flatnonzero((W == out["closest_weights"][block["goal"], :n, :n]).all(axis=(1, 2)))[0]
    return {**out, "proved": bool(n == 2 and x == "opponent" and proved(W[best], a[best, 0], config["corner"]))}


def _starts(rng, W, c, config):
    """Images of corners of the cube in which the outputs lie: every attractor's states are images of it."""
    corners = rng.choice([-1.0, 1.0], (1, config["starts"], W.shape[1]))
    return np.matmul(corners, W.swapaxes(1, 2)) + c[:, None]


def trained(config, block):
    """Networks that solved the latch, by gradient descent, and keep their classes in two attracting fixed points."""
    n, T, R = block["n"], block["T"], config["runs"]
    rng = generator(config["seed"], "trained", n, T)
    if n == 1:
        own = {**_latch.PROTOCOL, "seed": config["seed"]}
        network, theta = _latch.neuron_and_theta(_latch.first_inputs(own, R, "trade-off", T), np.full(R, 1.25), False)
        problem = Problem(Latch(T, own["L"], 0.2), network, runs=R, rng=rng, training_size=own["size"],
                          budget=Budget(evaluations=config["epochs"]))
        history = _latch.descend(own, problem, theta)
    else:
        network = Recurrent(n)
        task = TwoSequence(T, 3, prototypes=np.array([[0.8, -0.3, 0.6], [-0.7, 0.4, -0.9]]))
        theta = network.initial(R, rng) * np.where(np.arange(R) % 2, 1.0, 3.0)[:, None]
        problem = Problem(task, network, runs=R, rng=rng, training_size=30, budget=Budget(evaluations=config["epochs"]))
        history = GradientDescent(0.1, check_every=10).train(problem, theta)
    solved = np.flatnonzero(history.solved)
    out = {"solved": len(solved), "runs": R, "robustness": np.zeros((0, len(ROBUSTNESS))),
           "gradients": np.zeros((0, len(GRADIENTS))), "excess": np.zeros(0)}
    if not solved.size:
        return out
    map = dynamics.PreActivation.of(network if network.runs is None else network.select(solved), history.theta[solved])
    which, a, _ = pairs_of_states(map, _starts(rng, map.W, np.zeros((len(solved), n)), config), True)
    if which.size:
        found = measure(map.select(which), a, True, rng, config, len(which))
        out |= {name: found[name] for name in ("robustness", "gradients", "excess")}
    return out


#: Families put together by hand; `built` says how.
FAMILIES = ("latch", "latch beside a slow unit", "large weights", "latch read through an integrator")


def built(config, block):
    """A latch alone; beside a unit that forgets slowly, w = 2 and 60; and read by a linear unit that does."""
    rng = generator(config["seed"], "built")
    w, forget = np.array([1.35, 1.5, 2.0, 3.0]), 0.99
    slow = np.zeros((len(w), 2, 2))
    slow[:, 0, 0], slow[:, 1, 1] = w, forget
    large = np.zeros((3, 2, 2))
    large[:, 0, 0], large[:, 1, 1] = [30, 60, 120], forget
    maps = [dynamics.PreActivation(w[:, None, None]), dynamics.PreActivation(slow), dynamics.PreActivation(large)]
    out = {"robustness": [], "gradients": [], "family": []}

    def add(map, a, family):
        found = measure(map, a, True, rng, config, map.runs)
        out["family"] += [family] * map.runs
        for name in ("robustness", "gradients"):
            out[name] += found[name].tolist()

    for family, map in enumerate(maps):
        a = np.zeros((map.runs, 2, map.n))
        a[:, 0, 0] = map.W[:, 0, 0] * dynamics.stable_state(map.W[:, 0, 0])
        add(map, a - a[:, ::-1], family)
    for weight in w:
        x = float(dynamics.stable_state(weight))
        a = np.array([[weight * x, 0.1 * x / (1 - forget)]])
        add(dynamics.Map(_integrator(weight, forget), 2), np.stack([a, -a], axis=1), 3)
    return {name: np.array(value) for name, value in out.items()}


def _integrator(w, forget):
    """A latch, and a linear unit that adds a tenth of its output to what it keeps."""
    def step(a):
        x = np.tanh(a[..., 0])
        return np.stack([w * x, forget * a[..., 1] + 0.1 * x], axis=-1)
    return step


def _reduced(config, found):
    """Counts and largest values of a block."""
    b, g = found["robustness"], found["gradients"]
    factor = g ** (1 / config["T"])
    out = {"corner": np.zeros(len(PAIRS), int), "robust": np.zeros(len(PAIRS), int),
           "largest": np.zeros(len(PAIRS)),
           "violations": int(np.sum(found["excess"] > 1e-8)), "excess": found["excess"].max(),
           "zero": int(np.sum(b[:, 1] == 0)), "unbroken": int(np.sum(np.isinf(b[:, 2]))),
           "gap": np.quantile(b[:, 1] / b[:, 2], [0.05, 0.25, 0.5, 0.75, 0.95])}
    for k, (i, j) in enumerate(PAIRS):
        robust = b[:, i] >= config["corner"]
        out["robust"][k] = robust.sum()
        out["corner"][k] = np.sum(robust & (g[:, j] >= config["corner"]))
        out["largest"][k] = factor[robust, j].max(initial=0)
    for k, (x, y) in enumerate(SHOWN):
        i, j = ROBUSTNESS.index(x), GRADIENTS.index(y)
        edges = SHARE_EDGES if k == 0 else B_EDGES
        at = b[:, i] if k == 0 else np.log10(np.clip(b[:, i], 10 ** B_EDGES[0], 10 ** B_EDGES[-1]))
        f = np.minimum(factor[:, j], FACTOR_EDGES[-1])
        out[f"density_{k}"] = np.histogram2d(at, f, [edges, FACTOR_EDGES])[0].astype(int)
        column = np.clip(np.digitize(at, edges) - 1, 0, len(edges) - 2)
        out[f"frontier_{k}"] = np.array([f[column == i].max(initial=0) for i in range(len(edges) - 1)]).round(4)
    return out


def _closest(config, found, W, c):
    """For each density shown: the robust network with the largest gradient, its numbers and its weights."""
    size = max(config["n"])
    rows, weights = [], []
    for x, y in SHOWN:
        i, j = ROBUSTNESS.index(x), GRADIENTS.index(y)
        g = np.where(found["robustness"][:, i] >= config["corner"], found["gradients"][:, j], -1)
        k = int(g.argmax())
        rows.append([found["robustness"][k, i], g[k], *found["states"][k]])
        weights.append(np.pad(np.column_stack([W[k], c[k]]), [(0, size - len(W[k])), (0, size - len(W[k]))]))
    return {"closest": np.array(rows), "closest_weights": np.array(weights)}


def assemble(config, blocks, outputs):
    def of(part):
        return [out for block, out in zip(blocks, outputs) if block["part"] == part]

    rand, taught, built_ = of("random"), of("trained"), of("built")[0]
    data = {"T": config["T"], "corner": config["corner"], "robustness": list(ROBUSTNESS), "gradients": list(GRADIENTS),
            "pairs": np.array(PAIRS), "families": list(FAMILIES), "shown": [list(pair) for pair in SHOWN],
            "b_edges": B_EDGES, "share_edges": SHARE_EDGES, "factor_edges": FACTOR_EDGES,
            "neuron_w": np.array(config["neuron_w"]), "held": np.array(config["held"]), **of("neuron")[0]}
    data |= {f"built_{name}": value for name, value in built_.items()}
    data |= {"drawn": sum(out["drawn"] for out in rand), "slow": sum(out["slow"] for out in rand),
             "qualified": config["quota"] * len(rand)}
    for name in ("corner", "robust", "violations", "zero", "unbroken", *(f"density_{k}" for k in range(len(SHOWN)))):
        data[f"random_{name}"] = np.sum([out[name] for out in rand], axis=0)
    for name in ("largest", "excess", *(f"frontier_{k}" for k in range(len(SHOWN)))):
        data[f"random_{name}"] = np.max([out[name] for out in rand], axis=0)
    first = [block for block in blocks if block["part"] == "random"]
    data["random_cells"] = [f"{block['n']} {block['kind']} {'bias' if block['bias'] else 'no bias'}" for block in first]
    data["random_over"] = np.concatenate([out["over"] for out in rand])
    data["random_gap"] = np.array([out["gap"] for out in rand])
    closest = np.array([out["closest"] for out in rand])
    data["closest_block"] = closest[:, :, 1].argmax(axis=0)
    data["closest"] = closest[data["closest_block"], np.arange(len(SHOWN))]
    data["closest_weights"] = np.array([rand[k]["closest_weights"][i] for i, k in enumerate(data["closest_block"])])
    data |= {"trained_n": np.concatenate([[block["n"]] * len(out["excess"]) for block, out in zip(blocks, outputs)
                                          if block["part"] == "trained"]).astype(int),
             "trained_runs": sum(out["runs"] for out in taught), "trained_solved": sum(out["solved"] for out in taught)}
    bred = [(block, out) for block, out in zip(blocks, outputs) if block["part"] == "search"]
    data |= {"bred_n": np.array([block["n"] for block, _ in bred]),
             "bred_goal": np.array([block["goal"] for block, _ in bred]),
             "bred_proved": np.array([out["proved"] for _, out in bred]),
             "bred": np.array([out["closest"][block["goal"]] for block, out in bred]),
             "bred_weights": np.array([out["closest_weights"][block["goal"]] for block, out in bred])}
    for name in ("robustness", "gradients", "excess"):
        data[f"trained_{name}"] = np.concatenate([out[name] for out in taught])
    return data


EXPERIMENT = Experiment(
    id="trade-off", title="Robust or trainable: how much input a bit bears, and the gradient that comes back from it",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble,
    counts={"corner": "quota", "robust": "quota", "zero": "quota", "density_0": "quota", "density_1": "quota",
            "density_2": "quota"},
    tolerance={"drawn": 0.01, "slow": 0.1, "largest": 0.05, "gap": 0.05, "over": 0.1, "excess": 0.5,
               "closest": 0.05, "closest_weights": 1.0, "robustness": 0.05, "gradients": 0.05,
               **{f"frontier_{k}": 0.05 for k in range(len(SHOWN))}})
