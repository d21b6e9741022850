"""Discrete error propagation: hard units, and errors that are changes of sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.batch import _last
from lrdlib.learners._settings import per_run, setting
from lrdlib.learners.descent import move
from lrdlib.learners.learner import Learner, Step
from lrdlib.networks import Network, Trajectory

__all__ = ["DiscreteErrors", "DiscretePropagation", "discrete_errors"]

BOUNDS = ("weights", "state")


@dataclass(frozen=True, eq=False)
class DiscreteErrors:
    """What `discrete_errors` sends back through a trajectory; index t - 1 is time t.

    Attributes
    ----------
    g : ndarray (T, R, n, B)
        The continuous error that arrives at each unit; 0 for the unit that is read at a sequence's end.
    largest : ndarray (T, R, n, B)
        MAX = -MIN, the bound on ``|g|``; 0 where no error can arrive.
    wish : ndarray (T, R, n, B)
        What g was made: +2 (be high), -2 (be low), or 0 where no error can arrive.
    change : ndarray (T, R, n, B)
        The desired change of the net input: 0 where the unit already is as wished.
    """

    g: np.ndarray
    largest: np.ndarray
    wish: np.ndarray
    change: np.ndarray


def discrete_errors(trajectory, lengths, high, draws, margin=1.0, bounds="weights", coin=True, silent=True):
    """Send the wrong answers of a net of hard units back as discrete errors.

    A unit whose net input is a, with the sign s, and at which the continuous error g arrives, is wished to be
    high (+2) with probability (g - MIN)/(MAX - MIN), and else low (-2). Where it is not yet so its net input shall
    change by ``da = -s lambda - a``, to lambda on the other side, and otherwise by 0. To the units below that is
    the error ``g_j = sum_i w_ij da_i``, minus the gradient of 1/2 sum_i da_i^2 by their outputs y_j.

    Parameters
    ----------
    trajectory : Trajectory
        Of a `Recurrent` network or a `LatchNeuron` with hard units, in real numbers.
    lengths : array_like of int (R or 1, B)
        The output is judged at the last step of each sequence.
    high : array_like of bool (R or 1, B)
        Whether the output there should have been the upper of its two values.
    draws : array_like (T, R, n, B)
        The chance for each unit and step, uniform in [0, 1).
    margin : float or array_like (R,)
        lambda, positive.
    bounds : {"weights", "state"}
        ``MAX_j = sum_i |w_ij| (lambda + A_i)`` over the connections by which an error can come, and MIN_j = -MAX_j.
        A_i is the largest ``|a_i|`` that the weights and inputs of the batch allow, or ``|a_i|`` itself.
    coin : bool
        If False, g = 0 leaves a unit as it is; by the formula it tosses a coin.
    silent : bool
        Whether a right answer sends nothing. If False it sends its error of 0, for which the units below toss coins.

    Returns
    -------
    DiscreteErrors

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    Units y = sign(x), the three changes of the output and the random choice: N93, in its text. The two
    probabilities and the changes of the input: TNN94, section V, second hand, the signs derived here. Reconstructed:
    MIN and MAX, how the errors of several units are summed, that a right answer sends nothing. Units with
    values 0 and 1 ("step") are ours: see `DiscretePropagation`.
    """
    check.instance("trajectory", trajectory, Trajectory, "what the run of a network gave")
    network = _hard("the network of trajectory", trajectory.network)
    T, R, n, B = trajectory.T, *trajectory.x.shape[1:]
    lengths = check.array("lengths", lengths, ("R|1", B), dtype=int, low=1, high=T)
    shared = isinstance(high, np.ndarray) and len(high.shape) == 2 and len(high) == 1
    high = check.mask("high", high, (1 if shared else R, B))
    if len(lengths) not in (1, R):
        raise ValueError(f"lengths must have 1 or R = {R} runs, got {len(lengths)}")
    draws = check.array("draws", draws, (T, R, n, B), low=0, high=1)
    margin = setting("margin", margin, above=0)
    check.choice("bounds", bounds, BOUNDS)
    for name, value in (("coin", coin), ("silent", silent)):
        check.instance(name, value, (bool, np.bool_), "True or False")
    out = DiscreteErrors(*np.zeros((4, T, R, n, B)))
    sweep = _sweep(network, trajectory, lengths, high, draws, per_run("margin", margin, R), bounds, coin, silent)
    for t, *found in sweep:
        for whole, part in zip((out.g, out.largest, out.wish, out.change), found):
            whole[t - 1 : t - 1 + len(part)] = part
    return out


#: Numbers in a block of steps: what does not wait for the error is computed for the block at once, within the cache.
BLOCK = 20_000


def _sweep(network, trajectory, lengths, high, draws, margin, bounds, coin, silent):
    """From the last steps to the first, in blocks that begin at t: g, MAX, the wish and the change (steps, R, n, B)."""
    x, read = trajectory.x, getattr(network, "output", 0)
    R, n, B = x.shape[1:]
    W, V = (None if part is None else np.ascontiguousarray(np.broadcast_to(part, (R, n, n)).transpose(0, 2, 1))
            for part in network.weights(trajectory))  # transposed, as errors go
    wrong = (_last(trajectory.outputs, lengths) > 0) != high  # (R, B)
    sends = wrong | (not silent)
    sent = (margin[:, None] + network.reach(trajectory))[:, :, None]  # the largest |da|
    margin, following, after = margin[:, None, None], np.zeros((R, n, B)), np.zeros((1, R, n, B))
    stop = int(lengths.max())
    while stop:
        first = max(1, stop - max(1, BLOCK // following.size) + 1)
        time = np.arange(first, stop + 1)[:, None, None]
        on = x[first : stop + 1] > 0
        flip = np.where(on, -margin, margin) - network.net_inputs(trajectory, first, stop)  # turns the unit
        if bounds == "state":
            sent = np.abs(flip)
            from_next, after = np.matmul(np.abs(W), np.concatenate([sent[1:], after])), sent[:1]
        else:
            from_next = np.matmul(np.abs(W), sent)
        largest = from_next * (sends & (lengths > time))[:, :, None]
        if V is not None:
            largest += np.matmul(np.abs(V), sent) * (sends & (lengths >= time))[:, :, None]
        threshold = (2 * draws[first - 1 : stop] - 1) * largest  # MIN + U (MAX - MIN)
        asked, ends = largest > 0, lengths == time
        asked[:, :, read] |= ends & wrong  # here the wish is known, and its own size
        np.copyto(threshold[:, :, read], np.where(high, -np.inf, np.inf), where=ends)
        flip *= asked
        g, change, up = np.empty_like(flip), np.empty_like(flip), np.empty_like(on)
        for k in reversed(range(len(time))):
            np.matmul(W, following, out=g[k])
            if V is None:
                _turn(g[k], threshold[k], on[k], flip[k], asked[k], coin, up[k], change[k])
            for i in () if V is None else reversed(range(n)):
                _turn(*(part[k, :, i] for part in (g, threshold, on, flip, asked)), coin, up[k, :, i], change[k, :, i])
                g[k, :, :i] += V[:, :i, i, None] * change[k, :, i, None]
            following = change[k]
        yield first, g, largest, np.where(asked, np.where(up, 2.0, -2.0), 0.0), change
        stop = first - 1


def _turn(g, threshold, on, flip, asked, coin, up, change):
    """Make g discrete, and find the desired change of the net input; in place."""
    np.less(threshold, g, out=up)
    np.multiply(flip, up != on, out=change)
    if not coin:  # nothing is asked of a unit where an error had to come and none did
        silent = (g == 0) & np.isfinite(threshold)
        asked[silent], change[silent] = False, 0


class DiscretePropagation(Learner):
    """Errors of hard units, made discrete at random and sent back; weights follow a delta rule.

    Each wrong answer asks some units at some times for a change da of their net input (`discrete_errors`). The
    parameters of unit i are moved towards it,

    ``theta_k <- theta_k + rate <da_i z_k / |z|^2>``,

    z being what they multiply; at rate 1 a single wish would be met exactly. The mean is over the steps of each
    sequence and over the sequences of the batch, right ones included.

    Parameters
    ----------
    rate : float or array_like (R,)
        Positive; below 2 no batch can make the weights grow without bound by itself.
    margin : float or array_like (R,)
        lambda, positive. It sets the scale of the weights that are learned, beside that of the first ones.
    bounds : {"weights", "state"}
    coin, silent : bool
        As for `discrete_errors`.
    batch_size : int, optional
        Sequences between two changes of theta: 1 is on-line learning; by default the whole training set.
    check_every, check_growth
        As for `Learner`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    N93, and TNN94, section V. How the wishes change the weights is not known: the normalised delta rule (Widrow &
    Hoff, 1960), its rate, lambda and the time of the change are reconstructions.

    The output at a sequence's end should be high if the target is above the task's threshold, which must lie
    between the two values of a unit: sign units have -1 and 1, step units 0 and 1. The sign function is odd: the
    net of TNN94 for parity with its one bias, of the hidden unit, cannot do parity with sign units, but can with
    step units, whose values are the logistic's;
    ``Recurrent(2, activation="step", input_to=[0, 1], bias=[0], same_step=[(1, 0)])``.
    """

    stochastic = True
    settings = ("rate", "margin")

    def __init__(self, rate=1.0, margin=1.0, bounds="weights", coin=True, silent=True, batch_size=None, check_every=1,
                 check_growth=1.0):
        super().__init__(batch_size, check_every, check_growth)
        self.rate, self.margin = setting("rate", rate, above=0), setting("margin", margin, above=0)
        self.bounds = check.choice("bounds", bounds, BOUNDS)
        self.coin = check.instance("coin", coin, (bool, np.bool_), "True or False")
        self.silent = check.instance("silent", silent, (bool, np.bool_), "True or False")

    def _begin(self, problem, theta0, rng):
        theta = super()._begin(problem, theta0, rng)
        low = -1.0 if _hard("the network of problem", problem.network).activation == "sign" else 0.0
        for name, task in (("task", problem.task), ("test_task", problem.test_task)):
            if not low <= task.threshold < 1:
                raise ValueError(f"the threshold of {name} must lie between the two values of a unit, {low:g} and 1, "
                                 f"got {task.threshold}")
        return theta

    def _state(self, problem, theta, rng):
        return rng

    def _step(self, problem, theta, batch, rng):
        active = problem.active
        network, task = problem.network.select(active), problem.task
        rate, margin = (self._each(name, problem.runs)[active] for name in self.settings)
        trajectory = network._run(theta[active], batch.inputs, batch.groups)
        T, _, n, B = trajectory.x[1:].shape
        draws = rng.random((T, problem.runs, n, B))
        draws = draws if len(active) == problem.runs else draws[:, active]
        lengths, high, total = batch.lengths, batch.targets > task.threshold, network.accumulator(trajectory)
        sweep = _sweep(network, trajectory, lengths, high, draws, margin, self.bounds, self.coin, self.silent)
        for first, _, _, _, change in sweep:
            size = network.fan_in(trajectory, first, first + len(change) - 1) * lengths[:, None]
            for t, da in enumerate(change / np.where(size > 0, size, np.inf), first):
                total += network.instances(trajectory, t, da)
        cost = task.cost.value(_last(trajectory.outputs, batch.lengths), batch.targets).sum(1)
        return Step(cost, move(theta, active, rate[:, None] / B * network.collect(total), np.zeros(len(active), bool)))


def _hard(name, network):
    """A network whose units are hard, and which can say what a learner of discrete errors asks."""
    check.instance(name, network, Network, "a lrdlib.networks.Network")
    if not getattr(network, "hard", False):
        raise TypeError(f"{name} must have hard units, as Recurrent(..., activation='sign') has, got {network!r}")
    return network
