"""The worked solutions of the assignment `vanishing` against lrdlib, complex steps, closed forms and brute force."""

import numpy as np
import pytest

from assignments.judges import two_states
from assignments.teacher import worked
from lrdlib import dynamics, gradients
from lrdlib.networks import Recurrent
from lrdlib.tasks import Batch

SIZES = [(1, 1), (1, 6), (3, 1), (4, 9)]  # n, T
TINY = 1e-30


@pytest.fixture(scope="module")
def answers():
    return worked.namespace("vanishing")


@pytest.fixture(params=SIZES, ids=str)
def system(request):
    """Weights, inputs, and the path from some state, by lrdlib."""
    n, T = request.param
    rng = np.random.default_rng(request.param)
    W, u = rng.normal(0, 1.3 / np.sqrt(n), (n, n)), rng.normal(0, 0.5, (T, n))
    net = dynamics.PreActivation(W[None])
    return net, W, u, net.orbit(rng.normal(size=(1, 1, n)), T, u[None, None])[0, 0]


def follow(W, u, a):
    """The path in plain steps, for complex numbers too."""
    path = [a]
    for step in u:
        path.append(W @ np.tanh(path[-1]) + step)
    return np.array(path)


def test_the_jacobian_is_the_librarys_and_that_of_complex_steps(answers, system):
    net, W, _, path = system
    for a in path:
        ours = answers["jacobian"](W, a)
        assert np.allclose(ours, net.jacobian(a[None, None])[0, 0], rtol=1e-12, atol=1e-15)
        steps = [(W @ np.tanh(a + TINY * 1j * e)).imag / TINY for e in np.eye(len(a))]
        assert np.allclose(ours, np.transpose(steps), rtol=1e-12, atol=1e-15)


def test_growth_is_that_of_the_whole_trajectory(answers, system):
    net, W, u, path = system
    J = dynamics.path_jacobians(net, path[None, None])
    ours = answers["log_growth"](J[0, 0])
    assert np.allclose(ours[-1], dynamics.singular_values(J).log[0, 0, 0], rtol=1e-10, atol=1e-12)
    for t in range(1, len(path)):
        moved = [follow(W, u[:t], path[0] + TINY * 1j * e)[-1].imag / TINY for e in np.eye(len(W))]
        assert np.isclose(np.exp(ours[t - 1]), np.linalg.norm(moved, 2), rtol=1e-10)


@pytest.mark.parametrize("f", [0.5, 2.5])
def test_growth_beyond_the_range_of_numbers(answers, f):
    """[[f, 1], [0, f]]^t = f^t [[1, x], [0, 1]], x = t/f, of the norm f^t ((2 + x^2 + x sqrt(x^2 + 4)) / 2)^(1/2)."""
    T = 3000
    t = np.arange(1, T + 1)
    x = t / f
    exact = t * np.log(f) + np.log((2 + x**2 + x * np.sqrt(x**2 + 4)) / 2) / 2
    ours = answers["log_growth"](np.tile([[f, 1.0], [0.0, f]], (T, 1, 1)))
    assert np.allclose(ours, exact, rtol=1e-11) and abs(exact[-1]) > np.log(1e308)


def test_growth_of_a_product_that_is_zero(answers):
    nilpotent = np.array([[0.0, 2.0], [0.0, 0.0]])
    assert answers["log_growth"](np.array([nilpotent, nilpotent, np.eye(2)])).tolist() == [np.log(2), -np.inf, -np.inf]


def test_the_bound_is_the_least_of_its_kind_and_holds(answers, system):
    net, _, _, path = system
    J = dynamics.path_jacobians(net, path[None, None])[0, 0]
    bound, growth = answers["log_bound"](J), answers["log_growth"](J)
    largest = max(np.sqrt(np.linalg.eigvalsh(A.T @ A)[-1]) for A in J)
    assert np.allclose(bound, np.log(largest) * np.arange(1, len(J) + 1), rtol=1e-9, atol=1e-12)
    assert np.all(growth <= bound + 1e-12)
    line = np.full((5, 1, 1), -0.7)
    assert np.allclose(answers["log_growth"](line), answers["log_bound"](line))


@pytest.mark.parametrize("name", ["stretched_and_gone", "shrunk_and_exploded"])
def test_the_two_examples_on_the_path_that_inputs_lead(answers, name):
    W, a, b = answers[name]()
    net = dynamics.PreActivation(W[None])
    there, back = (end - net(start[None, None])[0, 0] for start, end in ((a, b), (b, a)))
    path = net.orbit(a[None, None], 40, np.tile([there, back], (20, 1))[None, None])
    assert np.allclose(path[0, 0], np.tile([a, b], (21, 1))[:41], atol=1e-9)
    J = dynamics.path_jacobians(net, path)
    grown = dynamics.singular_values(J).log[0, 0, 0]
    if name == "stretched_and_gone":
        assert np.linalg.norm(J[0, 0], 2, axis=(1, 2)).min() >= 1.5 and grown < np.log(1e-6)
    else:
        assert np.abs(np.linalg.eigvals(J[0, 0])).max() <= 0.5 and grown > np.log(1e6)


@pytest.mark.parametrize("value, settings, said", [
    ([np.eye(2), np.zeros(2)], {}, "expected W"),
    ([np.eye(2), np.zeros(2), np.zeros(3)], {}, "expected W"),
    ([np.eye(6), np.zeros(6), np.zeros(6)], {}, "expected W"),
    ([np.eye(1) * np.nan, np.zeros(1), np.zeros(1)], {}, "expected W"),
    ([np.eye(1) * 1j, np.zeros(1), np.zeros(1)], {}, "expected W"),
    (["W", "a", "b"], {}, "expected W"), (None, {}, "expected W"), (np.zeros((3, 2, 2)), {}, "expected W"),
    ([[[1]], [0], [0]], {"norms": 1.0}, None),
    ([[[1.4]], [0], [0]], {"norms": 1.5}, r"of at least 1.5, got 1.4"),
    ([[[2.0]], [0], [3]], {"norms": 1.5}, r"|M'(b)| of at least 1.5, got"),
    ([[[0.0, 9.0], [0.0, 0.0]], [0, 0], [0, 0]], {"radii": 0.5, "most": 0.0}, None),
    ([[[0.6]], [0], [0]], {"radii": 0.5}, "at most 0.5 in absolute value, got 0.6"),
    ([[[0.5]], [0], [0]], {"steps": 2, "most": 0.2}, "of norm at most 0.2, got 0.25"),
    ([[[2.0]], [0], [0]], {"steps": 10, "least": 1024.0, "most": 1024.0}, None),
    ([[[2.0]], [0], [0]], {"steps": 10, "least": 1025.0}, "of norm at least 1025, got 1024"),
    ([[[1e200]], [0], [0]], {"least": 1e6}, None),
    ([[[1e200]], [0], [0]], {"most": 1e6}, "at most 1e+06, got inf"),
])
def test_the_judge_of_two_states(value, settings, said):
    wrong = two_states(value, None, **settings)
    assert wrong is None if said is None else said in wrong


def test_contributions_are_the_librarys(answers, system):
    _, W, u, _ = system
    n, T = len(W), len(u)
    a = follow(W, u, np.zeros(n))
    network, d = Recurrent(n, n), 0.3
    x = np.tanh(a[-1])
    error = np.zeros(n)
    error[-1] = (x[-1] - d) * (1 - x[-1]**2)
    batch = Batch(u[None, None], [[T]], [[d]])
    theta = network.pack(W=W[None], U=np.eye(n)[None])
    truth = gradients.lag_contributions(network, theta, batch)[0, :, :n * n]
    ours = answers["contributions"](W, a, error).reshape(T, n * n)
    assert np.allclose(ours, truth, rtol=1e-11, atol=1e-14)


def test_each_contribution_is_a_derivative_by_its_own_instance(answers, system):
    """W_tau alone is shifted, at step tau = T - k, and the cost e . a_T is followed to the end."""
    _, W, u, path = system
    n, T = len(W), len(u)
    e = np.random.default_rng(3).normal(size=n)
    ours = answers["contributions"](W, path, e)
    for k in range(T):
        for place in np.ndindex(n, n):
            shifted = W.astype(complex)
            shifted[place] += TINY * 1j
            a = shifted @ np.tanh(path[T - k - 1]) + u[T - k - 1]
            end = follow(W, u[T - k:], a)[-1]
            assert np.isclose(ours[k][place], (e @ end).imag / TINY, rtol=1e-10, atol=1e-14)


def test_shares_and_reach_are_the_librarys(answers):
    rng = np.random.default_rng(4)
    for T, n in ((1, 2), (7, 1), (12, 3)):
        c = rng.normal(size=(T, n, n)) * 0.6 ** np.arange(T)[:, None, None]
        truth = gradients.lag_shares(c.reshape(1, T, n * n))
        shares = answers["lag_shares"](c)
        assert np.allclose(shares, truth.norm[0].filled(-1), rtol=1e-13)
        for part in (0.2, 0.5, 0.9, 0.99):
            K = answers["reach"](shares, part)
            assert K == truth.reach(part)[0]
            assert shares[:K].sum() >= part > shares[:K - 1].sum()


def test_a_gradient_of_zero_has_no_shares(answers):
    shares = answers["lag_shares"](np.zeros((3, 2, 2)))
    assert shares.shape == (3,) and np.isnan(shares).all()


def test_reach_counts_a_part_that_is_just_held(answers):
    assert answers["reach"](np.array([0.5, 0.25, 0.25]), 0.75) == 2
    assert answers["reach"](np.array([1.0]), 0.9) == 1


def test_noisy_neurons_are_those_of_the_librarys_map(answers):
    w, s, runs, T = 1.3, 0.4, 40, 30
    kept, left = answers["latch"](np.random.default_rng(5), w, s, runs, T)
    neuron, u = dynamics.PreActivation([[[w]]]), np.random.default_rng(5).normal(0, s, (runs, T))
    path = neuron.orbit(np.ones((1, runs, 1)), T, u[None, :, :, None])
    assert kept == np.mean(path[0, :, -1, 0] > 0)
    logs = dynamics.singular_values(dynamics.path_jacobians(neuron, path)).log[0, :, 0]
    assert np.isclose(left, np.median(logs), rtol=1e-12)


def test_without_noise_the_gradient_falls_by_the_slope_at_rest(answers):
    """d log|da_T/da_0| / dT is the logarithm of w (1 - xbar^2), however small the product has become."""
    w = 3.0
    left = [answers["latch"](np.random.default_rng(0), w, 0.0, 1, T)[1] for T in (1000, 2000)]
    slope = w * (1 - dynamics.stable_state(w)**2)
    assert np.isclose((left[1] - left[0]) / 1000, np.log(slope), rtol=1e-9) and left[0] < np.log(1e-308)


def test_what_the_text_says_about_its_figures(answers):
    """Bits are kept from about w = 1.4 on, most of the gradient is left near w = 1, and no w has both."""
    weights = np.array([0.5, 0.8, 1.0, 1.2, 1.5, 2.0])
    rng = np.random.default_rng(1994)
    kept, left = np.transpose([answers["latch"](rng, w, 0.2, 500, 100) for w in weights])
    assert np.all(kept[weights >= 1.5] > 0.99) and np.all(abs(kept[weights <= 1] - 0.5) < 0.1)
    assert weights[np.argmax(left)] == 1.0 and left.max() < np.log(1e-5) and left[-1] < np.log(1e-70)
    assert np.isclose(np.prod(1 - 1 / (np.arange(10**5) + 2.0)**2), 0.5, atol=1e-4)
    assert round(float(dynamics.fixed_points([2.0]).slope[0, 2]), 2) == 0.17
