"""Discrete error propagation against a plain form for one run and one sequence, and by hand."""

import numpy as np
import pytest

from lrdlib import gradients
from lrdlib.dynamics import PreActivation
from lrdlib.learners import (Budget, DiscretePropagation, GradientDescent, LearningStopped, Problem, PseudoNewton,
                             discrete_errors)
from lrdlib.learners import discrete
from lrdlib.networks import LatchNeuron, NoDerivative, Recurrent
from lrdlib.tasks import Latch, Parity, TwoSequence

NOISE = 0.2 / 3**0.5
SIGNS = {"input_to": [0], "train_input": False, "activation": "sign"}
TWO = TwoSequence(7, 3, [[-0.5, 0.2, 0.9], [0.4, -0.3, 0.1]])
STEPS = {"activation": "step", "input_to": [0, 1], "bias": [0], "same_step": [(1, 0)]}
CASES = {
    "latch": (Latch(7, 2, 0.3, length="half"), LatchNeuron(2, activation="sign")),
    "frozen latch": (Latch(7, 2, 0.3), LatchNeuron(2, w=0.7, activation="sign")),
    "two-sequence": (TWO, Recurrent(4, **SIGNS)),
    "parity, steps": (Parity(6, NOISE, length="half"), Recurrent(2, **STEPS)),
    "parity, signs": (Parity(6, NOISE), Recurrent(3, activation="sign", bias=True, same_step=[(1, 0), (2, 0), (2, 1)])),
}


def connections(network):
    """For each unit: what it reads, as (the parameter or None, the weight if fixed, kind, which)."""
    if isinstance(network, LatchNeuron):
        own = [(0, None, "before", 0)] if network.w is None else [(None, network.w[0], "before", 0)]
        free = [(k + (network.w is None), None, "free", divmod(k, network.L)) for k in range(2 * network.L)]
        return [own + free + [(None, 1.0, "noise", 0)]]
    n, I = network.n_state, network.n_inputs
    reads = [[] for _ in range(n)]
    for i in range(n):
        for j in range(n):
            reads[i].append((i * n + j, None, "now" if network.same_step[i, j] else "before", j))
    k = n * n
    for i in network.input_to:
        for c in range(I):
            reads[i].append((k, None, "input", c) if network.train_input else (None, 1.0, "input", c))
            k += network.train_input
    for i in network.biased:
        reads[i].append((k, None, "one", 0))
        k += 1
    return reads


def plain(network, theta, inputs, length, group, high, draws, margin, bounds, coin, silent, largest_input):
    """One run, one sequence: the errors (g, MAX, wish, change) by (t, i), and the change of theta at rate 1."""
    reads, n = connections(network), network.n_state
    low = 0.0 if getattr(network, "activation", "sign") == "step" else -1.0
    weight = {(i, r): theta[p] if p is not None else w for i in range(n) for r, (p, w, _, _) in enumerate(reads[i])}
    y, a, z = {(0, i): 0.0 for i in range(n)}, {}, {}
    for t in range(1, length + 1):
        for i in range(n):
            for r, (_, _, kind, which) in enumerate(reads[i]):
                z[t, i, r] = {"before": lambda w: y[t - 1, w], "now": lambda w: y[t, w], "one": lambda w: 1.0,
                              "input": lambda c: inputs[t - 1][c],
                              "noise": lambda c: inputs[t - 1][0] if t > network.L else 0.0,
                              "free": lambda gk: float(gk == (group, t - 1))}[kind](which)
            a[t, i] = sum(weight[i, r] * z[t, i, r] for r in range(len(reads[i])))
            y[t, i] = 1.0 if a[t, i] >= 0 else low
    read = getattr(network, "output", 0)
    found = {}
    if silent and (y[length, read] == 1.0) == high:
        return found, np.zeros(len(theta))

    def most(t, i):
        if bounds == "state":
            return margin + abs(a[t, i])
        units = sum(abs(weight[i, r]) for r, (_, _, kind, _) in enumerate(reads[i]) if kind in ("before", "now"))
        given = sum(abs(weight[i, r]) * (largest_input if kind == "input" else 1) for r, (_, _, kind, _) in
                    enumerate(reads[i]) if kind in ("input", "one"))
        if isinstance(network, LatchNeuron):
            given = max([largest_input] + [abs(weight[0, r]) for r, c in enumerate(reads[0]) if c[2] == "free"])
        return margin + units + given

    for t in range(length, 0, -1):
        for i in reversed(range(n)):
            g = MAX = 0.0
            for above in range(n):
                for r, (_, _, kind, which) in enumerate(reads[above]):
                    time = {"before": t + 1, "now": t}.get(kind)
                    if time is None or which != i or time > length:
                        continue
                    g += weight[above, r] * found[time, above][3]
                    MAX += abs(weight[above, r]) * most(time, above)
            if (t, i) == (length, read):
                wish, g = 0 if (y[length, read] == 1.0) == high else 2 if high else -2, 0.0
            elif MAX == 0 or (g == 0 and not coin):
                wish = 0
            else:
                wish = 2 if draws[t - 1][i] < (g + MAX) / (2 * MAX) else -2
            change = 0.0
            if wish == 2 and a[t, i] < 0:
                change = margin - a[t, i]
            if wish == -2 and a[t, i] >= 0:
                change = -margin - a[t, i]
            found[t, i] = g, MAX, wish, change
    delta = np.zeros(len(theta))
    for t in range(1, length + 1):
        for i in range(n):
            trained = [(p, z[t, i, r]) for r, (p, _, _, _) in enumerate(reads[i]) if p is not None]
            size = sum(value**2 for _, value in trained)
            for p, value in trained:
                if size:
                    delta[p] += found[t, i][3] * value / size / length
    return found, delta


def seen(network, inputs):
    """The largest input of a run's batch, after the latch's free ones."""
    return np.abs(inputs[:, getattr(network, "L", 0):]).max()


@pytest.mark.parametrize("coin, silent", [(True, True), (False, True), (True, False)])
@pytest.mark.parametrize("bounds", ["weights", "state"])
@pytest.mark.parametrize("name", CASES)
def test_errors_and_steps_are_those_of_the_plain_form(name, bounds, coin, silent, monkeypatch):
    monkeypatch.setattr(discrete, "BLOCK", 250)  # some steps a block, and not the same number in each
    task, network = CASES[name]
    R, B, rng = 6, 5, np.random.default_rng(3)
    theta = network.initial(R, rng, 1.5)
    learner = DiscretePropagation([0.3, 0.5, 1.0, 1.0, 0.1, 0.2], [0.2, 0.5, 1.0, 2.0, 0.3, 0.7], bounds, coin, silent,
                                  batch_size=B)
    p = Problem(task, network, runs=R, rng=rng, budget=Budget(evaluations=1), training_size=B, test_size=40)
    batch, task_high = p.training, p.training.targets > task.threshold
    history = learner.train(p, theta, np.random.default_rng(8))
    draws = np.random.default_rng(8).random((batch.T, R, network.n_state, B))
    trajectory = network.run(theta, batch.inputs, batch.groups)
    errors = discrete_errors(trajectory, batch.lengths, task_high, draws, learner.margin, bounds, coin, silent)
    lengths, groups, highs = (np.broadcast_to(part, (R, B)) for part in (batch.lengths, batch.groups, task_high))
    moved = wrong = 0
    for r in range(R):
        total = 0
        for k in range(B):
            found, delta = plain(network, theta[r], batch.inputs[r, k], lengths[r, k], groups[r, k], highs[r, k],
                                 draws[:, r, :, k], learner.margin[r], bounds, coin, silent,
                                 seen(network, batch.inputs[r]))
            whole = np.zeros((batch.T, network.n_state, 4))
            for (t, i), values in found.items():
                whole[t - 1, i] = values
            got = np.stack([part[:, r, :, k] for part in (errors.g, errors.largest, errors.wish, errors.change)], -1)
            np.testing.assert_allclose(got, whole, rtol=1e-12, atol=1e-13)
            total, wrong = total + delta / B, wrong + bool(found)
        if history.evaluations[r]:
            np.testing.assert_allclose(history.theta[r], theta[r] + learner.rate[r] * total, rtol=1e-12, atol=1e-13)
            moved += bool(np.abs(total).max() > 0)
    assert wrong >= 5 and moved >= 2


def test_hard_units_by_hand():
    latch = LatchNeuron(1, activation="sign")
    theta = latch.pack(w=0.5, h=[[-0.3], [0.0]])
    run = latch.run(theta, np.array([[[[9.0], [0.4], [-0.6]], [[9.0], [-0.4], [-0.6]]]]), [[0, 1]])
    np.testing.assert_array_equal(run.states[0, :, :, 0], [[0, -1, -1, -1], [0, 1, 1, -1]])  # 0 is high
    steps = Recurrent(1, activation="step", train_input=False).run([[-1.0]], np.array([[[[0.5], [0.7], [-0.1]]]]))
    np.testing.assert_array_equal(steps.outputs, [[[1, 0, 0]]])


@pytest.mark.parametrize("network", [LatchNeuron(2, activation="sign"), Recurrent(2, activation="sign"),
                                     Recurrent(2, **STEPS)])
def test_no_gradient_is_silently_zero(network):
    theta = network.initial(2, np.random.default_rng(0))
    batch = Latch(5, 2).sample(np.random.default_rng(0), 3, 2)
    for algorithm in (gradients.bptt, gradients.rtrl, gradients.lag_contributions, gradients.complex_step):
        with pytest.raises(NoDerivative, match="network must have units with a derivative"):
            algorithm(network, theta, batch)
    for learner in (GradientDescent(0.1), PseudoNewton(0.1, 0.1)):
        p = Problem(Latch(5, 2), network, runs=2, rng=np.random.default_rng(0), budget=Budget(evaluations=2),
                    training_size=4)
        with pytest.raises((LearningStopped, NoDerivative), match="units with a derivative"):
            learner.train(p, theta)


@pytest.mark.parametrize("network", [LatchNeuron(1, activation="sign"), Recurrent(2, activation="step")])
def test_a_hard_net_is_no_smooth_map(network):
    with pytest.raises(ValueError, match="activation must be one of"):
        PreActivation.of(network, np.ones((1, network.n_parameters)))


def test_soft_units_are_refused():
    p = Problem(Latch(5), LatchNeuron(), runs=2, rng=np.random.default_rng(0), budget=Budget(evaluations=2),
                training_size=4)
    with pytest.raises(TypeError, match="network of problem must have hard units"):
        DiscretePropagation().train(p, np.zeros((2, 7)), np.random.default_rng(0))


def test_g_of_0_tosses_a_coin_and_the_bound_is_certain():
    """One unit, w = 1, no input: the error arrives with |g| = MAX; where it was lost, half the wishes are +2."""
    network, R, T = Recurrent(1, train_input=False, activation="sign"), 4000, 6
    run = network.run(np.ones((R, 1)), np.zeros((1, 1, T, 1)))
    draws = np.random.default_rng(0).random((T, R, 1, 1))
    errors = discrete_errors(run, [[T]], np.zeros((1, 1), bool), draws)
    assert (errors.wish == -2).all() and (np.abs(errors.g[:-1]) == errors.largest[:-1]).all()
    np.testing.assert_array_equal(errors.change[:, 0, 0, 0], [-1] + [-2] * (T - 1))  # from 0 at first, else 1, to -1
    # An input of another size makes MAX larger than |g|: P(-2) = (1 + |g|/MAX)/2
    inputs = np.zeros((1, 1, T, 1))
    inputs[0, 0, 0] = 3.0
    errors = discrete_errors(network.run(np.ones((R, 1)), inputs), [[T]], np.zeros((1, 1), bool), draws)
    first, later = errors.wish[-2, :, 0, 0], errors.wish[-3, :, 0, 0]
    assert (first == -2).mean() == pytest.approx((1 + 2 / 5) / 2, abs=0.03)
    lost = first == 2
    assert (errors.g[-3, lost] == 0).all() and (later[lost] == 2).mean() == pytest.approx(0.5, abs=0.04)
    silent = discrete_errors(network.run(np.ones((R, 1)), inputs), [[T]], np.zeros((1, 1), bool), draws, coin=False)
    assert not silent.wish[:-2, lost].any()


def test_it_learns_what_it_is_for():
    task = TwoSequence(10, 3, [[-0.5, 0.2, 0.9], [0.4, -0.3, 0.1]])
    p = Problem(task, Recurrent(5, **SIGNS), runs=20, rng=np.random.default_rng(5), budget=Budget(presentations=1000),
                training_size=30, test_size=100)
    start = p.network.initial(20, np.random.default_rng(6))
    history = DiscretePropagation(batch_size=1, check_every=20).train(p, start, np.random.default_rng(7))
    assert history.curve["error"][0].mean() > 0.3 and history.solved.sum() >= 12


def test_a_runs_choices_do_not_depend_on_who_ended():
    def train(tolerance):
        p = Problem(Parity(4), Recurrent(2, **STEPS), runs=8, rng=np.random.default_rng(5),
                    budget=Budget(presentations=400), training_size=8, test_size=20, tolerance=tolerance)
        return DiscretePropagation(batch_size=1).train(p, p.network.initial(8, np.random.default_rng(6)),
                                                        np.random.default_rng(7))
    strict, lax = train(0.0), train(0.3)
    going = np.flatnonzero(lax.status == "exhausted")
    assert (lax.status == "solved").any() and going.size
    np.testing.assert_array_equal(strict.theta[going], lax.theta[going])
