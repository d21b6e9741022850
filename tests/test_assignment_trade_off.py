"""The worked functions of the assignment *Out of the trade-off*, against lrdlib, complex steps and closed forms."""

from math import erf

import numpy as np
import pytest

from assignments.teacher import worked
from lrdlib import dynamics
from reproduction import intervals


@pytest.fixture(scope="module")
def own():
    return worked.namespace("trade_off")


def gated(rng, R=3, B=4, T=6):
    """Parameters, inputs, markers, targets."""
    return rng.normal(size=(R, 3)), rng.normal(size=(R, B, T)), rng.random((R, B, T)), rng.choice([-1.0, 1.0], (R, B))


def test_products_of_slopes(own):
    rng, w = np.random.default_rng(0), 1.7
    net = dynamics.PreActivation([[[w]]])
    path = net.orbit(rng.normal(size=(1, 5, 1)), 12, rng.normal(size=(1, 5, 12, 1)))
    slopes = dynamics.path_jacobians(net, path)[0, ..., 0, 0]
    found = own["carried"](w, path[0, ..., 0])
    assert found.shape == (5, 13) and np.allclose(found[:, 0], 1)
    for t in range(1, 13):
        assert np.allclose(found[:, t], np.prod(slopes[:, :t], axis=1), rtol=1e-12, atol=0)


@pytest.mark.parametrize("w", [1.3, 2.0, 3.0])
def test_the_promise_is_kept_and_is_theorem_3s(own, w):
    a_bar = w * float(dynamics.stable_state(w))
    d, T = np.linspace(0.01, a_bar, 50), np.full(50, 60)
    b, bound = own["promise"](w, a_bar, d, T)
    grid = np.linspace(-1, 1, 2001)  # the largest slope in the tube, by looking
    worst = np.max(w * (1 - np.tanh(a_bar + d[:, None] * grid) ** 2), axis=1)
    assert np.allclose(b, np.where(worst < 1, (1 - worst) * d, 0), atol=1e-12)
    assert np.array_equal(bound, np.where(worst < 1, bound, np.inf)) and (b > 0).any() and (b == 0).any()
    edge = np.arctanh(np.sqrt(1 - 1 / w))
    assert np.array_equal(b > 0, a_bar - d > edge)
    rng, net = np.random.default_rng(1), dynamics.PreActivation([[[w]]])
    for k in np.flatnonzero(b > 0)[::4]:
        u = rng.choice([-1.0, 1.0], (1, 40, 60, 1)) * b[k]
        u[0, 0] = -b[k]
        path = net.orbit(np.full((1, 40, 1), a_bar), 60, u)[0, ..., 0]
        assert np.abs(path - a_bar).max() <= d[k] + 1e-12
        assert (own["carried"](w, path)[:, -1] <= bound[k]).all()
    assert b.max() < dynamics.critical_input(w)


def test_the_complex_step(own):
    x, rng = np.random.default_rng(2).normal(size=8), np.random.default_rng(3)
    assert np.allclose(own["derivative"](np.sin, x), np.cos(x), rtol=1e-14, atol=0)
    u = rng.normal(size=(8, 30))
    slope = own["derivative"](lambda a: own["latch_path"](a, u)[:, -1], x)
    assert np.allclose(slope, own["carried"](own["w"], own["latch_path"](x, u))[:, -1], rtol=1e-12, atol=0)


def test_three_memories_under_one_noise(own):
    bits, latch, linear, shut = own["hold"](np.random.default_rng(14), 6, 25, 0.5, 2.0, 1.9, 0.1)
    again = np.random.default_rng(14)
    assert np.array_equal(bits, 2 * again.integers(2, size=6) - 1) and set(bits.tolist()) == {-1, 1}
    u = again.normal(0, 0.5, (6, 25))
    for r in range(6):
        a = s = g = 1.9 * bits[r]
        for u_t in u[r]:
            a, s, g = 2 * np.tanh(a) + u_t, s + u_t, g + 0.1 * u_t
        assert np.allclose([latch[r], linear[r], shut[r]], [a, s, g])


def test_noise_adds_up_as_the_normal_distribution_says(own):
    R, T, sigma, start = 20_000, 50, 0.4, 1.5
    bits, _, linear, shut = own["hold"](np.random.default_rng(5), R, T, sigma, 2.0, start, 0.25)
    for final, g in ((linear, 1.0), (shut, 0.25)):
        assert np.isclose(np.var(final - start * bits), T * (g * sigma) ** 2, rtol=0.05)
        share, low, high = own["kept"](final, bits, z=4.5)
        assert low < (1 + erf(start / (g * sigma * np.sqrt(2 * T)))) / 2 < high and low < share < high


def test_the_interval_is_wilsons(own):
    for k in range(13):
        final = np.where(np.arange(12) < k, 1.0, -1.0)
        share, *ends = own["kept"](final, np.ones(12), z=1.959963984540054)
        assert share == k / 12 and np.allclose(ends, intervals.wilson(k, 12), atol=1e-12)
    assert own["kept"](np.zeros(4), np.ones(4))[0] == 0


def test_the_gated_unit_step_by_step(own):
    p, u, m, _ = gated(np.random.default_rng(6))
    states = own["forward"](p, u, m)
    assert states.shape == (3, 4, 7)
    for r, (alpha, beta, kappa) in enumerate(p):
        for b in range(4):
            s = 0.0
            assert states[r, b, 0] == s
            for t in range(6):
                s += kappa * u[r, b, t] / (1 + np.exp(-alpha * m[r, b, t] - beta))
                assert np.isclose(states[r, b, t + 1], s)


def by_complex_step(cost, p, h=1e-30):
    """The gradient of costs (R,) of parameters (R, P), a column at a time."""
    return np.stack([cost(p + 1j * h * row).imag / h for row in np.eye(p.shape[1])], axis=1)


@pytest.mark.parametrize("T", [1, 6, 200])
def test_the_gradients_by_complex_step(own, T):
    p, u, m, d = gated(np.random.default_rng(7), T=T)
    want = by_complex_step(lambda q: ((own["forward"](q, u, m)[..., -1] - d) ** 2).mean(1) / 2, p)
    assert np.allclose(own["gradient"](p, u, m, d), want, rtol=1e-10, atol=1e-12)
    p = np.hstack([p, [[0.8], [1.25], [1.6]]])  # the control's, which is given to the students
    want = by_complex_step(lambda q: ((own["neuron_states"](q, u, m)[0][-1] - 0.8 * d) ** 2).mean(1) / 2, p)
    assert np.allclose(own["neuron_gradient"](p, u, m, d), want, rtol=1e-10, atol=1e-12)


def test_training_descends(own):
    def draw(rng):
        return rng.normal(size=2), None, None

    start = np.array([[3.0, -2.0]])
    end = own["train"](lambda p, u, m, d: p + u, start, draw, np.random.default_rng(8), 0.25, 5)
    rng, slow = np.random.default_rng(8), start
    for _ in range(5):
        slow = 0.75 * slow - 0.25 * rng.normal(size=2)
    assert np.allclose(end, slow) and np.array_equal(start, [[3.0, -2.0]])


def test_solved_at_the_very_share(own):
    d = np.ones((3, 20))
    final = np.where(np.arange(20) < np.array([[18], [19], [20]]), 1.0, 0.0)
    assert own["solved"](final, d).tolist() == [False, True, True]
    assert own["solved"](-final, -d, need=0.9).all()


def test_the_experiment_shows_what_the_text_says(own):
    won = {name: [int(runs.sum()) for runs in found] for name, found in own["counts"].items()}
    unit, neuron, guess, guesses = won.values()
    R = own["R"]
    assert unit[0] == R and unit[-1] > 0.7 * R
    assert neuron[0] > 0.9 * R and neuron[-1] < 0.2 * R
    assert 0.05 < sum(guess) / (3 * R) < 0.2
    assert min(guesses) > 0.8 * R and guesses[-1] >= unit[-1] - 0.1 * R  # at equal cost, no worse than training
    latch, linear, shut = own["shares"][-1, :, 0]  # after 1000 steps of noise
    assert linear < 0.6 < latch < 0.9 and shut == 1
