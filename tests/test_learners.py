"""What a Problem charges, when a run ends, and that descent is descent: against plain loops."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdlib import gradients
from lrdlib.learners import Budget, GradientDescent, History, LearningStopped, Problem
from lrdlib.networks import LatchNeuron, LocalFeedback, Recurrent
from lrdlib.tasks import Batch, Latch, Parity, Task, TwoSequence, last

CHARGES = ("evaluations", "presentations", "unit_steps")


def generator(seed=0):
    return np.random.default_rng(seed)


def plenty():
    return Budget(evaluations=10**6)


class Wide(Recurrent):
    """A network of 3 units for charges that are not the sequences' lengths."""

    def __init__(self):
        super().__init__(3)


def problem(task=None, network=None, *, runs=3, seed=0, budget=None, **more):
    more.setdefault("training_size", 6)
    return Problem(
        task or Latch(8, noise=0.3),
        network,
        runs=runs,
        rng=generator(seed),
        budget=budget or plenty(),
        **more,
    )


def spy(batches):
    """`bptt`, which keeps the batches that it saw."""

    def algorithm(network, theta, batch, cost):
        batches.append(batch)
        return gradients.bptt(network, theta, batch, cost)

    return algorithm


class TestBudget:
    def test_one_limit_there_must_be(self):
        with pytest.raises(ValueError, match="at least one of evaluations, presentations and unit_steps"):
            Budget()

    @pytest.mark.parametrize("name", CHARGES)
    @pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", float("nan")])
    def test_limits_are_positive_integers(self, name, value):
        with pytest.raises((TypeError, ValueError), match=rf"^{name} must be an integer >= 1"):
            Budget(**{name: value})


class TestCharges:
    @given(
        st.lists(st.integers(1, 5), max_size=8),
        st.sampled_from([None, 5]),
        st.booleans(),
        st.sampled_from(["fixed", "half"]),
        st.sampled_from([1, 3]),
    )
    def test_counted_exactly(self, sizes, training_size, common, length, runs):
        p = problem(
            Parity(7, length=length),
            Wide(),
            runs=runs,
            common=common,
            training_size=training_size,
            test_size=2,
        )
        count = np.zeros((3, runs), int)
        for size in sizes:
            batch = p.draw(size)
            assert batch.size == size
            for r in range(runs):
                steps = batch.lengths[r if len(batch.lengths) > 1 else 0]
                count[:, r] += [1, size, sum(steps) * 3]
            for name, row in zip(CHARGES, count):
                assert p.spent[name].tolist() == row.tolist()

    def test_the_whole_set_by_default(self):
        p = problem(Parity(7, length="half"), Wide())
        lengths = p.draw().lengths
        assert p.spent["presentations"].tolist() == [6] * 3
        assert p.spent["unit_steps"].tolist() == (3 * lengths.sum(1)).tolist()

    def test_runs_that_ended_pay_nothing(self):
        p = problem(Parity(7), Wide())
        p.draw(2)
        p.diverge([False, True, False])
        p.draw(3)
        assert p.active.tolist() == [0, 2]
        assert p.spent["presentations"].tolist() == [5, 2, 5]
        assert p.spent["unit_steps"].tolist() == [5 * 21, 2 * 21, 5 * 21]

    def test_the_units_may_be_said_by_a_learner_with_a_model_of_its_own(self):
        p = problem(Parity(7), units=4)
        p.draw(2)
        assert p.spent["unit_steps"].tolist() == [2 * 7 * 4] * 3

    def test_tests_are_free(self):
        p = problem(Parity(7), Wide())
        p.test(Wide().initial(3, generator()))
        assert not any(p.spent[name].any() for name in CHARGES)

    @given(
        st.lists(st.integers(1, 5), min_size=1, max_size=12),
        st.sampled_from(CHARGES),
        st.integers(1, 60),
        st.sampled_from([None, 5]),
        st.sampled_from(["fixed", "half"]),
    )
    def test_the_budget_is_never_exceeded_nor_left_for_want_of_a_try(
        self, sizes, name, limit, training_size, length
    ):
        task = Parity(4, length=length)
        p = problem(
            task, units=2, runs=4, budget=Budget(**{name: limit}), training_size=training_size, test_size=1
        )
        for size in sizes:
            before = {charge: p.spent[charge].copy() for charge in CHARGES}
            was_active = p.active
            most = {"evaluations": 1, "presentations": size, "unit_steps": size * 4 * 2}[name]
            batch = p.draw(size)
            assert (p.spent[name] <= limit).all()
            for r in range(4):
                pays = r in was_active and before[name][r] + most <= limit
                assert (r in p.active) == pays
                assert (p.spent[name][r] > before[name][r]) == pays
                assert p.status[r] == ("running" if pays else "exhausted")
            assert (batch is None) == (p.active.size == 0)

    def test_the_smallest_of_several_limits_counts(self):
        p = problem(Parity(7), Wide(), budget=Budget(evaluations=3, presentations=11, unit_steps=10**6))
        assert [p.draw(5) is None for _ in range(3)] == [False, False, True]
        assert p.spent["presentations"].tolist() == [10] * 3
        assert p.status.tolist() == ["exhausted"] * 3


class TestData:
    @given(st.lists(st.integers(1, 6), min_size=1, max_size=15), st.booleans())
    def test_each_of_the_set_comes_once_before_any_comes_again(self, sizes, common):
        p = problem(Latch(6, noise=0.3), units=1, training_size=7, common=common)
        batches = [p.draw(size).inputs for size in sizes]
        for r in range(3):
            # Sequences are known by their noise, which is never twice the same
            seen = [u for inputs in batches for u in inputs[r if len(inputs) > 1 else 0, :, -1, 0].tolist()]
            for start in range(0, len(seen), 7):
                assert len(set(seen[start : start + 7])) == len(seen[start : start + 7])
            assert len(set(seen)) == min(7, len(seen))

    def test_the_order_is_drawn_anew_for_each_run_and_each_round(self):
        p = problem(Latch(6, noise=0.3), units=1, training_size=6)
        full = p.draw().inputs[..., -1, 0]
        order = np.hstack(
            [
                [np.flatnonzero(full[r] == batch.inputs[r, 0, -1, 0]) for r in range(3)]
                for batch in (p.draw(1) for _ in range(12))
            ]
        ).tolist()
        rounds = [tuple(row[k : k + 6]) for row in order for k in (0, 6)]
        assert len(set(rounds)) == 6

    @pytest.mark.parametrize(
        "task",
        [
            Latch(6, noise=0.3),
            Latch(6, noise=[0.1, 0.2, 0.3, 0.4], length="half"),
            TwoSequence(6, prototypes=generator()),
            Parity(6, 0.1, length="half"),
        ],
    )
    @pytest.mark.parametrize("size, training_size", [(2, 5), (5, 5), (2, None)])
    @pytest.mark.parametrize("common", [False, True])
    def test_a_runs_data_do_not_depend_on_when_others_end(self, task, size, training_size, common):
        alone, thinned = (
            problem(task, units=1, runs=4, common=common, training_size=training_size, test_size=3)
            for _ in range(2)
        )
        for k in range(9):
            if k == 2:
                thinned.diverge([True, False, False, False])
            if k == 5:
                thinned.diverge([False, True, False])
            want, got = alone.draw(size).select(thinned.active), thinned.draw(size)
            for name in ("inputs", "lengths", "targets", "groups"):
                np.testing.assert_array_equal(getattr(got, name), getattr(want, name))
        assert thinned.active.tolist() == [1, 3]

    def test_training_and_test_sets_are_different_unless_said(self):
        same, own = problem(units=1), problem(units=1, test_size=6)
        assert same._test is same._training
        assert not np.array_equal(own._test.inputs, own._training.inputs)

    def test_the_test_may_be_of_another_task(self):
        longer = Latch(30, noise=0.0)
        p = problem(Latch(8, noise=0.3), LatchNeuron(), test_size=4, test_task=longer)
        net = p.network
        theta = net.pack(w=[2.0, 0.5, 2.0], h=[[[-1.0] * 3, [1] * 3]] * 2 + [[[1] * 3, [-1] * 3]])
        assert p.draw().T == 8
        assert p.test(theta).tolist() == [0, 0, 1]  # without noise even w = 0.5 keeps the sign
        assert p._test.T == 30

    def test_the_rng_is_the_only_source(self):
        def draws(seed):
            p = problem(units=1, seed=seed)
            return np.concatenate([p.draw(2).inputs for _ in range(5)])

        np.testing.assert_array_equal(draws(1), draws(1))
        assert not np.array_equal(draws(1), draws(2))


class TestJudgement:
    def test_the_share_of_wrong_answers_and_the_tolerance(self):
        right = np.tile([-0.8, 0.8], 5)
        outputs = np.tile(right, (4, 1))
        for r, wrong in enumerate([0, 1, 2, 3]):
            outputs[r, :wrong] *= -1
        p = problem(units=1, runs=4, training_size=10, tolerance=0.2)
        np.testing.assert_allclose(p.judge(outputs), [0, 0.1, 0.2, 0.3])
        assert p.status.tolist() == ["solved"] * 3 + ["running"]
        assert p.active.tolist() == [3]
        assert p.judge(outputs[:1]).tolist() == [0]
        assert p.draw() is None

    def test_test_is_judge_of_the_networks_last_outputs(self):
        task = Parity(7, length="half")
        p, q = (problem(task, Wide(), test_size=40) for _ in range(2))
        theta = Wide().initial(3, generator(), 2)
        outputs = last(Wide().run(theta, p._test.inputs).outputs, p._test.lengths)
        error = p.test(theta)
        np.testing.assert_array_equal(error, q.judge(outputs))
        np.testing.assert_allclose(error, ((outputs > 0.5) != (p._test.targets > 0.5)).mean(1))
        assert 0 < error.min() < error.max() < 1

    def test_a_run_that_overflows_in_the_test_diverges_and_the_others_are_judged(self):
        net = LocalFeedback(1, activation="linear", output="linear")
        theta = net.pack(
            w=[[1.0], [1e300], [1.0]],
            U=np.ones((3, 1, 1)),
            b=np.zeros((3, 1)),
            v=np.ones((3, 1)),
            c=np.zeros(3),
        )
        p, q = (problem(Parity(7), net, test_size=20) for _ in range(2))
        error = p.test(theta)
        assert error[1] == 1 and p.status.tolist() == ["running", "diverged", "running"]
        theta[1] = 0
        np.testing.assert_array_equal(error[[0, 2]], q.test(theta)[[0, 2]])


def wrong(task, net, theta, batch):
    """The share of wrong answers of a single run."""
    outputs = last(net.run(theta, batch.inputs, batch.groups).outputs, batch.lengths)
    return 1 - task.correct(outputs, batch.targets).mean()


class TestDescent:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: (Latch(12, noise=0.3, length="half"), LatchNeuron()),
            lambda: (Latch(12, noise=[0.1, 0.2, 0.3]), LatchNeuron(w=[1.1, 1.2, 1.3])),
            lambda: (TwoSequence(8, prototypes=generator(4)), Recurrent(5, input_to=[0], train_input=False)),
            lambda: (Parity(6, 0.1, length="half"), LocalFeedback(2)),
        ],
    )
    @pytest.mark.parametrize("batch_size, training_size", [(None, 6), (1, 6), (4, 6), (4, None)])
    @pytest.mark.parametrize("rate", [0.2, [0.1, 0.2, 0.3]], ids=["one rate", "a rate for each"])
    @pytest.mark.parametrize("common", [False, True])
    def test_is_theta_minus_rate_times_gradient_until_solved(
        self, make, batch_size, training_size, rate, common
    ):
        task, net = make()
        more = {"training_size": training_size, "test_size": 8, "common": common}
        theta0 = net.initial(3, generator(1))
        start = theta0.copy()
        history = GradientDescent(rate, batch_size).train(
            problem(task, net, budget=Budget(evaluations=20), **more), theta0
        )
        np.testing.assert_array_equal(theta0, start)

        for r in range(3):
            p = problem(task, net, **more)  # the same data, of which run r is looked at
            test = p._test.select([r])
            own, theta, k = net.select([r]), theta0[r : r + 1].copy(), 0
            while wrong(task, own, theta, test) > 0 and k < 20:
                batch = p.draw(batch_size).select([r])
                theta -= np.broadcast_to(rate, 3)[r] * gradients.rtrl(own, theta, batch).gradient
                k += 1
            np.testing.assert_allclose(history.theta[r], theta[0], rtol=1e-9, atol=1e-11)
            assert history.evaluations[r] == k
            assert history.status[r] == ("exhausted" if wrong(task, own, theta, test) else "solved")
            assert history.error[r] == pytest.approx(wrong(task, own, theta, test))

    def test_solved_runs_stop_and_keep_the_theta_that_solved(self):
        task, net, K = Latch(10, noise=0.1), LatchNeuron(), 300
        theta0 = net.initial(20, generator(2), 0.3)
        p = problem(task, net, runs=20, budget=Budget(evaluations=K), training_size=8)
        full = p._full
        history = GradientDescent(0.5).train(p, theta0)
        assert history.solved.sum() > 10 and len(set(history.evaluations[history.solved])) > 2
        trajectory = net.run(history.theta, full.inputs, full.groups)
        right = task.correct(last(trajectory.outputs, full.lengths), full.targets).all(1)
        np.testing.assert_array_equal(right, history.solved)
        assert (history.evaluations[~history.solved] == K).all()

    def test_a_run_that_starts_solved_pays_nothing(self):
        net = LatchNeuron()
        theta0 = net.pack(w=[2.0], h=[[[-1.0] * 3, [1] * 3]])
        history = GradientDescent(0.1).train(problem(Latch(8, noise=0.1), net, runs=1), theta0)
        assert history.solved.all() and history.evaluations.tolist() == [0]
        np.testing.assert_array_equal(history.theta, theta0)

    @pytest.mark.parametrize("batch_size", [None, 1])
    def test_an_ensembles_run_does_not_feel_when_others_are_solved(self, batch_size):
        """With others solved from the start a run sees the same data and goes the same way."""
        task, net = Latch(12, noise=0.3), LatchNeuron()
        theta0 = net.initial(4, generator(1), 0.1)
        solution = net.pack(w=3.0, h=[[-2.0] * 3, [2] * 3])[0]

        def train(theta0):
            batches = []
            p = problem(task, net, runs=4, budget=Budget(presentations=24))
            return GradientDescent(0.02, batch_size, spy(batches)).train(p, theta0), batches

        history, batches = train(theta0)
        assert (history.status == "exhausted").all()
        others = theta0.copy()
        others[[0, 1, 3]] = solution
        thinned, seen = train(others)
        assert thinned.solved.tolist() == [True, True, False, True]
        assert len(seen) == len(batches)
        for a, b in zip(batches, seen):
            np.testing.assert_array_equal(a.inputs[2], b.inputs[0])
        np.testing.assert_allclose(thinned.theta[2], history.theta[2], rtol=1e-12)

    @pytest.mark.parametrize("batch_size", [None, 1])
    @pytest.mark.parametrize("wild", [1e3, 1e200, 1e308])
    def test_diverging_runs_are_masked_and_the_others_do_not_feel_them(self, batch_size, wild):
        """Linear neurons and a huge rate: first the states overflow, or theta at once."""
        net, task = LocalFeedback(2, activation="linear", output="linear"), Parity(6)
        theta0 = net.initial(4, generator(1))

        def train(rates):
            p = problem(task, net, runs=4, budget=Budget(evaluations=60))
            return GradientDescent(rates, batch_size).train(p, theta0)

        tame = train([0.001] * 4)
        history = train([0.001, wild, 0.001, wild])
        assert history.status.tolist() == ["exhausted", "diverged", "exhausted", "diverged"]
        assert (history.evaluations[[1, 3]] < 60).all()
        np.testing.assert_array_equal(history.theta[[0, 2]], tame.theta[[0, 2]])
        np.testing.assert_array_equal(history.error[[0, 2]], tame.error[[0, 2]])
        assert np.isfinite(history.theta).all() and np.isfinite(history.error).all()
        np.testing.assert_array_equal(np.isinf(history.curve["cost"][-1]), [False, True, False, True])
        for name in ("cost", "error"):
            np.testing.assert_array_equal(history.curve[name][:, [0, 2]], tame.curve[name][:, [0, 2]])
            assert not np.isnan(history.curve[name]).any()

    def test_all_may_diverge(self):
        net = LocalFeedback(2, activation="linear", output="linear")
        p = problem(Parity(6), net, training_size=30)
        history = GradientDescent(1e200).train(p, net.initial(3, generator()))
        assert (history.status == "diverged").all() and np.isfinite(history.theta).all()

    def test_same_seed_same_numbers(self):
        def train(seed):
            net = LatchNeuron()
            p = problem(Latch(12, noise=0.3), net, seed=seed, budget=Budget(presentations=50))
            return GradientDescent(0.2, 1).train(p, net.initial(3, generator(1)))

        a, b, c = train(1), train(1), train(2)
        np.testing.assert_array_equal(a.theta, b.theta)
        np.testing.assert_array_equal(a.curve["error"], b.curve["error"])
        assert not np.array_equal(a.theta, c.theta)

    @pytest.mark.parametrize("batch_size, check_every", [(None, 1), (1, 5), (2, 3)])
    def test_the_curve(self, batch_size, check_every):
        net = LatchNeuron()
        p = problem(Latch(12, noise=0.2), net, runs=6, budget=Budget(presentations=120))
        history = GradientDescent(0.3, batch_size, check_every=check_every).train(
            p, net.initial(6, generator(1))
        )
        assert isinstance(history, History) and history.solved.any()
        K = len(history.curve["error"])
        assert K > 2
        assert set(history.curve) == {*CHARGES, "error", "cost"}
        assert all(rows.shape == (K, 6) for rows in history.curve.values())
        step = check_every * (batch_size or 6)
        for name in CHARGES:
            rows = history.curve[name]
            assert (rows[0] == 0).all() and (np.diff(rows, axis=0) >= 0).all()
            assert (rows[-1] == getattr(history, name)).all()
        assert set(np.diff(history.curve["presentations"], axis=0).flat) <= {0, step}
        np.testing.assert_array_equal(history.curve["error"][-1], history.error)
        assert np.isinf(history.curve["cost"][0]).all() and np.isfinite(history.curve["cost"][1:]).all()
        ended = history.curve["presentations"] == history.presentations
        for k, r in np.argwhere(ended):
            assert history.curve["error"][k, r] == history.error[r]

    def test_the_cost_on_the_curve_is_that_of_the_batch_before(self):
        net, theta0 = LatchNeuron(), LatchNeuron().initial(3, generator(1), 0.1)
        p = problem(Latch(12, noise=0.3), net, budget=Budget(evaluations=1))
        want = gradients.bptt(net, theta0, p._full).cost / 6
        np.testing.assert_allclose(GradientDescent(0.1).train(p, theta0).curve["cost"][1], want)

    def test_the_last_parameters_are_tested_when_the_budget_ends_between_tests(self):
        task, net = Latch(5, noise=0.0), LatchNeuron()
        theta0 = net.pack(w=[1.4], h=[[[-0.5] * 3, [-0.5] * 3]])

        def status(check_every):
            p = Problem(task, net, runs=1, rng=generator(1), training_size=6, budget=Budget(evaluations=20))
            return GradientDescent(0.1, check_every=check_every).train(p, theta0).status[0]

        assert status(1) == status(1000) == "solved"

    def test_single_precision_is_kept(self):
        net = LatchNeuron()
        p = problem(Latch(12, noise=0.3), net, budget=Budget(evaluations=3))
        history = GradientDescent(0.1).train(p, net.initial(3, generator(1)).astype(np.float32))
        assert history.theta.dtype == np.float32


class TestRefusals:
    def test_problem(self):
        for error, said, more in [
            (TypeError, "units must be given", {"network": None}),
            (ValueError, "test_size must be given", {"training_size": None}),
            (ValueError, "test_size must be given", {"test_task": Latch(9)}),
            (ValueError, "network must have 1 inputs for task, got 2", {"network": Recurrent(2, 2)}),
            (
                ValueError,
                "network must be for R = 3 runs, got one for 4",
                {"network": LatchNeuron(w=[1.0, 2, 3, 4])},
            ),
            (ValueError, "runs must be 2", {"task": Latch(8, noise=[0.1, 0.2])}),
        ]:
            with pytest.raises(error, match=f"^{said}"):
                problem(**{"network": LatchNeuron(), **more})

    def test_draw(self):
        with pytest.raises(ValueError, match="^size must be at most that of the training set, 6, got 7"):
            problem(units=1).draw(7)
        with pytest.raises(ValueError, match="^size must be given"):
            problem(units=1, training_size=None, test_size=2).draw()

    def test_test_and_gradient_want_a_network_and_the_parameters_of_the_active_runs(self):
        p = problem(units=1)
        q = problem(network=LatchNeuron(), common=True)
        for call in (lambda p, theta: p.test(theta), lambda p, theta: p.gradient(theta, q._full)):
            with pytest.raises(TypeError, match="^network must be given"):
                call(p, np.zeros((3, 7)))
            for shape in ((1, 7), (2, 7), (3, 6)):
                with pytest.raises(ValueError, match=r"^theta must be .* of shape \(3, 7\)"):
                    call(q, np.zeros(shape))
        with pytest.raises(TypeError, match="^algorithm must be a function"):
            q.gradient(np.zeros((3, 7)), q._full, "bptt")

    def test_judge_wants_the_outputs_of_the_active_runs(self):
        p = problem(units=1)
        for shape in ((1, 6), (2, 6), (3, 5)):
            with pytest.raises(ValueError, match=r"^outputs must be .* of shape \(3, 6\)"):
                p.judge(np.zeros(shape))

    def test_train(self):
        net = LatchNeuron()
        theta0 = net.initial(3, generator())
        for rate in (0, -0.1, [0.1, 0.0, 0.1]):
            with pytest.raises(ValueError, match="^rate must be positive"):
                GradientDescent(rate)
        with pytest.raises(ValueError, match="^rate must be one number or R = 3 of them, got 2"):
            GradientDescent([0.1, 0.2]).train(problem(network=net), theta0)
        with pytest.raises(TypeError, match="^problem must have a network"):
            GradientDescent(0.1).train(problem(units=1), theta0)
        for use in (lambda p: p.draw(), lambda p: p.diverge([True, False, False])):
            used = problem(network=net)
            use(used)
            with pytest.raises(ValueError, match="^problem must be a fresh one"):
                GradientDescent(0.1).train(used, theta0)
        for shape in ((1, 7), (3, 6), (7,)):
            with pytest.raises(ValueError, match=r"^theta0 must be .* of shape \(3, 7\)"):
                GradientDescent(0.1).train(problem(network=net), np.zeros(shape))


class Own(Task):
    """A user's task: was the first input positive? What it samples may be spoilt."""

    def __init__(self, T=6, spoil=lambda batch: batch):
        super().__init__(T)
        self.spoil = spoil

    def sample(self, rng, size, runs=1, common=False):
        inputs = rng.normal(size=(1 if common else runs, size, self.T, 1))
        targets = np.where(inputs[:, :, 0, 0] > 0, 0.8, -0.8)
        return self.spoil(Batch(inputs, np.full((1, size), self.T), targets))


def batch_of(runs=3, size=6, T=6, I=1):
    return Batch(np.zeros((runs, size, T, I)), np.full((1, size), T), np.zeros((1, size)))


SPOILT = {"None": lambda batch: None, "a tuple": lambda batch: (batch.inputs, batch.targets),
          "runs": lambda batch: batch_of(2), "size": lambda batch: batch_of(size=5),
          "steps": lambda batch: batch_of(T=7), "inputs": lambda batch: batch_of(I=2)}


class TestOwnTask:
    @pytest.mark.parametrize("common", [False, True])
    def test_to_override_sample_is_enough(self, common):
        net = Recurrent(2)
        p = Problem(Own(2), net, runs=3, rng=generator(), training_size=10, common=common,
                    budget=Budget(evaluations=500))
        assert GradientDescent(0.2).train(p, net.initial(3, generator(1))).solved.all()

    @pytest.mark.parametrize("wrong", SPOILT)
    @pytest.mark.parametrize("where", ["task", "test_task", "draw"])
    def test_what_it_samples_must_be_what_was_asked_for(self, wrong, where):
        spoilt = Own(spoil=SPOILT[wrong])
        with pytest.raises((TypeError, ValueError), match=r"^(what )?(test_)?task\.sample .*must .*got"):
            if where == "test_task":
                problem(Own(), units=1, test_size=6, test_task=spoilt)
            elif where == "task":
                problem(spoilt, units=1)
            else:
                problem(spoilt, units=1, training_size=None, test_size=6, test_task=Own()).draw(6)

    @pytest.mark.parametrize("wrong", [lambda right: None, lambda right: right.all(), lambda right: right[:1],
                                       lambda right: right.astype(float), lambda right: right.tolist()[0]])
    def test_its_judgement_must_be_booleans_for_all_answers(self, wrong):
        task = Own()
        task.correct = lambda outputs, targets: wrong(outputs * targets > 0)
        with pytest.raises((TypeError, ValueError), match=r"^what test_task\.correct gives must be booleans"):
            problem(task, units=1).judge(np.ones((3, 6)))

    @pytest.mark.parametrize("name, value", [("T", None), ("T", 2.5), ("n_inputs", None), ("n_inputs", 0)])
    @pytest.mark.parametrize("where", ["task", "test_task"])
    def test_it_must_say_its_sizes(self, name, value, where):
        wrong = Own()
        setattr(wrong, name, value)
        tasks = (wrong, None) if where == "task" else (Own(), wrong)
        with pytest.raises((TypeError, ValueError), match=rf"^{where}\.{name} must be an integer >= 1"):
            problem(tasks[0], units=1, test_size=6, test_task=tasks[1])

    def test_a_network_must_fit_the_test_task_too(self):
        wide = Own()
        wide.n_inputs = 2
        with pytest.raises(ValueError, match="^network must have 2 inputs for test_task, got 1"):
            problem(Own(), Recurrent(2), test_size=6, test_task=wide)

    @pytest.mark.parametrize("where", ["task", "test_task"])
    def test_the_free_inputs_of_network_and_task_end_together(self, where):
        tasks = [Latch(8, L=3), Latch(8, L=2)][:: 1 if where == "test_task" else -1]
        with pytest.raises(ValueError, match=f"^network must have L = 2 for {where}, got L = 3"):
            problem(tasks[0], LatchNeuron(L=3), test_size=6, test_task=tasks[1])


class TestOwnAlgorithm:
    def test_a_window_is_bound_with_partial(self):
        net = Recurrent(2)

        def trained(gradient):
            return GradientDescent(0.1, gradient=gradient).train(
                problem(network=net, budget=Budget(evaluations=5)), net.initial(3, generator(1))).theta

        short, long = (trained(partial(gradients.truncated_bptt, window=window)) for window in (3, 8))
        np.testing.assert_array_equal(long, trained(gradients.bptt))
        assert not np.array_equal(short, long)

    @pytest.mark.parametrize("wrong", [
        lambda g: None, lambda g: g.gradient, lambda g: replace(g, gradient=g.gradient[:1]),
        lambda g: replace(g, gradient=g.gradient[0]), lambda g: replace(g, cost=g.cost.sum()),
        lambda g: replace(g, cost=None), lambda g: replace(g, diverged=False)])
    def test_it_must_give_a_gradient_for_every_parameter(self, wrong):
        net = Recurrent(2)

        def algorithm(network, theta, batch, cost):
            return wrong(gradients.bptt(network, theta, batch, cost))

        with pytest.raises(LearningStopped, match="algorithm, or gradient, must return a .*Gradient .* got "):
            GradientDescent(0.1, gradient=algorithm).train(problem(network=net), net.initial(3, generator()))


def test_when_all_runs_have_ended_there_is_nothing_to_test():
    net = Recurrent(2)
    p = problem(network=net)
    p.diverge([True] * 3)
    for ask in (lambda: p.test(np.zeros((0, net.n_parameters))), lambda: p.judge(np.zeros((0, 6))),
                lambda: p.gradient(np.zeros((0, net.n_parameters)), batch_of())):
        with pytest.raises(ValueError, match="^all runs have ended"):
            ask()
