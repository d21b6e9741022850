"""Tasks whose target depends on inputs long ago, and the cost of an answer.

A task hands out batches; it knows nothing of networks. Noise is always given as a standard
deviation s: uniform noise of standard deviation s is U[-s sqrt(3), s sqrt(3)].
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from lrdlib import _validate as check
from lrdlib.batch import Batch, last

__all__ = ["Batch", "Latch", "Parity", "SquaredError", "Task", "TwoSequence", "last"]


class SquaredError:
    """C = 1/2 sum_p (o^p - d^p)^2, over the sequences p (TNN94, section II; second hand)."""

    def value(self, o, d):
        """(o - d)^2 / 2, entry by entry.

        Parameters
        ----------
        o, d : ndarray
            Outputs and targets of shapes that broadcast.

        Returns
        -------
        ndarray

        Raises
        ------
        TypeError, ValueError
            If an argument is not numerical, is empty, or holds NaN or infinity.
        """
        o, d = self._checked(o, d)
        return (o - d) ** 2 / 2

    def derivative(self, o, d):
        """o - d, the derivative of `value` with respect to o; arguments and errors as there."""
        o, d = self._checked(o, d)
        return o - d

    def curvature(self, o, d):
        """1 everywhere, the second derivative of `value` with respect to o; arguments and errors as there."""
        o, d = self._checked(o, d)
        return np.ones_like(o - d)

    @staticmethod
    def _checked(o, d):
        o, d = check.array("o", o, complex_ok=True), check.array("d", d)
        try:
            np.broadcast_shapes(o.shape, d.shape)
        except ValueError:
            raise ValueError(f"d must have a shape that fits o's {o.shape}, got {d.shape}") from None
        return o, d


class Task(ABC):
    """What there is to learn: batches, the cost of an answer, and which answers are right.

    For a task of one's own, `sample` is all there is to write, as in the example. Further:

    - ``n_inputs``, ``cost`` and ``threshold`` may be set where the defaults do not fit;
    - a cost is an object with the methods ``value(o, d)`` and ``derivative(o, d)``, the derivative of
      the value with respect to o, entry by entry; learners that want the second derivative too call
      ``curvature(o, d)``. They get outputs o (R, B) at the last steps and their
      targets d (R or 1, B); or, with targets at every step, o (T, R, B) and d (T, R or 1, B). Both are
      read-only. Each returns an array of o's shape: of real numbers (for `complex_step`, of complex
      ones where o is complex);
    - with targets at every step, or more than two of them, `correct` is to be written too.

    Parameters
    ----------
    T : int
        Steps of the longest sequence.

    Attributes
    ----------
    T : int
    n_inputs : int
        I, input channels; by default 1.
    cost : object
        By default `SquaredError`.
    threshold : float
        Halfway between the two targets; by default 0.

    Raises
    ------
    TypeError, ValueError
        If T is no positive integer.

    Examples
    --------
    Was the first input positive?

    >>> import numpy as np
    >>> from lrdlib.tasks import Batch, Task
    >>> class FirstSign(Task):
    ...     def sample(self, rng, size, runs=1, common=False):
    ...         inputs = rng.normal(size=(1 if common else runs, size, self.T, 1))
    ...         targets = np.where(inputs[:, :, 0, 0] > 0, 0.8, -0.8)
    ...         return Batch(inputs, np.full((1, size), self.T), targets)
    >>> FirstSign(T=5).sample(np.random.default_rng(0), size=4).targets.tolist()
    [[0.8, 0.8, -0.8, -0.8]]
    """

    n_inputs = 1
    cost = SquaredError()
    threshold = 0.0

    def __init__(self, T):
        self.T = check.count("T", T)

    @abstractmethod
    def sample(self, rng, size, runs=1, common=False):
        """Draw a batch.

        Parameters
        ----------
        rng : numpy.random.Generator
        size : int
            B, sequences for each run; the classes are as balanced as size allows.
        runs : int
            Number of runs, R.
        common : bool
            One draw for all runs: they differ in the standard deviation of their noise only.

        Returns
        -------
        Batch

        Raises
        ------
        TypeError, ValueError
            If an argument is not of the said kind, or noise was given for another number of runs.
        """

    def correct(self, outputs, targets):
        """Which answers are right: those on the target's side of the two targets' mean.

        Parameters
        ----------
        outputs : ndarray (R, B)
            At the last step of each sequence.
        targets : ndarray (R or 1, B)

        Returns
        -------
        ndarray of bool (R, B)

        Raises
        ------
        TypeError, ValueError
            If the shapes do not fit, or an entry is not finite.
        """
        outputs = check.array("outputs", outputs, ("R", "B"))
        targets = check.array("targets", targets, ("R|1", outputs.shape[1]))
        if len(targets) not in (1, len(outputs)):
            raise ValueError(f"targets must have 1 or {len(outputs)} runs, got {len(targets)}")
        return (outputs > self.threshold) == (targets > self.threshold)


class _NoisyTask(Task):
    """A task in which noise hides what matters, or follows it."""

    #: First length that a sequence may have.
    shortest = 1

    def __init__(self, T, noise, distribution, length):
        super().__init__(T)
        self.noise = check.array("noise", noise, [(), ("R",)], low=0).astype(float)
        self.distribution = check.choice("distribution", distribution, ("gaussian", "uniform"))
        self.length = check.choice("length", length, ("fixed", "half"))

    def sample(self, rng, size, runs=1, common=False):
        """Draw a batch, as `Task.sample` says."""
        check.generator("rng", rng)
        B, R = check.count("size", size), check.count("runs", runs)
        check.instance("common", common, (bool, np.bool_), "True or False")
        for name, value, shared in (("noise", self.noise, 0), ("prototypes", getattr(self, "prototypes", None), 2)):
            if np.ndim(value) > shared and len(value) != R:
                raise ValueError(f"runs must be {len(value)}, as in {name}, got {R}")
        draws = 1 if common else R
        T, low = self.T, max(self.shortest, -(-self.T // 2))
        lengths = np.full((1, B), T)
        if self.length == "half":
            lengths = rng.integers(low, T + 1, (draws, B))
        # In memory time comes first and runs last, which is how thousands of neurons read it
        if not self.noise.any():
            noise = np.zeros((T, B, draws))
        elif self.distribution == "gaussian":
            noise = rng.standard_normal((T, B, draws)) * self.noise
        else:
            noise = rng.uniform(-np.sqrt(3), np.sqrt(3), (T, B, draws)) * self.noise
        noise = noise.transpose(2, 1, 0)
        signal, targets, groups = self._signal(rng, draws, B, lengths)
        inputs = self._mix(signal, noise)
        np.copyto(inputs, 0, where=np.arange(T) >= lengths[:, :, None])
        return Batch(inputs[..., None], lengths, targets, groups)

    @abstractmethod
    def _signal(self, rng, draws, B, lengths):
        """What matters of the input, the targets and the groups, each (draws or 1, B, ...)."""

    @abstractmethod
    def _mix(self, signal, noise):
        """The inputs (R or 1, B, T) from what matters and what does not."""


def _classes(rng, draws, B):
    """Classes 0, 1, 0, 1, ... in an order of their own for each draw; B odd: the odd one at random."""
    start = rng.integers(2, size=(draws, 1))
    return rng.permuted((np.arange(B) + start) % 2, axis=1)


class Latch(_NoisyTask):
    """Keep the class, which free inputs show during the first L steps, under noise until T.

    The input is noise for t > L, and 0 before, where a `LatchNeuron` has inputs of its own. Targets
    are +target for class 1 and -target for class 0. Source: TNN94, sections II and III, as
    second-hand accounts have them; targets +-0.8 also in Schmidhuber, Hochreiter & Bengio (2001).

    Parameters
    ----------
    T, L : int
        Steps, and steps without noise; L < T unless there is no noise to bear (L = T).
    noise : float or array_like (R,)
        Standard deviation s, for all runs or for each.
    distribution : {"gaussian", "uniform"}
    target : float
        In (0, 1).
    length : {"fixed", "half"}
        "half": drawn for each sequence, uniform in [T/2, T] (and at least L).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, L > T, or L = T with noise.

    Notes
    -----
    The classes of a batch alternate, in the same order in every batch, so that all batches of a
    size share their groups.
    """

    def __init__(self, T, L=3, noise=0.2, distribution="gaussian", target=0.8, length="fixed"):
        super().__init__(T, noise, distribution, length)
        self.L = self.shortest = check.count("L", L)
        if self.L > self.T:
            raise ValueError(f"L must be at most T = {self.T}, got {L}")
        if self.L == self.T and self.noise.any():
            raise ValueError(f"L must be below T = {self.T} for noise to come, got {L}; or give noise=0")
        self.target = check.real("target", target, 0, 1, open_low=True, open_high=True)

    def _signal(self, rng, draws, B, lengths):
        groups = np.arange(B)[None] % 2
        return None, np.where(groups == 1, self.target, -self.target), groups

    def _mix(self, signal, noise):
        noise[:, :, : self.L] = 0
        return noise


class TwoSequence(_NoisyTask):
    """Tell which of two prototypes of N elements a sequence began with; the rest is noise.

    Only the first N elements tell the classes apart (Bengio & Frasconi, NIPS 6). The
    prototypes of TNN94 are unknown; as in El Hihi & Bengio (NIPS 8) each class has a random vector in
    [-1, 1]^N. No sequence is ambiguous: the prototype stands without noise, and two
    prototypes that are nearly the same are refused.

    Parameters
    ----------
    T, N : int
        Steps and elements that matter, N <= T.
    prototypes : array_like (2, N) or (R, 2, N), or numpy.random.Generator
        The two prototypes (class 0 first), for all runs or for each, or what to draw one pair from.
    noise : float or array_like (R,)
        Standard deviation of the tail's noise; the default is that of U[-0.2, 0.2].
    distribution : {"uniform", "gaussian"}
    target : float
        In (0, 1): +target for class 1, -target for class 0.
    length : {"fixed", "half"}
        "half": drawn for each sequence, uniform in [T/2, T] (and at least N).

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, N > T, or the prototypes are less than 0.1 apart in
        every element.
    """

    #: Prototypes closer than this in every element are refused.
    apart = 0.1

    def __init__(self, T, N=3, prototypes=None, noise=0.2 / 3**0.5, distribution="uniform", target=0.8,
                 length="half"):
        super().__init__(T, noise, distribution, length)
        self.N = self.shortest = check.count("N", N)
        if self.N > self.T:
            raise ValueError(f"N must be at most T = {self.T}, got {N}")
        self.target = check.real("target", target, 0, 1, open_low=True, open_high=True)
        if prototypes is None:
            raise TypeError("prototypes must be an array (2, N) or a numpy.random.Generator, got None")
        if isinstance(prototypes, np.random.Generator):
            rng, prototypes = prototypes, np.zeros((2, self.N))
            while self._close(prototypes):
                prototypes = rng.uniform(-1, 1, (2, self.N))
        self.prototypes = np.array(check.array("prototypes", prototypes, [(2, self.N), ("R", 2, self.N)]))
        if np.any(close := self._close(self.prototypes)):
            which = f" those of run {np.flatnonzero(close)[0]}" if np.ndim(close) else ""
            raise ValueError(f"prototypes must differ by {self.apart} in an element, "
                             f"got{which or ' ' + str(self.prototypes.tolist())}")

    def _close(self, prototypes):
        """Whether two prototypes are too near to each other, for each run."""
        return np.abs(prototypes[..., 1, :] - prototypes[..., 0, :]).max(-1) < self.apart

    def _signal(self, rng, draws, B, lengths):
        groups = _classes(rng, draws, B)
        own = self.prototypes.ndim == 3
        signal = self.prototypes[np.arange(len(self.prototypes))[:, None], groups] if own else self.prototypes[groups]
        return signal, np.where(groups == 1, self.target, -self.target), groups

    def _mix(self, signal, noise):
        noise = np.array(np.broadcast_to(noise, (max(len(signal), len(noise)), *noise.shape[1:])))
        noise[:, :, : self.N] = signal
        return noise


class Parity(_NoisyTask):
    """Is the number of ones odd? Every input matters, to the last.

    Inputs +-1, each as likely; target 1 if the number of +1 among them is odd, else 0 (Bengio &
    Frasconi, NIPS 6; targets 1 and 0 as in Schmidhuber, Hochreiter & Bengio, 2001).

    Parameters
    ----------
    T : int
        Steps.
    noise : float or array_like (R,)
        Standard deviation of noise that is added to every input; 0 for none. No input is ambiguous:
        uniform noise must stay within +-1, and Gaussian noise is clipped at +-0.99.
    distribution : {"uniform", "gaussian"}
    length : {"fixed", "half"}
        "half": drawn for each sequence, uniform in [T/2, T].

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the said kind, or uniform noise could turn a sign.
    """

    threshold = 0.5

    def __init__(self, T, noise=0.0, distribution="uniform", length="fixed"):
        super().__init__(T, noise, distribution, length)
        if distribution == "uniform" and self.noise.max() * np.sqrt(3) >= 1:
            raise ValueError(f"noise must be below 1/sqrt(3) for uniform noise, got {self.noise.max()}")

    def _signal(self, rng, draws, B, lengths):
        bits = rng.integers(2, size=(draws, B, self.T))
        alive = np.arange(self.T) < lengths[:, :, None]
        odd = (bits * alive).sum(2) % 2
        return 2.0 * bits - 1, odd.astype(float), odd

    def _mix(self, signal, noise):
        # Gaussian noise is clipped short of 1, so that it never turns a sign
        return signal + (np.clip(noise, -0.99, 0.99) if self.distribution == "gaussian" else noise)
