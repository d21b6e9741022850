"""The input-output hidden Markov model as a network: its equations, its derivatives, and its structure."""

import itertools
import math

import numpy as np
import pytest

from lrdlib import gradients
from lrdlib.batch import Batch
from lrdlib.networks import InputOutputHMM, two_chains

MASK = np.array([[1, 0, 1], [1, 1, 1], [0, 1, 0]], bool)
KINDS = {
    "tables": {"n": 2, "levels": [0.0]},
    "masked tables": {"n": 3, "levels": [-0.3, 0.4], "allowed": MASK, "accepting": [0, 2], "outputs": (-0.8, 0.8)},
    "subnetworks": {"n": 3, "n_inputs": 2, "start": 1},
    "masked subnetworks": {"n": 3, "allowed": MASK},
    "free tables": {"n": 3, "levels": [0.1], "L": 2},
    "free, subnetworks": {"n": 2, "L": 1, "groups": 3, "accepting": [0]},
    "two chains": {"n": 7, "levels": [0.0], "allowed": two_chains(cross=True, wait=True), "accepting": [4, 5, 6]},
}


def case(kind, R=3, B=4, T=6, scale=2.0, seed=0):
    """A network, parameters, and a batch with sequences of all lengths."""
    rng, network = np.random.default_rng(seed), InputOutputHMM(**KINDS[kind])
    inputs = rng.uniform(-1, 1, (R, B, T, network.n_inputs))
    lengths = rng.integers(3, T + 1, (R, B))
    targets = rng.choice(network.outputs, (R, B))
    groups = rng.integers(network.n_groups, size=(R, B))
    return network, network.initial(R, rng, scale), Batch(inputs, lengths, targets, groups)


def plain_matrix(network, theta, u, group, t):
    """P(i | j) of one run at one step, from the equations, number by number: a list of columns."""
    n, block = network.n_state, network.views(theta[None])[next(iter(network.layout))][0]
    if network.L and t <= network.L:
        phi = {network.n_seen + group * network.L + t - 1: 1.0}
    elif network.levels is None:
        phi = {**dict(enumerate(u)), len(u): 1.0}
    else:
        phi = {sum(u[0] >= edge for edge in network.levels): 1.0}
    column, columns = 0, []
    for j in range(n):
        scores = {}
        for i in range(n):
            if network.allowed[i, j]:
                scores[i] = math.exp(sum(block[k, column] * value for k, value in phi.items()))
                column += 1
        columns.append([scores.get(i, 0.0) / sum(scores.values()) for i in range(n)])
    return columns


@pytest.mark.parametrize("kind", KINDS)
def test_the_equations_number_by_number(kind):
    network, theta, batch = case(kind)
    run = network.run(theta, batch.inputs, batch.groups)
    for r, p in itertools.product(range(3), range(4)):
        x = [float(i == network.start) for i in range(network.n_state)]
        for t, u in enumerate(batch.inputs[r, p], 1):
            A = plain_matrix(network, theta[r], u, batch.groups[r, p], t)
            x = [sum(A[j][i] * x[j] for j in range(len(x))) for i in range(len(x))]
            np.testing.assert_allclose(run.states[r, p, t], x, rtol=1e-12, atol=1e-15)
            low, high = network.outputs
            assert run.outputs[r, p, t - 1] == pytest.approx(low + (high - low) * sum(x[i] for i in network.accepting))
            np.testing.assert_allclose(network.state_jacobian(run, t)[r, p], np.transpose(A), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_against_the_complex_step(kind):
    network, theta, batch = case(kind)
    truth = gradients.complex_step(network, theta, batch)
    for algorithm in (gradients.bptt, gradients.rtrl):
        np.testing.assert_allclose(algorithm(network, theta, batch).gradient, truth, atol=1e-13 * abs(truth).max())
    lags = gradients.lag_contributions(network, theta, batch)
    np.testing.assert_allclose(lags.sum(1), truth, atol=1e-13 * abs(truth).max())


def test_transitions_are_stochastic_and_keep_to_what_is_allowed():
    for kind in KINDS:
        network, theta, batch = case(kind)
        A = network.transitions(theta, batch.inputs[0, 0])
        np.testing.assert_allclose(A.sum(2), 1, rtol=1e-12)
        assert (A[..., ~network.allowed] == 0).all() and (A[..., network.allowed] > 0).all()
        if network.L is None:
            own = network.run(theta, batch.inputs[:1, :1], batch.groups[:1, :1])
            np.testing.assert_allclose(gradients.jacobians(own)[:, 0], A, rtol=1e-12)


def test_two_chains_by_hand():
    allowed = {(1, 0), (4, 0), *((i, i) for i in range(1, 7)), (2, 1), (3, 2), (5, 4), (6, 5)}
    assert set(map(tuple, np.argwhere(two_chains()))) == allowed
    assert set(map(tuple, np.argwhere(two_chains(cross=True)))) == allowed | {(5, 1), (6, 2), (2, 4), (3, 5)}
    assert set(map(tuple, np.argwhere(two_chains(1, wait=True)))) == {(0, 0), (1, 0), (2, 0), (1, 1), (2, 2)}


def test_a_flip_flop_computes_parity_of_any_length():
    network = InputOutputHMM(2, levels=[0.0])
    theta = network.pack(logits=[[40.0, 0, 0, 40], [0, 40, 40, 0]])  # keep at -1, change at +1
    u = np.random.default_rng(0).choice([-1.0, 1.0], (1, 50, 500, 1))
    o = network.run(theta, u).outputs[0, :, -1]
    np.testing.assert_allclose(o, (u[0, :, :, 0] > 0).sum(1) % 2, atol=1e-12)


@pytest.mark.parametrize("bad, error, name", [
    ({"n": 1}, ValueError, "n must"), ({"levels": [0.0, 0.0]}, ValueError, "levels must rise"),
    ({"levels": [0.0], "n_inputs": 2}, ValueError, "levels"), ({"allowed": np.ones((2, 2))}, TypeError, "allowed"),
    ({"allowed": np.eye(3, dtype=bool)}, ValueError, "allowed"), ({"accepting": []}, ValueError, "accepting"),
    ({"allowed": np.array([[1, 0], [1, 0]], bool)}, ValueError, "allowed .* after state 1"),
    ({"accepting": [0, 1]}, ValueError, "accepting"), ({"outputs": (1, 0)}, ValueError, "outputs"),
    ({"start": 2}, ValueError, "start"), ({"L": 0}, ValueError, "L must"), ({"accepting": 0.5}, TypeError, "accepting"),
])
def test_bad_architecture(bad, error, name):
    with pytest.raises(error, match=name):
        InputOutputHMM(**{"n": 2, **bad})


def test_free_tables_want_to_know_the_class():
    network = InputOutputHMM(2, L=2)
    theta = network.initial(1, np.random.default_rng(0))
    for groups, error in ((None, TypeError), ([[2]], ValueError)):
        with pytest.raises(error, match="groups must"):
            network.run(theta, np.zeros((1, 1, 4, 1)), groups)
    with pytest.raises(ValueError, match="at least L = 2 steps"):
        network.run(theta, np.zeros((1, 1, 1, 1)), [[0]])
