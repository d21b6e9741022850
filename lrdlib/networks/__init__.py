"""Parametric dynamical systems ``x_t = F(x_{t-1}, u_t; theta)``, one family a file, R runs at a time."""

from lrdlib.networks.base import ACTIVATIONS, Network, Trajectory
from lrdlib.networks.delay import TimeDelay
from lrdlib.networks.hard import NoDerivative
from lrdlib.networks.latch import LatchNeuron
from lrdlib.networks.local import LocalFeedback
from lrdlib.networks.markov import InputOutputHMM, two_chains
from lrdlib.networks.narx import NarxNeuron
from lrdlib.networks.recurrent import Recurrent

__all__ = ["ACTIVATIONS", "InputOutputHMM", "LatchNeuron", "LocalFeedback", "NarxNeuron", "Network", "NoDerivative",
           "Recurrent", "TimeDelay", "Trajectory", "two_chains"]
