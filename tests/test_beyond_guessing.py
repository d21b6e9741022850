"""Words and their classes: the task of the experiment on what resists guessing, and how its learners are compared."""

import numpy as np
import pytest

from lrdlib.learners import Budget, Problem
from lrdlib.learners.guessing import RandomGuessing
from lrdlib.tasks import TwoSequence
from reproduction.experiments import beyond_guessing as experiment

CONFIG = experiment.EXPERIMENT.config("quick")


def rng(seed=0):
    return np.random.default_rng(seed)


def test_words_differ_and_each_is_as_likely():
    found = experiment.words(rng(), 500, 8, 5)
    assert found.shape == (500, 8, 5) and (np.abs(found) == 1).all()
    for run in found:
        assert len({tuple(word) for word in run.tolist()}) == 8
    number = (found > 0) @ (1 << np.arange(5))
    counts = np.bincount(number[:, 0], minlength=32)  # the first word of each run, class 0
    assert counts.min() > 0 and abs(counts - 500 / 32).max() < 20


def test_a_batch_holds_every_word_with_its_class_and_then_noise():
    words = experiment.words(rng(), 3, 4, 5)
    batch = experiment.Words(9, words).sample(rng(1), 40, 3)
    assert batch.inputs.shape == (3, 40, 9, 1) and batch.lengths.min() == 5 and batch.lengths.max() == 9
    for run in range(3):
        heads = batch.inputs[run, :, :5, 0]
        which = [words[run].tolist().index(head) for head in heads.tolist()]
        assert sorted(np.bincount(which, minlength=4)) == [10, 10, 10, 10]
        assert (batch.targets[run] == np.where(np.array(which) % 2, 0.8, -0.8)).all()
    tail = batch.inputs[:, :, 5:, 0]
    alive = np.arange(5, 9) < batch.lengths[:, :, None]
    assert (tail[~alive] == 0).all() and 0.1 < np.abs(tail[alive]).max() <= 0.2


def test_two_words_are_the_two_sequence_problem():
    """A guesser cannot tell the two tasks apart: it needs as many trials."""
    pairs = experiment.words(rng(), 60, 2, 3)
    spent = []
    for task in (experiment.Words(8, pairs), TwoSequence(8, 3, pairs)):
        problem = Problem(task, experiment.NETS["small"], runs=60, rng=rng(1), budget=Budget(presentations=20_000),
                          training_size=32)
        history = RandomGuessing(2.0).train(problem, experiment.NETS["small"].initial(60, rng()), rng(2))
        assert history.solved.all()
        spent.append(np.log(history.evaluations))
    difference = spent[0] - spent[1]
    assert abs(difference.mean()) < 3 * difference.std() / np.sqrt(60)


@pytest.mark.parametrize("given, error, words", [
    ({"words": np.ones((2, 3, 5))}, ValueError, "words must be .* K even"),
    ({"words": np.ones((2, 4, 9))}, ValueError, "at most T = 8"), ({"words": "x"}, TypeError, "words"),
    ({"amplitude": -1}, ValueError, "amplitude"), ({"T": 0}, ValueError, "T must")])
def test_nonsense_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        experiment.Words(**{"T": 8, "words": np.ones((2, 4, 5)), **given})


def test_runs_have_words_of_their_own():
    task = experiment.Words(8, experiment.words(rng(), 2, 4, 5))
    with pytest.raises(ValueError, match="runs must be 2"):
        task.sample(rng(), 4, 3)


def test_equally_many_settings_and_a_search_on_other_words():
    sizes = {len(candidates) for candidates, _ in experiment.LEARNERS.values()}
    assert len(sizes) == 1
    block = {"net": "small", "T": 8, "K": 2, "method": "guessing"}
    first, second = (experiment.train(CONFIG, block, 2.0, 4, 600, part).theta for part in ("search", "contest"))
    assert not np.array_equal(first, second)


def test_the_experiment_repeats_and_counts():
    config = CONFIG | {"K": [2], "runs": 4, "presentations": 1200, "search_presentations": 600, "search_runs": 2}
    blocks = experiment.EXPERIMENT.block_list(config)
    outputs = [experiment.compute(config, block) for block in blocks]
    again = experiment.compute(config, blocks[3])
    assert all(np.array_equal(again[name], outputs[3][name]) for name in again)
    data = experiment.assemble(config, blocks, outputs)
    assert data["solved"].shape == (2, 4, 1, 1) and data["presentations"].shape == (2, 4, 1, 1, 3)
    assert (data["presentations"] <= 1200).all() and (data["solved"] <= 4).all()
    assert (data["search"] <= 2 * 5 * 600).all() and data["parameters"].tolist() == [120, 25]
