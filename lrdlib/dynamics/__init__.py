"""Dynamics: what a system can keep, and for how long."""

from lrdlib.dynamics.maps import Map, augmented
from lrdlib.dynamics.neuron import (
    FixedPoints,
    critical_input,
    critical_input_bracket,
    fixed_points,
    input_to_switch,
    orbit,
    stable_state,
    steps_to_switch,
)
from lrdlib.dynamics.noisy_neuron import survival, survival_monte_carlo
from lrdlib.dynamics.pre_activation import PreActivation
from lrdlib.dynamics.theorems import Check, theorem_1, theorem_2, theorem_3, theorem_4

__all__ = [
    "Check",
    "FixedPoints",
    "Map",
    "PreActivation",
    "augmented",
    "critical_input",
    "critical_input_bracket",
    "fixed_points",
    "input_to_switch",
    "orbit",
    "stable_state",
    "steps_to_switch",
    "survival",
    "survival_monte_carlo",
    "theorem_1",
    "theorem_2",
    "theorem_3",
    "theorem_4",
]
