"""Parity: a solution of the 7-parameter net by hand, others by guessing, and nets that have none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lrdlib.networks import LocalFeedback, Recurrent
from lrdlib.tasks import Parity

NET = {"activation": "logistic", "input_to": [0, 1], "bias": [0]}
PARITY, DELAYED = Recurrent(2, **NET, same_step=[(1, 0)]), Recurrent(2, **NET)


def every_sequence(T):
    """All 2^T sequences of +-1, and whether their number of +1 is odd."""
    bits = np.array(list(itertools.product([0, 1], repeat=T)))
    return (2.0 * bits - 1)[None, :, :, None], bits.sum(1) % 2


def right(network, theta, inputs, odd):
    """For each run and sequence, whether the output at the end is on the right side of 1/2."""
    return (network.run(theta, inputs).outputs[:, :, -1] > 0.5) == (odd == 1)


def by_hand(k=20.0):
    """h_t = [o_{t-1} and u_t]; o_t = [o_{t-1} or u_t, and not h_t], with +-1 for the bits of u."""
    return PARITY.pack(W=[[0, k], [-4 * k, 2 * k]], U=[[k], [k]], b=[-1.5 * k])


def test_a_solution_by_hand():
    theta = by_hand()
    for T in range(1, 13):
        assert right(PARITY, theta, *every_sequence(T)).all()
    long = Parity(500).sample(np.random.default_rng(0), 200)
    assert right(PARITY, theta, long.inputs, long.targets).all()
    noisy = Parity(500, noise=0.2 / np.sqrt(3), length="half").sample(np.random.default_rng(1), 200)
    run = PARITY.run(theta, noisy.inputs)
    ends = run.outputs[0, np.arange(200), noisy.lengths[0] - 1]
    assert Parity(500).correct(ends[None], noisy.targets).all()


def guess(network, guesses, rng, T=50):
    """Those of so many random nets that are right on every short sequence and on 64 long ones.

    One wrong answer rejects a net, so that few nets meet the long ones.
    """
    theta = rng.uniform(-100, 100, (guesses, network.n_parameters))
    for t in (1, 2, 3, 5, 10, T):
        if not len(theta):
            return theta
        if t <= 5:
            inputs, odd = every_sequence(t)
        else:
            batch = Parity(t).sample(rng, 64)
            inputs, odd = batch.inputs, batch.targets[0]
        theta = theta[right(network, theta, inputs, odd).all(1)]
    return theta


def test_guessing_solves_parity_before_any_learner_runs():
    solutions = guess(PARITY, 40_000, np.random.default_rng(1994))
    assert 3 <= len(solutions) <= 25  # about 1 in 4200
    fresh = Parity(50).sample(np.random.default_rng(0), 500)
    assert right(PARITY, solutions, fresh.inputs, fresh.targets[0]).mean(1).max() == 1


def test_no_net_with_all_connections_delayed_solves_parity():
    """o_T would have to rise with u_T after an even prefix, and to fall after an odd one."""
    assert len(guess(DELAYED, 200_000, np.random.default_rng(1994))) == 0
    theta = np.random.default_rng(7).uniform(-100, 100, (10_000, 7))
    inputs, _ = every_sequence(4)
    o = DELAYED.run(theta, inputs).outputs[:, :, -1]
    rise = o[:, 1::2] - o[:, 0::2]  # pairs that differ in u_T only
    assert ((rise >= 0).all(1) | (rise <= 0).all(1)).all()


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_local_feedback_settles_where_parity_turns(activation):
    """Under repetitions of (+1, -1) parity turns each time; every local-feedback unit goes one way only."""
    rng, n, K = np.random.default_rng(3), 6, 60
    network = LocalFeedback(n, activation=activation)
    theta = rng.uniform(-4, 4, (500, network.n_parameters))
    prefix = rng.choice([-1.0, 1.0], 5)
    inputs = np.concatenate([prefix, np.tile([1.0, -1.0], K)])[None, None, :, None]
    states = network.run(theta, inputs).states[:, 0, len(prefix)::2]  # once a repetition (R, K + 1, n)
    steps = np.diff(states, axis=1)
    still = 1e-12
    assert ((steps >= -still).all(1) | (steps <= still).all(1)).all()
    assert (np.abs(steps).sum(1) <= (2 if activation == "tanh" else 1)).all()
