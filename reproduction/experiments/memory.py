"""A network with a window against a network with a state: which keeps a bit, for how long, at what price.

The question of TNN94's introduction. Two networks of 25 parameters each: a static one that sees the last 10
inputs, and the recurrent one of section VI's two-sequence problem. The task is the two-sequence task with one
element (N = 1): the first input, +1 or -1, is the class, the rest is noise. Two learners with the same budget
of presentations look for the weights at each T: gradient descent, and random guessing as a measure of
difficulty (Schmidhuber, Hochreiter & Bengio, 2001). Each has one setting, a learning rate or an interval of
weights. Every setting is tried at every T, on the same data and in equally many runs, and all counts are
published, so that what depends on the setting can be told from what depends on T. The best setting is the one
that solves most runs; the best of several counts owes a little to luck.

Besides, the three requirements of the introduction are measured on four systems set by hand. The paper
reports none of these numbers; the design is ours.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import LocalFeedback, Recurrent, TimeDelay
from lrdlib.tasks import TwoSequence, last
from reproduction.experiment import Experiment
from reproduction.streams import generator

__all__ = ["EXPERIMENT", "SYSTEMS", "bit", "networks", "system"]

NETWORKS = ("static", "recurrent")
LEARNERS = ("descent", "guessing")
SYSTEMS = ("window", "leaky", "integrator", "latch")
WRONG = -0.5  # the input weight from which a system is trained: it gives every class the other one's answer


def networks(delays):
    """The two networks: a window of `delays` inputs and two hidden units, and five recurrent units.

    With 10 delays both have 25 parameters.
    """
    return {"static": TimeDelay(delays, 2), "recurrent": Recurrent(5, input_to=[0], train_input=False)}


def bit(T, noise=True):
    """Keep the first input, +1 or -1, until T; all others are uniform noise in [-0.2, 0.2], or 0."""
    tail = {} if noise else {"noise": 0.0}
    return TwoSequence(T, 1, [[-1.0], [1.0]], length="fixed", **tail)


def system(name, delays, U=1.0):
    """One of the four systems set by hand, all read linearly.

    The window sums the last `delays` inputs; the leaky unit is x_t = 0.9 x_{t-1} + U u_t; the integrator the
    same with weight 1; the latch x_t = tanh(2 x_{t-1} + U u_t).

    Returns
    -------
    network : Network
    theta : ndarray (1, P)
    """
    if name == "window":
        network = TimeDelay(delays, 1, activation="linear", output="linear")
        return network, network.pack(U=np.full((1, 1, delays), U), b=[[0.0]], v=[[1.0]], c=[0.0])
    network = LocalFeedback(1, activation="tanh" if name == "latch" else "linear", output="linear")
    w = {"leaky": 0.9, "integrator": 1.0, "latch": 2.0}[name]
    return network, network.pack(w=[[w]], U=[[[U]]], b=[[0.0]], v=[[1.0]], c=[0.0])


def input_weights_only(network, theta, batch, cost=None):
    """Back-propagation through time for the input weights U; all other parameters stay where they are."""
    g = bptt(network, theta, batch, cost)
    trained = np.zeros_like(theta)
    network.views(trained)["U"][:] = 1
    return replace(g, gradient=g.gradient * trained)


def _problem(config, T, network, runs, *key):
    return Problem(bit(T), network, runs=runs, rng=generator(config["seed"], "data", *key),
                   budget=Budget(presentations=config["presentations"]),
                   training_size=config["training"], test_size=config["test"])


def descend(problem, rate, rng):
    """Gradient descent from weights in [-0.5, 0.5]: the parameters, which runs solved it, presentations."""
    learner = GradientDescent(rate, batch_size=10, check_every=20)
    history = learner.train(problem, problem.network.initial(problem.runs, rng))
    return history.theta, history.solved, history.presentations


def guess(problem, interval, rng):
    """Draw all weights uniformly in [-interval, interval] until the test is passed.

    A guess is shown 10 sequences; only one that gets them all right is tested.
    """
    R, P = problem.runs, problem.network.n_parameters
    theta = np.zeros((R, P))
    interval = np.broadcast_to(interval, (R,))
    while (batch := problem.draw(10)) is not None:
        active = problem.active
        theta[active] = rng.uniform(-1, 1, (R, P))[active] * interval[active, None]
        outputs = last(problem.network.run(theta[active], batch.inputs).outputs, batch.lengths)
        passed = problem.task.correct(outputs, batch.targets).all(1)
        if passed.any():
            problem.test(np.where(passed[:, None], theta[active], 0))  # all weights 0 pass no test
    return theta, problem.status == "solved", problem.spent["presentations"]


LEARN = {"descent": (descend, "rates"), "guessing": (guess, "intervals")}


def train(config, T, name, learner, setting):
    """One learner with one setting at one length; then each trained network is asked one new sequence."""
    network, runs, key = networks(config["delays"])[name], config["runs"], (T, name, learner)
    problem = _problem(config, T, network, runs, *key)
    rng = generator(config["seed"], "weights", *key)
    theta, solved, spent = LEARN[learner][0](problem, setting, rng)
    questions = bit(T).sample(generator(config["seed"], "question", T, name), 1, runs)
    answers = last(network.run(theta, questions.inputs).outputs, questions.lengths)
    right = bit(T).correct(answers, questions.targets)[:, 0]
    return {"presentations": np.median(spent), "n_solved": solved.sum(), "n_right": right.sum(),
            "solved": solved, "right": right}


def require(config, T, name):
    """The three requirements on one system at one length."""
    network, theta = system(name, config["delays"])
    quiet = bit(T, noise=False).sample(generator(config["seed"], "quiet"), 2)
    outputs = network.run(theta, quiet.inputs).outputs[0]
    apart = abs(outputs[0] - outputs[1])
    noisy = bit(T).sample(generator(config["seed"], "noisy", T), config["sequences"])
    answers = last(network.run(theta, noisy.inputs).outputs, noisy.lengths)

    rates = np.array(config["rates"])
    problem = Problem(bit(T, noise=False), network, runs=len(rates), rng=generator(config["seed"], "quiet"),
                      budget=Budget(evaluations=config["updates"]), training_size=2)
    learner = GradientDescent(rates, gradient=input_weights_only)
    history = learner.train(problem, np.repeat(system(name, config["delays"], WRONG)[1], len(rates), 0))
    updates = history.evaluations[history.solved].min() if history.solved.any() else -1
    return {"kept": apart[-1] / apart[0], "correct": problem.task.correct(answers, noisy.targets).sum(),
            "updates": updates}


def respond(config):
    """The effect of the first input's sign, by lag: the largest of many windows, the latch's smallest."""
    lags, rng = config["lags"], generator(config["seed"], "impulse")
    static = networks(config["delays"])["static"]
    inputs = rng.uniform(-0.2, 0.2, (config["nets"], 1, lags, 1)).repeat(2, axis=1)
    inputs[:, :, 0, 0] = -1, 1
    windows = static.run(static.initial(config["nets"], rng, 2.0), inputs).outputs
    latch, theta = system("latch", config["delays"])
    kept = latch.run(theta.repeat(config["nets"], 0), inputs).outputs
    return {"static_response": np.ptp(windows, axis=1).max(0),
            "recurrent_response": np.ptp(kept, axis=1).min(0)}


def blocks(config):
    """A block for each network, learner, length and setting; each system and length; the responses."""
    trained = [{"part": "train", "T": T, "network": name, "learner": learner, "setting": setting}
               for name in NETWORKS for learner in LEARNERS for T in config["T"]
               for setting in config[LEARN[learner][1]]]
    required = [{"part": "require", "T": T, "system": name} for name in SYSTEMS
                for T in config["required_T"]]
    return trained + required + [{"part": "respond"}]


def compute(config, block):
    """The outputs of one block."""
    if block["part"] == "train":
        return train(config, block["T"], block["network"], block["learner"], block["setting"])
    return require(config, block["T"], block["system"]) if block["part"] == "require" else respond(config)


def best(outputs):
    """Of the outputs of several settings the one that solves most runs; among equals the cheapest."""
    return min(outputs, key=lambda output: (-output["n_solved"], output["presentations"]))


def assemble(config, blocks, outputs):
    """Counts by network, learner and length; the requirements by system and length; the two responses.

    "solved", "presentations" and "setting" are those of the best setting at each length: the one that solves
    most runs, among equals the one that needs fewest presentations. "solved_descent" and "solved_guessing"
    have the counts of every setting. What a network answers in the end ("static_correct",
    "recurrent_correct") is what descent found if descent solved the task, and otherwise what guessing found,
    each at its best setting.
    """
    part = {kind: [o for b, o in zip(blocks, outputs) if b["part"] == kind] for kind in ("require", "respond")}
    T, required = np.array(config["T"]), np.array(config["required_T"])

    tried = {}
    for block, output in zip(blocks, outputs):
        if block["part"] == "train":
            place = block["network"], block["learner"], block["T"]
            tried.setdefault(place, []).append(output | {"setting": block["setting"]})

    def at_best(key):
        return np.array([[[best(tried[name, learner, t])[key] for t in config["T"]]
                          for learner in LEARNERS] for name in NETWORKS])

    def at_all(learner):
        return np.array([[[output["n_solved"] for output in tried[name, learner, t]] for t in config["T"]]
                         for name in NETWORKS])

    solved, right = at_best("solved"), at_best("right")
    static, recurrent = np.where(solved[:, 0], right[:, 0], right[:, 1]).sum(-1)
    systems = {key: np.array([output[key] for output in part["require"]]).reshape(len(SYSTEMS), len(required))
               for key in ("kept", "correct", "updates")}
    return {
        "T": T, "delays": config["delays"], "trials": config["runs"],
        "static_correct": static, "recurrent_correct": recurrent,
        "networks": list(NETWORKS), "learners": list(LEARNERS), "solved": at_best("n_solved"),
        "presentations": at_best("presentations"), "setting": at_best("setting"),
        "rates": np.array(config["rates"]), "solved_descent": at_all("descent"),
        "intervals": np.array(config["intervals"]), "solved_guessing": at_all("guessing"),
        "systems": list(SYSTEMS), "required_T": required, "sequences": config["sequences"],
        "limit": config["updates"], **systems, **part["respond"][0],
    }


FULL = {
    "seed": 1994, "delays": 10, "T": [2, 5, 8, 10, 11, 12, 15, 20, 30, 50, 100],
    "runs": 100, "presentations": 5000, "training": 100, "test": 200,
    "rates": [0.01, 0.03, 0.1, 0.3, 1.0], "intervals": [1.0, 10.0, 100.0],
    "required_T": [2, 3, 4, 5, 6, 7, 8, 10, 11, 15, 20, 30, 50, 70, 100], "sequences": 2000, "updates": 1000,
    "lags": 40, "nets": 1000,
}
QUICK = FULL | {"T": [5, 10, 11, 20], "runs": 20, "presentations": 2000,
                "required_T": [5, 10, 11, 20], "sequences": 200, "nets": 50}

EXPERIMENT = Experiment(
    id="memory", title="A window against a state: who keeps a bit, for how long",
    scales={"quick": QUICK, "full": FULL},
    blocks=blocks, compute=compute, assemble=assemble, published="full",
    counts={"n_solved": "runs", "n_right": "runs", "solved": 1, "right": 1, "correct": "sequences"},
    tolerance={"presentations": 0.5},
)
