"""What neurons with inputs of their own choice share."""

from __future__ import annotations

import numpy as np

from lrdlib import _validate as check
from lrdlib.networks.base import Network

__all__ = ["FreeInputs"]


class FreeInputs(Network):
    """A network with L free inputs for each of `groups` classes; runs come last in its accumulator."""

    def __init__(self, L, groups):
        self.L = check.count("L", L)
        self.n_groups = check.count("groups", groups)

    def _groups(self, groups, R, B):
        if groups is None:
            if self.n_groups > 1:
                raise TypeError(f"groups must say which of {self.n_groups} classes each sequence has, got None")
            groups = np.zeros((1, B), int)
        groups = super()._groups(groups, R, B)
        if groups.max() >= self.n_groups:
            raise ValueError(f"groups must be below {self.n_groups}, got {groups.max()}")
        return groups

    def _enough(self, T):
        """Whether the inputs have as many steps as there are free inputs."""
        if self.L > T:
            raise ValueError(f"inputs must have at least L = {self.L} steps, got T = {T}")

    def accumulator(self, trajectory):
        return np.zeros(trajectory.theta.shape[::-1], trajectory.x.dtype)

    def collect(self, accumulator):
        return accumulator.T
