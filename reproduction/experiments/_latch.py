"""Training the latch neuron: the protocol that the experiments on TNN94's Fig. 3 share.

What the paper leaves open is stated here once, and varied in `latch-sensitivity`. The number of sequences, the
learning rate and the demand that no string be wrong are those of the NARX paper's relative of the task (Lin, Horne,
Tino & Giles, 1996); that the rate multiplies the mean gradient of the whole set, and the number of epochs, are ours.

Training at a large initial weight and much noise is chaotic: a cell trained without the rest of its block, or from
parameters one bit away, can end otherwise. A whole block comes back to the bit; elsewhere the densities stand, not
the single runs.
"""

from __future__ import annotations

import numpy as np

from lrdlib.gradients import bptt
from lrdlib.learners import Budget, GradientDescent, Problem
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Latch
from reproduction.streams import generator

#: Steps with free inputs; strings of the fixed training set; rate on the mean cost; epochs; half-width of the
#: first free inputs; epochs between tests.
PROTOCOL = {"L": 3, "size": 60, "rate": 0.1, "epochs": 500, "scale": 0.1, "check_every": 5}

#: Free inputs so large that no larger ones do better: the state after step L is +-1 to rounding.
SATURATED = 30.0


def readings(s):
    """The two readings of "noise s" as standard deviations: s is one itself, or a variance."""
    return {"std": s, "variance": float(np.sqrt(s))}


def first_inputs(config, runs, *key):
    """Small uniform free inputs (runs, 2, L), from a stream of their own."""
    scale = config["scale"]
    return generator(config["seed"], "h", *key).uniform(-scale, scale, (runs, 2, config["L"]))


def neuron_and_theta(h, w0, frozen):
    """The network and its first parameters, for w frozen at w0 (R,) or learned from there."""
    w0 = np.broadcast_to(np.asarray(w0, float), len(h))
    network = LatchNeuron(h.shape[2], w=w0 if frozen else None)
    return network, network.pack(h=h) if frozen else network.pack(w=w0, h=h)


def problem(config, network, T, noise, runs, rng, common=False, **changes):
    """The problem of one ensemble: a fixed training set, on which convergence is tested too."""
    options = {"budget": Budget(evaluations=config["epochs"]), "training_size": config["size"], **changes}
    return Problem(Latch(T, config["L"], noise), network, runs=runs, rng=rng, common=common, **options)


def descend(config, problem, theta, gradient=bptt):
    """Batch gradient descent on the mean cost; the `History`."""
    learner = GradientDescent(config["rate"] / config["size"], gradient=gradient, check_every=config["check_every"])
    return learner.train(problem, theta)


def lag_normalised(network, theta, batch, cost):
    """A control, not a gradient: what reaches the free inputs is as large as at the end, whatever the lag.

    dC/da_t is replaced by dC/da_T for t <= L, which for w > 0 has the same sign: the factor
    da_T/da_t, by which the gradient vanishes, is set to 1. The weight w keeps its true gradient.
    """
    g = bptt(network, theta, batch, cost)
    o = g.trajectory.o[-1]
    da = cost.derivative(o, batch.targets) * (1 - o**2)
    h = network.views(g.gradient)["h"]
    for c in range(network.n_groups):
        h[:, c] = np.where(batch.groups == c, da, 0).sum(1)[:, None]
    return g


def guess(problem, theta, rng, width=4.0):
    """Search without a gradient: draw all trained parameters uniformly in [-width, width], and test.

    Returns
    -------
    ndarray of bool (R,)
        Which runs were solved within the budget, an evaluation being a draw that is tested.
    """
    while problem.draw() is not None:
        problem.test(rng.uniform(-width, width, theta.shape)[problem.active])
    return problem.status == "solved"


def bearable(w, batch, L):
    """Which runs the best free inputs solve on this batch, (R,) of bool: the ceiling for weights w (R,).

    The state at T is a monotone function of the state at L, whatever the noise: it rises with it if w^(T-L) > 0. So the
    free inputs that carry the neuron to +1 or -1, whichever ends on the side of the class, are right wherever any
    others are.
    """
    w = np.asarray(w, float)
    network = LatchNeuron(L, w=w)
    side = np.sign(w) ** (batch.T - L)
    h = SATURATED * side[:, None, None] * np.array([-1, 1])[:, None] * np.ones(L)
    outputs = network.run(network.pack(h=h), batch.inputs, batch.groups).outputs[:, :, -1]
    return ((outputs > 0) == (batch.targets > 0)).all(1)
