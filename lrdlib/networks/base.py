"""What all networks share: parameters with names, a run, and the calculus of one step.

A network is a parametric dynamical system x_t = F(x_{t-1}, u_t; theta) with an output o_t = g(x_t;
theta) that is one number. Everything is vectorised over R runs: the same architecture, each run
with its own row of ``theta``. The calculus of one step (the derivatives of F and g at time t) is
what :mod:`lrdlib.gradients` builds its algorithms from; each network writes it out by hand.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check

__all__ = ["ACTIVATIONS", "Network", "Trajectory"]


def _logistic(a):
    return 0.5 + 0.5 * np.tanh(0.5 * a)


#: name -> (f, f' as a function of the unit's output y = f(a))
ACTIVATIONS = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "logistic": (_logistic, lambda y: y * (1 - y)),
    "linear": (lambda a: a, np.ones_like),
}

#: name -> f'' as a function of the unit's output y = f(a)
BENDS = {
    "tanh": lambda y: -2 * y * (1 - y * y),
    "logistic": lambda y: y * (1 - y) * (1 - 2 * y),
}


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What a network did with a batch.

    Attributes
    ----------
    network : Network
    theta : ndarray (R, P)
    u : ndarray (T, R or 1, I, B)
        Inputs, time first, as the step calculus reads them.
    groups : ndarray (R or 1, B) or None
    x : ndarray (T + 1, R, n, B)
        States, time first; x[0] is the initial state.
    o : ndarray (T, R, B)
        Outputs; ``o[t - 1]`` is ``o_t``.
    extra : ndarray or None
        What a network keeps for its own backward pass.
    """

    network: Network
    theta: np.ndarray
    u: np.ndarray
    groups: np.ndarray | None
    x: np.ndarray
    o: np.ndarray
    extra: object = None

    @property
    def states(self):
        """States (R, B, T + 1, n): ``states[r, p, t]`` is ``x_t`` of sequence p in run r."""
        return self.x.transpose(1, 3, 0, 2)

    @property
    def outputs(self):
        """Outputs (R, B, T): ``outputs[r, p, t - 1]`` is ``o_t`` of sequence p in run r."""
        return self.o.transpose(1, 2, 0)

    @property
    def T(self):
        """Number of steps."""
        return len(self.o)

    @property
    def diverged(self):
        """Runs whose states or outputs left the finite numbers, (R,) of bool."""
        return ~(np.isfinite(self.x).all((0, 2, 3)) & np.isfinite(self.o).all((0, 2)))


class Network(ABC):
    """A family of small networks, R runs at a time.

    Attributes
    ----------
    n_inputs : int
        I, channels of the input ``u_t``.
    n_state : int
        n, size of the state ``x_t``.
    n_units : int
        Units that are updated in a step: what a unit-step is counted in.
    n_weights : int
        Multiplications of a forward step.
    layout : dict of str to tuple
        Name and shape of each block of parameters, in their order in ``theta``.
    runs : int or None
        R, if the network holds something for each run; None if it takes any number of runs.

    Notes
    -----
    `accumulator`, `collect`, `pull_output`, `pull`, `state_jacobian` and `parameter_jacobian` are the
    calculus of one step: for :mod:`lrdlib.gradients` and for who writes a network. They trust their
    arguments.
    """

    n_inputs: int
    n_state: int
    n_units: int
    n_weights: int
    layout: dict
    runs = None

    @property
    def n_parameters(self):
        """P, the number of trained parameters."""
        return sum(math.prod(shape) for shape in self.layout.values())

    def views(self, theta):
        """Named views on the parameters.

        Parameters
        ----------
        theta : ndarray (R, P)

        Returns
        -------
        dict of str to ndarray (R, ...)
            One view for each block of `layout`; writing to a view writes to `theta`.

        Raises
        ------
        TypeError, ValueError
            If `theta` is not a finite numerical array of shape (R, P).
        """
        if not isinstance(theta, np.ndarray):
            raise TypeError(f"theta must be an array of shape (R, {self.n_parameters}), got {theta!r}")
        self._theta(theta)
        return self._views(theta)

    def _views(self, theta):
        out, start = {}, 0
        for name, shape in self.layout.items():
            stop = start + math.prod(shape)
            block = theta[:, start:stop]
            out[name] = block if len(shape) == 1 else block.reshape(len(theta), *shape)
            if not shape:
                out[name] = block[:, 0]
            start = stop
        return out

    def pack(self, **blocks):
        """Parameters from named blocks, the inverse of `views`.

        Parameters
        ----------
        **blocks : array_like
            For each name of `layout` an array (R, ...), or without the run axis for R = 1.

        Returns
        -------
        theta : ndarray (R, P)

        Raises
        ------
        TypeError
            If a block is missing or unknown.
        ValueError
            If a block has a wrong shape or the runs differ in number.
        """
        if set(blocks) != set(self.layout):
            raise TypeError(f"pack wants the blocks {', '.join(self.layout)}, got {', '.join(blocks)}")
        parts = []
        for name, shape in self.layout.items():
            block = check.array(name, blocks[name], [("R", *shape), shape], complex_ok=True)
            parts.append(block.reshape(len(block) if block.ndim > len(shape) else 1, -1))
            got, R = len(parts[-1]), len(parts[0])
            if got != R:
                raise ValueError(f"{name} must have {R} runs, as the blocks before it, got {got}")
        return np.concatenate(parts, axis=1)

    def initial(self, runs, rng, scale=0.5):
        """Random parameters, uniform in [-scale, scale].

        Parameters
        ----------
        runs : int
            Number of runs, R.
        rng : numpy.random.Generator
        scale : float
            In [0, 1e300]. Default 0.5: TNN94, section VI, as a second-hand account has it.

        Returns
        -------
        theta : ndarray (R, P)

        Raises
        ------
        TypeError, ValueError
            If an argument is not of the said kind.
        """
        runs = check.count("runs", runs)
        scale = check.real("scale", scale, 0, 1e300)
        return check.generator("rng", rng).uniform(-scale, scale, (runs, self.n_parameters))

    def run(self, theta, inputs, groups=None, x0=None):
        """Run the network over a batch of sequences.

        Parameters
        ----------
        theta : array_like (R, P)
        inputs : array_like (R or 1, B, T, I)
            ``inputs[r, p, t - 1]`` is u_t of sequence p; a first axis of 1 is shared by all runs.
        groups : array_like of int (R or 1, B), optional
            The class of each sequence, for networks with an input of their own for each class.
        x0 : array_like (R or 1, B or 1, n), optional
            Initial state; 0 by default.

        Returns
        -------
        Trajectory

        Raises
        ------
        TypeError, ValueError
            If an argument has a wrong kind or shape, is empty, or holds NaN or infinity.
        """
        inputs = check.array("inputs", inputs, ("R|1", "B", "T", self.n_inputs), complex_ok=True)
        if groups is not None:
            groups = check.array("groups", groups, ("R|1", inputs.shape[1]), dtype=int, low=0)
        return self._run(theta, inputs, groups, x0)

    def _run(self, theta, inputs, groups=None, x0=None):
        """As `run`, on arrays that are known to be good, as a `Batch`'s are: checking them costs a pass."""
        theta = self._theta(theta)
        R, B = len(theta), inputs.shape[1]
        if inputs.shape[3] != self.n_inputs:
            raise ValueError(f"inputs must be of shape (R|1, B, T, {self.n_inputs}), got {inputs.shape}")
        _runs("inputs", inputs, R)
        groups = self._groups(groups, R, B)
        if x0 is not None:
            x0 = check.array("x0", x0, ("R|1", "B|1", self.n_state), complex_ok=True)
            _runs("x0", x0, R)
            if x0.shape[1] not in (1, B):
                raise ValueError(f"x0 must have 1 or B = {B} sequences, got {x0.shape[1]}")
            x0 = _as_precise_as(theta, x0.transpose(0, 2, 1))
        u = _as_precise_as(theta, inputs.transpose(2, 0, 3, 1))
        with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges is reported, not warned of
            return self._forward(theta, u, groups, 0 if x0 is None else x0)

    def _finals(self, theta, u, lengths, groups=None):
        """Outputs (B, R) at the ends of the sequences, and no trajectory, for those who want nothing else.

        Runs come last, and arguments are known to be good: u (T, I, B, R or 1), lengths and groups (B, R or 1).
        """
        o = self._run(theta, u.transpose(3, 2, 0, 1), None if groups is None else groups.T).o
        R, B = o.shape[1:]
        return o[lengths - 1, np.arange(R), np.arange(B)[:, None]]

    def select(self, runs):
        """The network of these runs only: itself, unless it holds something for each run."""
        return self

    def _theta(self, theta):
        return check.array("theta", theta, ("R", self.n_parameters), complex_ok=True)

    def _groups(self, groups, R, B):
        if groups is not None:
            _runs("groups", groups, R)
        return groups

    # The calculus of one step, for lrdlib.gradients. All arrays are (R, n, B) or (R, B).

    @abstractmethod
    def _forward(self, theta, u, groups, x0):
        """The trajectory; arguments are checked and time comes first."""

    def accumulator(self, trajectory):
        """Zeros in which `pull` and `pull_output` sum the gradient, in this network's own layout."""
        return np.zeros_like(trajectory.theta, dtype=trajectory.x.dtype)

    def collect(self, accumulator):
        """The gradient (R, P) that an accumulator holds."""
        return accumulator

    @abstractmethod
    def pull_output(self, trajectory, t, g, accumulator):
        """``dC/dx_t`` (R, n, B) from ``g = dC/do_t`` (R, B); the output's parameters go to the accumulator."""

    @abstractmethod
    def pull(self, trajectory, t, delta, accumulator):
        """``dC/dx_{t-1}`` from ``delta = dC/dx_t``; the direct share of the parameters goes to the accumulator."""

    @abstractmethod
    def state_jacobian(self, trajectory, t):
        """``dx_t/dx_{t-1}`` (R, B, n, n), in the coordinates of the state x."""

    @abstractmethod
    def parameter_jacobian(self, trajectory, t):
        """``dx_t/dtheta`` (R, B, n, P) with ``x_{t-1}`` held fixed."""


def _as_precise_as(theta, value):
    """float32 parameters make a float32 run; where something is complex, numpy's rules hold."""
    real = theta.dtype.kind == value.dtype.kind == "f"
    return value.astype(theta.dtype, copy=False) if real else value


def _runs(name, value, R):
    if len(value) not in (1, R):
        raise ValueError(f"{name} must have 1 or R = {R} runs, got {len(value)}")
