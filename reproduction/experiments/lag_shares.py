"""How much of the gradient by the recurrent weights comes from each lag: in nets that keep a bit, and in others.

TNN94, section IV: dC_t/dW sums over all earlier steps, and short-term terms dominate (known from El Hihi & Bengio,
NIPS 8). All shares are of single sequences of length T, with the cost at the last step, or a cost at every step. In the
two tasks what matters of the input comes in the first steps, so that the oldest lags are the ones that could teach the
net to look at it.
"""

from __future__ import annotations

import numpy as np

from lrdlib.batch import Batch
from lrdlib.dynamics import lyapunov_exponents
from lrdlib.gradients import jacobians, lag_contributions, lag_shares
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent
from lrdlib.tasks import Latch, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments import _latch
from reproduction.streams import generator

#: Nets of which the claim does not speak, and which the test must tell from those of which it does. Nothing is trained.
CONTROLS = ("linear unit", "orthogonal, small inputs")
QUARTILES = [0.1, 0.25, 0.5, 0.75, 0.9]


def blocks(config):
    return ([{"part": "neuron", "w": w, "s": s} for w in config["w"] for s in config["s"]]
            + [{"part": "random", "n": n, "gain": gain} for n in config["n"] for gain in config["gain"]]
            + [{"part": "control", "name": name} for name in CONTROLS]
            + [{"part": "trained latch"}]
            + [{"part": "trained net", "repetition": r} for r in range(config["repetitions"])])


def compute(config, block):
    rng = generator(config["seed"], *(value if isinstance(value, int) else str(value) for value in block.values()))
    return COMPUTE[block["part"]](config, block, rng)


def neuron(config, block, rng):
    """One neuron that was sent to the side of its class, by inputs of size 1; those that never leave it."""
    R, T, L = config["runs"], config["T"], config["L"]
    network = LatchNeuron(L)
    theta = network.pack(w=np.full(R, block["w"]), h=np.ones((R, 2, L)) * np.array([-1.0, 1.0])[:, None])
    batch = Latch(T, L, block["s"]).sample(rng, 1, R)
    x = network.run(theta, batch.inputs, batch.groups).outputs[:, 0]
    kept = ((x > 0) == (batch.targets > 0)).all(axis=1)
    return measured(config, network, theta, batch, kept, 1)


def random_net(config, block, rng):
    """Untrained tanh nets of a given spectral radius, on two-sequence's noise."""
    network, theta = Recurrent(block["n"]), weights(rng, config["runs"], block["n"], block["gain"])
    U = rng.uniform(-0.5, 0.5, (config["runs"], block["n"], 1))
    return untrained(config, network, network.pack(W=theta, U=U), rng, block["n"] ** 2)


def control(config, block, rng):
    R = config["runs"]
    if block["name"] == "linear unit":  # x_t = x_{t-1} + u_t
        network, one = LocalFeedback(1, activation="linear"), np.ones((R, 1))
        theta = network.pack(w=one, U=one[:, :, None], b=0 * one, v=one, c=np.zeros(R))
        return untrained(config, network, theta, rng, 1)
    n = config["n"][0]
    network = Recurrent(n)
    W = np.linalg.qr(rng.normal(size=(R, n, n)))[0]
    return untrained(config, network, network.pack(W=W, U=0.05 * rng.uniform(-1, 1, (R, n, 1))), rng, n * n)


def weights(rng, R, n, radius):
    W = rng.normal(size=(R, n, n))
    return W * (radius / np.abs(np.linalg.eigvals(W)).max(axis=1))[:, None, None]


def untrained(config, network, theta, rng, weights):
    batch = TwoSequence(config["T"], config["N"], rng, length="fixed").sample(rng, 1, len(theta))
    return measured(config, network, theta, batch, np.ones(len(theta), bool), weights)


def trained_latch(config, block, rng):
    """Neurons that learned the latch of Fig. 3(b), asked about longer sequences."""
    own = {**_latch.PROTOCOL, "seed": config["seed"]}
    R = config["runs"]
    h = rng.uniform(-own["scale"], own["scale"], (R, 2, own["L"]))
    network, theta = _latch.neuron_and_theta(h, 1.25, frozen=False)
    history = _latch.descend(own, _latch.problem(own, network, config["learned_T"], 0.2, R, rng), theta)
    return after_training(config, network, history, Latch(config["T"], own["L"], 0.2), rng, 1)


def trained_net(config, block, rng):
    """Nets of 5 units that learned the two-sequence problem on short sequences, asked about longer ones."""
    R, N = config["nets"], config["N"]
    prototypes = TwoSequence(N, N, rng).prototypes
    network = Recurrent(5, input_to=[0], train_input=False)
    problem = Problem(TwoSequence(config["learned_T"], N, prototypes), network, runs=R, rng=rng, training_size=30,
                      test_size=100, tolerance=0.02, budget=Budget(presentations=config["presentations"]))
    history = GradientDescent(0.1, batch_size=1, check_every=30).train(problem, network.initial(R, rng))
    return after_training(config, network, history, TwoSequence(config["T"], N, prototypes, length="fixed"), rng, 25)


def after_training(config, network, history, task, rng, weights):
    """Of the runs that were solved, those that still answer 98 of 100 long sequences rightly keep the bit."""
    batch, fresh = task.sample(rng, 1, len(history.theta)), task.sample(rng, 100, len(history.theta))
    last = network.run(history.theta, fresh.inputs, fresh.groups).outputs[:, :, -1]
    one = network.run(history.theta, batch.inputs, batch.groups).outputs[:, :, -1]
    kept = (task.correct(last, fresh.targets).mean(axis=1) >= 0.98) & task.correct(one, batch.targets)[:, 0]
    kept = kept & history.solved
    out = measured(config, network, history.theta, batch, kept, weights)
    out |= {"solved": history.solved.sum(), "exponent": top_exponent(network, history.theta, fresh)}
    out["recent"] = np.where(kept, recent(config, network, history.theta, batch, weights), -1.0)
    return {f"trained_{name}": value for name, value in out.items()}


def top_exponent(network, theta, batch, steps=300):
    """The largest Lyapunov exponent of each run, at least -100: from where one sequence left it, without input."""
    groups = batch.groups[:, :1]
    start = network.run(theta, batch.inputs[:, :1], groups).states[:, :, -1]
    free = network.run(theta, np.zeros((1, 1, 2 * steps, 1)), groups, x0=start)
    J = jacobians(free)[:, :, steps:]
    return np.maximum(lyapunov_exponents(J).max(axis=(1, 2)), -100.0)


def recent(config, network, theta, batch, weights):
    """What the most recent fifth of the lags holds, by norm; 0 where the gradient is 0."""
    shares = lag_shares(lag_contributions(network, theta, batch)[:, :, :weights])
    return shares.recent(config["T"] // 5).filled(0)


def measured(config, network, theta, batch, kept, weights):
    """Shares of the lags in the gradient by the first parameters, the recurrent weights; of runs that kept the bit.

    A run whose gradient is exactly 0, for its units are saturated to the last digit, has no shares; it is counted as
    `silent` and left out. `kept`: how many are left; `dominated`: in how many the most recent lags, a
    fifth of all, hold 90% by norm; `reach90` and `reach99`: how many lags hold so much; `early`: what the lags of the
    first steps hold; `profile`: the median share of each lag.
    """
    T = config["T"]
    every = Batch(batch.inputs, batch.lengths, np.repeat(batch.targets[:, :, None], T, axis=2), batch.groups)
    both = {suffix: lag_shares(lag_contributions(network, theta, asked)[:, :, :weights])
            for suffix, asked in (("", batch), ("_every", every))}
    silent = np.any([np.ma.getmaskarray(shares.norm)[:, 0] for shares in both.values()], axis=0)
    out = {"silent": int((kept & silent).sum()), "kept": int((kept & ~silent).sum())}
    kept = kept & ~silent
    for suffix, shares in both.items():
        norm = shares.norm.filled(0)
        found = {"reach90": np.ma.getdata(shares.reach(0.9)), "reach99": np.ma.getdata(shares.reach(0.99)),
                 "early": norm[:, T - config["L"]:].sum(axis=1)}
        recent = norm[:, : T // 5].sum(axis=1) >= 0.9
        out[f"dominated{suffix}"] = int((recent & kept).sum())
        for name, values in found.items():
            out[name + suffix] = np.quantile(values[kept], QUARTILES) if kept.any() else np.full(5, -1.0)
        out[f"profile{suffix}"] = np.median(norm[kept], axis=0) if kept.any() else np.full(T, -1.0)
    return out


COMPUTE = {"neuron": neuron, "random": random_net, "control": control, "trained latch": trained_latch,
           "trained net": trained_net}
NAMES = ["kept", "silent"] + [name + suffix for suffix in ("", "_every")
                    for name in ("dominated", "reach90", "reach99", "early", "profile")]


def assemble(config, blocks, outputs):
    """`neuron_*` (w, s, ...), `random_*` (n, gain, ...), `control_*` (control, ...), `latch_*` and `net_*`.

    Counts of the last are summed over repetitions, and quantiles are the medians of theirs. Where no run kept the bit,
    quantiles are -1. `net_exponents` and `net_recents` are of each net; the second is -1 where the bit was not kept.
    """
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}
    data = {key: np.array(config[key]) for key in ("w", "s", "n", "gain")}
    data |= {"controls": list(CONTROLS), "quantiles": np.array(QUARTILES), "T": config["T"], "L": config["L"],
             "runs": config["runs"], "nets": config["nets"] * config["repetitions"], "learned_T": config["learned_T"]}
    for name in NAMES:
        data[f"neuron_{name}"] = np.array([[found["neuron", w, s][name] for s in config["s"]] for w in config["w"]])
        data[f"random_{name}"] = np.array([[found["random", n, g][name] for g in config["gain"]] for n in config["n"]])
        data[f"control_{name}"] = np.array([found["control", control][name] for control in CONTROLS])
        data[f"latch_{name}"] = np.array(found["trained latch",][f"trained_{name}"])
        nets = [out for block, out in zip(blocks, outputs) if block["part"] == "trained net"]
        counted = name in ("kept", "silent") or name.startswith("dominated")
        nets = [out[f"trained_{name}"] for out in nets if counted or out["trained_kept"]]
        data[f"net_{name}"] = np.sum(nets, axis=0) if counted else np.median(nets, axis=0)
    nets = [out for block, out in zip(blocks, outputs) if block["part"] == "trained net"]
    data |= {f"net_{name}s": np.concatenate([out[f"trained_{name}"] for out in nets])
             for name in ("exponent", "recent")}
    data["latch_solved"] = int(found["trained latch",]["trained_solved"])
    data["net_solved"] = int(sum(out["trained_solved"] for out in nets))
    return data


FULL = {"seed": 1994, "T": 100, "L": 3, "N": 3, "w": [1.1, 1.25, 1.373, 1.5, 2.0, 3.0], "s": [0.02, 0.2], "n": [5, 20],
        "gain": [0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 4.0], "runs": 400, "learned_T": 20, "nets": 25, "repetitions": 12,
        "presentations": 6000}

EXPERIMENT = Experiment(
    id="lag-shares", title="The share of each lag in the gradient: nets that keep a bit, random nets, and controls",
    scales={"quick": {**FULL, "runs": 60, "n": [5, 10], "gain": [0.5, 1.0, 2.0], "repetitions": 2}, "full": FULL},
    blocks=blocks, compute=compute, assemble=assemble,
    counts={prefix + name: "runs" for prefix in ("", "trained_")
            for name in ("kept", "silent", "solved", "dominated", "dominated_every")},
    # Chaotic nets and training hang on every bit: the counts above stand, the quantiles nearly.
    tolerance={name: 0.5 for plain in [*NAMES[2:], "exponent", "recent"] if not plain.startswith("dominated")
               for name in (plain, f"trained_{plain}")})
