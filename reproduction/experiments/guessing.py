"""How many random nets it takes to solve the paper's problems: how hard they are, and what that hangs on.

After Hochreiter & Schmidhuber (NIPS 9) and Schmidhuber, Hochreiter & Bengio (2001): all weights uniform in an interval
until 100 training and 100 test sequences are right. Four parts. *Lengths*: the three problems of TNN94, section VI, by
length and by interval. *Published*: the critics' set-ups, as far as they are known: sequences of 500 to 600 steps with
noise of variance 0.2, and their fully connected nets with n biased hidden units. An answer is right here if it lies on
the target's side; what they asked is not known. *Prototypes*: many pairs, and several training sets for each. *Same
step*: of how many random nets of 7 weights one computes parity.

Guesses are drawn and judged in single precision; the test is made in double precision.
"""

from __future__ import annotations

import numpy as np

from lrdlib.learners import Budget, Problem, RandomGuessing
from lrdlib.learners.guessing import Examiner
from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Parity, TwoSequence
from reproduction.experiment import Experiment
from reproduction.experiments._problems import NOISE, TASKS, five_units, pairs, problem_of, same_step_net
from reproduction.streams import generator

__all__ = ["EXPERIMENT", "SET_UPS", "set_up"]

LOUD = 0.2**0.5  # the standard deviation of noise of variance 0.2
#: The critics' set-ups, the trials that they report, and what is ours in them.
SET_UPS = {
    "latch I": 6,
    "latch II": 22,
    "two-sequence, A1": 1247,
    "two-sequence, A1, logistic": 1247,
    "parity, A1": 2906,
    "parity, A1, noise": 41400,
}
NETS = {"logistic, within the step": ("logistic", False), "logistic, delayed": ("logistic", True),
        "tanh, within the step": ("tanh", False), "tanh, delayed": ("tanh", True)}


def set_up(name):
    """Task and net of one of the critics' set-ups.

    Latch I is the paper's neuron with three weights. Latch II has a trained weight for its input, which begins with +1
    or -1, and a bias. Two-sequence with N = 1 begins with +1 or -1 too; A1 with n = 1 is two fully connected units that
    both see the input, one biased. In parity the hidden unit feeds the output within the step.
    """
    pair = [[-1.0], [1.0]]
    if name == "latch I":
        task, net = Latch(600, 1, LOUD, length="half"), LatchNeuron(1)
    elif name == "latch II":
        task, net = TwoSequence(600, 1, pair, LOUD, "gaussian", length="half"), Recurrent(1, bias=True)
    elif name.startswith("two-sequence"):
        task = TwoSequence(600, 1, pair, LOUD, "gaussian", length="half")
        logistic = name.endswith("logistic")
        net = Recurrent(2, activation="logistic" if logistic else "tanh", bias=[0])
        task.threshold = 0.5 if logistic else 0.0
    else:
        task = Parity(600, NOISE if name.endswith("noise") else 0.0, length="half")
        net = same_step_net()
    task.shortest = 500
    return task, net


def guess(config, task, net, runs, width, most, *key):
    """Trials, presentations and unit-steps of some runs; trials are -1 where `most` did not do."""
    problem = Problem(task, net, runs=runs, rng=generator(config["seed"], "data", *key),
                      budget=Budget(evaluations=most), training_size=config["training"],
                      test_size=config["test"])
    learner = RandomGuessing(width, dtype=np.float32)
    history = learner.train(problem, np.zeros((runs, net.n_parameters)), generator(config["seed"], "guesses", *key))
    return {"trials": np.where(history.solved, history.evaluations, -1), "presentations": history.presentations,
            "n_solved": int(history.solved.sum()), "asked": runs}


def lengths(config, block):
    """One problem at one length with one interval; each run has prototypes of its own, the same at all lengths."""
    name, T, runs = block["task"], block["T"], config["runs"]
    task, net = problem_of(name, T, pairs(generator(config["seed"], "prototypes"), runs))
    return guess(config, task, net, runs, block["width"], config["most"][name], name, T)


def published(config, block):
    name = block["name"]
    task, net = set_up(name)
    runs, most = (config[key].get(name, config[key]["others"]) for key in ("share", "most_published"))
    return guess(config, task, net, runs, config["width"], most, name, block["shard"])


def prototypes(config, block):
    """Some pairs, several runs of each: the same pairs at all lengths, their distance, and whether they begin with
    opposite signs."""
    N, T, n, k = block["N"], block["T"], config["pairs"], config["repeats"]
    own = pairs(generator(config["seed"], "pairs", N, block["shard"]), n, N)
    task = TwoSequence(T, N, np.repeat(own, k, axis=0), length="half")
    out = guess(config, task, five_units(), n * k, config["width"], config["most"]["two-sequence"], N, T,
                block["shard"])
    return {"pair_trials": out["trials"].reshape(n, k), "n_solved": out["n_solved"], "asked": out["asked"],
            "distance": np.linalg.norm(own[:, 1] - own[:, 0], axis=1), "opposite": own[:, 0, 0] * own[:, 1, 0] < 0}


def same_step(config, block):
    """How many of many random nets get all of 100 parity sequences right, without noise."""
    activation, delayed = NETS[block["net"]]
    net = same_step_net(activation, delayed)
    task = Parity(config["same_step_T"], 0.0, length="half")
    task.threshold = 0.5 if activation == "logistic" else 0.0
    key = ("same step", block["net"], block["shard"])
    problem = Problem(task, net, runs=1, rng=generator(config["seed"], "data", *key), budget=Budget(evaluations=1),
                      training_size=config["training"])
    examiner, rng, solved = Examiner(problem, np.dtype(np.float32)), generator(config["seed"], "guesses", *key), 0
    at_once = config["at_once"]
    for _ in range(config["parity_nets"] // at_once):
        theta = (2 * rng.random((at_once, 7), np.float32) - 1) * np.float32(config["width"])
        solved += int((examiner.first_wrong(theta, np.zeros(at_once, int)) == config["training"]).sum())
    return {"parity_solved": solved}


COMPUTE = {"lengths": lengths, "published": published, "prototypes": prototypes, "same step": same_step}


def blocks(config):
    return ([{"part": "lengths", "task": task, "T": T, "width": width} for task in TASKS for T in config["T"][task]
             for width in config["widths"]]
            + [{"part": "published", "name": name, "shard": shard} for name in SET_UPS
               for shard in range(config["shards"])]
            + [{"part": "prototypes", "N": N, "T": T, "shard": shard} for N, T in config["cases"]
               for shard in range(config["pair_shards"])]
            + [{"part": "same step", "net": net, "shard": shard} for net in NETS
               for shard in range(config["parity_shards"])])


def compute(config, block):
    return COMPUTE[block["part"]](config, block)


def assemble(config, blocks, outputs):
    """`<task>_trials` and `<task>_presentations` (T, width, run); `published_<k>_trials` (run,) of the k-th set-up;
    `case_trials` (case, pair, run) with `case_distance` and `case_opposite` (case, pair); `parity_solved` (net,) of
    `parity_nets` each. Trials are -1 where the task was not solved in as many as were allowed.
    """
    found = {tuple(block.values()): output for block, output in zip(blocks, outputs)}
    data = {"tasks": list(TASKS), "runs": config["runs"], "widths": np.array(config["widths"]),
            "training": config["training"], "test": config["test"], "width": config["width"],
            "set_ups": list(SET_UPS), "published": list(SET_UPS.values()),
            "cases": np.array(config["cases"]), "nets": list(NETS), "same_step_T": config["same_step_T"],
            "parity_nets": config["parity_nets"] * config["parity_shards"]}
    for task in TASKS:
        data |= {f"{task}_T": np.array(config["T"][task]), f"{task}_most": config["most"][task]}
        for key in ("trials", "presentations"):
            data[f"{task}_{key}"] = np.array([[found["lengths", task, T, width][key] for width in config["widths"]]
                                              for T in config["T"][task]])
    for k, name in enumerate(SET_UPS):
        own = [found["published", name, shard] for shard in range(config["shards"])]
        data |= {f"published_{k}_{key}": np.concatenate([o[key] for o in own]) for key in ("trials", "presentations")}
    for key, name in (("pair_trials", "trials"), ("distance", "distance"), ("opposite", "opposite")):
        data[f"case_{name}"] = np.array([np.concatenate([found["prototypes", N, T, shard][key]
                                                         for shard in range(config["pair_shards"])])
                                         for N, T in config["cases"]])
    data["parity_solved"] = np.array([sum(found["same step", net, shard]["parity_solved"]
                                          for shard in range(config["parity_shards"])) for net in NETS])
    return data


FULL = {"seed": 1994, "runs": 100, "training": 100, "test": 100, "width": 100.0,
        "widths": [1.0, 3.0, 10.0, 30.0, 100.0],
        "T": {"latch": [5, 20, 100, 500], "two-sequence": [5, 20, 100, 500], "parity": [3, 5, 20, 100]},
        "most": {"latch": 2000, "two-sequence": 3000, "parity": 10_000},
        "share": {"parity, A1, noise": 8, "others": 20}, "shards": 5,
        "most_published": {"parity, A1, noise": 60_000, "others": 20_000},
        "cases": [[3, 5], [3, 100], [1, 20], [3, 20], [5, 20]], "pairs": 20, "repeats": 9, "pair_shards": 5,
        "same_step_T": 20, "parity_nets": 250_000, "parity_shards": 8, "at_once": 10_000}
QUICK = {**FULL, "runs": 10, "training": 20, "test": 20, "widths": [3.0, 100.0],
         "T": {"latch": [5, 20], "two-sequence": [5, 20], "parity": [3, 5]},
         "most": {"latch": 100, "two-sequence": 200, "parity": 300}, "share": {"others": 3}, "shards": 2,
         "most_published": {"others": 100},
         "cases": [[3, 5], [1, 10]], "pairs": 4, "repeats": 3, "pair_shards": 2, "parity_nets": 20_000,
         "parity_shards": 2}

EXPERIMENT = Experiment(
    id="guessing", title="How many random nets it takes to solve the paper's problems",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble,
    counts={"n_solved": "asked", "parity_solved": "parity_nets"},
    # A net that is right by the last bit may be wrong elsewhere, and then a run goes on: most runs agree.
    tolerance={name: 1.0 for name in ("trials", "presentations", "pair_trials")})
