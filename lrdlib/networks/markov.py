"""The input-output hidden Markov model: states whose transitions depend on the input."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import Network, Trajectory

__all__ = ["InputOutputHMM", "two_chains"]

#: The logarithm of a transition that is not allowed: finite, so that sums of it are no NaN.
NEVER = -1e30


def two_chains(length=3, cross=False, wait=False):
    """Which transitions a start state and two left-to-right chains may make: N93's net for two-sequence.

    State 0 is the start, states 1 .. length are the chain of class 0, the rest that of class 1. From the start
    the way goes to the first state of either chain; within a chain a state may stay or go on to the next.

    Parameters
    ----------
    length : int
        States of a chain; 3 make N93's seven states.
    cross : bool
        Whether a step forward may also change the chain. N93 names two separate chains; then only the
        input that leaves the start can tell the classes apart.
    wait : bool
        Whether the start may be kept. N93 does not say.

    Returns
    -------
    ndarray of bool (2 length + 1, 2 length + 1)
        ``allowed[i, j]``: from state j to state i.

    Raises
    ------
    TypeError, ValueError
        If `length` is no positive integer, or a flag no bool.
    """
    length = check.count("length", length, maximum=1000)
    for name, flag in (("cross", cross), ("wait", wait)):
        check.instance(name, flag, (bool, np.bool_), "True or False")
    allowed = np.zeros((2 * length + 1, 2 * length + 1), bool)
    chains = [1 + np.arange(length), 1 + length + np.arange(length)]
    allowed[0, 0] = wait
    for here, there in (chains, chains[::-1]):
        allowed[here[0], 0] = True
        allowed[here, here] = True
        allowed[here[1:], here[:-1]] = True
        if cross:
            allowed[there[1:], here[:-1]] = True
    return allowed


class InputOutputHMM(Network):
    """n hidden states, and transitions between them that the input governs.

    ``x_t = A(u_t) x_{t-1}``, where ``x_t`` is the distribution of the state ``q_t``, and
    ``A_ij(u_t) = P(q_t = i | q_{t-1} = j, u_t)`` is a softmax over i. It starts in one state. The output is
    ``o_t = low + (high - low) P(q_t accepting)``. Source: N93 (confirmed) and IOH, in the special case in
    which only the last state is judged. One softmax module for each state j:

    - tables: the input is quantised, and each level has logits of its own;
    - subnetworks: the logits are linear in ``[u_t; 1]`` (a softmax net without a hidden layer).

    Parameters
    ----------
    n : int
        Number of states.
    levels : array_like (E,), optional
        Rising edges between E + 1 levels of a single input channel: tables. By default subnetworks.
    n_inputs : int
        I, input channels.
    allowed : array_like of bool (n, n), optional
        ``allowed[i, j]``: whether state i may follow state j. By default all may follow all.
    accepting : list of int, optional
        The final states that mean the higher target; all others mean the lower. By default the last.
    outputs : (float, float)
        low < high: the output when an accepting state is impossible, and when it is certain.
    start : int
        The state before the first step.
    L : int, optional
        For the latch task: the first L steps do not look at the input, but have a table of their own for each
        step and class, as a `LatchNeuron` has free inputs there.
    groups : int
        Number of classes, with `L`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, a state has no successor, or there are tables for more than
        one input channel.

    Notes
    -----
    ``layout``: one block (K, m) of logits, or with subnetworks of weights, for m allowed transitions, ordered by
    j, then by i. K is the number of levels, or I + 1; then come ``groups * L`` free tables, class by
    class. Parity in N93: ``InputOutputHMM(2, levels=[0.0])``. Two-sequence:
    ``InputOutputHMM(7, levels, allowed=two_chains(), accepting=[4, 5, 6], outputs=(-1, 1))``.
    """

    def __init__(self, n, levels=None, n_inputs=1, allowed=None, accepting=None, outputs=(0.0, 1.0), start=0,
                 L=None, groups=2):
        self.n_state = self.n_units = n = check.count("n", n, 2, 1000)
        self.n_inputs = check.count("n_inputs", n_inputs)
        self.levels = None
        if levels is not None:
            self.levels = np.array(check.array("levels", levels, ("E",)), float)
            if (np.diff(self.levels) <= 0).any():
                raise ValueError(f"levels must rise, got {levels!r}")
            if self.n_inputs > 1:
                raise ValueError(f"levels must be left out with n_inputs = {n_inputs}: tables read one channel")
        self.allowed = np.ones((n, n), bool) if allowed is None else check.mask("allowed", allowed, (n, n)).copy()
        if not self.allowed.any(0).all():
            raise ValueError(f"allowed must let every state go on, got none after state "
                             f"{np.argmin(self.allowed.any(0))}")
        self.accepting = _states("accepting", [n - 1] if accepting is None else accepting, n)
        if not 0 < len(self.accepting) < n:
            raise ValueError(f"accepting must hold some of the states, and not all, got {len(self.accepting)} of {n}")
        low, high = check.array("outputs", outputs, (2,)).astype(float)
        if low >= high:
            raise ValueError(f"outputs must be two rising numbers, got {outputs!r}")
        self.outputs = (low, high)
        self.start = _states("start", [start], n)[0]
        self.L = None if L is None else check.count("L", L)
        self.n_groups = check.count("groups", groups)
        j, i = np.nonzero(self.allowed.T)
        m, free = len(j), self.n_groups * (self.L or 0)
        self.n_seen = self.n_inputs + 1 if levels is None else len(self.levels) + 1
        self.layout = {"weights" if levels is None else "logits": (self.n_seen + free, m)}
        self.n_weights = m
        # Successors of each state: the s-th of state j is to[s, j]; fewer than d are filled up with j, and never taken
        rank = np.concatenate([np.arange(k) for k in self.allowed.sum(0)])
        d = rank.max() + 1
        self.to = np.tile(np.arange(n), (d, 1))
        self.to[rank, j] = i
        self.edge = rank * n + j  # where the m allowed transitions stand in the grid (d, n)
        self.gather = np.zeros((n, d * n))  # adds up what arrives at each state
        self.gather[i, self.edge] = 1

    def transitions(self, theta, inputs):
        """The transition matrices at some inputs (after the first L steps).

        Parameters
        ----------
        theta : array_like (R, P)
        inputs : array_like (B, I)

        Returns
        -------
        ndarray (R, B, n, n)
            ``A_ij``: from state j to state i. Each column sums to 1.

        Raises
        ------
        TypeError, ValueError
            If an argument has a wrong kind or shape, or holds NaN or infinity.
        """
        inputs = check.array("inputs", inputs, ("B", self.n_inputs))
        theta = check.array("theta", theta, ("R", self.n_parameters))
        seen = self.features(inputs.T[None], None, self.n_groups * (self.L or 0) + 1)
        return self.dense(np.exp(self.log_rows(self.prepare(theta), seen)), len(theta))

    # What one step is made of. Transitions are a grid (d, n, R * B): the s-th successor of state j.

    def prepare(self, theta):
        """What `log_rows` reads: all tables (d n, R K), each normalised; or the weights (R, K, m)."""
        theta = theta.reshape(len(theta), *next(iter(self.layout.values())))
        return theta if self.levels is None else self._normalised(theta.transpose(2, 0, 1))

    def features(self, u, groups, t):
        """What step t sees of u (R or 1, I, B): the number of a table (R or 1, B), or a vector (R or 1, K, B)."""
        free = self.L is not None and t <= self.L
        own = None if not free else groups * self.L + t - 1
        if self.levels is not None:
            if free:
                return self.n_seen + own
            return sum((u[:, 0] >= edge for edge in self.levels), np.zeros((), int))
        K = next(iter(self.layout.values()))[0]
        runs = len(own) if free else len(u)
        phi = np.zeros((runs, K, u.shape[2]), u.dtype)
        if free:
            np.put_along_axis(phi, self.n_seen + own[:, None], 1, axis=1)
        else:
            phi[:, : self.n_inputs] = u
            phi[:, self.n_inputs] = 1
        return phi

    def log_rows(self, prepared, seen):
        """log P(q_t = to[s, j] | q_{t-1} = j) as a grid (d, n, R B)."""
        if self.levels is None:
            return self._normalised(np.matmul(prepared.transpose(0, 2, 1), seen).transpose(1, 0, 2))
        d, n = self.to.shape
        RK, K = prepared.shape[1], next(iter(self.layout.values()))[0]
        place = (np.arange(0, RK, K)[:, None] + seen).ravel()
        return np.take(prepared, place, axis=1).reshape(d, n, -1)

    def _normalised(self, logits):
        """The log softmax over each state's successors, of logits (m, ...)."""
        d, n = self.to.shape
        grid = np.full((d * n, logits[0].size), NEVER, logits.dtype)
        grid[self.edge] = logits.reshape(len(logits), -1)
        grid = grid.reshape(d, n, -1)
        grid = grid - grid.real.max(0)
        grid = grid - np.log(np.exp(grid).sum(0))
        return grid if self.levels is None else grid.reshape(d * n, -1)

    def add_to(self, total, grid, seen):
        """Add the derivatives by the logits of one step, a grid (d, n, R, B), to those by the parameters (R, P)."""
        R, B = grid.shape[2:]
        K, m = next(iter(self.layout.values()))
        total, by_edge = total.reshape(R, K, m), grid.reshape(-1, R, B)[self.edge]
        if self.levels is None:
            total += np.matmul(seen, by_edge.transpose(1, 2, 0))
            return
        place = np.arange(0, m * R * K, K).reshape(m, R, 1) + seen
        total += np.bincount(place.ravel(), by_edge.ravel(), m * R * K).reshape(m, R, K).transpose(1, 2, 0)

    def dense(self, rows, R):
        """The matrices A (R, B, n, n) of a grid (d, n, R B) of probabilities."""
        d, n = self.to.shape
        A = np.zeros((n, n, rows.shape[2]), rows.dtype)
        for s in range(d):
            A[self.to[s], np.arange(n)] += rows[s]  # a filled place adds 0
        return A.reshape(n, n, R, -1).transpose(2, 3, 0, 1)

    def _rows(self, trajectory, t):
        """The grid (d, n, R, B) of step t, and what the step saw."""
        seen = self.features(trajectory.u[t - 1], trajectory.groups, t)
        rows = np.exp(self.log_rows(trajectory.extra, seen))
        R, _, B = trajectory.x.shape[1:]
        return rows.reshape(*rows.shape[:2], R, B), seen

    # The calculus of one step, for lrdlib.gradients

    def _groups(self, groups, R, B):
        groups = super()._groups(groups, R, B)
        if self.L is not None and groups is None:
            raise TypeError(f"groups must say which of {self.n_groups} classes each sequence has, got None")
        if self.L is not None and groups.max() >= self.n_groups:
            raise ValueError(f"groups must be below {self.n_groups}, got {groups.max()}")
        return groups

    def _forward(self, theta, u, groups, x0):
        n, R, (T, _, _, B) = self.n_state, len(theta), u.shape
        if self.L is not None and self.L > T:
            raise ValueError(f"inputs must have at least L = {self.L} steps, got T = {T}")
        dtype = np.result_type(theta, u, *([] if np.isscalar(x0) else [x0]))
        x = np.zeros((T + 1, n, R, B), dtype)
        if np.isscalar(x0):
            x[0, self.start] = 1
        else:
            x[0] = x0.transpose(1, 0, 2)
        prepared, gather = self.prepare(theta), self.gather.astype(dtype)
        for t in range(1, T + 1):
            rows = np.exp(self.log_rows(prepared, self.features(u[t - 1], groups, t)))
            rows *= x[t - 1].reshape(n, -1)
            np.matmul(gather, rows.reshape(len(gather.T), -1), out=x[t].reshape(n, -1))
        low, high = self.outputs
        o = low + (high - low) * x[1:, self.accepting].sum(1)
        return Trajectory(self, theta, u, groups, x.transpose(0, 2, 1, 3), o.astype(dtype, copy=False), prepared)

    def accumulator(self, trajectory):
        return np.zeros(trajectory.theta.shape, trajectory.x.dtype)

    def pull_output(self, trajectory, t, g, accumulator):
        delta = np.zeros(trajectory.x.shape[1:], trajectory.x.dtype)
        delta[:, self.accepting] = (self.outputs[1] - self.outputs[0]) * g[:, None]
        return delta

    def pull(self, trajectory, t, delta, accumulator):
        rows, seen = self._rows(trajectory, t)
        ahead = delta.transpose(1, 0, 2)[self.to]  # dC/dx_t of each successor
        back = (rows * ahead).sum(0)  # dC/dx_{t-1}
        by_logits = rows * (ahead - back) * trajectory.x[t - 1].transpose(1, 0, 2)
        self.add_to(accumulator, by_logits, seen)
        return back.transpose(1, 0, 2)

    def state_jacobian(self, trajectory, t):
        rows, _ = self._rows(trajectory, t)
        return self.dense(rows.reshape(*self.to.shape, -1), len(trajectory.theta))

    def parameter_jacobian(self, trajectory, t):
        rows, seen = self._rows(trajectory, t)
        d, n, R, B = rows.shape
        A = self.dense(rows.reshape(d, n, -1), R)
        flat = rows.reshape(d * n, R, B).transpose(1, 2, 0)[:, :, None]  # (R, B, 1, d n)
        to, source = self.to.ravel(), np.tile(np.arange(n), d)
        one = to == np.arange(n)[:, None]
        x = trajectory.x[t - 1].transpose(0, 2, 1)[:, :, None, source]
        by_logits = (flat * (one - A[..., source]) * x)[..., self.edge]  # (R, B, n, m)
        K = next(iter(self.layout.values()))[0]
        phi = seen.transpose(0, 2, 1) if self.levels is None else seen[..., None] == np.arange(K)
        return (phi[:, :, None, :, None] * by_logits[:, :, :, None]).reshape(R, B, n, -1)


def _states(name, states, n):
    try:
        states = [check.count(name, state, 0) for state in states]
    except TypeError:
        raise TypeError(f"{name} must hold states, integers from 0 to {n - 1}, got {states!r}") from None
    if any(state >= n for state in states) or len(set(states)) < len(states):
        raise ValueError(f"{name} must hold different states from 0 to {n - 1}, got {states}")
    return states
