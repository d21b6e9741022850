"""Discrete errors sent back through time: what becomes of them, what they train, and how the learning goes.

Four parts, beside TNN94's section V on discrete error propagation and its account in the NIPS sibling (N93):

- *loop*: one sign unit that keeps its state, its answer wrong. What |g| is beside its bound MAX is set by a large first
  input, which raises the bound only. By lag: how often the unit is wished to be on the right side. The same when the
  answer was right and its error of 0 is sent back: what differs between the two is what depends on the original error.
- *noise*: loops with the noise of the latch task and no such input: the size of the error and its sign, beside the
  gradient of a tanh neuron with the same weight and noise.
- *net*: five units with random weights, the same, beside the gradient of a tanh net with the same weights.
- *train*: two flip-flops of sign units at several lengths: the latch, and one that pulses set and reset.
- *curve*: the test error during training, for discrete errors and for gradient descent on the same data.

The paper reports no numbers for any of it; the design is ours.
"""

from __future__ import annotations

import numpy as np

from lrdlib.batch import Batch
from lrdlib.learners import Budget, DiscretePropagation, GradientDescent, Problem, discrete_errors
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Task, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._problems import NOISE, five_units, pairs
from reproduction.streams import generator

__all__ = ["EXPERIMENT", "Pulses", "agreement", "influence"]

TIES = 1e-9


def agreement(ratio, lags):
    """Mean of (wish / original wish) at these lags of a loop that keeps its state, with MAX/|g| = ratio.

    A wish for the other side comes with |g|, hence again with probability (1 + 1/ratio)/2; where it was lost g = 0
    tosses a coin: c_{k+1} = (1 + c_k)/(2 ratio), from c_0 = 1.
    """
    floor = 1 / (2 * ratio - 1)
    return floor + (1 - floor) * (2 * ratio) ** -np.asarray(lags, float)


def influence(ratio, lags):
    """By how much the mean wish differs, in units of 2, between a wrong answer and a right one that sends its 0."""
    return (2 * ratio) ** -np.asarray(lags, float)


class Pulses(Task):
    """A flip-flop: rare pulses of +1 (set) and -1 (reset) in noise; the answer is the last pulse's sign.

    The first step always has a pulse, later ones with probability 2/T; noise is U[-0.2, 0.2].
    """

    def sample(self, rng, size, runs=1, common=False):
        shape = (1 if common else runs, size, self.T)
        pulse = rng.random(shape) < 2 / self.T
        pulse[:, :, 0] = True
        sign = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
        last = self.T - 1 - pulse[:, :, ::-1].argmax(2)
        target = 0.8 * np.take_along_axis(sign, last[:, :, None], 2)[:, :, 0]
        inputs = np.where(pulse, sign, rng.uniform(-0.2, 0.2, shape))
        return Batch(inputs[..., None], np.full((1, size), self.T), target)


def sent_back(network, theta, inputs, groups, rng, right=False, coin=True):
    """The discrete errors of answers that are all wrong, or all right with their 0 sent; reversed: lag first."""
    run = network.run(theta, inputs, groups)
    T, (R, B) = run.T, run.outputs.shape[:2]
    high = (run.outputs[:, :, -1] > 0) == right
    errors = discrete_errors(run, np.full((1, B), T), high, rng.random((T, R, network.n_state, B)), coin=coin,
                             silent=not right)
    return run, {name: getattr(errors, name)[::-1] for name in ("g", "largest", "wish", "change")}


def loop(config, block, rng):
    """Counts over many loops of w = 1 at one ratio MAX/|g|: lambda = 1, and h raises the bound from 2 to 2 + h."""
    ratio, B, K = block["ratio"], config["repeats"], config["loop_lags"]
    network = LatchNeuron(1, w=1.0, activation="sign")
    theta = network.pack(h=[[[0.0], [2 * (ratio - 1)]]])
    given = np.zeros((1, B, K + 2, 1)), np.ones((1, B), int)
    _, wrong = sent_back(network, theta, *given, rng)
    _, right = sent_back(network, theta, *given, rng, right=True)
    _, rests = sent_back(network, theta, *given, rng, coin=False)
    lost = (np.abs(wrong["g"]) < TIES) & (wrong["largest"] > 0)
    lost[0] = lost[-1] = False  # the end, where the wish is known, and the first step, where the net input is another
    sizes = np.abs(wrong["change"][: K + 1])
    return {"against": (wrong["wish"][: K + 1] < 0).sum((1, 2, 3)),
            "against_right": (right["wish"][: K + 1] < 0).sum((1, 2, 3)),
            "alive_without_coin": (rests["wish"][: K + 1] < 0).sum((1, 2, 3)),
            "tossed": lost.sum(), "up": (lost & (wrong["wish"] > 0)).sum(),
            "least": sizes[sizes > 0].min(), "most": sizes.max(),
            "ratio_seen": np.max(wrong["largest"][1] / np.abs(wrong["g"][1]))}


def slopes(network, theta, inputs, groups, rng, read):
    """The size of dx_T/dx_{T-k} by lag, median over runs and sequences."""
    run = network.run(theta, inputs, groups)
    delta = np.zeros((*run.outputs.shape[:2], network.n_state))
    delta[..., read] = 1
    out = [np.ones(delta.shape[:2])]
    for t in range(run.T, 1, -1):
        delta = np.einsum("rbi,rbij->rbj", delta, network.state_jacobian(run, t))
        out.append(np.linalg.norm(delta, axis=2))
    return np.median(np.array(out), axis=(1, 2))


def noise(config, block, rng):
    """One weight of a loop, under the latch task's noise; tanh begins at rest."""
    w, B, T = block["w"], config["repeats"], config["T"] + 1
    inputs = rng.uniform(-0.2, 0.2, (1, B, T, 1))
    groups, h = np.arange(B)[None] % 2, np.array([[[-1.0], [1.0]]])
    sign, tanh = LatchNeuron(1, w=w, activation="sign"), LatchNeuron(1, w=w)
    run, found = sent_back(sign, sign.pack(h=0.2 * h), inputs, groups, rng)
    side = run.outputs[0, :, -1]
    size = np.abs(found["change"])[: T - 1]
    gradient = slopes(tanh, tanh.pack(h=2 * h), inputs[:, : min(B, 200)], groups[:, : min(B, 200)], rng, 0)
    g, largest = np.abs(found["g"][1]), found["largest"][1]
    return {"against": (found["wish"][: T - 1, 0, 0] * side < 0).sum(1), "size": size.mean((1, 2, 3)),
            "asked": (size > 0).sum((1, 2, 3)), "gradient": gradient[: T - 1], "ratio": np.median(largest / g)}


def net(config, block, rng):
    """Nets of five units, weights uniform in [-a, a]: what the wishes owe to the original error, and the gradient."""
    R, B, T, a = config["nets"], config["copies"], config["net_T"], block["scale"]
    half = B // 2
    sign, tanh = (five_units(kind) for kind in ("sign", "tanh"))
    theta = rng.uniform(-a, a, (R, 25))
    inputs = rng.uniform(-1, 1, (R, 1, T, 1)) * np.where(np.arange(T) < 3, 1, 0.2)[:, None]
    owed, size, ratio = [], [], []
    for k in range(0, R, 10):
        same = np.repeat(inputs[k : k + 10], B, axis=1)  # the same sequence many times: only the draws differ
        wrong, right = (sent_back(sign, theta[k : k + 10], same, None, rng, right=end)[1] for end in (False, True))
        apart = (wrong["wish"] - right["wish"]) / 2
        # the square of the expected difference, free of the draws' own variance
        owed.append((apart[..., :half].mean(-1) * apart[..., half:].mean(-1)).mean(2))
        size.append(np.abs(wrong["change"]).mean((2, 3)))
        g = np.where(wrong["g"][1:] == 0, np.nan, np.abs(wrong["g"][1:]))
        ratio.append(np.nanmedian(wrong["largest"][1:] / g, axis=(1, 2, 3)))
    owed, size = (np.concatenate(each, axis=1) for each in (owed, size))
    return {"size": size.mean(1), "owed": owed.mean(1), "owed_error": owed.std(1) / np.sqrt(R),
            "gradient": slopes(tanh, theta, inputs, None, rng, 4), "ratio": np.median(ratio, axis=0)}


def flip_flop(kind, T):
    """A task of keeping a bit, and the sign units that are to learn it."""
    if kind == "latch":
        return Latch(T, 1, NOISE, "uniform", length="half"), LatchNeuron(1, activation="sign")
    return Pulses(T), Recurrent(2, activation="sign", input_to=[0, 1])


def problem(config, task, network, *key):
    return Problem(task, network, runs=config["runs"], rng=generator(config["seed"], "data", *key),
                   budget=Budget(presentations=config["presentations"]), training_size=30, test_size=200)


def start(config, network, *key):
    return network.initial(config["runs"], generator(config["seed"], "weights", *key))


def train(config, block, rng):
    task, network = flip_flop(block["kind"], block["T"])
    key = block["kind"], block["T"]
    p = problem(config, task, network, *key)
    history = DiscretePropagation(batch_size=1, check_every=10, check_growth=1.1).train(
        p, start(config, network, *key), rng)
    return {"solved": history.solved.sum(), "presentations": np.quantile(history.presentations, [0.25, 0.5, 0.75])}


def learners(config):
    discrete = {f"discrete {rate:g}": ("sign", DiscretePropagation(rate, batch_size=1, check_every=10))
                for rate in config["discrete_rates"]}
    return discrete | {f"descent {rate:g}": ("tanh", GradientDescent(rate, batch_size=1, check_every=10))
                       for rate in config["descent_rates"]}


def curve(config, block, rng):
    """Test errors every 10 presentations, until a run is solved; the task of two sequences."""
    activation, learner = learners(config)[block["learner"]]
    network = five_units(activation)
    own = np.concatenate([pairs(generator(config["seed"], "prototypes", r), 1) for r in range(config["runs"])])
    p = problem(config, TwoSequence(config["curve_T"], 3, own, NOISE), network, "curve")
    history = learner.train(p, start(config, network, "curve"), rng)
    error = history.curve["error"][: config["curve_tests"] + 1]
    going = error[:-1] > 0  # a solved run has ended
    steps = np.diff(error, axis=0)
    seen = going.sum(0) > 0
    change = (np.abs(steps) * going).sum(0)[seen] / going.sum(0)[seen]
    return {"change": np.quantile(change, [0.25, 0.5, 0.75]), "intervals": going.sum(),
            "jumps": (going & (np.abs(steps) >= 0.1)).sum(), "rises": (going & (steps >= 0.1)).any(0).sum(),
            "solved": (error[-1] == 0).sum(), "shown": error[:, :3]}


PARTS = {"loop": loop, "noise": noise, "net": net, "train": train, "curve": curve}


def blocks(config):
    out = [{"part": "train", "kind": kind, "T": T} for kind in ("latch", "pulses") for T in config["lengths"][kind]]
    out += [{"part": "curve", "learner": name} for name in learners(config)]
    out += [{"part": "noise", "w": w} for w in config["w"]] + [{"part": "loop", "ratio": r} for r in config["ratios"]]
    return out + [{"part": "net", "scale": a} for a in config["scales"]]


def compute(config, block):
    key = [part if isinstance(part, (int, str)) else repr(part) for part in block.values()]
    return PARTS[block["part"]](config, block, generator(config["seed"], "choices", *key))


def assemble(config, blocks, outputs):
    """A list of cells for each part, each with its block's own names."""
    out = {part: [{**block, **output} for block, output in zip(blocks, outputs) if block["part"] == part]
           for part in PARTS}
    return out | {name: config[name] for name in ("repeats", "runs", "presentations", "T", "net_T", "loop_lags",
                                                  "curve_T", "nets")}


BASE = {
    "seed": 1994, "repeats": 4000, "loop_lags": 20, "ratios": [1.0, 1.25, 2.0, 4.0], "T": 100, "w": [1.25, 1.5, 2.0],
    "nets": 100, "copies": 40, "net_T": 20, "scales": [0.5, 2.0], "runs": 50, "presentations": 1000,
    "lengths": {"latch": [5, 20, 100], "pulses": [5, 20, 100]}, "discrete_rates": [0.1, 1.0],
    "descent_rates": [0.03, 0.1, 0.3], "curve_T": 10, "curve_tests": 100,
}
EXPERIMENT = Experiment(
    id="discrete-error", title="Errors made discrete: what becomes of them by lag, and what they train",
    scales={"quick": BASE, "full": {
        **BASE, "repeats": 20_000, "nets": 200, "copies": 1000, "runs": 200, "curve_tests": 100, "presentations": 1000,
        "lengths": {"latch": [5, 10, 20, 50, 100, 200, 500], "pulses": [5, 10, 20, 50]}}},
    blocks=blocks, compute=compute, assemble=assemble,
    counts={"against": "repeats", "against_right": "repeats", "alive_without_coin": "repeats", "asked": "repeats",
            "solved": "runs", "rises": "runs", "up": "tossed", "jumps": "intervals"},
    tolerance={"size": 0.02, "gradient": 1e-3, "change": 0.25, "presentations": 0.25, "ratio": 0.05, "owed": 0.2,
               "owed_error": 0.2, "shown": 1.0, "intervals": 0.2, "tossed": 0.05})
