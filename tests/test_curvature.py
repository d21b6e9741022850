"""Second derivatives against truth from outside: the complex step, unfolded nets, formulas by hand, a plain program."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import cases

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent, TimeDelay
from lrdlib.tasks import Parity, SquaredError, TwoSequence

METHODS = ("recursion", "exact")
many = settings(max_examples=40, deadline=None, derandomize=True)
few = settings(max_examples=15, deadline=None, derandomize=True)
ours = cases(families=("latch", "recurrent"))


def close(got, truth, tolerance=1e-12):
    assert got.shape == truth.shape
    assert np.abs(got - truth).max() <= tolerance * max(np.abs(truth).max(), 1e-300)


@many
@given(ours)
def test_exact_is_the_complex_step_of_the_gradient(case):
    hessian = gradients.hessian(case.network, case.theta, case.batch)
    close(hessian, hessian.transpose(0, 2, 1), 1e-10)
    found = gradients.second_derivatives(case.network, case.theta, case.batch, method="exact")
    close(found.curvature, np.einsum("rpp->rp", hessian), 1e-10)


@many
@given(ours, st.floats(1e-3, 10))
def test_what_must_agree(case, mu):
    network, theta, batch = case.network, case.theta, case.batch
    gradient = gradients.bptt(network, theta, batch).gradient
    for method in METHODS:
        each = gradients.instance_derivatives(network, theta, batch, method=method)
        close(each.gradient.sum(1), gradient)
        found = gradients.second_derivatives(network, theta, batch, method=method)
        close(found.gradient, gradient)
        if method == "recursion":
            close(found.curvature, each.curvature.sum(1), 1e-11)
        weighted = gradients.weighted_by_time(network, theta, batch, mu, method=method)
        close(weighted.gradient, gradient)
        close(weighted.step, (each.gradient / (np.abs(each.curvature) + mu)).sum(1), 1e-11)
        assert (np.abs(weighted.step) <= np.abs(each.gradient).sum(1) / mu + 1e-12).all()


def unfolded_cost(case, r, weights):
    """C of run r with parameters of its own for each step, weights (T, P), which may be complex."""
    batch, total = case.batch, 0
    part = {name: getattr(batch, name) for name in ("inputs", "lengths", "targets", "groups")}
    part = {name: a[r % len(a)] if a is not None else None for name, a in part.items()}
    network = case.network.select([r])
    for p in range(batch.size):
        x, d = np.zeros((1, 1, network.n_state)), part["targets"][p]
        for t in range(1, part["lengths"][p] + 1):
            u = part["inputs"][p][None, None, t - 1 : t]
            if isinstance(network, LatchNeuron):
                own = network.views(np.ascontiguousarray(weights[t - 1 : t]))
                w = own["w"] if network.w is None else network.w
                h = own["h"][0, part["groups"][p], t - 1] if t <= network.L else u[0, 0, 0, 0]
                x = np.tanh(w[0] * x + h)
                o = x[0, 0, 0]
            else:
                run = network.run(weights[t - 1 : t], u, x0=x)
                x, o = run.states[:, :, -1], run.outputs[0, 0, -1]
            if np.ndim(d) or t == part["lengths"][p]:
                total = total + (o - (d[t - 1] if np.ndim(d) else d)) ** 2 / 2
    return total


def unfolded_slope(case, r, weights, t, j):
    weights = weights.astype(complex)
    weights[t, j] += 1e-100j
    return unfolded_cost(case, r, weights).imag / 1e-100


@few
@given(ours, st.data())
def test_instances_against_a_net_with_weights_of_its_own_for_each_step(case, data):
    R, P = case.theta.shape
    r, j = data.draw(st.integers(0, R - 1)), data.draw(st.integers(0, P - 1))
    exact = gradients.instance_derivatives(case.network, case.theta, case.batch, method="exact")
    scale = max(np.abs(exact.curvature).max(), np.abs(exact.gradient).max())
    for t in range(case.batch.T):
        weights = np.repeat(case.theta[r : r + 1], case.batch.T, axis=0)
        assert abs(exact.gradient[r, t, j] - unfolded_slope(case, r, weights, t, j)) <= 1e-12 * scale
        up, down = weights.copy(), weights.copy()
        up[t, j], down[t, j] = up[t, j] + 1e-5, down[t, j] - 1e-5
        truth = (unfolded_slope(case, r, up, t, j) - unfolded_slope(case, r, down, t, j)) / 2e-5
        assert abs(exact.curvature[r, t, j] - truth) <= 1e-8 * scale


def plain_recursion(W, x, T, delta_T, h_T, tanh):
    """Becker & Le Cun's recursion for one run and one sequence, unit by unit: dC/da and d2C/da2, each (T, n)."""
    n = len(W)
    first, second = np.zeros((T, n)), np.zeros((T, n))
    G, H = list(delta_T), list(h_T)
    for t in range(T, 0, -1):
        for i in range(n):
            y = x[t][i]
            f1 = 1 - y**2 if tanh else y * (1 - y)
            f2 = -2 * y * f1 if tanh else f1 * (1 - 2 * y)
            first[t - 1, i] = f1 * G[i]
            second[t - 1, i] = f1**2 * H[i] + f2 * G[i]
        G = [sum(W[i][j] * first[t - 1, i] for i in range(n)) for j in range(n)]
        H = [sum(W[i][j] ** 2 * second[t - 1, i] for i in range(n)) for j in range(n)]
    return first, second


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_recursion_against_a_plain_program(activation):
    rng, net, T = np.random.default_rng(0), Recurrent(3, activation=activation, bias=True), 6
    theta = rng.normal(size=(2, net.n_parameters))
    batch = Batch(rng.normal(size=(2, 2, T, 1)), [[T, T]], rng.uniform(-0.8, 0.8, (2, 2)))
    found = gradients.instance_derivatives(net, theta, batch)
    states = net.run(theta, batch.inputs).states
    for r in range(2):
        blocks, gradient, curvature = net.views(theta[r : r + 1]), 0, 0
        for p in range(2):
            x, u = states[r, p], batch.inputs[r, p]
            ends = [0, 0, x[T][2] - batch.targets[r, p]], [0, 0, 1]
            first, second = plain_recursion(blocks["W"][0], x, T, *ends, activation == "tanh")
            z = np.concatenate([x[:-1], u, np.ones((T, 1))], axis=1)  # (T, n + 2)

            def packed(a, z):
                a = a[:, :, None] * z[:, None]
                return np.concatenate([a[:, :, :3].reshape(T, 9), a[:, :, 3], a[:, :, 4]], axis=1)

            gradient, curvature = gradient + packed(first, z), curvature + packed(second, z**2)
        close(found.gradient[r], gradient)
        close(found.curvature[r], curvature)


def test_recursion_is_exact_for_each_instance_of_a_single_unit():
    rng = np.random.default_rng(0)
    for net in (Recurrent(1, activation="logistic", bias=True), LatchNeuron(2), LatchNeuron(2, w=1.7)):
        theta = 2 * net.initial(4, rng)
        batch = Batch(rng.normal(size=(4, 3, 8, 1)), [[8, 5, 6]], rng.uniform(-0.8, 0.8, (4, 3)), [[0, 1, 1]])
        one, other = (gradients.instance_derivatives(net, theta, batch, method=method) for method in METHODS)
        close(one.curvature, other.curvature)


def test_recursion_is_exact_in_one_step_and_for_inputs_that_act_once():
    rng, net = np.random.default_rng(0), Recurrent(4, bias=True)
    batch = Batch(rng.normal(size=(3, 2, 1, 1)), [[1, 1]], rng.uniform(-0.8, 0.8, (3, 2)))
    one, other = (gradients.second_derivatives(net, net.initial(3, rng), batch, method=method) for method in METHODS)
    batch = Batch(rng.normal(size=(3, 2, 9, 1)), [[9, 9]], rng.uniform(-0.8, 0.8, (3, 2)), [[0, 1]])
    theta = LatchNeuron(4).initial(3, rng)
    once, twice = (gradients.second_derivatives(LatchNeuron(4), theta, batch, method=method) for method in METHODS)
    close(once.curvature[:, 1:], twice.curvature[:, 1:])
    assert (np.abs(once.curvature[:, 0] - twice.curvature[:, 0]) > 0.01 * np.abs(twice.curvature[:, 0])).all()


def test_with_more_units_the_recursion_is_not_exact():
    rng, net = np.random.default_rng(0), Recurrent(3)
    theta, batch = 2 * net.initial(5, rng), Parity(6).sample(rng, 1, 5)
    one, other = (gradients.instance_derivatives(net, theta, batch, method=method) for method in METHODS)
    close(one.curvature[:, -1], other.curvature[:, -1])  # the last instance is one step from the cost
    assert (np.abs(one.curvature - other.curvature).max((1, 2)) > 1e-2 * np.abs(other.curvature).max((1, 2))).all()


def test_by_hand_one_neuron_that_uses_its_weight_twice():
    """x_1 = tanh h, x_2 = tanh(w x_1), x_3 = tanh(w x_2), C = (x_3 - d)^2 / 2."""
    w, h, d = 1.3, 0.4, 0.8
    x1 = math.tanh(h)
    x2 = math.tanh(w * x1)
    x3 = math.tanh(w * x2)
    s1, s2, s3 = (1 - x**2 for x in (x1, x2, x3))
    b1, b2, b3 = (-2 * x * s for x, s in ((x1, s1), (x2, s2), (x3, s3)))
    e = x3 - d
    h3 = s3**2 + b3 * e  # d2C/da_3^2
    h2 = s2**2 * w**2 * h3 + b2 * w * s3 * e
    h1 = s1**2 * w**2 * h2 + b1 * w * s2 * w * s3 * e
    cross = x2 * h3 * w * s2 * x1 + s3 * e * s2 * x1  # d2C/(dw_2 dw_3)
    net = LatchNeuron(1, groups=1)
    batch = Batch(np.zeros((1, 1, 3, 1)), [[3]], [[d]], [[0]])
    theta = net.pack(w=w, h=[[h]])
    each = gradients.instance_derivatives(net, theta, batch)
    np.testing.assert_allclose(each.curvature[0, :, 0], [0, x1**2 * h2, x2**2 * h3], rtol=1e-13)
    np.testing.assert_allclose(each.curvature[0, :, 1], [h1, 0, 0], rtol=1e-13)
    np.testing.assert_allclose(each.gradient[0, :, 0], [0, x1 * s2 * w * s3 * e, x2 * s3 * e], rtol=1e-13)
    exact = gradients.second_derivatives(net, theta, batch, method="exact").curvature[0]
    np.testing.assert_allclose(exact, [x1**2 * h2 + x2**2 * h3 + 2 * cross, h1], rtol=1e-13)


class Quartic(SquaredError):
    def value(self, o, d):
        return (o - d) ** 4

    def derivative(self, o, d):
        return 4 * (o - d) ** 3

    def curvature(self, o, d):
        return 12 * (o - d) ** 2


@pytest.mark.parametrize("every", [False, True])
def test_a_cost_that_is_not_quadratic(every):
    rng, net = np.random.default_rng(0), Recurrent(3, same_step=[(2, 0), (1, 0)])
    batch = Batch(rng.normal(size=(2, 3, 6, 1)), [[6, 4, 2]], rng.uniform(-1, 1, (2, 3, 6) if every else (2, 3)))
    theta = net.initial(2, rng)
    exact = gradients.second_derivatives(net, theta, batch, Quartic(), "exact").curvature
    close(exact, np.einsum("rpp->rp", gradients.hessian(net, theta, batch, Quartic())), 1e-11)


def test_a_cost_without_a_second_derivative_is_refused():
    class Plain:
        value, derivative = SquaredError().value, SquaredError().derivative

    rng, net = np.random.default_rng(0), Recurrent(2)
    batch = Parity(4).sample(rng, 2, 1)
    gradients.bptt(net, net.initial(1, rng), batch, Plain())
    for function in (gradients.second_derivatives, gradients.instance_derivatives):
        with pytest.raises(TypeError, match="cost must have the method curvature"):
            function(net, net.initial(1, rng), batch, Plain())


@pytest.mark.parametrize("net", [LocalFeedback(2), TimeDelay(2, 2)])
def test_other_networks_are_refused(net):
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="network must be a Recurrent network or a LatchNeuron, got <"):
        gradients.second_derivatives(net, net.initial(1, rng), Parity(4).sample(rng, 2, 1))


@pytest.mark.parametrize("method", METHODS)
def test_runs_that_leave_the_finite_numbers_are_masked(method):
    rng, net = np.random.default_rng(0), Recurrent(3)
    theta, batch = net.initial(3, rng), TwoSequence(7, 3, rng, length="half").sample(rng, 4, 3)
    theta[1], rest = 1e200, [0, 2]
    inputs = batch.inputs.copy()
    inputs[1] = 0  # a run that stays at 0, where nothing saturates, and every error grows by 1e200 a step
    batch = Batch(inputs, batch.lengths, batch.targets)
    alone = batch.select(rest)
    found = gradients.second_derivatives(net, theta, batch, method=method)
    weighted = gradients.weighted_by_time(net, theta, batch, 0.1, method=method)
    for got, key in ((found, "curvature"), (weighted, "step")):
        assert got.diverged.tolist() == [False, True, False] and np.isinf(got.cost[1])
        assert not getattr(got, key)[1].any() and not got.gradient[1].any()
    np.testing.assert_allclose(found.curvature[rest], gradients.second_derivatives(
        net, theta[rest], alone, method=method).curvature, rtol=1e-12)
    with pytest.raises(ValueError, match="run 1 diverge"):
        gradients.instance_derivatives(net, theta, batch, method=method)


def test_one_mu_for_each_run_and_no_other_number():
    rng, net = np.random.default_rng(0), Recurrent(2)
    theta, batch = net.initial(3, rng), Parity(5).sample(rng, 2, 3)
    each = gradients.weighted_by_time(net, theta, batch, [0.1, 0.2, 0.3]).step
    for r, mu in enumerate([0.1, 0.2, 0.3]):
        np.testing.assert_array_equal(each[r], gradients.weighted_by_time(net, theta, batch, mu).step[r])
    with pytest.raises(ValueError, match="mu must be one number or R = 3 of them, got 2"):
        gradients.weighted_by_time(net, theta, batch, [0.1, 0.2])


def test_a_large_mu_leaves_the_gradient():
    rng, net = np.random.default_rng(0), Recurrent(4)
    theta, batch = net.initial(2, rng), Parity(9).sample(rng, 3, 2)
    for method in METHODS:
        found = gradients.weighted_by_time(net, theta, batch, 1e12, method=method)
        np.testing.assert_allclose(found.step * 1e12, found.gradient, rtol=1e-9)


def test_products_are_those_of_the_loops():
    """The recursion carries a second error back, at as many products as the first."""
    rng, net = np.random.default_rng(0), Recurrent(5)
    theta, batch = net.initial(1, rng), Parity(9).sample(rng, 1, 1)
    plain = gradients.bptt(net, theta, batch)
    found = gradients.second_derivatives(net, theta, batch)
    assert found.operations - plain.operations == plain.operations * 2 // 3
    exact = gradients.second_derivatives(net, theta, batch, method="exact")
    assert exact.operations > gradients.rtrl(net, theta, batch).operations
