"""Pseudo-Newton and its time-weighted form: what the curvature is worth, what mu does, and what the step is made of.

TNN94, section V, second hand: each weight's step is divided by |d2C/dw^2| + mu, with a positive diagonal curvature as
in Becker & Le Cun (1988); the time-weighted form divides the share of each time by the curvature of the weight's
instance at that time. Four parts:

- gap: the recursion of Becker & Le Cun beside exact second derivatives, by instance and for the shared weight;
- steps: how much of the step comes from each lag, in neurons and trained nets that keep the bit;
- bound: how long a step gets where the curvature is small, for several mu;
- training: both learners with both curvatures, and gradient descent, on the two-sequence problem.

A rate of 0.01, mu from 0.001 to 0.3 and a momentum of 0.8 are known second hand; all else here is ours. All derivatives
are of single sequences with the cost at the last step, T. Lag k is the instance at time T - k.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from lrdlib.gradients import instance_derivatives, second_derivatives, weighted_by_time
from lrdlib.learners import Budget, GradientDescent, Problem, PseudoNewton, TimeWeightedPseudoNewton
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Parity, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._problems import five_units, same_step_net
from reproduction.experiments.lag_shares import weights
from reproduction.streams import generator

METHODS = ("recursion", "exact")
GAPS = ("latch", "two-sequence", "two-sequence, trained", "parity", "parity, large weights")
LEARNERS = ("descent", "pseudo-newton", "pseudo-newton-exact", "time-weighted", "time-weighted-exact")
STEPS = ("descent", "pseudo-newton", "time-weighted recursion", "time-weighted exact")
#: A mu that no curvature here falls below: as good as none, and 0/0 is 0.
NONE = 1e-200
QUARTILES = [0.25, 0.5, 0.75]
#: Bins of |curvature|, in powers of ten.
DECADES = list(range(-30, 4, 3))


def blocks(config):
    return ([{"part": "gap", "kind": kind} for kind in GAPS] + [{"part": "units", "n": n} for n in config["n"]]
            + [{"part": "neuron", "w": w} for w in config["w"]] + [{"part": "trained"}]
            + [{"part": "bound", "scale": scale} for scale in config["scale"]]
            + [{"part": "training", "T": T, "learner": learner, "rate": rate, "mu": mu}
               for T in config["training_T"] for learner in LEARNERS for rate in rates(config, learner)
               for mu in (config["mu"] if learner != "descent" else [0.0])])


def rates(config, learner):
    return config["descent_rate"] if learner == "descent" else config["rate"]


def compute(config, block):
    rng = generator(config["seed"], *(value if isinstance(value, int) else str(value) for value in block.values()))
    return COMPUTE[block["part"]](config, block, rng)


# Nets and sequences


def trained(config, rng):
    """Nets that learned two-sequence up to `learned_T`: parameters (r, P) and prototypes (r, 2, N) of those solved."""
    R, net = config["nets"], five_units()
    prototypes = apart(rng, R)
    problem = Problem(TwoSequence(config["learned_T"], 3, prototypes), net, runs=R, rng=rng, training_size=30,
                      test_size=100, tolerance=0.02, budget=Budget(presentations=config["presentations"]))
    history = PseudoNewton(0.01, 0.01, 1, "exact", 0.8, check_every=30).train(problem, net.initial(R, rng))
    return history.theta[history.solved], prototypes[history.solved]


def apart(rng, R):
    """Prototypes (R, 2, 3), uniform in [-1, 1], those too near to each other drawn again."""
    drawn = rng.uniform(-1, 1, (R, 2, 3))
    while (near := np.abs(drawn[:, 1] - drawn[:, 0]).max(1) < TwoSequence.apart).any():
        drawn[near] = rng.uniform(-1, 1, (near.sum(), 2, 3))
    return drawn


def nets(config, kind, rng):
    """Network, parameters and one sequence a run."""
    R, T = config["runs"], config["T"]
    if kind == "latch":
        net = LatchNeuron(3)
        theta = net.pack(w=rng.uniform(0.5, 2, R), h=rng.uniform(-1, 1, (R, 2, 3)))
        return net, theta, Latch(T, 3, 0.1).sample(rng, 1, R)
    if kind.startswith("parity"):
        net = same_step_net()
        return net, net.initial(R, rng, 4.0 if "large" in kind else 0.5), Parity(T).sample(rng, 1, R)
    net = five_units()
    theta, prototypes = trained(config, rng) if "trained" in kind else (net.initial(R, rng), apart(rng, R))
    return net, theta, TwoSequence(T, 3, prototypes, length="fixed").sample(rng, 1, len(theta))


# The gap between the recursion and the exact second derivatives


def gap(config, block, rng):
    return compared(*nets(config, block["kind"], rng))


def units(config, block, rng):
    """Random tanh nets of n units and spectral radius 1."""
    R, n = config["runs"], block["n"]
    net = Recurrent(n)
    theta = net.pack(W=weights(rng, R, n, 1.0), U=rng.uniform(-1, 1, (R, n, 1)))
    return compared(net, theta, TwoSequence(config["T"], 3, apart(rng, R), length="fixed").sample(rng, 1, R))


def compared(net, theta, batch):
    """How far the recursion is off, by lag and for the shared weights, of which only the recurrent ones are taken.

    `worst`: the largest difference of an instance, in units of its run's largest curvature. By lag: quartiles of the
    relative `error`, `sign`s that agree among `pairs` (the curvatures that are not 0), and the rank correlation. For
    the shared weight, the same of the recursion's sum (`shared`) and of the sum of exact instances (`diagonal`), which
    differs from the truth by the cross terms alone. `cosine_*`: between the steps with either curvature, at mu = 0.01.
    """
    P = net.n_state**2
    each = {method: instance_derivatives(net, theta, batch, method=method).curvature[:, ::-1, :P] for method in METHODS}
    found = {method: second_derivatives(net, theta, batch, method=method) for method in METHODS}
    e, r, truth = each["exact"], each["recursion"], found["exact"].curvature[:, :P]
    largest = np.abs(e).max(axis=(1, 2))
    out = {"worst": (np.abs(r - e).max(axis=(1, 2)) / np.where(largest > 0, largest, 1)).max(), "nets": len(theta)}
    lags = [agreement(r[:, k], e[:, k]) for k in range(batch.T)]
    out |= {name: np.array([lag[name] for lag in lags]) for name in lags[0]}
    for name, value in (("shared", r.sum(axis=1)), ("diagonal", e.sum(axis=1))):
        out |= {f"{name}_{key}": said for key, said in agreement(value, truth).items()}
    steps = {"pseudo-newton": [found[m].gradient[:, :P] / (np.abs(found[m].curvature[:, :P]) + 0.01) for m in METHODS],
             "time-weighted": [weighted_by_time(net, theta, batch, 0.01, method=m).step[:, :P] for m in METHODS]}
    for name, (one, other) in steps.items():
        length = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        out[f"cosine_{name}"] = np.quantile((one * other).sum(1)[length > 0] / length[length > 0], QUARTILES)
    return out


def agreement(got, truth):
    there = truth != 0
    g, t = got[there], truth[there]
    if t.size < 2:
        return {"error": np.full(3, -1.0), "sign": 0, "pairs": int(t.size), "rank": 0.0}
    rank = 1.0 if np.array_equal(g, t) else stats.spearmanr(g, t).statistic
    return {"error": np.quantile(np.abs(g - t) / np.abs(t), QUARTILES), "sign": int((np.sign(g) == np.sign(t)).sum()),
            "pairs": int(t.size), "rank": float(rank)}


# The share of each lag in the step


def neuron(config, block, rng):
    """One neuron that was sent to the side of its class and never leaves it."""
    R, T = config["runs"], config["long_T"]
    net = LatchNeuron(3)
    theta = net.pack(w=np.full(R, block["w"]), h=np.ones((R, 2, 3)) * np.array([-1.0, 1.0])[:, None])
    batch = Latch(T, 3, 0.1).sample(rng, 1, R)
    x = net.run(theta, batch.inputs, batch.groups).outputs[:, 0]
    return parts(config, net, theta, batch, ((x > 0) == (batch.targets > 0)).all(axis=1))


def trained_net(config, block, rng):
    """Nets that learned two-sequence on short sequences and still answer 98 of 100 long ones rightly."""
    net, (theta, prototypes) = five_units(), trained(config, rng)
    task = TwoSequence(config["long_T"], 3, prototypes, length="fixed")
    batch, fresh = (task.sample(rng, size, len(theta)) for size in (1, 100))
    right = [task.correct(net.run(theta, b.inputs).outputs[:, :, -1], b.targets).mean(1) for b in (batch, fresh)]
    return parts(config, net, theta, batch, (right[0] == 1) & (right[1] >= 0.98))


def parts(config, net, theta, batch, kept):
    """What each lag adds to the step of the recurrent weights: by gradient descent, pseudo-Newton (exact), and
    time-weighted with either curvature and each mu; of runs that keep the bit and whose gradient is not 0.

    `profile`: the median length of what each lag adds, per unit of rate. `ratio`: quartiles of what the oldest fifth of
    the lags adds, over what the most recent fifth does; `even`: in how many runs that is a tenth at least; `reach`:
    quartiles of how many lags hold 90%.
    """
    P, old = net.n_state**2, batch.T // 5
    each = {method: instance_derivatives(net, theta, batch, method=method) for method in METHODS}
    g = each["exact"].gradient[:, ::-1, :P]
    kept = kept & (g != 0).any(axis=(1, 2))
    curvature = np.abs(second_derivatives(net, theta, batch, method="exact").curvature[:, None, :P])
    steps = {"descent": [g], "pseudo-newton": [g / (curvature + mu) for mu in config["mu"]]}
    for method in METHODS:
        c = np.abs(each[method].curvature[:, ::-1, :P])
        steps[f"time-weighted {method}"] = [g / (c + mu) for mu in [NONE, *config["mu"]]]
    out = {"kept": int(kept.sum())}
    for name, values in steps.items():
        size = np.linalg.norm(np.array(values)[:, kept], axis=3)  # (mu, run, lag)
        ratio = size[:, :, -old:].sum(2) / size[:, :, :old].sum(2)
        held = size.cumsum(axis=2) >= 0.9 * (1 - 1e-12) * size.sum(axis=2, keepdims=True)
        found = {"profile": np.median(size, axis=1), "ratio": np.quantile(ratio, QUARTILES, axis=1).T,
                 "even": (ratio >= 0.1).sum(axis=1), "reach": np.quantile(1 + held.argmax(2), QUARTILES, axis=1).T}
        out |= {f"{name} {key}": value for key, value in found.items()}
    return out


# The longest step


def bound(config, block, rng):
    """Steps of pseudo-Newton per unit of rate, of every weight of latch and two-sequence nets, by curvature and mu.

    `longest` (mu, bin): by decades of |curvature|; `steps` (bin,): how many, and `total`; `broken` (mu,): those longer
    than |gradient| / mu.
    """
    g, c = [], []
    for kind in ("latch", "two-sequence"):
        net, theta, batch = nets(config, kind, rng)
        for method in METHODS:
            found = second_derivatives(net, block["scale"] * theta, batch, method=method)
            g.append(np.abs(found.gradient).ravel())
            c.append(np.abs(found.curvature).ravel())
    g, c = np.concatenate(g), np.concatenate(c)
    mu = np.array([config["least_mu"], *config["mu"]])[:, None]
    step = g / (c + mu)
    bins = np.digitize(np.log10(np.maximum(c, 1e-300)), DECADES)
    longest = [step.max(axis=1, where=bins == b, initial=0) for b in range(len(DECADES) + 1)]
    return {"longest": np.stack(longest, axis=1),
            "steps": np.bincount(bins, minlength=len(DECADES) + 1), "gradient": g.max(),
            "total": g.size, "broken": (step * mu > g * (1 + 1e-12)).sum(axis=1)}


# Training


def training(config, block, rng):
    """On-line, momentum 0.8, fixed sets of 30 sequences; all settings meet the same nets, prototypes and sequences."""
    R, net, T = config["trials"], five_units(), block["T"]
    rng = generator(config["seed"], "training", T)
    task = TwoSequence(T, 3, apart(rng, R))
    theta = net.initial(R, rng)
    problem = Problem(task, net, runs=R, rng=rng, training_size=30, test_size=200, tolerance=0.02,
                      budget=Budget(presentations=config["budget"]))
    history = learner(block).train(problem, theta)
    return {"solved": history.solved.sum(), "diverged": (history.status == "diverged").sum(),
            "mean_error": history.error.mean(), "presentations": history.presentations.mean()}


def learner(block):
    shared = {"batch_size": 1, "momentum": 0.8, "check_every": 30}
    if block["learner"] == "descent":
        return GradientDescent(block["rate"], **shared)
    kind = PseudoNewton if block["learner"].startswith("pseudo-newton") else TimeWeightedPseudoNewton
    curvature = "exact" if block["learner"].endswith("exact") else "recursion"
    return kind(block["rate"], block["mu"], curvature=curvature, **shared)


COMPUTE = {"gap": gap, "units": units, "neuron": neuron, "trained": trained_net, "bound": bound, "training": training}


def assemble(config, blocks, outputs):
    """`gap_*` (kind, ...), `units_*` (n, ...), `neuron_*` (w, ...), `trained_*`, `bound_*` (scale, ...) and, for each
    learner, `solved_*`, `mean_error_*`, `presentations_*`, `diverged_*` (T, rate, mu)."""
    found = {part: [out for block, out in zip(blocks, outputs) if block["part"] == part] for part in COMPUTE}
    keys = ("T", "long_T", "learned_T", "n", "w", "mu", "scale", "training_T", "rate", "descent_rate", "trials",
            "least_mu", "runs", "nets", "budget")
    data = {key: config[key] for key in keys}
    data |= {"kinds": list(GAPS), "decades": DECADES, "learners": list(LEARNERS), "quartiles": QUARTILES}
    for part in ("gap", "units", "neuron", "bound"):
        for name in found[part][0]:
            data[f"{part}_{name.replace(' ', '_')}"] = np.array([out[name] for out in found[part]])
    data |= {f"trained_{name.replace(' ', '_')}": value for name, value in found["trained"][0].items()}
    for name in ("solved", "mean_error", "presentations", "diverged"):
        for which in LEARNERS:
            values = [out[name] for block, out in zip(blocks, outputs) if block.get("learner") == which]
            shape = (len(config["training_T"]), len(rates(config, which)), -1)
            data[f"{name}_{which}"] = np.array(values).reshape(shape)
    return data


FULL = {"seed": 1994, "T": 20, "long_T": 50, "learned_T": 20, "runs": 300, "nets": 120, "presentations": 3000,
        "n": [1, 2, 3, 5, 10, 20], "w": [1.25, 1.5, 2.0], "mu": [0.001, 0.01, 0.1, 0.3], "least_mu": 1e-12,
        "scale": [1.0, 4.0, 16.0], "training_T": [5, 20], "rate": [0.01, 0.03], "descent_rate": [0.01, 0.03, 0.1],
        "trials": 50, "budget": 3000}
QUICK = {**FULL, "runs": 40, "nets": 20, "n": [1, 2, 5], "w": [1.5], "mu": [0.001, 0.1], "training_T": [5],
         "rate": [0.01], "descent_rate": [0.03], "trials": 10, "budget": 600, "presentations": 1500}

EXPERIMENT = Experiment(
    id="pseudo-newton", title="Pseudo-Newton: the curvature's recursion, the share of each lag in the step, and mu",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble,
    counts={"solved": "trials", "diverged": "trials", "sign": "pairs", "shared_sign": "shared_pairs",
            "diagonal_sign": "diagonal_pairs", "broken": "total", "kept": "runs", "nets": "runs",
            **{f"{name} even": "kept" for name in STEPS}},
    # Training hangs on every bit, and with it which nets are solved: quartiles stand nearly; rounding is no quantity.
    tolerance={"worst": 10.0, "pairs": 0.5, "shared_pairs": 0.5, "diagonal_pairs": 0.5, "steps": 0.01, "longest": 1e-3,
               **dict.fromkeys(["error", "rank", "shared_error", "shared_rank", "diagonal_error", "diagonal_rank",
                                "cosine_pseudo-newton", "cosine_time-weighted", "mean_error", "presentations"], 0.5),
               **{f"{name} {key}": 0.5 for name in STEPS for key in ("profile", "ratio", "reach")}})
