"""Networks and batches: names and shapes, what depends on what, and bad input refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from random_networks import cases, networks

from lrdlib.batch import Batch, last
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent, TimeDelay

few = settings(max_examples=40, deadline=None, derandomize=True)


def rng(seed=0):
    return np.random.default_rng(seed)


# Sizes that the paper's experiments need


@pytest.mark.parametrize("network, P", [
    (LatchNeuron(3), 7), (LatchNeuron(1), 3), (LatchNeuron(3, w=1.25), 6),
    (Recurrent(5, input_to=[0], train_input=False), 25),
    (Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0], same_step=[(1, 0)]), 7),
    (LocalFeedback(4, 2), 21), (TimeDelay(10, 3), 37)])
def test_parameters(network, P):
    assert network.n_parameters == P == network.initial(2, rng()).shape[1]


@few
@given(networks(runs=2))
def test_pack_inverts_views(network):
    theta = network.initial(2, rng())
    views = network.views(theta)
    assert {name: view.shape[1:] for name, view in views.items()} == network.layout
    assert (network.pack(**views) == theta).all()
    assert (network.pack(**{name: view[1] for name, view in views.items()}) == theta[1:]).all()
    for view in views.values():
        view[...] = 7  # a view: what is written to it is written to theta
    assert (theta == 7).all()


@few
@given(cases())
def test_the_future_does_not_act_on_the_past(case):
    network, batch = case.network, case.batch
    first = network.run(case.theta, batch.inputs, batch.groups)
    inputs = batch.inputs.copy()
    inputs[:, :, batch.T // 2:] = 0.3
    second = network.run(case.theta, inputs, batch.groups)
    half = batch.T // 2
    assert (first.states[:, :, : half + 1] == second.states[:, :, : half + 1]).all()
    assert (first.outputs[:, :, :half] == second.outputs[:, :, :half]).all()
    assert first.states.shape == (len(case.theta), batch.size, batch.T + 1, network.n_state)
    assert first.outputs.shape == (len(case.theta), batch.size, batch.T)


def test_initial_is_uniform_within_its_scale():
    theta = Recurrent(4).initial(2000, rng(), 0.7)
    assert 0.69 < theta.max() <= 0.7 and -0.7 <= theta.min() < -0.69 and abs(theta.mean()) < 0.01


def test_local_feedback_is_local():
    network = LocalFeedback(3)
    run = network.run(network.initial(1, rng()), rng().normal(size=(1, 2, 5, 1)))
    J = network.state_jacobian(run, 3)[0, 0]
    assert (J[~np.eye(3, dtype=bool)] == 0).all() and (np.diag(J) != 0).all()


def test_a_static_network_forgets_after_its_window():
    network = TimeDelay(4, 3)
    inputs = rng().normal(size=(1, 1, 12, 1))
    other = inputs.copy()
    other[0, 0, 2] += 1
    theta = network.initial(1, rng())
    differ = network.run(theta, inputs).outputs != network.run(theta, other).outputs
    assert differ[0, 0].tolist() == [t in range(2, 6) for t in range(12)]


# Bad input

BAD_NUMBERS = [(0, ValueError), (-1, ValueError), (2.0, TypeError), (True, TypeError), ("3", TypeError),
               (None, TypeError)]
SIZES = [(LatchNeuron, "L"), (LatchNeuron, "groups"), (Recurrent, "n"), (LocalFeedback, "n"),
         (TimeDelay, "delays"), (TimeDelay, "hidden"), (Recurrent, "n_inputs"), (LocalFeedback, "n_inputs"), (TimeDelay, "n_inputs")]


@pytest.mark.parametrize("family, name", SIZES)
@pytest.mark.parametrize("value, error", BAD_NUMBERS)
def test_bad_sizes(family, name, value, error):
    needed = {"Recurrent": {"n": 2}, "LocalFeedback": {"n": 2}, "TimeDelay": {"delays": 2, "hidden": 2}}
    with pytest.raises(error, match=f"^{name} must"):
        family(**{**needed.get(family.__name__, {}), name: value})


@pytest.mark.parametrize("make, name, error", [
    (lambda: LatchNeuron(w="1"), "w", TypeError),
    (lambda: LatchNeuron(w=np.nan), "w", ValueError),
    (lambda: LatchNeuron(w=[[1.0]]), "w", ValueError),
    (lambda: LatchNeuron(w=[]), "w", ValueError),
    (lambda: Recurrent(2, activation="relu"), "activation", ValueError),
    (lambda: Recurrent(2, activation=None), "activation", TypeError),
    (lambda: Recurrent(2, input_to=[2]), "input_to", ValueError),
    (lambda: Recurrent(2, input_to=[0, 0]), "input_to", ValueError),
    (lambda: Recurrent(2, input_to=[]), "input_to", ValueError),
    (lambda: Recurrent(2, input_to=[0.5]), "input_to", TypeError),
    (lambda: Recurrent(2, input_to=1), "input_to", TypeError),
    (lambda: Recurrent(2, train_input=1), "train_input", TypeError),
    (lambda: Recurrent(2, output=2), "output", ValueError),
    (lambda: Recurrent(2, output=-1), "output", ValueError),
    (lambda: Recurrent(2, bias=[3]), "bias", ValueError),
    (lambda: Recurrent(2, bias="all"), "bias", TypeError),
    (lambda: Recurrent(2, same_step=[(0, 1)]), "same_step", ValueError),
    (lambda: Recurrent(2, same_step=[(1, 1)]), "same_step", ValueError),
    (lambda: Recurrent(2, same_step=[(2, 0)]), "same_step", ValueError),
    (lambda: Recurrent(2, same_step=[1]), "same_step", TypeError),
    (lambda: Recurrent(2, same_step=3), "same_step", TypeError),
    (lambda: LocalFeedback(2, activation="sign"), "activation", ValueError),
    (lambda: LocalFeedback(2, output="sign"), "output", ValueError),
    (lambda: TimeDelay(2, 2, activation="sign"), "activation", ValueError),
    (lambda: TimeDelay(2, 2, output=1), "output", TypeError),
])
def test_bad_architecture(make, name, error):
    with pytest.raises(error, match=name):
        make()


@pytest.fixture(params=[LatchNeuron(2), LatchNeuron(2, w=[1.0, 1.1, 1.2]), Recurrent(2), LocalFeedback(2),
                        TimeDelay(2, 2)], ids=lambda network: type(network).__name__)
def network(request):
    return request.param


def test_bad_runs(network):
    theta, inputs = network.initial(3, rng()), rng().normal(size=(3, 2, 4, 1))
    network.run(theta, inputs, groups=[[0, 1]])
    holes = inputs.copy()
    holes[0, 0, 0] = np.nan
    for bad in (inputs[0], inputs[:2], inputs[:, :0], inputs[:, :, :0], inputs[..., [0, 0]], holes):
        with pytest.raises(ValueError, match="inputs"):
            network.run(theta, bad, [[0, 1]])
    for bad in (None, "inputs", inputs > 0):
        with pytest.raises(TypeError, match="inputs"):
            network.run(theta, bad, [[0, 1]])
    for bad in (theta[0], theta[:0], np.hstack([theta, theta]), theta * np.nan):
        with pytest.raises(ValueError, match="theta"):
            network.run(bad, inputs, [[0, 1]])
    n = network.n_state
    for bad in (np.zeros(n), np.zeros((2, 1, n)), np.zeros((1, 3, n)), np.zeros((1, 1, n + 1)),
                np.full((1, 1, n), np.inf)):
        with pytest.raises(ValueError, match="x0"):
            network.run(theta, inputs, [[0, 1]], x0=bad)
    for bad in ([0, 1], [[0, 1, 0]], [[0, -1]], [[0, 1], [0, 1]]):
        with pytest.raises(ValueError, match="groups"):
            network.run(theta, inputs, groups=bad)
    with pytest.raises(TypeError, match="groups"):
        network.run(theta, inputs, groups=[[0.0, 1.0]])


def test_bad_runs_of_the_latch():
    network = LatchNeuron(3)
    theta = network.initial(2, rng())
    with pytest.raises(ValueError, match="inputs must have at least L = 3 steps, got T = 2"):
        network.run(theta, np.zeros((1, 2, 2, 1)), [[0, 1]])
    with pytest.raises(ValueError, match="groups must be below 2, got 2"):
        network.run(theta, np.zeros((1, 2, 4, 1)), [[0, 2]])
    with pytest.raises(ValueError, match="w"):  # frozen weights of two runs, three runs of theta
        LatchNeuron(3, w=[1.0, 2.0]).run(np.zeros((3, 6)), np.zeros((1, 2, 4, 1)), [[0, 1]])
    with pytest.raises(TypeError, match="groups must say which of 2 classes"):
        network.run(theta, np.zeros((1, 2, 4, 1)))


def test_bad_parameters(network):
    theta = network.initial(3, rng())
    blocks = {name: view[0] for name, view in network.views(theta).items()}
    name, block = next(iter(blocks.items()))
    for bad in (theta.tolist(), None):
        with pytest.raises(TypeError, match="theta"):
            network.views(bad)
    with pytest.raises(ValueError, match="theta"):
        network.views(theta[:, :-1])
    with pytest.raises(TypeError, match="pack wants"):
        network.pack(**blocks, other=1.0)
    with pytest.raises(TypeError, match="pack wants"):
        network.pack(**{k: v for k, v in blocks.items() if k != name})
    with pytest.raises(ValueError, match=name):
        network.pack(**{**blocks, name: np.zeros((2, *np.shape(block), 1))})
    with pytest.raises(ValueError, match=name):
        network.pack(**{**blocks, name: block * np.nan})
    for runs, error in BAD_NUMBERS:
        with pytest.raises(error, match="runs"):
            network.initial(runs, rng())
    with pytest.raises(TypeError, match="rng"):
        network.initial(2, 0)
    for scale in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="scale"):
            network.initial(2, rng(), scale)


def test_pack_wants_the_same_runs():
    with pytest.raises(ValueError, match="^h must have 2 runs, as the blocks before it, got 3"):
        LatchNeuron(1).pack(w=np.zeros(2), h=np.zeros((3, 2, 1)))


def test_pack_says_the_shapes_it_takes():
    with pytest.raises(ValueError, match=r"of shape \(R, 2, 1\) or \(2, 1\), got shape \(2, 2\)"):
        LatchNeuron(1).pack(w=0.0, h=np.zeros((2, 2)))


@pytest.mark.parametrize("flag", [True, False])
def test_flags_may_be_numpys(flag):
    want, got = (Recurrent(3, bias=kind(flag), train_input=kind(flag)) for kind in (bool, np.bool_))
    assert got.layout == want.layout


PARTS = {"inputs": np.zeros((1, 2, 4, 1)), "lengths": np.array([[4, 2]]), "targets": np.zeros((1, 2))}


@pytest.mark.parametrize("name, value, error", [
    ("inputs", np.zeros((2, 4, 1)), ValueError), ("inputs", np.zeros((1, 0, 4, 1)), ValueError),
    ("inputs", np.zeros((1, 2, 0, 1)), ValueError), ("inputs", np.full((1, 2, 4, 1), np.nan), ValueError),
    ("inputs", "zeros", TypeError), ("inputs", None, TypeError), ("inputs", [[0.0], [0.0, 1.0]], ValueError),
    ("lengths", [[5, 2]], ValueError), ("lengths", [[0, 2]], ValueError), ("lengths", [[-1, 2]], ValueError),
    ("lengths", [[4.0, 2.0]], TypeError), ("lengths", [[4, 2, 1]], ValueError),
    ("lengths", [4, 2], ValueError), ("lengths", None, TypeError),
    ("targets", np.zeros((1, 3)), ValueError), ("targets", np.zeros(2), ValueError),
    ("targets", np.zeros((1, 2, 3)), ValueError), ("targets", [[np.inf, 0]], ValueError),
    ("targets", [["a", "b"]], TypeError),
    ("groups", [[0, -1]], ValueError), ("groups", [[0.0, 1.0]], TypeError),
    ("groups", [[0, 1, 0]], ValueError), ("groups", [[True, False]], TypeError)])
def test_bad_batches(name, value, error):
    Batch(**PARTS)
    with pytest.raises(error, match=f"^{name} must"):
        Batch(**{**PARTS, name: value})


def test_batches_want_the_same_runs():
    with pytest.raises(ValueError, match="1 or R runs"):
        Batch(np.zeros((2, 2, 4, 1)), PARTS["lengths"], np.zeros((3, 2)))


def test_select_and_pick():
    inputs = np.arange(24.0).reshape(3, 2, 4, 1)
    batch = Batch(inputs, PARTS["lengths"], np.arange(6.0).reshape(3, 2), [[0, 1]])
    some = batch.select([2, 0])
    assert (some.inputs == inputs[[2, 0]]).all() and some.lengths.shape == (1, 2) and some.runs == 2
    one = batch.pick([[1]])
    assert (one.inputs == inputs[:, [1]]).all() and one.lengths.tolist() == [[2]]
    each = batch.pick([[0], [1], [1]])
    assert each.targets.tolist() == [[0], [3], [5]] and each.groups.tolist() == [[0], [1], [1]]
    for rows, error in (([[2]], ValueError), ([[-1]], ValueError), ([[0.0]], TypeError), ([0], ValueError)):
        with pytest.raises(error, match="rows"):
            batch.pick(rows)


def test_last():
    outputs = np.arange(24.0).reshape(2, 3, 4)
    assert last(outputs, [[1, 2, 4]]).tolist() == [[0, 5, 11], [12, 17, 23]]
    assert last(outputs, [[4, 4, 4]]).tolist() == [[3, 7, 11], [15, 19, 23]]
    for bad, error, name in (([[5, 1, 1]], ValueError, "lengths"), ([[0, 1, 1]], ValueError, "lengths"),
                             ([[1, 1]], ValueError, "lengths"), ([[1, 1, 1]] * 3, ValueError, "lengths"),
                             ([[1.0, 1, 1]], TypeError, "lengths")):
        with pytest.raises(error, match=name):
            last(outputs, bad)
    with pytest.raises(ValueError, match="outputs"):
        last(outputs[0], [[1, 2, 4]])


def test_a_frozen_weight_is_a_copy_that_stays():
    w = np.array([1.5, 2.0])
    network = LatchNeuron(w=w)
    w[:] = 0
    assert network.w.tolist() == [1.5, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        network.w[0] = 0
