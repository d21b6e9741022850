"""Dynamics: what a system can keep, and for how long."""

from lrdlib.dynamics.basins import basins, grid, latched_from, reduced_sets, shares
from lrdlib.dynamics.invariant import Attractors, attractors
from lrdlib.dynamics.latching import Bearable, bearable_input, lost, noise_borne, share_lost
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
from lrdlib.dynamics.opponent import Broken, breaking_input
from lrdlib.dynamics.periodic import PeriodicPoints, periodic_points, trapping_box
from lrdlib.dynamics.pre_activation import PreActivation
from lrdlib.dynamics.products import SingularValues, lyapunov_exponents, path_jacobians, products, singular_values
from lrdlib.dynamics.reachable import Reachable, reachable
from lrdlib.dynamics.theorems import Check, theorem_1, theorem_2, theorem_3, theorem_4
from lrdlib.dynamics.uncertainty import Ball, grow_ball

__all__ = [
    "Attractors",
    "Ball",
    "Bearable",
    "Broken",
    "Check",
    "FixedPoints",
    "Map",
    "PeriodicPoints",
    "PreActivation",
    "Reachable",
    "SingularValues",
    "attractors",
    "augmented",
    "basins",
    "bearable_input",
    "breaking_input",
    "critical_input",
    "critical_input_bracket",
    "fixed_points",
    "grid",
    "grow_ball",
    "input_to_switch",
    "latched_from",
    "lost",
    "lyapunov_exponents",
    "noise_borne",
    "orbit",
    "path_jacobians",
    "periodic_points",
    "products",
    "reduced_sets",
    "reachable",
    "share_lost",
    "shares",
    "singular_values",
    "stable_state",
    "steps_to_switch",
    "survival",
    "survival_monte_carlo",
    "theorem_1",
    "theorem_2",
    "theorem_3",
    "theorem_4",
    "trapping_box",
]
