"""Each network against its equations, written as plain loops over one run and one sequence."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdlib.networks import ACTIVATIONS, LatchNeuron, LocalFeedback, Network, Recurrent, TimeDelay

F = {"tanh": cmath.tanh, "logistic": lambda a: 1 / (1 + cmath.exp(-a)), "linear": lambda a: a}
sizes = st.integers(1, 4)
seeds = st.integers(0, 2**32 - 1)
any_activation = st.sampled_from(list(ACTIVATIONS))


# The equations. Each takes theta (a list), u (T lists of I numbers) and x0; returns the states and the outputs.


def latch_loop(net, w, theta, u, x0, group):
    theta = list(theta)
    if w is None:
        w = theta.pop(0)
    h = theta[group * net.L : (group + 1) * net.L]
    x = [x0[0]]
    for t in range(1, len(u) + 1):
        x.append(cmath.tanh(w * x[-1] + (h[t - 1] if t <= net.L else u[t - 1][0])))
    return [[value] for value in x], x[1:]


def recurrent_loop(config, theta, u, x0):
    n, I, f = config["n"], config["n_inputs"], F[config["activation"]]
    theta = iter(theta)
    W = [[next(theta) for _ in range(n)] for _ in range(n)]
    U = {i: [next(theta) if config["train_input"] else 1 for _ in range(I)] for i in config["input_to"]}
    b = {i: next(theta) for i in config["bias"]}
    x, out = [list(x0)], []
    for u_t in u:
        now = []
        for i in range(n):
            a = b.get(i, 0)
            for j in range(n):
                a += W[i][j] * (now[j] if (i, j) in config["same_step"] else x[-1][j])
            for k in range(I):
                a += U[i][k] * u_t[k] if i in U else 0
            now.append(f(a))
        x.append(now)
        out.append(now[config["output"]])
    return x, out


def local_loop(n, I, f, g, theta, u, x0):
    w, theta = theta[:n], theta[n:]
    U, theta = [theta[i * I : (i + 1) * I] for i in range(n)], theta[n * I :]
    b, v, c = theta[:n], theta[n : 2 * n], theta[2 * n]
    x, out = [list(x0)], []
    for u_t in u:
        x.append([F[f](w[i] * x[-1][i] + sum(U[i][k] * u_t[k] for k in range(I)) + b[i]) for i in range(n)])
        out.append(F[g](sum(v[i] * x[-1][i] for i in range(n)) + c))
    return x, out


def delay_loop(D, hidden, I, f, g, theta, u, x0):
    width = D * I
    U, theta = [theta[i * width : (i + 1) * width] for i in range(hidden)], theta[hidden * width :]
    b, v, c = theta[:hidden], theta[hidden : 2 * hidden], theta[2 * hidden]
    x, out = [list(x0)], []
    for u_t in u:
        x.append(list(u_t) + x[-1][: width - I])
        y = [F[f](sum(U[i][k] * x[-1][k] for k in range(width)) + b[i]) for i in range(hidden)]
        out.append(F[g](sum(v[i] * y[i] for i in range(hidden)) + c))
    return x, out


@st.composite
def cases(draw):
    """A network, R, a generator, and the equations as a function of (run, theta, u, x0, group)."""
    family = draw(st.sampled_from(["latch", "recurrent", "local", "delay"]))
    n, I = draw(sizes), draw(st.integers(1, 3))
    R, rng = draw(sizes), np.random.default_rng(draw(seeds))
    if family == "latch":
        frozen = draw(st.sampled_from(["trained", "scalar", "per run"]))
        w = {"trained": None, "scalar": 1.25, "per run": rng.uniform(0, 2, R)}[frozen]
        net = LatchNeuron(L=n, groups=I, w=w)
        ws = [w] * R if np.ndim(w) == 0 else w
        return net, R, rng, lambda r, *rest: latch_loop(net, ws[r], *rest)
    if family == "recurrent":
        units = st.lists(st.integers(0, n - 1), unique=True, max_size=n)
        lower = [(i, j) for i in range(n) for j in range(i)]
        config = {
            "n": n,
            "n_inputs": I,
            "activation": draw(st.sampled_from(["tanh", "logistic"])),
            "input_to": draw(units) or [0],
            "train_input": draw(st.booleans()),
            "output": draw(st.integers(0, n - 1)),
            "bias": draw(units),
            "same_step": [pair for pair in lower if draw(st.booleans())],
        }
        return Recurrent(**config), R, rng, lambda r, *rest: recurrent_loop(config, *rest[:3])
    f, g = draw(any_activation), draw(any_activation)
    if family == "local":
        return LocalFeedback(n, I, f, g), R, rng, lambda r, *rest: local_loop(n, I, f, g, *rest[:3])
    D = draw(sizes)
    return TimeDelay(D, n, I, f, g), R, rng, lambda r, *rest: delay_loop(D, n, I, f, g, *rest[:3])


def arguments(data, net, R, rng):
    """Inputs, groups and initial state, each run's own or shared."""
    B, T = data.draw(sizes, "B"), data.draw(st.integers(getattr(net, "L", 1), 6), "T")
    first = [data.draw(st.sampled_from([1, R]), "runs") for _ in range(3)]
    inputs = rng.normal(size=(first[0], B, T, net.n_inputs))
    groups = rng.integers(getattr(net, "n_groups", 1), size=(first[1], B))
    x0 = rng.uniform(-1, 1, (first[2], data.draw(st.sampled_from([1, B]), "B of x0"), net.n_state))
    return inputs, groups, x0


def one(array, r, p):
    """What belongs to run r and sequence p, as lists."""
    own = array[r if len(array) > 1 else 0]
    return own[p if len(own) > 1 else 0].tolist()


@given(cases(), st.booleans(), st.booleans(), st.data())
def test_equations(case, with_x0, complex_theta, data):
    net, R, rng, loop = case
    theta = net.initial(R, rng, 1.5)
    if complex_theta:
        theta = theta + 0.1j * net.initial(R, rng)
    inputs, groups, x0 = arguments(data, net, R, rng)
    given_inputs, given_theta = inputs.copy(), theta.copy()
    got = net.run(theta, inputs, groups, x0 if with_x0 else None)
    _, B, T, _ = inputs.shape
    assert got.states.shape == (R, B, T + 1, net.n_state)
    assert got.outputs.shape == (R, B, T) and got.T == T
    assert np.iscomplexobj(got.states) == complex_theta
    start = x0 if with_x0 else np.zeros((1, 1, net.n_state))
    for r in range(R):
        for p in range(B):
            x, o = loop(r, theta[r].tolist(), one(inputs, r, p), one(start, r, p), one(groups, r, p))
            np.testing.assert_allclose(got.states[r, p], x, rtol=1e-11, atol=1e-12)
            np.testing.assert_allclose(got.outputs[r, p], o, rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(inputs, given_inputs)
    np.testing.assert_array_equal(theta, given_theta)


@given(cases(), st.data())
def test_one_run_alone_does_what_it_does_among_others(case, data):
    net, R, rng, _ = case
    theta = net.initial(R, rng, 1.5)
    inputs, groups, x0 = arguments(data, net, R, rng)
    together = net.run(theta, inputs, groups, x0)
    for r in range(R):
        own = [part[r : r + 1] if len(part) > 1 else part for part in (inputs, groups, x0)]
        alone = net.select([r]).run(theta[r : r + 1], *own)
        np.testing.assert_allclose(alone.states[0], together.states[r], rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(alone.outputs[0], together.outputs[r], rtol=1e-13, atol=1e-14)


@given(cases(), st.data())
def test_a_run_does_not_see_the_parameters_or_inputs_of_others(case, data):
    net, R, rng, _ = case
    theta = net.initial(R, rng)
    inputs, groups, x0 = arguments(data, net, R, rng)
    inputs = np.repeat(inputs, R // len(inputs), 0)
    before = net.run(theta, inputs, groups, x0)
    theta[0] += 1
    inputs[0] += 1
    after = net.run(theta, inputs, groups, x0)
    np.testing.assert_array_equal(before.states[1:], after.states[1:])
    assert not np.array_equal(before.outputs[0], after.outputs[0])


@given(cases(), st.data())
def test_single_precision_stays_single(case, data):
    net, R, rng, _ = case
    theta = net.initial(R, rng)
    inputs, groups, x0 = arguments(data, net, R, rng)
    double = net.run(theta, inputs, groups, x0)
    single = net.run(theta.astype(np.float32), inputs, groups, x0)
    assert single.states.dtype == single.outputs.dtype == np.float32
    np.testing.assert_allclose(single.outputs, double.outputs, rtol=1e-3, atol=1e-4)


@given(cases(), st.data())
def test_complex_inputs_are_carried_through(case, data):
    net, R, rng, _ = case
    theta = net.initial(R, rng)
    inputs, groups, x0 = arguments(data, net, R, rng)
    real = net.run(theta, inputs, groups, x0)
    for got in (net.run(theta, inputs + 1e-30j, groups, x0), net.run(theta, inputs, groups, x0 + 1e-30j)):
        assert np.iscomplexobj(got.states)
        np.testing.assert_allclose(got.outputs.real, real.outputs, rtol=1e-12, atol=1e-13)


@given(cases())
def test_views_write_through_and_pack_is_their_inverse(case):
    net, R, rng, _ = case
    theta = net.initial(R, rng)
    views = net.views(theta)
    assert {name: view.shape[1:] for name, view in views.items()} == net.layout
    packed = net.pack(**views)
    np.testing.assert_array_equal(packed, theta)
    assert not np.shares_memory(packed, theta)
    assert net.n_parameters == theta.shape[1] == sum(view[0].size for view in views.values())
    for k, view in enumerate(views.values()):
        view[...] = k + 7
    wanted = {name: np.full((R, *net.layout[name]), k + 7.0) for k, name in enumerate(views)}
    np.testing.assert_array_equal(theta, net.pack(**wanted))


@given(cases())
def test_pack_takes_a_single_run_without_its_axis(case):
    net, _, rng, _ = case
    theta = net.initial(1, rng)
    np.testing.assert_array_equal(net.pack(**{k: v[0] for k, v in net.views(theta).items()}), theta)


def test_initial_parameters_come_from_the_generator_alone():
    net = Recurrent(3)
    a, b, c = (net.initial(2, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(
    "net, P, units",
    [
        (Recurrent(5, input_to=[0], train_input=False, output=4), 25, 5),  # the two-sequence net
        (Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0], same_step=[(1, 0)]), 7, 2),  # parity
        (LatchNeuron(3), 7, 1),  # 1 weight and 2 L free inputs
        (LatchNeuron(3, w=1.25), 6, 1),
        (LatchNeuron(1), 3, 1),  # TNN94's section VI
        (Recurrent(3, 2, bias=True), 9 + 6 + 3, 3),
        (LocalFeedback(4, 2), 4 + 8 + 4 + 4 + 1, 5),
        (TimeDelay(5, 3, 2), 30 + 3 + 3 + 1, 4),
    ],
)
def test_parameters_and_units(net, P, units):
    assert net.n_parameters == P
    assert net.n_units == units
    assert isinstance(net, Network)


def test_defaults_of_the_recurrent_network():
    net = Recurrent(3)
    assert net.input_to == [0, 1, 2] and net.biased == [] and net.output == 2
    assert not net.same_step.any() and list(net.layout) == ["W", "U"]
    assert list(Recurrent(3, bias=True).layout) == ["W", "U", "b"]
    assert list(Recurrent(3, train_input=False, bias=[1]).layout) == ["W", "b"]


@given(st.integers(1, 5), st.integers(1, 4), any_activation, seeds)
def test_the_time_delay_net_forgets_after_its_window_and_not_before(D, hidden, activation, seed):
    rng = np.random.default_rng(seed)
    net, T, when = TimeDelay(D, hidden, activation=activation), 12, 3
    theta, inputs = net.initial(2, rng), rng.normal(size=(1, 3, T, 1))
    before = net.run(theta, inputs).outputs
    inputs[:, :, when] += 1
    changed = (net.run(theta, inputs).outputs != before).all((0, 1))
    assert changed.tolist() == [when <= t < when + D for t in range(T)]


def test_the_latch_neuron_reads_its_class_for_L_steps_and_the_input_afterwards():
    net = LatchNeuron(L=3)
    theta = net.pack(w=[1.5], h=[[[-1.0, -1, -1], [1, 1, 1]]])
    inputs = np.random.default_rng(0).normal(size=(1, 2, 8, 1))
    got = net.run(theta, inputs, [[0, 1]]).outputs
    np.testing.assert_allclose(got[0, :, 0], [-math.tanh(1), math.tanh(1)])
    inputs[:, :, :3] += 5
    np.testing.assert_array_equal(got, net.run(theta, inputs, [[0, 1]]).outputs)
    inputs[:, :, 3] += 5
    assert (got[:, :, 3] != net.run(theta, inputs, [[0, 1]]).outputs[:, :, 3]).all()


def test_frozen_weights_are_selected_with_their_runs():
    net = LatchNeuron(L=1, w=[1.0, 2.0, 3.0])
    assert net.runs == 3 and net.select([2, 0]).w.tolist() == [3, 1]
    assert net.w.tolist() == [1, 2, 3]
    shared = LatchNeuron(L=1, w=2.0)
    assert shared.runs is None and shared.select([2, 0]) is shared


@pytest.mark.parametrize("runs", [[3], [-1], [[0]], [0.0], "a", None, []])
def test_select_refuses_runs_that_do_not_exist(runs):
    with pytest.raises((TypeError, ValueError), match="^runs must"):
        LatchNeuron(L=1, w=[1.0, 2.0, 3.0]).select(runs)
