"""The checks at the public boundary: what passes, what does not, and what the message says."""

import re
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrdlib import _validate as check


def refuses(kind, name, call, *said):
    """`call` raises this kind of error, and its message begins with the name and says these words."""
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert re.match(rf"{re.escape(name)}\b", message), message
    for words in said:
        assert words in message, message


class TestCount:
    @pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
    def test_integers_of_all_kinds_pass_as_int(self, value):
        got = check.count("k", value)
        assert got == 3 and type(got) is int

    def test_the_minimum_itself_passes(self):
        assert check.count("k", 0, 0) == 0
        refuses(ValueError, "k", partial(check.count, "k", -1, 0), ">= 0", "got -1")
        refuses(ValueError, "k", partial(check.count, "k", 0), ">= 1", "got 0")

    @pytest.mark.parametrize(
        "value",
        [
            True,
            np.True_,
            np.array(True),
            3.0,
            np.float64(3),
            "3",
            None,
            [3],
            np.array([3]),
            3j,
            float("nan"),
            [[1], [1, 2]],
        ],
    )
    def test_everything_else_is_a_type_error(self, value):
        refuses(TypeError, "k", partial(check.count, "k", value), "integer")


class TestReal:
    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_finite_numbers_pass_unchanged(self, value):
        assert check.real("s", value) == value

    @pytest.mark.parametrize("value", [2, np.float32(2), np.int8(2), np.array(2.0)])
    def test_numbers_of_all_kinds_pass_as_float(self, value):
        got = check.real("s", value)
        assert got == 2 and type(got) is float

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
    def test_not_finite(self, value):
        refuses(ValueError, "s", partial(check.real, "s", value), "finite")

    @pytest.mark.parametrize(
        "value",
        [
            True,
            np.True_,
            np.array(True),
            "1",
            np.array("1"),
            b"1",
            None,
            [1.0],
            [],
            1j,
            [[1], [1, 2]],
            object(),
            {},
            10**400,
            np.ma.masked,
        ],
    )
    def test_no_real_number(self, value):
        refuses(TypeError, "s", partial(check.real, "s", value), "number")

    @pytest.mark.parametrize(
        "open_low, open_high", [(False, False), (True, False), (False, True), (True, True)]
    )
    def test_bounds_are_inclusive_unless_open(self, open_low, open_high):
        def call(value):
            return check.real("s", value, 0, 1, open_low=open_low, open_high=open_high)

        for value, is_open in ((0, open_low), (1, open_high)):
            if is_open:
                refuses(
                    ValueError,
                    "s",
                    partial(call, value),
                    "> 0" if open_low else ">= 0",
                    "< 1" if open_high else "<= 1",
                )
            else:
                assert call(value) == value
        assert call(0.5) == 0.5
        for value in (-0.1, 1.1):
            refuses(ValueError, "s", partial(call, value), str(value))


class TestArray:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
    def test_floats_and_complex_numbers_keep_their_precision(self, dtype):
        value = np.ones(3, dtype)
        assert check.array("a", value, complex_ok=True) is value

    @pytest.mark.parametrize("value", [[1, 2], np.array([1, 2], np.int8), np.array([1, 2], np.uint64)])
    def test_integers_become_float64(self, value):
        out = check.array("a", value)
        assert out.dtype == np.float64 and out.tolist() == [1, 2]

    def test_integers_where_wanted(self):
        assert check.array("a", np.array([1, 2], np.uint8), dtype=int).dtype == np.intp
        refuses(TypeError, "a", partial(check.array, "a", [1.0, 2.0], dtype=int), "integers")

    def test_an_integer_beyond_the_machines_is_not_wrapped_round(self):
        big = np.array([2**63 + 5], np.uint64)
        refuses(ValueError, "a", partial(check.array, "a", big, dtype=int, low=0))

    @pytest.mark.parametrize(
        "value",
        [
            "abc",
            ["1"],
            None,
            [None],
            True,
            [True, False],
            object(),
            {},
            {1: 2},
            [10**400],
            np.array(["2020"], "M8"),
        ],
    )
    def test_no_numbers(self, value):
        refuses(TypeError, "a", partial(check.array, "a", value), "finite numbers", "dtype")

    def test_complex_only_where_they_may(self):
        refuses(TypeError, "a", partial(check.array, "a", [1j]), "complex")

    @pytest.mark.parametrize("value", [[np.nan, 1], [np.inf], [-np.inf], [1j * np.nan]])
    def test_not_finite(self, value):
        refuses(ValueError, "a", partial(check.array, "a", value, complex_ok=True), "NaN or infinity")

    def test_masked_entries_are_no_numbers(self):
        refuses(ValueError, "a", partial(check.array, "a", np.ma.array([1.0, 2.0], mask=[0, 1])), "masked")
        assert check.array("a", np.ma.array([1.0, 2.0])).tolist() == [1, 2]

    def test_ragged(self):
        refuses(ValueError, "a", partial(check.array, "a", [[1], [1, 2]], ("R", "P")), "ragged", "(R, P)")

    @pytest.mark.parametrize("value", [[], np.zeros((3, 0))])
    def test_empty(self, value):
        refuses(ValueError, "a", partial(check.array, "a", value), "empty")

    @given(st.floats(-5, 5))
    def test_bounds_are_inclusive(self, value):
        def call():
            return check.array("a", [0.0, value], low=-1, high=2)

        if -1 <= value <= 2:
            assert call()[1] == value
        else:
            refuses(ValueError, "a", call, ">= -1 and <= 2")

    @pytest.mark.parametrize(
        "shape, good, bad",
        [
            ((), [()], [(1,), (2, 2)]),
            ((2, 3), [(2, 3)], [(3, 2), (2, 3, 1), (6,), ()]),
            (("R", "P"), [(1, 1), (4, 2)], [(4,), (4, 2, 1)]),
            (("n", "n"), [(3, 3)], [(3, 2)]),
            (("R|1", "B"), [(1, 5), (3, 5)], [(5,)]),
            (("R|1", "B|1"), [(2, 3), (3, 1)], [(2,)]),
            ([(), ("R",)], [(), (3,)], [(3, 1)]),
            ([("R|1", 4), ("R|1", 4, 2)], [(1, 4), (3, 4, 2)], [(4,), (1, 2), (1, 4, 3), (1, 4, 2, 1)]),
        ],
    )
    def test_shapes(self, shape, good, bad):
        for each in good:
            assert check.array("a", np.ones(each), shape).shape == each
        for each in bad:
            refuses(ValueError, "a", partial(check.array, "a", np.ones(each), shape), "shape", str(each))

    def test_several_shapes_are_all_said(self):
        refuses(ValueError, "a", partial(check.array, "a", np.ones((2, 2)), [(), ("R",)]), "() or (R,)")

    def test_what_was_given_is_not_changed(self):
        value = np.array([1, 2])
        check.array("a", value)[0] = 7
        assert value.tolist() == [1, 2]


class TestOthers:
    def test_mask(self):
        assert check.mask("which", [True, False], (2,)).tolist() == [True, False]
        for value in ([1, 0], "ab", None, [1.0, 0.0]):
            refuses(TypeError, "which", partial(check.mask, "which", value, (2,)), "booleans")
        for value in (True, [True], [[True, False]], [[True], [True, False]]):
            refuses(ValueError, "which", partial(check.mask, "which", value, (2,)), "(2,)")

    def test_choice(self):
        assert check.choice("f", "b", ("a", "b")) == "b"
        refuses(ValueError, "f", partial(check.choice, "f", "c", ("a", "b")), "'a', 'b'", "'c'")
        for value in (None, 3, ["a"], {}, np.nan):
            refuses(TypeError, "f", partial(check.choice, "f", value, ("a", "b")), "'a', 'b'")

    def test_generator(self):
        rng = np.random.default_rng(0)
        assert check.generator("rng", rng) is rng
        for value in (None, 0, np.random, np.random.RandomState(0), np.random.default_rng):
            refuses(TypeError, "rng", partial(check.generator, "rng", value), "Generator")

    def test_instance(self):
        assert check.instance("b", True, bool, "True or False") is True
        refuses(
            TypeError, "b", partial(check.instance, "b", 1, bool, "True or False"), "True or False", "got 1"
        )


def test_counts_have_an_end():
    assert check.count("n", 2**31 - 1) == 2**31 - 1
    assert check.count("n", 2**40, maximum=2**40) == 2**40
    for many in (2**31, 10**30):
        with pytest.raises(ValueError, match=f"^n must be an integer <= 2147483647, got {many}"):
            check.count("n", many)
