"""The worked solutions of the assignment `bptt` against lrdlib, complex steps, brute force and exact laws."""

import numpy as np
import pytest

from assignments.teacher import worked
from lrdlib import gradients
from lrdlib.networks import Recurrent
from lrdlib.tasks import Batch

SIZES = [(1, 1, 1, 1), (1, 1, 1, 5), (3, 2, 1, 4), (4, 3, 5, 6)]  # n, m, B, T
TINY = 1e-30


@pytest.fixture(scope="module")
def answers():
    return worked.namespace("bptt")


@pytest.fixture(params=SIZES, ids=str)
def problem(request):
    """Weights, a batch of inputs, and targets at every step."""
    n, m, B, T = request.param
    rng = np.random.default_rng(request.param)
    weights = {"W": rng.normal(0, 1.2 / np.sqrt(n), (n, n)), "U": rng.normal(size=(n, m)), "b": rng.normal(size=n)}
    return weights, rng.normal(size=(B, T, m)), rng.uniform(-0.9, 0.9, (B, T))


def library(weights, inputs, targets):
    """The network, the parameters and the batch in lrdlib's terms; the last unit is read."""
    n, m = weights["U"].shape
    network = Recurrent(n, m, bias=True)
    theta = network.pack(**{name: value[None] for name, value in weights.items()})
    return network, theta, Batch(inputs[None], np.full((1, len(inputs)), inputs.shape[1]), targets[None])


def flat(network, parts):
    return network.pack(**{name: part[None] for name, part in zip("WUb", parts)})[0]


def same(ours, truth, rtol=1e-12):
    return np.abs(ours - truth).max() <= rtol * np.abs(truth).max()


def test_forward_is_the_librarys_network(answers, problem):
    weights, u, d = problem
    network, theta, batch = library(weights, u, d)
    states = network.run(theta, batch.inputs).states[0]
    for one, expected in zip(u, states):
        assert np.allclose(answers["forward"](**weights, u=one), expected, rtol=1e-13, atol=1e-15)


def test_forward_carries_imaginary_parts(answers, problem):
    weights, u, _ = problem
    shifted = {**weights, "W": weights["W"] + TINY * 1j}
    h = 1e-6
    up, down = (answers["forward"](**{**weights, "W": weights["W"] + sign * h}, u=u[0]) for sign in (1, -1))
    slope = answers["forward"](**shifted, u=u[0]).imag / TINY
    assert np.allclose(slope, (up - down) / (2 * h), rtol=1e-6, atol=1e-8)


def test_the_gradient_for_the_last_step(answers, problem):
    weights, u, d = problem
    network, theta, batch = library(weights, u[:1], d[:1, -1])
    ours = answers["bptt_last"](**weights, u=u[0], x=answers["forward"](**weights, u=u[0]), d=d[0, -1])
    assert same(flat(network, ours), gradients.bptt(network, theta, batch).gradient[0])
    assert same(flat(network, ours), gradients.complex_step(network, theta, batch)[0])


def test_the_gradient_for_every_step(answers, problem):
    weights, u, d = problem
    network, theta, batch = library(weights, u[:1], d[:1])
    ours = answers["bptt_every"](**weights, u=u[0], x=answers["forward"](**weights, u=u[0]), d=d[0])
    assert same(flat(network, ours), gradients.rtrl(network, theta, batch).gradient[0])
    assert same(flat(network, ours), _by_complex_steps(answers, weights, u[:1], d[:1], network))


def test_the_gradient_of_a_batch(answers, problem):
    weights, u, d = problem
    network, theta, batch = library(weights, u, d[:, -1])
    x = np.stack([answers["forward"](**weights, u=one) for one in u])
    ours = answers["bptt_batch"](**weights, u=u, x=x, d=d[:, -1])
    masked = np.where(np.arange(d.shape[1]) == d.shape[1] - 1, d, np.nan)
    assert same(flat(network, ours), _by_complex_steps(answers, weights, u, masked, network))


def _by_complex_steps(answers, weights, u, d, network):
    """The gradient of the summed cost, one parameter after the other; NaN stands for no target."""
    parts = []
    for name, value in weights.items():
        gradient = np.zeros(value.shape)
        for place in np.ndindex(value.shape):
            shifted = value.astype(complex)
            shifted[place] += TINY * 1j
            outputs = np.stack([answers["forward"](**{**weights, name: shifted}, u=one)[1:, -1] for one in u])
            gradient[place] = np.sum(np.where(np.isnan(d), 0, (outputs - np.nan_to_num(d))**2 / 2)).imag / TINY
        parts.append(gradient)
    return flat(network, parts)


def test_a_window_keeps_its_lags(answers, problem):
    weights, u, d = problem
    network, theta, batch = library(weights, u[:1], d[:1, -1])
    x = answers["forward"](**weights, u=u[0])
    lags = gradients.lag_contributions(network, theta, batch)[0]
    for K in range(1, len(u[0]) + 3):
        ours = answers["bptt_truncated"](**weights, u=u[0], x=x, d=d[0, -1], K=K)
        assert np.allclose(flat(network, ours), lags[:K].sum(0), rtol=1e-11, atol=1e-14 * np.abs(lags).max())


def test_complex_steps_are_exact_and_leave_their_argument(answers):
    theta = np.array([0.7, -0.3, 1.2])
    before = theta.copy()
    ours = answers["complex_step"](lambda z: np.exp(z[0]) * np.sin(z[1]) / z[2], theta)
    a, b, c = theta
    truth = np.exp(a) * np.array([np.sin(b) / c, np.cos(b) / c, -np.sin(b) / c**2])
    assert np.allclose(ours, truth, rtol=1e-14) and np.array_equal(theta, before)


def test_central_errors_are_those_of_a_cubic(answers):
    """((a + h)^3 - (a - h)^3) / 2h = 3 a^2 + h^2."""
    a, steps = 1.7, np.array([0.3, 0.1, 0.01])
    ours = answers["central_errors"](lambda z: z[0]**3 + z[1], np.array([a, 0.0]), np.array([3 * a**2, 1.0]), steps)
    assert np.allclose(ours, steps**2 / (3 * a**2), rtol=1e-8)


def test_what_the_text_says_about_its_figures(answers):
    """The best central step is 1e-6 or 1e-5, with an error of about 1e-10, and the error of the least ones is 1."""
    steps = 10.0 ** np.arange(-20, 0)
    n, T = 5, 30
    rng = np.random.default_rng(1994)
    theta, u = rng.uniform(-0.8, 0.8, n * n + 2 * n), rng.uniform(-1, 1, (T, 1))

    def cost(theta):
        W, U, b = np.split(theta, [n * n, n * n + n])
        return (answers["forward"](W.reshape(n, n), U.reshape(n, 1), b, u)[-1, -1] - 0.5)**2 / 2

    errors = answers["central_errors"](cost, theta, answers["complex_step"](cost, theta), steps)
    assert 5e-7 < steps[np.argmin(errors)] < 5e-5 and 1e-12 < errors.min() < 1e-9 and errors[0] == 1


def test_the_marks_are_those_that_the_text_promises():
    text = worked.cells("bptt")[0].source
    words = sum(worked.points("bptt")[name] for name in worked.written("bptt"))
    tests = sum(worked.points("bptt").values()) - words
    assert f"{tests:g} points come from tests, {words:g} from two written answers" in text
