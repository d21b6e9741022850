"""What tasks hand out: the law of the noise, the lengths, the classes, the targets; and the batch itself."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lrdlib import tasks
from lrdlib.tasks import Batch, Latch, Parity, SquaredError, Task, TwoSequence, last

PROTOTYPES = np.array([[0.3, -0.5, 0.9], [-0.2, 0.1, 0.9]])
MAKERS = {  # each with the steps that matter, where the noise begins
    "latch": (lambda T=20, **more: Latch(T, L=3, **more), 3),
    "two-sequence": (lambda T=20, **more: TwoSequence(T, N=3, prototypes=PROTOTYPES, **more), 3),
    "parity": (lambda T=20, **more: Parity(T, **more), 0),
}
makers = pytest.mark.parametrize("maker, quiet", MAKERS.values(), ids=MAKERS)
distributions = pytest.mark.parametrize("distribution", ["gaussian", "uniform"])


def generator(seed=0):
    return np.random.default_rng(seed)


def noise_of(task, batch):
    """What the task added to the signal (and clipped, for the Gaussian noise of parity)."""
    tail = batch.inputs[..., 0]
    return tail - np.sign(tail) if isinstance(task, Parity) else tail


class TestNoise:
    @makers
    @distributions
    @pytest.mark.parametrize("s", [0.1, [0.05, 0.1, 0.2]], ids=["one", "each run its own"])
    @pytest.mark.parametrize("common", [False, True])
    def test_its_standard_deviation_and_its_shape(self, maker, quiet, distribution, s, common):
        task = maker(noise=s, distribution=distribution, length="fixed")
        batch = task.sample(generator(), 600, 3, common)
        noise = noise_of(task, batch)[:, :, quiet:]
        scales = np.broadcast_to(s, len(noise))
        for e, scale in zip(noise.reshape(len(noise), -1) / scales[:, None], scales):
            assert abs(e.mean()) < 5 / np.sqrt(e.size)
            assert abs(e.std() - 1) < 5 / np.sqrt(2 * e.size)
            law = stats.norm() if distribution == "gaussian" else stats.uniform(-np.sqrt(3), 2 * np.sqrt(3))
            assert stats.kstest(e, law.cdf).pvalue > 1e-4

    @makers
    def test_no_noise(self, maker, quiet):
        task = maker(noise=0, length="fixed")
        assert not noise_of(task, task.sample(generator(), 10, 2))[:, :, quiet:].any()

    @makers
    @distributions
    def test_common_draws_are_scaled_alike(self, maker, quiet, distribution):
        s = np.array([0.0, 0.1, 0.3])
        task = maker(noise=s, distribution=distribution, length="half")
        batch = task.sample(generator(), 8, 3, common=True)
        assert len(batch.lengths) == len(batch.targets) == 1 and batch.runs == 3
        noise = noise_of(task, batch)[:, :, quiet:]
        unit = noise[1] / s[1]
        assert unit.any()
        np.testing.assert_allclose(noise, unit * s[:, None, None], atol=1e-14)

    @makers
    def test_common_draws_of_one_noise_are_stored_once(self, maker, quiet):
        assert maker(noise=0.1).sample(generator(), 4, 7, common=True).inputs.shape == (1, 4, 20, 1)

    @makers
    def test_runs_are_independent(self, maker, quiet):
        noise = noise_of(maker(), maker(noise=0.2, length="fixed").sample(generator(), 300, 4))[:, :, quiet:]
        r = np.corrcoef(noise.reshape(4, -1)) - np.eye(4)
        assert abs(r).max() < 5 / np.sqrt(noise[0].size)

    @makers
    def test_noise_for_another_number_of_runs_is_refused(self, maker, quiet):
        with pytest.raises(ValueError, match="^runs must be 3, as in noise, got 2"):
            maker(noise=[0.1, 0.2, 0.3]).sample(generator(), 4, 2)


class TestLengths:
    @makers
    @pytest.mark.parametrize("T", [3, 4, 5, 20, 21])
    def test_uniform_from_half_to_T_and_never_short_of_what_matters(self, maker, quiet, T):
        lengths = maker(T, length="half", noise=0).sample(generator(), 2000, 2).lengths
        first = max(quiet, 1, (T + 1) // 2)
        counts = np.array([(lengths == k).sum() for k in range(first, T + 1)])
        assert lengths.min() == first and lengths.max() == T and counts.sum() == lengths.size
        if len(counts) > 1:
            assert stats.chisquare(counts).pvalue > 1e-4

    @makers
    def test_fixed(self, maker, quiet):
        assert (maker(length="fixed").sample(generator(), 5, 2).lengths == 20).all()

    @makers
    @distributions
    @pytest.mark.parametrize("common", [False, True])
    def test_nothing_after_the_end(self, maker, quiet, distribution, common):
        task = maker(noise=0.1, distribution=distribution, length="half")
        batch = task.sample(generator(), 50, 3, common)
        after = np.broadcast_to(np.arange(20) >= batch.lengths[..., None], batch.inputs.shape[:3])
        assert after.any()
        assert not batch.inputs[..., 0][after].any()
        assert batch.inputs[..., 0][:, :, quiet:][~after[:, :, quiet:]].all()


class TestClasses:
    @pytest.mark.parametrize("maker", [MAKERS["latch"][0], MAKERS["two-sequence"][0]])
    @given(size=st.integers(1, 9), runs=st.integers(1, 4), common=st.booleans())
    def test_balanced_and_with_the_targets_of_their_class(self, maker, size, runs, common):
        batch = maker().sample(generator(size), size, runs, common)
        ones = batch.groups.sum(1)
        assert (abs(2 * ones - size) <= 1).all()
        np.testing.assert_array_equal(batch.targets, np.where(batch.groups, 0.8, -0.8))

    def test_the_target_may_be_another(self):
        for task in (Latch(5, target=0.5), TwoSequence(5, prototypes=PROTOTYPES, target=0.5)):
            assert set(task.sample(generator(), 4).targets.flat) == {-0.5, 0.5}

    def test_two_sequence_orders_differ_and_the_odd_one_falls_on_either_class(self):
        groups = MAKERS["two-sequence"][0]().sample(generator(), 5, 300).groups
        assert 0.4 < (groups.sum(1) == 3).mean() < 0.6
        assert (abs(groups.mean(0) - 0.5) < 0.15).all()

    def test_parity_classes_are_the_targets_and_as_likely(self):
        batch = Parity(5).sample(generator(), 4000)
        np.testing.assert_array_equal(batch.groups, batch.targets)
        assert abs(batch.targets.mean() - 0.5) < 5 * 0.5 / np.sqrt(4000)


class TestTwoSequence:
    @given(st.integers(1, 5), st.integers(0, 5), st.sampled_from(["fixed", "half"]), st.booleans())
    def test_the_prototype_stands_without_noise(self, N, more, length, common):
        task = TwoSequence(N + more, N, generator(N), noise=[0.5, 1.0], length=length)
        batch = task.sample(generator(), 6, 2, common)
        groups = np.broadcast_to(batch.groups, (2, 6))
        np.testing.assert_array_equal(batch.inputs[:, :, :N, 0], task.prototypes[groups])

    def test_drawn_prototypes_are_in_range_and_never_ambiguous(self):
        first_too_near = 0
        for seed in range(100):
            a, b = TwoSequence(4, 1, generator(seed)).prototypes
            assert abs(b - a).max() >= TwoSequence.apart and max(abs(a).max(), abs(b).max()) <= 1
            first = generator(seed).uniform(-1, 1, (2, 1))
            if abs(first[1] - first[0]) < TwoSequence.apart:
                first_too_near += 1
            else:
                np.testing.assert_array_equal([a, b], first)
        assert first_too_near

    def test_prototypes_that_are_nearly_the_same_are_refused(self):
        with pytest.raises(ValueError, match="^prototypes must differ by 0.1"):
            TwoSequence(5, 2, [[0.1, 0.2], [0.15, 0.12]])

    @pytest.mark.parametrize("common", [False, True])
    def test_each_run_may_have_prototypes_of_its_own(self, common):
        prototypes = generator(3).uniform(-1, 1, (4, 2, 3))
        batch = TwoSequence(9, 3, prototypes).sample(generator(), 6, 4, common)
        for r in range(4):
            groups = batch.groups[0 if common else r]
            np.testing.assert_array_equal(batch.inputs[r, :, :3, 0], prototypes[r][groups])
        with pytest.raises(ValueError, match="^runs must be 4, as in prototypes, got 3"):
            TwoSequence(9, 3, prototypes).sample(generator(), 6, 3)

    def test_one_run_with_prototypes_too_near_is_named(self):
        prototypes = generator(3).uniform(-1, 1, (4, 2, 3))
        prototypes[2, 1] = prototypes[2, 0] + 0.05
        with pytest.raises(ValueError, match="^prototypes must differ by 0.1 in an element, got those of run 2"):
            TwoSequence(9, 3, prototypes)

    def test_a_sequence_is_no_shorter_than_its_prototype(self):
        with pytest.raises(ValueError, match="^N must be at most T = 2, got 3"):
            TwoSequence(2, 3, generator())


class TestLatch:
    @pytest.mark.parametrize("length", ["fixed", "half"])
    def test_no_input_for_L_steps_and_classes_alternate(self, length):
        batch = Latch(9, L=4, length=length).sample(generator(), 5, 3)
        assert not batch.inputs[:, :, :4].any()
        assert batch.groups.tolist() == [[0, 1, 0, 1, 0]]

    def test_no_longer_than_the_sequence(self):
        assert not Latch(4, L=4, noise=0).sample(generator(), 4).inputs.any()
        with pytest.raises(ValueError, match="^L must be below T = 4 for noise to come, got 4; or give noise=0"):
            Latch(4, L=4, noise=[0, 0.2])
        with pytest.raises(ValueError, match="^L must be at most T = 4, got 5"):
            Latch(4, L=5)

    @pytest.mark.parametrize("length", ["fixed", "half"])
    def test_runs_come_last_in_memory(self, length):
        inputs = Latch(9, length=length).sample(generator(), 5, 3).inputs
        assert inputs.strides[0] == inputs.itemsize


class TestParity:
    @pytest.mark.parametrize(
        "noise, distribution", [(0.0, "uniform"), (0.57, "uniform"), (0.5, "gaussian"), (5.0, "gaussian")]
    )
    @pytest.mark.parametrize("length", ["fixed", "half"])
    @pytest.mark.parametrize("common", [False, True])
    def test_the_target_by_counting_what_is_seen(self, noise, distribution, length, common):
        batch = Parity(7, noise, distribution, length).sample(generator(), 200, 3, common)
        for r in range(len(batch.inputs)):
            for p in range(200):
                seen = batch.inputs[r, p, : batch.lengths[min(r, len(batch.lengths) - 1), p], 0]
                assert (abs(abs(seen) - 1) < 1).all()
                assert batch.targets[min(r, len(batch.targets) - 1), p] == sum(u > 0 for u in seen) % 2

    def test_each_input_is_as_likely(self):
        inputs = Parity(10).sample(generator(), 2000).inputs
        assert set(inputs.flat) == {-1, 1}
        assert (abs(inputs.mean(1)) < 5 / np.sqrt(2000)).all()

    def test_noise_that_could_turn_a_sign_is_refused(self):
        with pytest.raises(ValueError, match="^noise must be below"):
            Parity(5, [0.1, 0.58])


class TestDeterminism:
    @makers
    @pytest.mark.parametrize("common", [False, True])
    def test_the_generator_is_the_only_source(self, maker, quiet, common):
        np.random.seed(1)
        before = np.random.get_state()[1].copy()
        task = maker(noise=0.1, length="half")
        a, b, c = (task.sample(generator(seed), 6, 2, common) for seed in (5, 5, 6))
        for name in ("inputs", "lengths", "targets", "groups"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
        assert not np.array_equal(a.inputs, c.inputs)
        np.testing.assert_array_equal(np.random.get_state()[1], before)

    @makers
    def test_a_batch_after_the_other_is_another(self, maker, quiet):
        task, rng = maker(noise=0.1), generator()
        assert not np.array_equal(task.sample(rng, 6).inputs, task.sample(rng, 6).inputs)


class TestCost:
    @given(st.floats(-10, 10), st.floats(-10, 10))
    def test_value_and_its_derivative_by_the_complex_step(self, o, d):
        cost = SquaredError()
        assert cost.value(o, d) == (o - d) ** 2 / 2
        slope = cost.value(o + 1e-100j, d).imag / 1e-100
        np.testing.assert_allclose(cost.derivative(o, d), slope, rtol=1e-12, atol=1e-300)

    def test_entry_by_entry_and_shared_targets(self):
        o, d = generator().normal(size=(3, 4)), generator(1).normal(size=(1, 4))
        value = SquaredError().value(o, d)
        assert value.shape == (3, 4)
        assert value[2, 1] == (o[2, 1] - d[0, 1]) ** 2 / 2

    def test_shapes_that_do_not_fit(self):
        with pytest.raises(ValueError, match="^d must have a shape that fits"):
            SquaredError().value(np.ones((2, 3)), np.ones((2, 4)))

    def test_every_task_has_it(self):
        assert all(isinstance(maker().cost, SquaredError) for maker, _ in MAKERS.values())


class TestCorrect:
    def test_on_the_targets_side(self):
        latch, parity = Latch(5), Parity(5)
        assert latch.correct([[0.1, -0.1, 0.9, 0.1]], [[0.8, -0.8, 0.8, -0.8]]).tolist() == [
            [True] * 3 + [False]
        ]
        assert parity.correct([[0.6, 0.4, 0.6, 0.1]], [[1, 0, 0, 1]]).tolist() == [[True, True, False, False]]

    def test_targets_may_be_shared(self):
        assert Latch(5).correct([[1.0, -1], [-1, -1]], [[0.8, -0.8]]).tolist() == [
            [True, True],
            [False, True],
        ]

    def test_shapes_that_do_not_fit(self):
        with pytest.raises(ValueError, match="^targets must have 1 or 3 runs, got 2"):
            Latch(5).correct(np.ones((3, 4)), np.ones((2, 4)))
        with pytest.raises(ValueError, match="^targets must"):
            Latch(5).correct(np.ones((3, 4)), np.ones((3, 5)))


class TestLast:
    @given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 6), st.booleans(), st.integers(0, 1000))
    def test_by_a_loop(self, R, B, T, shared, seed):
        rng = generator(seed)
        outputs = rng.normal(size=(R, B, T))
        lengths = rng.integers(1, T + 1, (1 if shared else R, B))
        got = last(outputs, lengths)
        want = [[outputs[r, p, lengths[0 if shared else r, p] - 1] for p in range(B)] for r in range(R)]
        assert got.tolist() == want

    def test_runs_that_do_not_match(self):
        with pytest.raises(ValueError, match="^lengths must have 1 or R = 3 runs, got 2"):
            last(np.ones((3, 4, 5)), np.ones((2, 4), int))


PARTS = ("inputs", "lengths", "targets", "groups")


def a_batch(shared=(), every_step=False, groups=True, runs_last=False, R=4, B=5, T=6):
    """A batch of random numbers, in which these parts are shared by all runs."""
    rng = generator()
    first = {name: 1 if name in shared else R for name in PARTS}
    inputs = rng.normal(size=(first["inputs"], B, T, 2))
    if runs_last:
        inputs = np.ascontiguousarray(inputs.transpose(2, 1, 3, 0)).transpose(3, 1, 0, 2)
    return Batch(
        inputs,
        rng.integers(1, T + 1, (first["lengths"], B)),
        rng.normal(size=(first["targets"], B, T) if every_step else (first["targets"], B)),
        rng.integers(2, size=(first["groups"], B)) if groups else None,
    )


class TestBatch:
    def test_sizes(self):
        batch = a_batch()
        assert (batch.runs, batch.size, batch.T) == (4, 5, 6)
        assert a_batch(PARTS).runs == 1
        assert a_batch(PARTS[:2]).runs == 4

    @pytest.mark.parametrize("shared", [(), PARTS, ("inputs",), ("lengths", "groups")])
    @pytest.mark.parametrize("every_step", [False, True])
    @pytest.mark.parametrize("groups", [False, True])
    @pytest.mark.parametrize("runs_last", [False, True])
    def test_select_and_pick(self, shared, every_step, groups, runs_last):
        batch = a_batch(shared, every_step, groups, runs_last)
        rows = generator(1).integers(5, size=(4, 3))
        chosen, own, same = batch.select([2, 0]), batch.pick(rows), batch.pick(rows[:1])
        for name in PARTS:
            part = getattr(batch, name)
            if part is None:
                assert getattr(chosen, name) is getattr(own, name) is None
                continue
            np.testing.assert_array_equal(getattr(chosen, name), part if len(part) == 1 else part[[2, 0]])
            full = np.broadcast_to(part, (4, *part.shape[1:]))
            np.testing.assert_array_equal(
                np.broadcast_to(getattr(own, name), (4, 3, *part.shape[2:])),
                np.stack([full[r, rows[r]] for r in range(4)]),
            )
            np.testing.assert_array_equal(getattr(same, name), part[:, rows[0]])
        Batch(*(getattr(own, name) for name in PARTS))

    def test_what_has_its_runs_last_in_memory_keeps_them_there(self):
        batch = a_batch(runs_last=True)
        rows = generator(1).integers(5, size=(4, 3))
        for got in (batch.select([3, 1, 2]), batch.pick(rows), batch.pick(rows[:1])):
            assert got.inputs.strides[0] == got.inputs.itemsize
        assert a_batch().select([1, 2]).inputs.strides[0] != 8

    @pytest.mark.parametrize("runs_last", [False, True])
    def test_it_keeps_copies_of_its_own(self, runs_last):
        given = a_batch(runs_last=runs_last)
        parts = {name: np.array(getattr(given, name), order="K") for name in PARTS}
        batch = Batch(**parts)
        assert batch.inputs.strides == given.inputs.strides
        for name, part in parts.items():
            part[:] = 1 - part
            np.testing.assert_array_equal(getattr(batch, name), getattr(given, name))

    @pytest.mark.parametrize("shared", [(), PARTS])
    @pytest.mark.parametrize("of", [lambda b: b, lambda b: b.select([0]), lambda b: b.pick([[0, 1]]),
                                    lambda b: b.pick([[0, 1]] * b.runs)])
    def test_nobody_can_change_it(self, shared, of):
        batch = of(a_batch(shared))
        for name in PARTS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(batch, name)[:] = 0

    def test_the_mask_holds_the_steps_up_to_each_end(self):
        batch = a_batch()
        for r, p in np.ndindex(4, 5):
            assert batch.mask[r, p].tolist() == [t <= batch.lengths[r, p] for t in range(1, 7)]

    @pytest.mark.parametrize("runs", [[4], [-1], [0.0], "a", None, [], 2, [[0, 1]]])
    def test_select_refuses_runs_that_do_not_exist(self, runs):
        with pytest.raises((TypeError, ValueError), match="^runs must"):
            a_batch().select(runs)

    @pytest.mark.parametrize("rows", [[[5]], [[-1]], [[0.0]], [0], "a", None, [[]]])
    def test_pick_refuses_rows_that_do_not_exist(self, rows):
        with pytest.raises((TypeError, ValueError), match="^rows must"):
            a_batch().pick(rows)

    def test_pick_refuses_rows_for_another_number_of_runs(self):
        with pytest.raises(ValueError, match="^rows must have 1 or R = 4 runs, got 3"):
            a_batch().pick(np.zeros((3, 2), int))

    def test_runs_that_do_not_match(self):
        with pytest.raises(ValueError, match=r"1 or R runs, got \[2, 3\]"):
            Batch(np.zeros((3, 4, 5, 1)), np.full((2, 4), 5), np.zeros((1, 4)))

    @pytest.mark.parametrize("length", [0, 6, -1])
    def test_lengths_from_one_to_T(self, length):
        with pytest.raises(ValueError, match="^lengths must be integers >= 1 and <= 5"):
            Batch(np.zeros((1, 2, 5, 1)), [[1, length]], np.zeros((1, 2)))


def test_a_task_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Task(5)


def test_the_docstrings_examples_hold():
    failed, tried = doctest.testmod(tasks)
    assert tried and not failed


def test_the_mask_is_true_up_to_each_length():
    batch = Parity(9, length="half").sample(generator(3), 20, 2)
    for run in range(2):
        for p in range(20):
            assert batch.mask[run, p].tolist() == [t <= batch.lengths[run, p] for t in range(1, 10)]
