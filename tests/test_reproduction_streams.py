"""Random streams: named, independent of order and process."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reproduction.streams import generator

keys = st.lists(st.integers(-2, 20) | st.text("ab1;:", max_size=3), max_size=3)


def test_the_same_key_gives_the_same_numbers_in_any_order():
    names = [("cell", i) for i in range(5)]
    forward = {name: generator(3, *name).random(4).tolist() for name in names}
    backward = {name: generator(3, *name).random(4).tolist() for name in reversed(names)}
    assert forward == backward
    assert len({tuple(numbers) for numbers in forward.values()}) == len(names)


@given(keys, keys)
def test_different_keys_give_different_numbers(a, b):
    same = generator(1, *a).integers(2**62) == generator(1, *b).integers(2**62)
    assert same == (a == b)


def test_joined_parts_and_types_are_told_apart():
    drawn = [generator(0, *key).integers(2**62) for key in [("ab",), ("a", "b"), (1,), ("1",), ("i1;",), ()]]
    assert len(set(drawn)) == len(drawn)
    assert generator(0, "a").integers(2**62) != generator(1, "a").integers(2**62)
    assert generator(0, np.int64(4)).random() == generator(0, 4).random()


def test_numbers_do_not_depend_on_the_process():
    code = "from reproduction.streams import generator; print(repr(float(generator(5, 'noise', 2).random())))"
    # A different hash seed: the key's hash must not be Python's own.
    printed = [subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, **_environment()},
                              capture_output=True, text=True, check=True).stdout for seed in ("1", "2")]
    assert printed == [f"{generator(5, 'noise', 2).random()!r}\n"] * 2


def _environment():
    return {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}


@pytest.mark.parametrize("seed, key, error", [
    (-1, (), ValueError), (1.0, (), TypeError), (True, (), TypeError), (1, (0.5,), TypeError), (1, (None,), TypeError),
    (1, (True,), TypeError)])
def test_bad_seeds_and_keys_are_refused(seed, key, error):
    with pytest.raises(error, match="seed|key"):
        generator(seed, *key)
