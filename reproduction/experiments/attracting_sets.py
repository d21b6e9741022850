"""Which attractors small networks have, which of the paper's sets hold them, and what augmenting a state does.

TNN94, section IV, definitions, for a_t = W tanh(a_{t-1}) + c without input, in the pre-activation a:
symmetric networks on both sides of a least eigenvalue of -1; networks whose eigenvalues are all below 1, with all of
their fixed points; and systems whose input is not additive, beside their augmented form. The sets themselves are
in :mod:`reproduction.experiments._sets`.
"""

from __future__ import annotations

import numpy as np

from lrdlib.dynamics import PreActivation, attractors, augmented, periodic_points, trapping_box
from reproduction.experiment import Experiment
from reproduction.experiments._sets import READINGS, members, volumes
from reproduction.experiments._systems import KINDS, random_weights
from reproduction.streams import generator

CONFIG = {
    "seed": 1994,
    # Symmetric weights, for each n, with and without constant input
    "n_symmetric": [1, 2, 3, 4, 5],
    "symmetric_nets": 2500,
    "starts": 16,
    "longest": 8,
    "steps": 2000,
    "long_steps": 100000,  # for the nets in which a start has not settled
    "proof_up_to": 3,  # units; in nets so small, cycles of length 2 that repel are looked for too
    "proof_nets": 1000,
    # Eigenvalues below 1, for each n and kind of matrix
    "n_eigenvalues": [2, 3, 4, 5],
    "eigenvalue_nets": 500,
    "eigenvalue_repetitions": 5,
    "radius": [0.5, 0.999],
    "norm_edges": [0.0, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 1e6],
    "departure_edges": [0.0, 1e-6, 0.5, 1.0, 2.0, 4.0, 8.0, 1e6],
    "boxes": 20000,  # the most that are looked at for a net
    "search_radius": [0.999, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
    "search_draws": 40000,
    "search_population": 200,
    "search_rounds": 80,
    # The sets
    "n_members": [1, 2, 3, 4, 5],
    "member_nets": 200,
    "member_repetitions": 2,
    "n_volumes": [1, 2, 3],
    "volume_nets": 120,
    "share_states": 200,
    "later_steps": 4000,
    "horizon": 40,
    "scale_edges": [0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.01],
    # Input that is not additive
    "systems": 100,
    "sequences": 20,
    "T": 100,
}
QUICK = {**CONFIG, "symmetric_nets": 100, "proof_nets": 50, "eigenvalue_nets": 60, "eigenvalue_repetitions": 1,
         "boxes": 2000, "search_radius": [0.9, 0.7], "search_draws": 4000, "search_population": 30, "search_rounds": 20,
         "member_nets": 40, "member_repetitions": 1, "volume_nets": 20, "share_states": 100, "systems": 10}
GROUPS = ("above", "below")  # where the least eigenvalue lies, seen from -1


def blocks(config):
    parts = [{"part": "symmetric", "n": n, "input": c} for n in config["n_symmetric"] for c in (0, 1)]
    parts += [{"part": part, "n": n, "kind": kind, "repetition": repetition}
              for part, repetitions in (("eigenvalues", "eigenvalue_repetitions"), ("members", "member_repetitions"))
              for n in config[f"n_{part}"] for kind in KINDS for repetition in range(config[repetitions])]
    parts += [{"part": "volumes", "n": n, "kind": kind} for n in config["n_volumes"] for kind in KINDS]
    parts += [{"part": "smallest norm", "radius": radius} for radius in config["search_radius"]]
    return parts + [{"part": "not additive", "family": family} for family in FAMILIES]


def compute(config, block):
    return COMPUTE[block["part"]](config, block)


# ------------------------------------------------------------------------------- symmetric weights

def symmetric(config, block):
    """Where starts come to rest in symmetric nets, and in the same nets with the least eigenvalue moved below -1.

    In a quarter of the nets the least eigenvalue lies within 0.1 of -1, and as near as 0.001.
    """
    n, runs = block["n"], config["symmetric_nets"]
    rng = generator(config["seed"], "symmetric", n, block["input"])
    values, Q = np.linalg.eigh(random_weights(rng, runs, n, "symmetric"))
    values = np.where(values < -1, -rng.uniform(0, 1, (runs, n)), values)
    near = np.arange(runs) % 4 == 0
    values[near, 0] = -1 + 10 ** -rng.uniform(1, 3, near.sum())
    moved = values.copy()
    moved[np.arange(runs), values.argmin(1)] = -1 - 10 ** rng.uniform(-2, 0.5, runs)
    c = block["input"] * rng.normal(size=(runs, n))
    starts = rng.normal(0, 2, (runs, config["starts"], n))
    out = {"released": starts.shape[0] * starts.shape[1]}
    for group, eigenvalues in zip(GROUPS, (values, moved)):
        W = (Q * eigenvalues[:, None]) @ Q.transpose(0, 2, 1)
        map = PreActivation((W + W.transpose(0, 2, 1)) / 2, c)
        found = at_rest(map, starts, config)
        out |= {f"{name}_{group}": value for name, value in found.items()}
        if n <= config["proof_up_to"]:
            some = map.select(np.arange(min(runs, config["proof_nets"])))
            points = periodic_points(some, *trapping_box(some), period=2)
            cycles = (points.period == 2).filled(False)
            proof = np.array([points.proved.sum(), (points.proved & cycles.any(1)).sum()])
        else:
            proof = np.zeros(2, int)
        out[f"searched_{group}"], out[f"with_any_2_cycle_{group}"] = proof
    return out


def at_rest(map, starts, config):
    """Counts of nets with more than one attractor and with a cycle, of cycles by length, and of starts that did not
    settle, and of those that creep."""
    found = attractors(map, starts, config["steps"], config["longest"])
    period = found.period.filled(0)
    unresolved, creeping = 0, 0
    slow = np.flatnonzero(found.unresolved)
    if len(slow):
        part = map.select(slow)
        again = attractors(part, starts[slow], config["long_steps"], config["longest"])
        K = max(period.shape[1], again.period.shape[1])
        period = np.pad(period, [(0, 0), (0, K - period.shape[1])])
        period[slow] = np.pad(again.period.filled(0), [(0, 0), (0, K - again.period.shape[1])])
        unresolved, creeping = again.unresolved.sum(), creep(part, starts[slow], again.label < 0, config["long_steps"])
    return {"several": ((period > 0).sum(1) > 1).sum(), "with_cycle": (period > 1).any(1).sum(),
            "lengths": np.bincount(period[period > 0], minlength=config["longest"] + 1)[1:],
            "unresolved": unresolved, "creeping": creeping}


def creep(map, a, which, steps):
    """How many of the starts `which` do nothing but creep to rest: their steps are short, and keep getting shorter."""
    nets = np.flatnonzero(which.any(1))
    if len(nets) == 0:
        return 0
    map, a, length = map.select(nets), a[nets], []
    for t in range(1, steps + 1):
        new = map(a)
        if t % (steps // 4) == 0:
            length.append(np.abs(new - a).max(-1))
        a = new
    length = np.array(length)
    return (which[nets] & (np.diff(length, axis=0) < 0).all(0) & (length[-1] < 1e-3)).sum()


# ------------------------------------------------------------------------------- eigenvalues below 1

def eigenvalues(config, block):
    """All fixed points of nets whose eigenvalues are below 1 in absolute value, by the norm of W and by its
    departure from normality, sqrt(|W|_F^2 - sum |eigenvalue|^2)."""
    n, runs = block["n"], config["eigenvalue_nets"]
    rng = generator(config["seed"], "eigenvalues", n, block["kind"], block["repetition"])
    W = random_weights(rng, runs, n, block["kind"], config["radius"])
    size, radius, departure = measures(W)
    map = PreActivation(W)
    points = periodic_points(map, *trapping_box(map), boxes=config["boxes"])
    several = points.count > 1
    rest = attractors(map, rng.normal(0, 2, (runs, config["starts"], n)), config["steps"], config["longest"])
    other = (rest.period > 1).any(1).filled(False)
    out = {"proved": points.proved.sum(), "several": several.sum(), "largest_radius": radius.max(),
           "several_within_norm": (several & (size < 1)).sum(), "within_norm": (size < 1).sum(),
           "cycle_beside_one_point": (other & ~several).sum(), "most": points.count.max()}
    for name, values in (("norm", size), ("departure", departure)):
        edges = config[f"{name}_edges"]
        out[f"nets_by_{name}"] = np.histogram(values, edges)[0]
        out[f"several_by_{name}"] = np.histogram(values[several], edges)[0]
    return out


def measures(W):
    """Norm, spectral radius and departure from normality of matrices (R, n, n)."""
    values = np.abs(np.linalg.eigvals(W))
    departure = np.sqrt(np.maximum((W**2).sum((1, 2)) - (values**2).sum(1), 0))
    return np.linalg.norm(W, 2, axis=(1, 2)), values.max(1), departure


def smallest_norm(config, block):
    """The counter-example of two units with this spectral radius and the least norm that a random search finds.

    A population of matrices with several fixed points is perturbed at random, and each replaced where the
    perturbed one, brought back to the spectral radius, is a counter-example of smaller norm.
    """
    rng = generator(config["seed"], "smallest norm", str(block["radius"]))
    W = random_weights(rng, config["search_draws"], 2, "non-normal", [block["radius"]] * 2)
    W = W[counter_example(W)][:config["search_population"]]
    for step in range(config["search_rounds"]):
        new = W + 0.5 * 0.93**step * np.linalg.norm(W, 2, axis=(1, 2))[:, None, None] * rng.normal(size=W.shape)
        new *= (block["radius"] / measures(new)[1])[:, None, None]
        smaller = np.flatnonzero(measures(new)[0] < measures(W)[0])
        better = smaller[counter_example(new[smaller])] if len(smaller) else smaller
        W[better] = new[better]
    best = W[measures(W)[0].argmin()][None]
    map = PreActivation(best)
    points = periodic_points(map, *trapping_box(map))
    size, radius, _ = measures(best)
    outer = points.points[0].compressed().reshape(-1, 2)[-1]
    return {"W": best[0], "count": points.count[0], "attracting": points.attracting[0].sum(), "last_point": outer,
            "norm": size[0], "spectral_radius": radius[0]}


def counter_example(W):
    """For which matrices it is proved that they have several fixed points, all of them hyperbolic."""
    map = PreActivation(W)
    points = periodic_points(map, *trapping_box(map), boxes=2000)
    return points.proved & points.hyperbolic.filled(True).all(1) & (points.count > 1)


# ------------------------------------------------------------------------------- input that is not additive

def neuron_in_x(rng):
    """x_t = tanh(w x_{t-1} + u_t): additive in the pre-activation, but not in the output x."""
    w = rng.uniform(0.25, 3)
    return 1, 1, lambda x, u: np.tanh(w * x + u)


def second_order(rng, n=3, I=2):
    """x_t = tanh(sum_k W_k x_{t-1} u_k): the input multiplies the state."""
    W = rng.uniform(0.1, 1.5) * rng.normal(size=(I, n, n)) / n**0.5
    return n, I, lambda x, u: np.tanh(sum((x @ W[k].T) * u[..., k:k + 1] for k in range(I)))


def gated(rng, n=3, I=2):
    """x_t = g x_{t-1} + (1 - g) tanh(W x_{t-1} + B u_t), with the gate g a logistic function of state and input."""
    W, U = (rng.uniform(0.1, 1.5) * rng.normal(size=(n, n)) / n**0.5 for _ in range(2))
    B, V = rng.normal(size=(2, n, I))

    def F(x, u):
        g = (1 + np.tanh((x @ U.T + u @ V.T) / 2)) / 2
        return g * x + (1 - g) * np.tanh(x @ W.T + u @ B.T)

    return n, I, F


FAMILIES = {"neuron in x": neuron_in_x, "second order": second_order, "gated": gated}


def not_additive(config, block):
    """The largest difference of states between systems and their augmented form, at least 1e-14, below which another
    machine's rounding may differ; and the Jacobians of both."""
    rng = generator(config["seed"], "not additive", block["family"])
    B, T = config["sequences"], config["T"]
    apart, norms, sizes, rates = 0.0, [], [], []
    for _ in range(config["systems"]):
        n, I, F = FAMILIES[block["family"]](rng)
        u = rng.normal(size=(1, B, T, I))
        x = [rng.uniform(-1, 1, (1, B, n))]
        for t in range(T):
            x.append(F(x[-1], u[:, :, t]))
        x = np.stack(x, axis=2)
        inputs = np.zeros((1, B, T, n + I))
        inputs[:, :, :-1, n:] = u[:, :, 1:]
        map = augmented(F, n, I)
        z = map.orbit(np.concatenate([x[:, :, 0], u[:, :, 0]], axis=-1), T, inputs)
        apart = max(apart, np.abs(z[..., :n] - x).max())
        J = map.jacobian(z[:, :, :T].reshape(1, B * T, n + I))[0].reshape(B, T, n + I, n + I)
        norms.append(np.linalg.norm(J[..., :n, :n], 2, axis=(2, 3)))
        sizes.append(np.linalg.norm(J, 2, axis=(2, 3)))
        rates.append(rate(J) - rate(J[..., :n, :n]))
    norms, sizes = np.array(norms), np.array(sizes)
    contracts = norms < 1
    return {"apart": max(apart, 1e-14), "states": norms.size, "contracting": contracts.sum(),
            "contracting_but_augmented_not": (contracts & (sizes >= 1)).sum(),
            "largest_growth": (sizes / norms).max(), "rate_apart": np.abs(rates).max()}


def rate(J):
    """log of the norm of the product of Jacobians (B, T, n, n), per step."""
    P, total = np.eye(J.shape[-1]), 0.0
    for t in range(J.shape[1]):
        P = J[:, t] @ P
        size = np.linalg.norm(P, 2, axis=(1, 2))
        P, total = P / size[:, None, None], total + np.log(size)
    return total / J.shape[1]


COMPUTE = {"symmetric": symmetric, "eigenvalues": eigenvalues, "smallest norm": smallest_norm,
           "members": members, "volumes": volumes, "not additive": not_additive}


def assemble(config, blocks, outputs):
    def gather(part, name, shape):
        values = [output[name] for block, output in zip(blocks, outputs) if block["part"] == part]
        return np.array(values).reshape(shape)

    axes = {
        "symmetric": (len(config["n_symmetric"]), 2),
        "eigenvalues": (len(config["n_eigenvalues"]), len(KINDS), config["eigenvalue_repetitions"]),
        "members": (len(config["n_members"]), len(KINDS), config["member_repetitions"]),
        "volumes": (len(config["n_volumes"]), len(KINDS)),
        "smallest norm": (len(config["search_radius"]),),
        "not additive": (len(FAMILIES),),
    }
    data = dict(config) | {"kinds": list(KINDS), "families": list(FAMILIES), "readings": list(READINGS)}
    for part, shape in axes.items():
        first = next(output for block, output in zip(blocks, outputs) if block["part"] == part)
        prefix = {"smallest norm": "smallest", "not additive": "augmented"}.get(part, part)
        data |= {f"{prefix}_{name}": gather(part, name, (*shape, *np.shape(value))) for name, value in first.items()}
    return data


COUNTS = {f"{name}_{group}": trials for group in GROUPS for name, trials in (
    ("several", "symmetric_nets"), ("with_cycle", "symmetric_nets"), ("unresolved", "released"),
    ("creeping", "released"), ("searched", "symmetric_nets"), ("with_any_2_cycle", "symmetric_nets"))}
COUNTS |= {name: "eigenvalue_nets" for name in (
    "proved", "several", "within_norm", "several_within_norm", "cycle_beside_one_point", "nets_by_norm",
    "nets_by_departure")}
COUNTS |= {"several_by_norm": "nets_by_norm", "several_by_departure": "nets_by_departure", "unresolved": "released",
           "beta": "points", "gamma": "points", "contracting": "states", "contracting_but_augmented_not": "states"}

EXPERIMENT = Experiment(
    id="attracting-sets",
    title="Attractors of small networks, and the sets that the paper builds round them",
    scales={"quick": QUICK, "full": CONFIG},
    blocks=blocks,
    compute=compute,
    assemble=assemble,
    counts=COUNTS,
    tolerance={"lengths_above": 0.01, "lengths_below": 0.01, "most": 0.5, "fixed": 0.05, "fixed_in_gamma": 0.05,
               "cycles": 0.05, "cycles_in_gamma": 0.05, "small_steps": 0.05, "small_steps_in_gamma": 0.05,
               "W": 1e-4, "last_point": 1e-4, "apart": 1.0},
)
