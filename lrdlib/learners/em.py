"""Expectation maximisation for the input-output hidden Markov model: targets, not errors, travel back in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check
from lrdlib.batch import Batch
from lrdlib.gradients import Gradient
from lrdlib.learners._settings import setting
from lrdlib.learners.learner import Learner, Step
from lrdlib.networks.markov import NEVER, InputOutputHMM

__all__ = ["ExpectationMaximisation", "Expectation", "expectation", "likelihood_gradient"]

#: No probability of an allowed transition goes below this: its logarithm stays finite, and next to any
#: probability above 1e-14 it is lost in rounding.
FLOOR = 1e-30
#: Numbers in one array of the E step: some runs at a time, so that memory does not grow with their number.
BLOCK = 2**21


@dataclass(frozen=True, eq=False)
class Expectation:
    """What the E step finds.

    Attributes
    ----------
    log_likelihood : ndarray (R, B)
        log P(q_T right | u_1 .. u_T), of each sequence.
    counts : ndarray (d, n, R, S)
        Expected number of transitions from state j to its s-th successor, given that the final state is right: at
        each table (S = K), or without tables at each step of each sequence (S = T B).
    seen : ndarray
        What the network saw at each of the S places, as its `features` say it.
    """

    log_likelihood: np.ndarray
    counts: np.ndarray
    seen: np.ndarray


def expectation(network, theta, batch):
    """The E step: which transitions were made, given the inputs and that the final state is right.

    Backwards, in logarithms, ``b_{t-1}(j) = sum_i A_ij(u_t) b_t(i)``, where ``b_t(i) = P(q_T right | q_t = i)``.
    Then forwards, for what is conditioned on the right end is a Markov chain again:
    ``P(q_t = i | q_{t-1} = j, right) = A_ij b_t(i) / b_{t-1}(j)``. Nothing underflows, however long the sequence.
    Right is a final state in `accepting` where the target is nearer to the network's higher output, and any
    other state where it is not. Source: N93 and IOH; the order backwards, then forwards, is ours.

    Parameters
    ----------
    network : InputOutputHMM
    theta : array_like (R, P)
    batch : Batch
        With targets at the last step.

    Returns
    -------
    Expectation

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind or shapes do not fit, or no path of allowed transitions leads
        to a right final state.
    """
    check.instance("network", network, InputOutputHMM, "a lrdlib.networks.InputOutputHMM")
    check.instance("batch", batch, Batch, "a lrdlib.tasks.Batch")
    theta = check.array("theta", theta, ("R", network.n_parameters)).astype(float)
    R, (_, B, T, I) = len(theta), batch.inputs.shape
    if batch.targets.ndim == 3:
        raise ValueError("batch must have targets at the last step only, got one at every step")
    if I != network.n_inputs:
        raise ValueError(f"batch must have {network.n_inputs} inputs, got {I}")
    if batch.runs not in (1, R):
        raise ValueError(f"theta must have the R = {batch.runs} runs of batch, got {R}")
    if network.L is not None and network.L > T:
        raise ValueError(f"batch must have at least L = {network.L} steps, got T = {T}")
    network._groups(batch.groups, R, B)
    block = R if network.levels is None else max(1, BLOCK // (network.to.size * T * B))
    scratch, parts = np.empty((T, network.to.size * min(block, R) * B)), []
    for first in range(0, R, block):
        runs = np.arange(first, min(first + block, R))
        parts.append(_block(network, theta[runs], batch.select(runs) if batch.runs > 1 else batch, scratch))
    log_likelihood, counts = (np.concatenate(each, axis) for each, axis in zip(zip(*parts), (0, 2)))
    if (log_likelihood < NEVER / 2).any():
        r, p = np.argwhere(log_likelihood < NEVER / 2)[0]
        raise ValueError(f"network must allow a path to a right final state, got none for sequence {p} of run {r}")
    return Expectation(log_likelihood, counts, _places(network, batch, R))


def _steps(network, batch):
    """What each step of the batch shows to the network, one after another."""
    u = batch.inputs.transpose(2, 0, 3, 1)
    return [network.features(u[t - 1], batch.groups, t) for t in range(1, batch.T + 1)]


def _places(network, batch, R):
    """The places at which transitions are counted: all tables, or every step of every sequence."""
    if network.levels is not None:
        return np.arange(next(iter(network.layout.values()))[0])[None]
    return np.concatenate([np.broadcast_to(phi, (R, *phi.shape[1:])) for phi in _steps(network, batch)], axis=2)


def _shares(network, batch, R):
    """The weight of each place in the mean over a sequence's steps, summed over the sequences, (R, S)."""
    lengths = np.broadcast_to(batch.lengths, (R, batch.size))
    alive = (np.arange(1, batch.T + 1)[:, None, None] <= lengths) / lengths
    if network.levels is None:
        return alive.transpose(1, 0, 2).reshape(R, -1)
    K = next(iter(network.layout.values()))[0]
    seen = [np.broadcast_to(s, lengths.shape) for s in _steps(network, batch)]
    place = np.arange(0, R * K, K)[:, None] + np.array(seen)
    return np.bincount(place.ravel(), alive.ravel(), R * K).reshape(R, K)


def _block(network, theta, batch, scratch):
    """As `expectation`, for some runs: log-likelihood and counts."""
    (d, n), to, R, B = network.to.shape, network.to, len(theta), batch.size
    lengths = np.broadcast_to(batch.lengths, (R, B)).ravel()
    shorter, tables = (lengths < batch.T).any(), network.levels is not None
    prepared, seen = network.prepare(theta), _steps(network, batch)
    high = np.broadcast_to(batch.targets > np.mean(network.outputs), (R, B)).ravel()
    accepting = np.isin(np.arange(n), network.accepting)
    log_b = final = np.where(accepting[:, None] == high, 0.0, NEVER)
    onwards = scratch[:, : d * n * R * B].reshape(-1, d, n, R * B)  # P(q_t = to[s, j] | q_{t-1} = j, right)
    for t in range(batch.T, 0, -1):
        if shorter:
            log_b = np.where(lengths == t, final, log_b)
        rows = network.log_rows(prepared, seen[t - 1])
        rows += log_b[to]
        top = rows.max(0)
        rows -= top
        share = np.exp(rows, out=onwards[t - 1])
        total = share.sum(0)
        share /= total
        log_b = np.maximum(top + np.log(total), NEVER)
    reached = np.zeros((n, R * B))
    reached[network.start] = 1
    counts = np.zeros(theta.shape)
    for t in range(1, batch.T + 1):
        if shorter:
            reached *= lengths >= t
        joint = onwards[t - 1]
        joint *= reached
        reached = network.gather @ joint.reshape(d * n, -1)
        if tables:
            network.add_to(counts, joint.reshape(d, n, R, B), seen[t - 1])
    log_likelihood = log_b[network.start].reshape(R, B)
    if not tables:
        return log_likelihood, onwards.reshape(-1, d, n, R, B).transpose(1, 2, 3, 0, 4).reshape(d, n, R, -1)
    K, m = next(iter(network.layout.values()))
    grid = np.zeros((d * n, R, K))
    grid[network.edge] = counts.reshape(R, K, m).transpose(2, 0, 1)
    return log_likelihood, grid.reshape(d, n, R, K)


def likelihood_gradient(network, theta, batch, cost=None):
    """The gradient of minus the log-likelihood of the right final states, for gradient descent on it.

    By Fisher's identity it is the expected gradient of the complete data: with counts ``N_ij`` of the E step and
    ``N_j = sum_i N_ij``, the derivative of log L by the logit of ``A_ij`` is ``N_ij - N_j A_ij``. An algorithm for
    `GradientDescent`: ``GradientDescent(rate, gradient=likelihood_gradient)`` is gradient ascent on log L.

    Parameters
    ----------
    network : InputOutputHMM
    theta : array_like (R, P)
    batch : Batch
        With targets at the last step.
    cost
        Not used: the cost is ``-sum_p log P(q_T right)``.

    Returns
    -------
    Gradient

    Raises
    ------
    TypeError, ValueError
        As `expectation`.
    """
    found = expectation(network, theta, batch)
    theta = np.asarray(theta)
    gradient = np.zeros(theta.shape)
    rows = np.exp(network.log_rows(network.prepare(theta), found.seen)).reshape(found.counts.shape)
    network.add_to(gradient, rows * found.counts.sum(0) - found.counts, found.seen)
    trajectory = network._run(theta, batch.inputs, batch.groups)
    operations = 4 * network.n_weights * batch.T  # backwards, divided, forwards, and the trajectory
    return Gradient(-found.log_likelihood.sum(1), gradient, np.zeros(len(theta), bool), trajectory, operations,
                    network.n_weights * batch.T)


class ExpectationMaximisation(Learner):
    """EM on the likelihood of the right final state; each iteration sees the whole training set.

    The E step is `expectation`. The M step sets, with tables, ``A_ij = N_ij / N_j``: exact, and the likelihood
    never falls. With softmax subnetworks, and with the determinant's term, there is no closed form: a few steps
    raise ``Q + determinant * D`` instead (generalised EM), each

    ``w_ij <- w_ij + 2 eta (sum_s (N_j + determinant c) phi phi')^-1 g_ij``,

    with the gradient g and the inputs phi of the softmax at the places s. eta begins at 1, is halved until the sum
    rises by a quarter of what its slope promises, and doubled after each success; with eta = 1 and no determinant that
    is Boehning's (1992) bound on the curvature, which cannot fail. Source: N93 and IOH for EM, generalised EM and the
    term ``D``, the mean of ``|det A(u_t)|`` over a sequence's steps, summed over sequences, against the diffusion of
    credit. The term's weight (of the order of T, if it is to act as strongly at all lengths), its place in the M step
    and the steps above are a reconstruction, and so are new starts.

    Parameters
    ----------
    determinant : float or array_like (R,)
        Weight of the term, not negative; by default 0.
    inner : int
        Steps of a generalised M step.
    tolerance : float
        A run is stuck when what it maximises gains less than this, relative to its size,
    patience : int
        in so many iterations one after another.
    restart : float, optional
        Then a run that is stuck begins anew, with logits or weights uniform in [-restart, restart], and goes on
        at its own expense. By default it ends.
    check_every, check_growth
        As for `Learner`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind.

    Notes
    -----
    theta holds logarithms of probabilities after an exact M step. A probability that becomes 0 is kept at
    1e-30. The cost in the history is minus the log-likelihood, before the iteration's M step.
    """

    settings = ("determinant",)

    def __init__(self, determinant=0.0, inner=5, tolerance=1e-9, patience=5, restart=None, check_every=1,
                 check_growth=1.0):
        super().__init__(None, check_every, check_growth)
        self.determinant = setting("determinant", determinant, low=0)
        self.inner = check.count("inner", inner)
        self.tolerance = check.real("tolerance", tolerance, 0)
        self.patience = check.count("patience", patience)
        self.restart = None if restart is None else check.real("restart", restart, 0, 100)
        self.stochastic = restart is not None

    def _begin(self, problem, theta0, rng):
        theta = super()._begin(problem, theta0, rng)
        check.instance("the network of problem", problem.network, InputOutputHMM, "an InputOutputHMM")
        low, high = problem.network.outputs
        for name, task in (("task", problem.task), ("test_task", problem.test_task)):
            if not np.isclose(task.threshold, (low + high) / 2):
                raise ValueError(f"the network's outputs must lie as far above as below the threshold of {name}, "
                                 f"{task.threshold}, got {(low, high)}")
        return theta

    def _state(self, problem, theta, rng):
        R = problem.runs
        return {"best": np.full(R, -np.inf), "idle": np.zeros(R, int), "rng": rng,
                "weight": self._each("determinant", R).astype(float)}

    def _step(self, problem, theta, batch, state):
        active, network = problem.active, problem.network
        found, weight = expectation(network, theta[active], batch), state["weight"][active]
        goal = log_likelihood = found.log_likelihood.sum(1)
        share = _shares(network, batch, len(active)) if weight.any() else 0.0
        if network.levels is not None and not weight.any():
            theta[active] = _exact(network, theta[active], found)
        else:
            goal = goal + _spread(network, theta[active], found, weight, share)
            theta[active] = _ascend(network, theta[active], found, weight, share, self.inner)
        gains = goal - state["best"][active] > self.tolerance * np.abs(goal)
        idle = np.where(gains, 0, state["idle"][active] + 1)
        state["idle"][active], state["best"][active] = idle, np.maximum(goal, state["best"][active])
        stuck = idle >= self.patience
        if self.restart is None:
            return Step(-log_likelihood, stuck=stuck)
        again = active[stuck]
        theta[again] = network.initial(problem.runs, state["rng"], self.restart)[again]  # drawn for all, in each step
        state["idle"][again], state["best"][again] = 0, -np.inf
        return Step(-log_likelihood)


def _exact(network, theta, found):
    """The exact M step: log(N_ij / N_j), where j was left at all; else as before."""
    total = found.counts.sum(0)
    old = network.log_rows(network.prepare(theta), found.seen).reshape(found.counts.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        new = np.log(found.counts / total)
    new = np.maximum(np.where(total > 1e-250, new, old), np.log(FLOOR))
    d, n, R, K = new.shape
    return new.reshape(d * n, R, K)[network.edge].transpose(1, 2, 0).reshape(R, -1)


def _ascend(network, theta, found, weight, share, steps):
    """The generalised M step: raises Q + weight D, run by run, and never lowers it."""
    weighted = found.counts.sum(0) + weight[:, None] * share
    phi = found.seen if network.levels is None else (found.seen[:, None] == found.seen[0][:, None]).astype(float)
    phi = np.broadcast_to(phi, (len(theta), *phi.shape[1:]))
    S = np.einsum("jrs,rfs,rgs->rjfg", weighted, phi, phi, optimize=True)
    K = phi.shape[1]
    S = S + (1e-9 * np.trace(S, axis1=2, axis2=3)[..., None, None] / K + 1e-12) * np.eye(K)
    source = network.edge % network.n_state
    value, gradient = _auxiliary(network, theta, found, weight, share)
    eta = np.ones(len(theta))
    for _ in range(steps):
        g = gradient.reshape(len(theta), K, -1).transpose(0, 2, 1)  # (R, m, K)
        change = 2 * np.linalg.solve(S[:, source], g[..., None])[..., 0].transpose(0, 2, 1).reshape(theta.shape)
        slope = (gradient * change).sum(1)
        for _ in range(12):
            new = theta + eta[:, None] * change
            new_value, new_gradient = _auxiliary(network, new, found, weight, share)
            short = new_value < value + 0.25 * eta * slope
            if not short.any():
                break
            eta = np.where(short, eta / 2, eta)
        if short.all():
            break  # at the top, to rounding
        worse = new_value < value
        theta = np.where(worse[:, None], theta, new)
        gradient = np.where(worse[:, None], gradient, new_gradient)
        value, eta = np.maximum(value, new_value), 2 * eta
    return theta


def _auxiliary(network, theta, found, weight, share):
    """Q + weight D (R,), of theta under the counts found, and its gradient (R, P)."""
    shape = found.counts.shape
    log_rows = network.log_rows(network.prepare(theta), found.seen).reshape(shape)
    rows = np.exp(log_rows)
    value = (found.counts * np.maximum(log_rows, -1e9)).sum((0, 1, 3))
    by_logits = found.counts - found.counts.sum(0) * rows
    if weight.any():
        size, cofactors = _determinants(network.dense(rows.reshape(*shape[:2], -1), shape[2]))
        value = value + weight * (share * size).sum(1)
        by_rows = cofactors.transpose(2, 3, 0, 1)[network.to, np.arange(shape[1])]  # (d, n, R, S)
        by_logits = by_logits + weight[:, None] * share * rows * (by_rows - (rows * by_rows).sum(0))
    gradient = np.zeros(theta.shape)
    network.add_to(gradient, by_logits, found.seen)
    return value, gradient


def _spread(network, theta, found, weight, share):
    """weight D: the mean |det A(u_t)| over a sequence's steps, summed over the sequences, (R,)."""
    if not weight.any():
        return 0.0
    rows = np.exp(network.log_rows(network.prepare(theta), found.seen))
    return weight * (share * _determinants(network.dense(rows, len(theta)))[0]).sum(1)


def _determinants(A):
    """|det A| of matrices (..., n, n), and its derivative by A: the cofactors, with the determinant's sign."""
    U, s, V = np.linalg.svd(A)
    n = A.shape[-1]
    others = np.stack([np.delete(s, k, axis=-1).prod(-1) for k in range(n)], axis=-1)
    return s.prod(-1), np.matmul(U * others[..., None, :], V)
