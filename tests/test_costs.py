"""A cost of one's own: what it is given, and that nothing it returns goes wrong in silence."""

import numpy as np
import pytest

from lrdlib import gradients
from lrdlib.networks import LatchNeuron
from lrdlib.tasks import Batch, Latch, SquaredError

R, B, T = 3, 4, 6
NETWORK = LatchNeuron(2)
THETA = NETWORK.initial(R, np.random.default_rng(0))
FIXED = Latch(T, 2).sample(np.random.default_rng(0), B, R)
LENGTHS = Batch(FIXED.inputs, [[3, 4, 5, 6]], FIXED.targets, FIXED.groups)
EVERY_STEP = Batch(FIXED.inputs, FIXED.lengths, np.zeros((1, B, T)), FIXED.groups)
BATCHES = {"one length": FIXED, "many lengths": LENGTHS, "every step": EVERY_STEP}


class Cost:
    """Squared error, but for one method."""

    def __init__(self, **methods):
        self.value = methods.get("value", lambda o, d: (o - d) ** 2 / 2)
        self.derivative = methods.get("derivative", lambda o, d: o - d)


WRONG = {
    "None": lambda o, d: None,
    "a number": lambda o, d: 1.0,
    "a sum": lambda o, d: np.sum(o - d),
    "one for each run": lambda o, d: (o - d)[..., :1],
    "fewer axes": lambda o, d: (o - d)[0],
    "more axes": lambda o, d: (o - d)[None],
    "booleans": lambda o, d: o > d,
    "integers": lambda o, d: (o > d).astype(int),
    "complex numbers": lambda o, d: o - d + 0j,
    "objects": lambda o, d: (o - d).astype(object),
    "a list": lambda o, d: (o - d).tolist(),
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
class TestOwnCost:
    def test_it_counts(self, batch):
        want = gradients.bptt(NETWORK, THETA, batch)
        got = gradients.bptt(NETWORK, THETA, batch, Cost(value=lambda o, d: (o - d) ** 2,
                                                         derivative=lambda o, d: 2 * (o - d)))
        np.testing.assert_allclose(got.cost, 2 * want.cost)
        np.testing.assert_allclose(got.gradient, 2 * want.gradient)

    @pytest.mark.parametrize("method", ["value", "derivative"])
    @pytest.mark.parametrize("wrong", WRONG)
    def test_what_is_no_array_like_the_outputs_is_refused_by_name(self, batch, method, wrong):
        with pytest.raises((TypeError, ValueError), match=rf"^cost\.{method} must return .* got "):
            gradients.bptt(NETWORK, THETA, batch, Cost(**{method: WRONG[wrong]}))

    @pytest.mark.parametrize("method", ["value", "derivative"])
    @pytest.mark.parametrize("argument", [0, 1])
    def test_it_cannot_change_what_it_is_given(self, batch, method, argument):
        def careless(*given):
            given[argument][...] = 0
            return given[0]

        with pytest.raises(ValueError, match="read-only"):
            gradients.bptt(NETWORK, THETA, batch, Cost(**{method: careless}))


def test_a_class_is_no_cost():
    with pytest.raises(TypeError, match="^cost must .*value and derivative, got .*SquaredError"):
        gradients.bptt(NETWORK, THETA, FIXED, SquaredError)


def test_the_complex_step_wants_a_cost_that_is_complex_where_the_outputs_are():
    with pytest.raises(TypeError, match="^cost.value must return complex numbers"):
        gradients.complex_step(NETWORK, THETA, FIXED, Cost(value=lambda o, d: np.abs(o - d)))
