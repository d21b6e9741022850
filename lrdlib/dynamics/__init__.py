"""Dynamics: what a system can keep, and for how long."""

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

__all__ = [
    "FixedPoints",
    "critical_input",
    "critical_input_bracket",
    "fixed_points",
    "input_to_switch",
    "orbit",
    "stable_state",
    "steps_to_switch",
    "survival",
    "survival_monte_carlo",
]
