"""What resists guessing and needs a gradient: the two-sequence problem with more and more prototypes.

Hochreiter & Schmidhuber (NIPS 9) and Schmidhuber, Hochreiter & Bengio (2001) solve TNN94's problems by drawing weights
at random. A problem on which guessing fails must ask for many answers at once: here K prototypes, different words of N
elements +-1, each with a label of its own drawn at random (half of them of class 1), and noise until T. K = 2 is
two-sequence. A random net gets all K labels right by luck with a chance that falls as K grows, while a gradient hears
of each label apart. All learners have the same budget of presentations and choose among equally many values of one
setting, on other words and nets; that search is counted apart. A run is solved when at most one in a hundred of its
test sequences is wrong. The design is ours.
"""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners import Budget, GradientDescent, MultiGridSearch, Problem, RandomGuessing, SimulatedAnnealing
from lrdlib.networks import Recurrent
from lrdlib.tasks import Batch, Task
from reproduction.experiment import Experiment
from reproduction.experiments._contestants import TESTS
from reproduction.experiments._problems import five_units
from reproduction.streams import generator

__all__ = ["EXPERIMENT", "LEARNERS", "NETS", "Words", "words"]

#: The net of two-sequence, 25 parameters, and a larger one, 120, in which all units see the input and have a bias.
NETS = {"large": Recurrent(10, bias=True), "small": five_units()}
#: Each learner with its one setting, the numbers that may be chosen for it, and how it is made.
LEARNERS = {
    "descent": ([0.0003, 0.001, 0.003, 0.01, 0.03],
                lambda rate: GradientDescent(rate, 10, momentum=0.9, check_every=20, check_growth=1.1)),
    "annealing": ([0.001, 0.01, 0.03, 0.1, 0.3], lambda T0: SimulatedAnnealing(T0, N_S=1, N_T=1, **TESTS)),
    "multi-grid": ([0.25, 0.5, 1.0, 2.0, 4.0], lambda width: MultiGridSearch(width, 1 / 0.9, **TESTS)),
    "guessing": ([0.5, 1.0, 2.0, 5.0, 20.0], lambda width: RandomGuessing(width)),
}
#: Sequences in the training set. An evaluation of the two searches shows all of them, so they get few; the others
#: stop at a batch of ten or at the first wrong answer, and get enough not to learn the noise by heart.
TRAINING = {"descent": 512, "guessing": 512, "annealing": 64, "multi-grid": 64}


class Words(Task):
    """Tell the class of a word that is followed by noise; even words are of class 0, odd ones of class 1.

    Parameters
    ----------
    T : int
    words : array (R, K, N)
        K even, at most as many elements as steps.
    amplitude : float
        The noise is uniform in [-amplitude, amplitude].
    """

    def __init__(self, T, words, amplitude=0.2):
        super().__init__(T)
        self.words = check.array("words", words, ("R", "K", "N")).astype(float)
        self.amplitude = check.real("amplitude", amplitude, 0)
        if self.words.shape[1] % 2 or self.words.shape[2] > T:
            raise ValueError(f"words must be (R, K, N), K even, N at most T = {T}, got {self.words.shape}")

    def sample(self, rng, size, runs=1, common=False):
        """Words as often as each other; lengths uniform in [T/2, T], and at least N."""
        R, K, N = self.words.shape
        if runs != R or common:
            raise ValueError(f"runs must be {R}, each with draws of its own, got {runs} and common={common}")
        which = rng.permuted((np.arange(size) + rng.integers(K, size=(R, 1))) % K, axis=1)
        lengths = rng.integers(max(N, -(-self.T // 2)), self.T + 1, (R, size))
        inputs = rng.uniform(-self.amplitude, self.amplitude, (R, size, self.T))
        inputs[:, :, :N] = self.words[np.arange(R)[:, None], which]
        inputs[np.arange(self.T) >= lengths[:, :, None]] = 0
        return Batch(inputs[..., None], lengths, np.where(which % 2, 0.8, -0.8))


def words(rng, runs, K, N):
    """K different words of N elements +-1 for each run, in an order that is their label: (runs, K, N)."""
    every = 2.0 * (np.arange(2**N)[:, None] >> np.arange(N) & 1) - 1
    return every[rng.permuted(np.tile(np.arange(2**N), (runs, 1)), axis=1)[:, :K]]


def blocks(config):
    return [{"net": net, "T": T, "K": K, "method": method}
            for net in NETS for T in config["T"] for K in config["K"] for method in LEARNERS]


def train(config, block, setting, runs, presentations, part):
    """One learner with a setting, or one for each run, on the words of this part; the `History`."""
    net, T, K, method = block.values()
    key = (config["seed"], part, net, T, K)
    problem = Problem(Words(T, words(generator(*key, "words"), runs, K, config["N"])), NETS[net], runs=runs,
                      rng=generator(*key, "data"), budget=Budget(presentations=presentations),
                      training_size=TRAINING[method], test_size=config["test"], tolerance=config["tolerance"])
    theta = NETS[net].initial(runs, generator(*key, "weights"))
    learner = LEARNERS[method][1](setting)
    return learner.train(problem, theta, generator(*key, "choices", method) if learner.stochastic else None)


def compute(config, block):
    """The setting with the least error in the search, and what it does with the whole budget."""
    candidates = np.array(LEARNERS[block["method"]][0])
    each = config["search_runs"]
    found = train(config, block, np.repeat(candidates, each), each * len(candidates), config["search_presentations"],
                  "search")
    errors = found.error.reshape(len(candidates), each).mean(1)
    spent = found.presentations.reshape(len(candidates), each).mean(1)
    best = int(np.lexsort([spent, errors])[0])
    history = train(config, block, candidates[best], config["runs"], config["presentations"], "contest")
    return {"solved": history.solved, "error": history.error, "presentations": history.presentations,
            "evaluations": history.evaluations, "setting": best, "search": int(found.presentations.sum())}


def assemble(config, blocks, outputs):
    """Arrays (net, method, T, K): `solved` runs, their mean `error` and its standard error, quartiles of presentations
    and all evaluations, which of a guesser are its guesses; the setting chosen, and what the search was charged."""
    found = {tuple(block.values()): out for block, out in zip(blocks, outputs)}

    def gather(f):
        return np.array([[[[f(found[net, T, K, method]) for K in config["K"]] for T in config["T"]]
                          for method in LEARNERS] for net in NETS])

    return {"nets": list(NETS), "parameters": np.array([net.n_parameters for net in NETS.values()]),
            "methods": list(LEARNERS), "T": np.array(config["T"]), "K": np.array(config["K"]), "N": config["N"],
            "runs": config["runs"], "budget": config["presentations"],
            "settings": np.array([LEARNERS[method][0] for method in LEARNERS]),
            "solved": gather(lambda out: int(np.sum(out["solved"]))),
            "error": gather(lambda out: float(np.mean(out["error"]))),
            "error_se": gather(lambda out: float(np.std(out["error"], ddof=1) / np.sqrt(config["runs"]))),
            "presentations": gather(lambda out: np.quantile(out["presentations"], [0.25, 0.5, 0.75])),
            "evaluations": gather(lambda out: int(np.sum(out["evaluations"]))),
            "setting": gather(lambda out: int(out["setting"])), "search": gather(lambda out: int(out["search"]))}


FULL = {"seed": 1996, "T": [8, 20, 50], "K": [2, 4, 8, 16], "N": 5, "runs": 30, "presentations": 50_000, "test": 200,
        "tolerance": 0.01, "search_runs": 6, "search_presentations": 15_000}
QUICK = FULL | {"T": [8], "K": [2, 8], "runs": 6, "presentations": 3000, "search_runs": 3, "search_presentations": 1000}

EXPERIMENT = Experiment(
    id="beyond-guessing", title="What resists guessing: a class for each of K words, and noise until T",
    scales={"quick": QUICK, "full": FULL}, blocks=blocks, compute=compute, assemble=assemble, counts={"solved": 1},
    tolerance={"error": 1.0, "presentations": 1.0, "evaluations": 1.0, "setting": 10.0, "search": 1.0})
