"""What the judges accept, and what they say: on numbers of all kinds, and on whatever a student may hand back."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from assignments.judges import JUDGES, at_least, between, close, equal, judge, show

FINITE = st.floats(-1e12, 1e12)
REAL = arrays.arrays(float, arrays.array_shapes(min_dims=0, max_dims=3, max_side=4), elements=FINITE)
NUMBERS = st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats() | st.complex_numbers()
ARRAYS = arrays.arrays(st.sampled_from([bool, np.int64, float, complex]),
                       arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
DECODED = st.recursive(st.none() | NUMBERS | st.text(max_size=300) | ARRAYS, lambda inner: st.lists(inner, max_size=5)
                       | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=16)
RAGGED = [[1.0, 2.0], [3.0]]



@given(DECODED)
@example(RAGGED)
@example({"a": np.ones(2), "b": [np.zeros(2), "x"]})
@example(np.array([np.nan, np.inf, -np.inf]))
@example(np.array([complex(np.inf, np.nan)]))
@example([np.ones(2), np.ones(3)])
def test_everything_is_close_and_equal_to_itself(value):
    assert close(value, value) is None
    assert equal(value, value) is None


@given(DECODED, DECODED, st.sampled_from(sorted(JUDGES)))
@example(RAGGED, 1.0, "close")
@example(1.0, RAGGED, "close")
@example([list(range(20)), [1]], "a", "equal")
@example([[]] * 30, None, "between")
@example({"a": np.ones(2)}, {"a": np.zeros(2)}, "equal")
@example(np.empty((0, 2**20)), 1.0, "between")
@example("\ud800\x00" * 300, 1.0, "at_least")
def test_no_value_makes_a_judge_fail_and_what_it_says_is_short(value, expected, name):
    settings = {"between": {"low": -1.0, "high": 1}, "at_least": {"low": 0}}.get(name, {})
    wrong = judge(value, {"judge": name, "expected": expected, "settings": settings})
    assert wrong is None or (wrong.count("expected") >= 1 and "got" in wrong and "\n" not in wrong and len(wrong) < 700)


@given(REAL, st.floats(0, 0.99), st.data())
def test_close_tolerates_what_it_says(want, part, data):
    signs = data.draw(arrays.arrays(float, want.shape, elements=st.sampled_from([-1.0, 1.0])))
    assert close(want + signs * part * (1e-3 + 1e-2 * np.abs(want)), want, rtol=1e-2, atol=1e-3) is None
    assert close(want.tolist(), want) is None


@given(REAL, st.data())
def test_one_wrong_entry_is_seen_and_named(want, data):
    place = data.draw(st.tuples(*(st.integers(0, n - 1) for n in want.shape)))
    wrong = want.copy()
    wrong[place] += 1.0 + abs(want[place]) * 1e-3
    for name in ("close", "equal"):
        said = JUDGES[name](wrong, want)
        assert said is not None
        if want.ndim:
            assert f"1 of {want.size} entries differ" in said and f"entry [{', '.join(map(str, place))}]" in said


def test_the_worst_entry_is_the_one_that_is_named():
    want = np.zeros((2, 3))
    got = np.array([[0, 1e-3, 0], [5.0, 0, -2]])
    assert close(got, want) == "3 of 6 entries differ, most of all entry [1, 0]: expected 0, got 5"
    got[0, 2] = np.nan
    assert "entry [0, 2]: expected 0, got nan" in close(got, want)


@given(REAL, REAL)
def test_another_shape_is_seen(value, want):
    assume(value.shape != want.shape)
    said = close(value, want)
    for array in (value, want):
        assert (f"an array of shape {array.shape}" if array.ndim else "one number") in said


@pytest.mark.parametrize("value, expected", [
    (1.0000002, 1.0), (1 + 1e-7 + 3e-9, 1), (np.array([1.0000002]), np.array([1.0])), (0.1 + 2e-7j, 0.1j), (1e-8, 0.0),
])
def test_numbers_that_differ_do_not_look_alike(value, expected):
    want, got = re.search(r"expected (.*), got (.*)", close(value, expected)).groups()
    assert want != got


@pytest.mark.parametrize("value, expected, name", [
    (1, 1.0, "close"), (True, 1, "close"), ([1, 2], np.array([1.0, 2.0]), "close"), (np.array(2.0), 2, "equal"),
    (np.nan, np.nan, "close"), (-np.inf, -np.inf, "close"), (1 + 0j, 1 + 0j, "equal"), (None, None, "close"),
    ("a", "a", "close"), ({"b": [1.0], "a": "x"}, {"a": "x", "b": np.array([1.0])}, "close"), (-0.0, 0.0, "equal"),
    ([1.0, "a", [2.0, [3.0]]], [1, "a", [2, [3]]], "close"), ([], np.empty(0), "close"),
    (complex(1, np.nan), complex(2, np.nan), "close"),
])
def test_the_same_is_the_same(value, expected, name):
    assert JUDGES[name](value, expected) is None


@pytest.mark.parametrize("value, expected, said", [
    (np.inf, -np.inf, "expected -inf, got inf"), (np.nan, 1.0, "expected 1, got nan"),
    (1.0, np.nan, "expected nan, got 1"),
    (True, False, "expected False, got True"), (None, 1.0, "expected 1, got None"),
    ("1.0", 1.0, "expected 1, got '1.0'"),
    (1.0, None, "expected None, got 1"), (1.0, "a", "expected 'a', got 1"), ("b", "a", "expected 'a', got 'b'"),
    (1 + 0j, 1.0, "expected real numbers, got complex ones: 1+0j"), (1.0, 1 + 1j, "expected 1+1j, got 1"),
    ([1.0], 1.0, "expected one number, got an array of shape (1,)"), (RAGGED, 1.0, "expected 1, got [[1, 2], [3]]"),
    ([[1.0, 2.0], [4.0]], RAGGED, "in part 1: 1 of 1 entries differ, most of all entry [0]: expected 3, got 4"),
    ([1.0], RAGGED, "expected a list of 2 values, got [1]"), ({"a": 1}, {"a": 2}, "in part 'a': expected 2, got 1"),
    ({"b": 2}, {"a": 2}, "expected the keys ['a'], got {'b': 2}"), ([1], {"a": 2}, "expected the keys ['a'], got [1]"),
    ({}, [], "expected []"), (np.zeros(20), None, "expected None, got an array of shape (20,)"),
    ([RAGGED] * 9, 1.0, "got a list of 9"), ({"a": "x" * 500}, 1.0, "got {'a': 'xxx"),
    (2.0, {"a": 2.0}, "expected the keys ['a'], got 2"),
    (np.ones(2), ["a", "b"], "expected a list of 2 values, got [1., 1.]"),
])
def test_what_is_said_of_another_value(value, expected, said):
    assert said in close(value, expected)


def test_no_more_digits_are_shown_than_are_needed():
    assert close(1.0000002, 1.0) == "expected 1, got 1.0000002"


def test_equal_is_exact():
    assert equal(1 + 2**-52, 1.0) == "expected 1, got 1.0000000000000002"
    assert equal({"a": np.array([1, 2])}, {"a": np.array([1, 3])}).startswith("in part 'a': 1 of 2 entries differ")


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5))
def test_between_is_between(value, low, width):
    inside = low <= value <= low + width
    assert (between(value, None, low=low, high=low + width) is None) == inside
    assert (at_least(value, None, low=low) is None) == (value >= low)
    assert (between([low, value], None, low=[low, low], high=low + width) is None) == inside
    assert between([value], None, low=low, high=low + width).startswith("expected one number, got an array")


@pytest.mark.parametrize("value, settings, said", [
    (np.nan, {"low": 0}, "expected at least 0, got nan"), (2, {"high": 1}, "expected at most 1, got 2"),
    ([0, 3.0, 9.0], {"low": [0, 0, 0], "high": 1}, "between 0 and 1 in entry [1], got 3"),
    (1 + 0j, {"low": 0}, "got 1+0j"), (None, {"low": 0}, "got None"), ([], {"low": 0}, "got []"),
    ("1", {"low": 0}, "got '1'"),
    ([1.0, 2.0], {"low": np.zeros(3)}, "expected an array of shape (3,), got an array of shape (2,)"),
    (1.0, {"low": 0, "high": np.ones(2)}, "expected an array of shape (2,), got one number"),
    ([0.5, 3.0], {"low": [0, 1], "high": np.array([1, 2])}, "expected between 1 and 2 in entry [1], got 3"),
])
def test_between_names_the_bound_that_is_missed(value, settings, said):
    assert said in between(value, None, **settings)


@given(DECODED)
def test_a_value_is_shown_in_one_short_line(value):
    text = show(value)
    assert 0 < len(text) <= 160 and text.isprintable() or isinstance(value, (str, dict, list)) and "\n" not in text
    assert len(show(value, length=20)) <= 20
