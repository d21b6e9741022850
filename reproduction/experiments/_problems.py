"""The three problems of TNN94, section VI, and their nets, as the experiments of part IV share them."""

from __future__ import annotations

import numpy as np

from lrdlib.networks import LatchNeuron, Recurrent
from lrdlib.tasks import Latch, Parity, TwoSequence

__all__ = ["NOISE", "TASKS", "five_units", "pairs", "problem_of", "same_step_net"]

TASKS = ("latch", "two-sequence", "parity")
NOISE = 0.2 / 3**0.5  # the standard deviation of U[-0.2, 0.2]


def five_units(activation="tanh", output=None):
    """The net of 25 weights that learns two-sequence; `output` is the unit that is read, by default the last."""
    return Recurrent(5, activation=activation, input_to=[0], train_input=False, output=output)


def same_step_net(activation="logistic", delayed=False):
    """The net of 7 weights that learns parity; `delayed`: the hidden unit feeds the output one step later."""
    return Recurrent(2, activation=activation, input_to=[0, 1], bias=[0], same_step=[] if delayed else [(1, 0)])


def pairs(rng, n, N=3):
    """n pairs of random prototypes in [-1, 1]^N, (n, 2, N)."""
    return np.stack([TwoSequence(N, N, rng).prototypes for _ in range(n)])


def problem_of(name, T, prototypes=None, noise=NOISE):
    """A task and its net: lengths uniform in [T/2, T], uniform noise; two-sequence wants prototypes."""
    if name == "latch":
        return Latch(T, 1, noise, "uniform", length="half"), LatchNeuron(1)
    if name == "two-sequence":
        return TwoSequence(T, 3, prototypes, noise, length="half"), five_units()
    return Parity(T, noise, length="half"), same_step_net()
