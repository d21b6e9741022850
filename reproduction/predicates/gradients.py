"""Predicates on what gradients cost: TNN94, section I."""

from __future__ import annotations

import numpy as np

from reproduction.predicates.verdicts import verdict

__all__ = ["bptt_costs_weights_and_stores_time", "free_inputs_stand_for_a_module", "gradients_agree",
           "local_feedback_is_local_and_linear", "rtrl_is_local_but_expensive"]

NEAR = 0.15  # how far an exponent may lie from the one claimed
EXACT = 1e-12


def _exponent(x, y) -> float:
    """The slope of log y against log x over the upper half of x, where the leading term rules."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    half = len(x) // 2 if len(x) > 3 else 0
    return float(np.polyfit(np.log(x[half:]), np.log(y[half:]), 1)[0])


def _exponents(data, name):
    """Exponents of an algorithm: operations in the weights and in T, memory in T."""
    operations, memory = np.asarray(data[f"operations_{name}"]), np.asarray(data[f"memory_{name}"])
    weights = np.asarray(data[f"parameters_{name}"] if f"parameters_{name}" in data else data["parameters"])
    return (_exponent(weights, operations[:, -1]), _exponent(data["T"], operations[-1]),
            _exponent(data["T"], memory[-1]))


def bptt_costs_weights_and_stores_time(costs):
    """BPTT's operations grow as the weights and as T, its memory as T: each exponent within 0.15 of 1."""
    weights, time, memory = _exponents(costs.data, "bptt")
    return verdict(*(abs(e - 1) <= NEAR for e in (weights, time, memory))), (
        f"BPTT's operations grow as weights^{weights:z.2f} and as T^{time:z.2f}, its memory as T^{memory:z.2f}.")


def rtrl_is_local_but_expensive(costs):
    """RTRL's memory does not depend on T (exponent within 0.15 of 0); its operations grow as the weights
    squared (within 0.15 of 2)."""
    weights, time, memory = _exponents(costs.data, "rtrl")
    ratio = np.asarray(costs.data["operations_rtrl"])[-1, -1] / np.asarray(costs.data["operations_bptt"])[-1, -1]
    return verdict(abs(memory) <= NEAR, abs(weights - 2) <= NEAR), (
        f"RTRL's memory grows as T^{memory:z.2f}, its operations as weights^{weights:z.2f} and T^{time:z.2f}; "
        f"at the largest size it costs {ratio:.0f} times as much as BPTT.")


def local_feedback_is_local_and_linear(costs):
    """The local-feedback gradient's memory does not depend on T, its operations grow as the weights (within
    0.15), and it is exact to 1e-12."""
    weights, _, memory = _exponents(costs.data, "local")
    disagreement = float(np.max(costs.data["disagreement_local"]))
    return verdict(abs(memory) <= NEAR, abs(weights - 1) <= NEAR, disagreement <= EXACT), (
        f"Its memory grows as T^{memory:z.2f}, its operations as weights^{weights:z.2f}; it differs from BPTT by at most "
        f"{disagreement:.1e} of the largest entry.")


def gradients_agree(costs):
    """BPTT and RTRL agree to 1e-12 of the largest entry on every network and length."""
    disagreement = float(np.max(costs.data["disagreement_rtrl"]))
    return verdict(disagreement <= EXACT), f"They differ by at most {disagreement:.1e} of the largest entry."


def free_inputs_stand_for_a_module(costs):
    """The gradient at a free input and the one through a module that computes it agree to 1e-12 of the
    largest entry."""
    disagreement = float(np.max(costs.data["disagreement_free_inputs"]))
    return verdict(disagreement <= EXACT), f"They differ by at most {disagreement:.1e} of the largest entry."
