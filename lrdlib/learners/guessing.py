"""Random weight guessing: draw all weights anew until they happen to solve the task."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.learners._settings import setting
from lrdlib.learners.budget import CHARGES
from lrdlib.learners.learner import Learner

__all__ = ["RandomGuessing"]

LANES = 16  # networks come in multiples of it, so that a number's rounding does not hang on its place


class RandomGuessing(Learner):
    """Draw ``theta_i ~ U[-width, width]`` until the whole training set is right; then the test decides.

    A guess is shown one training sequence after another, until an answer is wrong: the first one, then the
    first with another target, then the rest in their order. A guess that gets all of them right is tested as
    any learner's parameters are, and if it fails the test guessing goes on. Charged are, for each guess, one
    evaluation (so that evaluations are trials), and the sequences up to and including the first wrong one. A
    guess that the budget does not pay for is not made.

    Parameters
    ----------
    width : float or array_like (R,)
        Half of the interval that weights are drawn from; positive.
    block : int
        Most guesses that are judged at once, over all runs. Neither what is found nor what it is charged
        depends on it.
    dtype : data-type
        Of the numbers that guesses are drawn and judged with, `numpy.float64` or, for speed,
        `numpy.float32`. The test is made in float64 in any case.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    The control of Hochreiter & Schmidhuber (NIPS 9), and of Schmidhuber, Hochreiter & Bengio (2001): weights in
    [-100, 100], until all training and all test sequences are right. The order of presentation and the charge
    for a wrong guess, which is how a guesser would save work, are ours.

    What makes it fast is exact: all guesses of a block see two sequences at once, those that were right on both
    see two more, then four, eight and so on. Each run draws from a stream of its own, so that its guesses
    depend neither on the block nor on when other runs end. The `cost` in the `History` is infinite, for none
    is computed; a row of its curve is a test of one run, in which the others stand where the last block left
    them. A guess that overflows in the test is wrong, and guessing goes on. The `tolerance` of the problem
    is the test's: of the training set all must be right, and the budget must pay for all of it once.
    """

    stochastic = True
    settings = ("width",)

    def __init__(self, width=100.0, block=8192, dtype=np.float64):
        super().__init__()
        self.width = setting("width", width, above=0, high=1e30)
        self.block = check.count("block", block, maximum=2**24)
        if dtype not in (np.float32, np.float64, "float32", "float64"):
            raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
        self.dtype = np.dtype(dtype)

    def _begin(self, problem, theta0, rng):
        if getattr(problem, "training", self) is None:
            raise ValueError("problem must have a training_size for RandomGuessing, got none")
        return super()._begin(problem, theta0, rng).astype(float)

    def _go_on(self, problem, theta, rng, cost, records):
        examiner, urns = Examiner(problem, self.dtype), streams(rng, problem.runs)
        problem.test(theta, overflow_ends=False)
        records[0] = problem.record(cost)
        width = self._each("width", problem.runs).astype(self.dtype)
        k = LANES
        while (active := problem.active).size:
            k = min(4 * k, max(1, self.block // active.size))  # small at first: a task may be easy
            guesses = np.stack([urns[r].random((k, theta.shape[1]), self.dtype) for r in active])
            guesses = (2 * guesses - 1) * width[active, None, None]
            wrong = examiner.first_wrong(guesses.reshape(-1, theta.shape[1]), np.repeat(active, k))
            self._settle(problem, theta, guesses, examiner.bill(wrong.reshape(-1, k)), cost, records)
        if not np.array_equal(records[-1]["evaluations"], problem.spent["evaluations"]):
            records.append(problem.record(cost))

    def _step(self, problem, theta, batch, state):
        raise NotImplementedError("a guesser does not learn step by step")

    @staticmethod
    def _settle(problem, theta, guesses, bill, cost, records):
        """Go through a block as if guess by guess: charge, test who got all right, and end who is done."""
        runs, k = problem.active, guesses.shape[1]
        passed, spent = bill  # (A, k), and what each charge came to after each guess
        limits = {name: getattr(problem.budget, name) for name in CHARGES}
        paid = np.all([problem.spent[name][runs, None] + spent[name][:, 1:] <= limit
                       for name, limit in limits.items() if limit is not None], axis=0).sum(1)
        done = np.zeros(len(runs), int)  # guesses charged

        def charge(upto):
            own = np.searchsorted(runs, problem.active)
            problem.charge(**{name: spent[name][own, upto[own]] - spent[name][own, done[own]] for name in CHARGES},
                           end=False)
            done[own] = upto[own]

        while problem.active.size:
            own = np.zeros((len(runs), 1), bool)
            own[np.searchsorted(runs, problem.active)] = True
            place = np.arange(k)
            due = passed & own & (place >= done[:, None]) & (place < paid[:, None])
            won = np.flatnonzero(due.any(1))
            if not won.size:
                break
            first = due[won].argmax(1)
            upto = done.copy()
            upto[won] = first + 1
            charge(upto)
            theta[runs[won]] = guesses[won, first]
            problem.test(theta[problem.active], overflow_ends=False)
            records.append(problem.record(cost))
        if problem.active.size:
            charge(paid)
            problem.end("exhausted", paid[np.searchsorted(runs, problem.active)] < k)


class Examiner:
    """The training sets of all runs, runs last, in the order in which guesses are shown them."""

    def __init__(self, problem, dtype):
        batch = problem.training
        if batch.targets.ndim == 2:
            batch = batch.pick(_order(batch.targets))
        self.network, self.task, self.size = problem.network, problem.task, batch.size
        self.u = np.ascontiguousarray(batch.inputs.transpose(2, 3, 1, 0), dtype)  # (T, I, B, R or 1)
        self.lengths, self.targets = batch.lengths.T, batch.targets
        self.groups = None if batch.groups is None else batch.groups.T
        steps = np.broadcast_to(batch.lengths, (problem.runs, self.size)) * problem.units
        self.steps = np.hstack([np.zeros((problem.runs, 1), int), steps.cumsum(1)])  # after each sequence
        self.problem = problem

    def first_wrong(self, theta, owner):
        """Which sequence is the first that each guess (K, P) gets wrong; the size of the set if none.

        `owner` (K,) is the run whose training set it is shown.
        """
        out, alive, start, size = np.full(len(theta), self.size), np.arange(len(theta)), 0, 2
        while start < self.size and alive.size:
            rows = slice(start, min(start + size, self.size))
            right = self._right(theta[alive], owner[alive], rows)
            failed = ~right.all(1)
            out[alive[failed]] = start + (~right[failed]).argmax(1)
            alive, start = alive[~failed], rows.stop
            size = max(2, start)
        return out

    def _right(self, theta, owner, rows):
        """Which answers are right, (K, rows)."""
        K = len(theta)
        if K % LANES:
            more = np.resize(np.arange(K), K + LANES - K % LANES)
            theta, owner = theta[more], owner[more]
        lengths = _own(self.lengths[rows], owner)
        T = lengths.max()
        groups = None if self.groups is None else _own(self.groups[rows], owner)
        outputs = self.network.select(owner)._finals(theta, _own(self.u[:T, :, rows], owner), lengths, groups)
        outputs = outputs.T[:K]
        finite = np.isfinite(outputs)
        targets = self.targets if len(self.targets) == 1 else self.targets[owner[:K]]
        right = self.task.correct(np.where(finite, outputs, 0), targets[:, rows])
        return check.mask("what task.correct gives", right, outputs.shape) & finite

    def bill(self, wrong):
        """For the active runs: which guesses (A, k) got all right, and the sums of each charge (A, 1 + k)."""
        shown = np.minimum(wrong + 1, self.size)
        steps = np.take_along_axis(self.steps[self.problem.active], shown, 1)
        charges = dict(zip(CHARGES, (np.ones_like(shown), shown, steps)))
        nothing = np.zeros((len(wrong), 1), int)
        return wrong == self.size, {name: np.hstack([nothing, c.cumsum(1)]) for name, c in charges.items()}


def streams(rng, runs):
    """A generator of guesses for each run."""
    seeds = rng.integers(2**63, size=(runs, 4))
    return [np.random.Generator(np.random.SFC64(seed.tolist())) for seed in seeds]


def _order(targets):
    """The sequences (R or 1, B): the first, the first with another target, and the rest in their order."""
    B = targets.shape[1]
    second = (targets != targets[:, :1]).argmax(1)  # 0 if all targets are the same
    key = np.tile(np.arange(B) + 1.0, (len(targets), 1))
    key[:, 0] = 0
    key[np.arange(len(key)), second] = np.where(second > 0, 0.5, 0)
    return key.argsort(1, kind="stable")


def _own(part, owner):
    """What belongs to each guess's run, runs last; one run's stays one, shared by all."""
    if part.shape[-1] == 1:
        return part
    if (owner == owner[0]).all():
        return part[..., owner[:1]]
    return part[..., owner]
