"""A batch of sequences, as tasks hand it out and networks, gradients and learners take it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrdlib import _validate as check

__all__ = ["Batch", "last"]


@dataclass(frozen=True, eq=False)
class Batch:
    """B sequences for R runs; a first axis of 1 is shared by all runs.

    A batch keeps copies, and they are read-only: nobody who gets it can change the data of others.

    Attributes
    ----------
    inputs : ndarray (R or 1, B, T, I)
        ``inputs[r, p, t - 1]`` is u_t of sequence p; zero after the sequence's end.
    lengths : ndarray of int (R or 1, B)
        Steps of each sequence, from 1 to T.
    targets : ndarray (R or 1, B) or (R or 1, B, T)
        d at the last step of each sequence; or d_t at every step.
    groups : ndarray of int (R or 1, B), optional
        The class of each sequence.

    Raises
    ------
    TypeError, ValueError
        If an array has a wrong kind or shape, is empty, or holds NaN or infinity, or a length
        is not in 1..T.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    groups: np.ndarray | None = None

    def __post_init__(self):
        inputs = check.array("inputs", self.inputs, ("R|1", "B", "T", "I"), complex_ok=True)
        _, B, T, _ = inputs.shape
        lengths = check.array("lengths", self.lengths, ("R|1", B), dtype=int, low=1, high=T)
        targets = check.array("targets", self.targets, [("R|1", B), ("R|1", B, T)])
        groups = self.groups
        if groups is not None:
            groups = check.array("groups", groups, ("R|1", B), dtype=int, low=0)
        parts = (inputs, lengths, targets, groups)
        runs = {len(part) for part in parts if part is not None} - {1}
        if len(runs) > 1:
            raise ValueError(f"inputs, lengths, targets and groups must have 1 or R runs, got {sorted(runs)}")
        self._hold(None if part is None else np.array(part, order="K") for part in parts)

    def _hold(self, parts):
        for name, part in zip(("inputs", "lengths", "targets", "groups"), parts):
            if part is not None:
                part.flags.writeable = False
            object.__setattr__(self, name, part)

    @property
    def runs(self):
        """R, or 1 if every part is shared by all runs."""
        return max(len(p) for p in (self.inputs, self.lengths, self.targets, self.groups) if p is not None)

    @property
    def size(self):
        """B, sequences in the batch (of each run)."""
        return self.inputs.shape[1]

    @property
    def T(self):
        """Steps of the longest sequence that the arrays can hold."""
        return self.inputs.shape[2]

    @property
    def mask(self):
        """Which steps belong to each sequence, (R or 1, B, T) of bool: those with t <= its length."""
        return np.arange(self.T) < self.lengths[:, :, None]

    def select(self, runs):
        """The batch of some runs; what is shared by all runs stays shared.

        Parameters
        ----------
        runs : array_like of int (r,)

        Returns
        -------
        Batch

        Raises
        ------
        TypeError, ValueError
            If a run does not exist.
        """
        most = None if self.runs == 1 else self.runs - 1
        runs = check.array("runs", runs, ("r",), dtype=int, low=0, high=most)
        return self._map(lambda part: part if len(part) == 1 else _of_runs(part, runs))

    def pick(self, rows):
        """One selection of sequences for each run.

        Parameters
        ----------
        rows : array_like of int (R or 1, b)
            Which sequences each run gets.

        Returns
        -------
        Batch

        Raises
        ------
        TypeError, ValueError
            If a row does not exist, or `rows` is for another number of runs.
        """
        rows = check.array("rows", rows, ("R|1", "b"), dtype=int, low=0, high=self.size - 1)
        if 1 not in (len(rows), self.runs) and len(rows) != self.runs:
            raise ValueError(f"rows must have 1 or R = {self.runs} runs, got {len(rows)}")
        return self._map(lambda part: _of_rows(part, rows))

    def _map(self, f):
        # What is valid stays valid: skip the checks, which would cost more than the work.
        batch = object.__new__(Batch)
        parts = (self.inputs, self.lengths, self.targets, self.groups)
        batch._hold(None if part is None else f(part) for part in parts)
        return batch


def _runs_last(part):
    """Whether memory holds time first and runs last, as thousands of neurons read it."""
    return part.ndim == 4 and part.strides[0] == part.itemsize


def _of_runs(part, runs):
    if _runs_last(part):
        return np.take(part.transpose(2, 1, 3, 0), runs, axis=3).transpose(3, 1, 0, 2)
    return part[runs]


def _of_rows(part, rows):
    if len(rows) == 1:
        own = part[:, rows[0]]
    else:
        own = part[np.arange(len(rows))[:, None] if len(part) > 1 else 0, rows]
    if _runs_last(part):
        return np.ascontiguousarray(own.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)
    return own


def last(outputs, lengths):
    """The output at the last step of each sequence.

    Parameters
    ----------
    outputs : ndarray (R, B, T)
    lengths : ndarray of int (R or 1, B)

    Returns
    -------
    ndarray (R, B)

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, or a length is not in 1..T.
    """
    outputs = check.array("outputs", outputs, ("R", "B", "T"), complex_ok=True)
    R, B, T = outputs.shape
    lengths = check.array("lengths", lengths, ("R|1", B), dtype=int, low=1, high=T)
    if len(lengths) not in (1, R):
        raise ValueError(f"lengths must have 1 or R = {R} runs, got {len(lengths)}")
    return _last(outputs, lengths)


def _last(outputs, lengths):
    if (lengths == lengths[0, 0]).all():
        return outputs[:, :, lengths[0, 0] - 1]
    R, B, _ = outputs.shape
    return outputs[np.arange(R)[:, None], np.arange(B), lengths - 1]
