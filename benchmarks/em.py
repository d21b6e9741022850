"""One iteration of EM for many input-output hidden Markov models, and for one at a time."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.timing import Contender, race, table
from lrdlib.learners import Budget, ExpectationMaximisation, Problem
from lrdlib.networks import InputOutputHMM
from lrdlib.tasks import Parity

NETWORK = InputOutputHMM(2, levels=[0.0])


def with_numpy(A, u, d):
    """One model; its sequences are one array: new tables A (2, i, j) from inputs u (B, T) and targets d (B,)."""
    B, T = u.shape
    level = (u >= 0).astype(int)
    alpha, beta = np.zeros((T + 1, B, 2)), np.zeros((T + 1, B, 2))
    alpha[0, :, 0] = 1
    beta[T, np.arange(B), d.astype(int)] = 1
    for t in range(T):
        alpha[t + 1] = np.einsum("bij,bj->bi", A[level[:, t]], alpha[t])
    for t in range(T, 0, -1):
        beta[t - 1] = np.einsum("bij,bi->bj", A[level[:, t - 1]], beta[t])
    likelihood, counts = beta[0, :, 0], np.zeros_like(A)
    for t in range(T):
        joint = A[level[:, t]] * alpha[t, :, None] * beta[t + 1, :, :, None] / likelihood[:, None, None]
        for k in (0, 1):
            counts[k] += joint[level[:, t] == k].sum(0)
    return counts / counts.sum(1, keepdims=True)


def with_python(A, u, d):
    """One model, one sequence, one number at a time."""
    counts = [[[0.0, 0.0], [0.0, 0.0]] for _ in range(2)]
    for inputs, target in zip(u, d):
        level, alpha = [int(u_t >= 0) for u_t in inputs], [[1.0, 0.0]]
        for k in level:
            before = alpha[-1]
            alpha.append([A[k][i][0] * before[0] + A[k][i][1] * before[1] for i in (0, 1)])
        beta = [1.0 - target, target]
        likelihood = math.fsum(a * b for a, b in zip(alpha[-1], beta))
        for k, before in zip(reversed(level), reversed(alpha[:-1])):
            for i in (0, 1):
                for j in (0, 1):
                    counts[k][i][j] += A[k][i][j] * before[j] * beta[i] / likelihood
            beta = [A[k][0][j] * beta[0] + A[k][1][j] * beta[1] for j in (0, 1)]
    return [[[N[i][j] / (N[0][j] + N[1][j]) for j in (0, 1)] for i in (0, 1)] for N in counts]


def run(models=50, T=500, sequences=100, loop=5, turns=5):
    """Race, and return the table as text."""
    theta = NETWORK.initial(models, np.random.default_rng(0), 2.0)
    A = NETWORK.transitions(theta, [[-1.0], [1.0]])

    def iteration(theta, runs):
        """lrdlib: what a learner does, with the draw of the batch, from a problem of these runs."""
        problem = Problem(Parity(T), NETWORK, runs=runs, rng=np.random.default_rng(1), common=True,
                          training_size=sequences, budget=Budget(evaluations=10**6))
        learner, whole = ExpectationMaximisation(), theta.copy()
        state = learner._state(problem, whole, None)

        def work():
            whole[:] = theta
            learner._step(problem, whole, problem.draw(), state)
            return NETWORK.transitions(whole, [[-1.0], [1.0]])

        return work, problem.training

    at_once, batch = iteration(theta, models)
    some = range(min(loop, models))
    singles = [iteration(theta[[r]], 1)[0] for r in some]
    u, d = batch.inputs[0, :, :, 0], batch.targets[0]
    truth = at_once()[: len(some)]
    slow = [with_python(A[r].tolist(), u.tolist(), d.tolist()) for r in some]
    np.testing.assert_allclose(slow, truth, rtol=1e-8)
    np.testing.assert_allclose([with_numpy(A[r], u, d) for r in some], truth, rtol=1e-8)
    np.testing.assert_allclose([one()[0] for one in singles], truth, rtol=1e-8)
    contenders = [Contender("lrdlib, all models", at_once, models),
                  Contender("loop over models, numpy", lambda: [with_numpy(A[r], u, d) for r in some], len(some)),
                  Contender("loop, plain Python", lambda: with_python(A[0].tolist(), u.tolist(), d.tolist()), 1),
                  Contender("lrdlib, one model at a time", lambda: [one() for one in singles], len(some))]
    title = (f"em: {models} models of 2 states, {sequences} sequences of {T} steps; an item is one iteration of one "
             f"model")
    return table(title, "model", contenders, race(contenders, turns))
