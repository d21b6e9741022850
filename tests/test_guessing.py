"""Random guessing: the same winner and the same charges as one guess after another; a budget to the letter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrdlib.learners import Budget, LearningStopped, Problem, RandomGuessing
from lrdlib.learners.guessing import streams
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent, TimeDelay
from lrdlib.tasks import Batch, Latch, Parity, Task, TwoSequence

FIVE = Recurrent(5, input_to=[0], train_input=False)
PARITY = Recurrent(2, activation="logistic", input_to=[0, 1], bias=[0], same_step=[(1, 0)])
PROTOTYPES = np.array([[[0.4, -0.3, 0.6], [-0.6, 0.3, 0.5]]] * 4)
SET_UPS = {
    "latch": (Latch(12, 1, 0.2, "uniform", length="half"), LatchNeuron(1)),
    "latch, a weight for each run": (Latch(12, 2, 0.3), LatchNeuron(2, w=[1.5, 2.0, 3.0, 0.5])),
    "two-sequence": (TwoSequence(12, 3, PROTOTYPES), FIVE),
    "two-sequence, common prototypes": (TwoSequence(8, 3, PROTOTYPES[0], length="fixed"), FIVE),
    "parity": (Parity(3, noise=0.1, length="half"), PARITY),
    "local feedback": (TwoSequence(6, 1, PROTOTYPES[:, :, :1]), LocalFeedback(2)),
    "window": (TwoSequence(3, 3, PROTOTYPES), TimeDelay(3, 2)),
    "two inputs, biases": (TwoSequence(6, 3, PROTOTYPES), Recurrent(3, bias=True, same_step=[(2, 0), (2, 1), (1, 0)])),
}


def problem(name="two-sequence", budget=None, training_size=9, test_size=20, seed=0, **more):
    task, network = SET_UPS[name]
    return Problem(task, network, runs=4, rng=np.random.default_rng(seed), budget=budget or Budget(evaluations=400),
                   training_size=training_size, test_size=test_size, **more)


def zeros(p):
    return np.zeros((p.runs, p.network.n_parameters))


def one_by_one(p, width, rng, limits):
    """Each run by itself, guess by guess, sequence by sequence; whether it was solved, theta, and the charges."""
    batch, test, task, out = p.training, p._full_test, p.task, []
    for r, urn in enumerate(streams(rng, p.runs)):
        own, fresh, network = batch.select([r]), test.select([r]), p.network.select([r])
        order = [0]
        order += [b for b in range(own.size) if own.targets[0, b] != own.targets[0, 0]][:1]
        order += [b for b in range(own.size) if b not in order]

        def answers(theta, batch, rows):
            batch = batch.pick([rows])
            x = network.run(theta[None], batch.inputs, batch.groups).outputs[0]
            o = np.array([x[i, length - 1] for i, length in enumerate(batch.lengths[0])])
            return task.correct(o[None], batch.targets)[0]

        spent, solved = np.zeros(3, int), False
        while not solved:
            theta = (2 * urn.random(p.network.n_parameters) - 1) * width
            now, right = np.array([1, 0, 0]), True
            for b in order:
                now += [0, 1, own.lengths[0, b] * p.units]
                right = answers(theta, own, [b])[0]
                if not right:
                    break
            if any(s + n > limit for s, n, limit in zip(spent, now, limits)):
                break
            spent += now
            solved = right and answers(theta, fresh, list(range(fresh.size))).all()
        out.append((solved, theta, spent))
    return out


@pytest.mark.parametrize("name", SET_UPS)
def test_against_one_guess_after_another(name):
    budget = Budget(evaluations=60, presentations=300)
    p, q = problem(name, budget), problem(name, budget)
    history = RandomGuessing(10.0).train(p, zeros(p), np.random.default_rng(5))
    infinite = np.iinfo(int).max
    want = one_by_one(q, 10.0, np.random.default_rng(5), (60, 300, infinite))
    assert history.solved.tolist() == [bool(solved) for solved, _, _ in want]
    for r, (solved, theta, spent) in enumerate(want):
        charged = (history.evaluations[r], history.presentations[r], history.unit_steps[r])
        assert charged == tuple(spent)
        if solved:
            np.testing.assert_array_equal(history.theta[r], theta)
            assert history.error[r] == 0
    assert set(history.status) <= {"solved", "exhausted"}


@given(st.integers(0, 10**6), st.integers(1, 300), st.sampled_from(["latch", "two-sequence", "parity"]),
       st.sampled_from([np.float32, np.float64]))
@settings(max_examples=30, deadline=None)
def test_nothing_depends_on_the_block(seed, block, name, dtype):
    histories = []
    for size in (block, 4096):
        p = problem(name, Budget(evaluations=300, presentations=1000), seed=seed, tolerance=0.05)
        histories.append(RandomGuessing(30.0, size, dtype).train(p, zeros(p), np.random.default_rng(seed)))
    a, b = histories
    for key in ("theta", "status", "evaluations", "presentations", "unit_steps", "error"):
        np.testing.assert_array_equal(getattr(a, key), getattr(b, key))


@pytest.mark.parametrize("limit", ["evaluations", "presentations", "unit_steps"])
def test_the_budget_is_kept_to_the_letter(limit):
    """No run spends more; and with what is left its next guess could not have been made."""
    most = {"evaluations": 37, "presentations": 90, "unit_steps": 5 * 12 * 20}[limit]
    p = problem("two-sequence", Budget(**{limit: most}))
    short = RandomGuessing(0.5).train(p, zeros(p), np.random.default_rng(1))
    assert (getattr(short, limit) <= most).all() and (short.status == "exhausted").all()
    limits = {"evaluations": 10**9, "presentations": 10**9, "unit_steps": 10**9} | {limit: most}
    want = one_by_one(problem("two-sequence"), 0.5, np.random.default_rng(1), tuple(limits.values()))
    assert short.evaluations.tolist() == [spent[0] for _, _, spent in want]
    assert short.unit_steps.tolist() == [spent[2] for _, _, spent in want]


def test_a_guess_that_uses_the_budget_up_is_still_tested():
    p = problem("latch")
    history = RandomGuessing().train(p, zeros(p), np.random.default_rng(3))
    assert history.solved.all() and history.evaluations.min() >= 1
    for r in range(4):
        for short in (0, 1):
            budget = Budget(presentations=int(history.presentations[r]) - short)
            if budget.presentations < 9:
                continue
            again = problem("latch", budget)
            found = RandomGuessing().train(again, zeros(again), np.random.default_rng(3))
            assert found.solved[r] == (short == 0)


def test_a_guess_that_fails_the_test_is_not_the_end():
    """With a training set of one sequence of each class many guesses pass it by luck."""
    p = problem("parity", Budget(evaluations=300), training_size=2, test_size=100)
    history = RandomGuessing(10.0).train(p, zeros(p), np.random.default_rng(0))
    tests = history.curve["error"]
    assert len(tests) > 5 and (history.error[~history.solved] > 0).all()
    assert (history.evaluations[~history.solved] == 300).all()


def test_errors_are_those_of_theta():
    p = problem("latch", training_size=30, test_size=50)
    test = p._full_test
    history = RandomGuessing(5.0, dtype=np.float32).train(p, zeros(p), np.random.default_rng(0))
    outputs = p.network.run(history.theta, test.inputs, test.groups).outputs
    last = np.take_along_axis(outputs, test.lengths[:, :, None] - 1, 2)[:, :, 0]
    np.testing.assert_allclose(history.error, 1 - p.task.correct(last, test.targets).mean(1))
    assert (np.abs(history.theta) <= 5).all() and np.abs(history.theta).max() > 2.5


def test_an_easy_interval_for_each_run():
    p = problem("latch", Budget(evaluations=50))
    history = RandomGuessing([1e-3, 100.0, 100.0, 1e-3]).train(p, zeros(p), np.random.default_rng(0))
    assert history.solved.tolist() == [False, True, True, False]


def test_weights_that_solve_at_once_are_not_guessed():
    p = problem("latch")
    theta = zeros(p)
    theta[2] = p.network.pack(w=3.0, h=[[-2.0], [2.0]])
    history = RandomGuessing().train(p, theta, np.random.default_rng(0))
    assert history.evaluations[2] == 0 and history.solved[2]


def test_sets_of_one_class_and_targets_at_every_step():
    class Always(Task):
        def sample(self, rng, size, runs=1, common=False):
            return Batch(rng.normal(size=(runs, size, self.T, 1)), np.full((1, size), self.T), np.ones((1, size)))

    class Every(Always):
        def sample(self, rng, size, runs=1, common=False):
            batch = super().sample(rng, size, runs)
            return Batch(batch.inputs, batch.lengths, np.ones((1, size, self.T)))

        def correct(self, outputs, targets):
            return outputs > 0 * targets[:, :, -1]

    for task in (Always(4), Every(4)):
        p = Problem(task, Recurrent(2, bias=True), runs=3, rng=np.random.default_rng(0), training_size=5,
                    budget=Budget(evaluations=500))
        history = RandomGuessing(9.0).train(p, zeros(p), np.random.default_rng(0))
        assert history.solved.all() and (history.presentations >= 5).all()


def test_numbers_that_overflow_count_as_wrong():
    linear = LocalFeedback(1, activation="linear", output="linear")
    p = Problem(TwoSequence(100, 1, [[-1.0], [1.0]]), linear, runs=2, rng=np.random.default_rng(0), training_size=6,
                budget=Budget(evaluations=200))
    history = RandomGuessing(1e6, dtype=np.float32).train(p, zeros(p), np.random.default_rng(0))
    assert np.isfinite(history.theta).all() and set(history.status) <= {"solved", "exhausted"}


def test_what_is_not_there_is_refused():
    p = problem()
    fresh = Problem(p.task, FIVE, runs=4, rng=np.random.default_rng(0), budget=Budget(evaluations=9), test_size=5)
    with pytest.raises(ValueError, match="problem must have a training_size for RandomGuessing"):
        RandomGuessing().train(fresh, zeros(p), np.random.default_rng(0))
    with pytest.raises(ValueError, match="width must be one number or R = 4 of them, got 2"):
        RandomGuessing([1.0, 2.0]).train(p, zeros(p), np.random.default_rng(0))


def test_a_task_that_fails_stops_with_what_was_found():
    p = problem("latch", Budget(evaluations=1000))
    right, calls = p.task.correct, []

    def correct(outputs, targets):
        calls.append(1)
        return right(outputs, targets) if len(calls) < 4 else None

    p.task = Latch(12, 1, 0.2, "uniform", length="half")
    p.task.correct = correct
    with pytest.raises(LearningStopped, match="what task.correct gives must be booleans") as stopped:
        RandomGuessing(0.1).train(p, zeros(p), np.random.default_rng(0))
    assert (stopped.value.history.status == "stopped").any()
