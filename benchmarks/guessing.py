"""Random weight guessing: many nets at once, and one net at a time."""

from __future__ import annotations

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib.learners import Budget, Problem, RandomGuessing
from lrdlib.learners.guessing import streams
from lrdlib.networks import Recurrent
from lrdlib.tasks import TwoSequence

WIDTH = 100.0
#: Prototypes that hardly any random net tells apart, so that a race is a race of rejections; and an easier pair, for
#: which there is a winner.
HARD, EASY = [[0.3, -0.2, 0.5], [0.3, -0.2, 0.39]], [[-0.15, 0.17, -0.75], [0.4, 0.17, 0.35]]


def problem_of(trials, sequences, T, prototypes=HARD):
    return Problem(TwoSequence(T, 3, prototypes), Recurrent(5, input_to=[0], train_input=False), runs=1,
                   rng=np.random.default_rng(0), budget=Budget(evaluations=trials), training_size=sequences)


def with_numpy(W, u, lengths, d, reject):
    """One net: how many sequences it is shown, and whether it gets all right; u (T, sequences).

    `reject`: two sequences first, then the rest if both are right; otherwise all at once.
    """
    for rows in (slice(0, 2), slice(2, None)) if reject else (slice(0, None),):
        x, out = np.zeros((5, len(d[rows]))), np.zeros(len(d[rows]))
        for t in range(lengths[rows].max()):
            a = W @ x
            a[0] += u[t, rows]
            x = np.tanh(a)
            out = np.where(lengths[rows] == t + 1, x[4], out)
        wrong = np.flatnonzero((out > 0) != (d[rows] > 0))
        if wrong.size:
            return rows.start + wrong[0] + 1, False
    return len(d), True


def with_torch(u, lengths, d):
    """A function of many weights (K, 5, 5): which nets get all right, all sequences at once; None without PyTorch."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    u, d, lengths = torch.from_numpy(u), torch.from_numpy(d), torch.from_numpy(lengths)

    def passed(W):
        with torch.no_grad():
            W = torch.from_numpy(W)
            x, out = W.new_zeros(len(W), 5, len(d)), W.new_zeros(len(W), len(d))
            for t in range(len(u)):
                a = W @ x
                a[:, 0] += u[t]
                x = torch.tanh(a)
                out = torch.where(lengths == t + 1, x[:, 4], out)
            return ((out > 0) == (d > 0)).all(1).numpy()

    return passed


def arrays(problem):
    """Inputs (T, sequences), lengths and targets of the training set, in the order in which guesses are shown it."""
    batch = problem.training
    second = int((batch.targets[0] != batch.targets[0, 0]).argmax())
    batch = batch.pick([[0, second, *(b for b in range(1, batch.size) if b != second)]])
    return np.ascontiguousarray(batch.inputs[0, :, :, 0].T), batch.lengths[0], batch.targets[0]


def guesses(dtype, n):
    urn = streams(np.random.default_rng(1), 1)[0]
    return ((2 * urn.random((n, 25), dtype) - 1) * dtype(WIDTH)).reshape(n, 5, 5)


def with_lrdlib(problem, dtype=np.float32):
    return RandomGuessing(WIDTH, dtype=dtype).train(problem, np.zeros((1, 25)), np.random.default_rng(1))


def one_by_one(data, reject, n, go_on=False):
    """Guess by guess until one is right, or n times: trials, presentations, and the winner if there is one."""
    shown = 0
    for k, W in enumerate(guesses(np.float64, n)):
        seen, right = with_numpy(W, *data, reject)
        shown += seen
        if right and not go_on:
            return k + 1, shown, W.ravel()
    return n, shown, None


def check(sequences, T, n):
    """The same winner, of the same stream, at the same price."""
    for prototypes in (HARD, EASY):
        problem = problem_of(n, sequences, T, prototypes)
        data, found = arrays(problem), with_lrdlib(problem, np.float64)
        for reject in (True, False):
            tried, shown, winner = one_by_one(data, reject, n)
            spent = found.evaluations[0], found.presentations[0]
            assert (tried, shown) == spent, f"a loop makes {tried} trials with {shown} sequences, lrdlib {spent}"
            assert (winner is not None) == found.solved[0]
            if winner is not None:
                np.testing.assert_array_equal(winner, found.theta[0])


def run(trials=20_000, sequences=200, T=100, loop=20, turns=7):
    """Race, and return the table as text."""
    check(sequences, T, min(trials, 20 * loop))
    data = u, lengths, d = arrays(problem_of(1, sequences, T))

    def in_float32():
        return with_lrdlib(problem_of(trials, sequences, T))

    def in_float64():
        return with_lrdlib(problem_of(trials, sequences, T), np.float64)

    contenders = [Contender("lrdlib, float32", in_float32, int(in_float32().evaluations[0])),
                  Contender("lrdlib, float64", in_float64, int(in_float64().evaluations[0])),
                  Contender("one net at a time, rejecting early", lambda: one_by_one(data, True, loop, True), loop),
                  Contender("one net at a time, all sequences", lambda: one_by_one(data, False, loop, True), loop)]
    torch = with_torch(u.astype(np.float32), lengths, d.astype(np.float32))
    if torch is not None:
        at_once = guesses(np.float32, 10 * loop)
        np.testing.assert_array_equal(torch(at_once), [with_numpy(W, u, lengths, d, True)[1] for W in at_once])
        contenders.append(Contender("PyTorch, all nets, all sequences", lambda: torch(at_once), len(at_once)))
    title = (f"guessing: {sequences} sequences of {T} steps at most, nets of 5 units; an item is one random net, "
             "judged until it is wrong")
    return table(title, "trial", contenders, race(contenders, turns))
