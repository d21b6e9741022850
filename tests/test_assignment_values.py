"""Values come back to the bit; a forged text costs an error, and neither code, nor memory, nor another exception."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from assignments.values import ENTRIES, BadValue, Code, Rng, decode, encode

INTEGERS = st.integers(-2**63, 2**63 - 1)
SCALARS = (st.none() | st.booleans() | INTEGERS | st.floats() | st.complex_numbers() | st.text())
ARRAYS = arrays.arrays(
    st.sampled_from([np.bool_, np.int8, np.int64, np.uint8, np.float32, np.float64, np.complex64, np.complex128]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
VALUES = st.recursive(SCALARS | ARRAYS, lambda inner: st.lists(inner, max_size=4)
                      | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(), inner, max_size=4),
                      max_leaves=12)


def there_and_back(value):
    return decode(json.loads(json.dumps(encode(value))))


def bits(number):
    """The very bits of a float or a complex number; all NaNs are one."""
    parts = [number.real, number.imag] if isinstance(number, complex) else [number]
    return type(number), [b"nan" if part != part else np.float64(part).tobytes() for part in parts]


def assert_same(got, value):
    if isinstance(value, (list, tuple)):
        assert type(got) is list and len(got) == len(value)
        for one, other in zip(got, value):
            assert_same(one, other)
    elif isinstance(value, dict):
        assert type(got) is dict and list(got) == list(value)
        for key in value:
            assert_same(got[key], value[key])
    elif isinstance(value, np.ndarray):
        wide = {"b": bool, "i": np.int64, "u": np.int64, "f": np.float64, "c": np.complex128}[value.dtype.kind]
        assert type(got) is np.ndarray and got.dtype == wide and got.shape == value.shape
        for one, other in zip(got.ravel().tolist(), value.astype(wide).ravel().tolist()):
            assert_same(one, other)
    elif isinstance(value, (float, complex)):
        assert bits(got) == bits(value)
    else:
        assert type(got) is type(value) and got == value


@given(VALUES)
@example(-0.0)
@example(complex(-0.0, np.inf))
@example(complex(np.nan, -np.inf))
@example(np.array([complex(-0.0, np.inf), complex(np.inf, -0.0), complex(np.nan, 1)]))
@example(np.array(complex(-0.0, -0.0)))
@example(np.empty((0, 3)))
@example(np.zeros((), bool))
@example({"array": "float", "shape": [], "values": [1]})
@example({"number": "nan", "code": "1", "rng": 3, "dict": {}})
@example(np.array([-2**63, 2**63 - 1]))
@example([[[[[[[[[[[1j]]]]]]]]]]])
@example(5e-324)
def test_values_come_back_to_the_bit(value):
    assert_same(there_and_back(value), value)


def test_numpys_own_kinds_of_numbers_and_matrices():
    assert_same(there_and_back(np.float32(0.1)), float(np.float32(0.1)))
    assert_same(there_and_back(np.longdouble("1.5")), 1.5)
    assert_same(there_and_back(np.clongdouble(1.5 - 2j)), 1.5 - 2j)
    assert_same(there_and_back(np.bool_(True)), True)
    assert_same(there_and_back(np.str_("a")), "a")
    assert_same(there_and_back(np.array([1.5, np.inf], np.longdouble)), np.array([1.5, np.inf]))
    assert_same(there_and_back(np.array([1.5j], np.clongdouble)), np.array([1.5j]))
    assert_same(there_and_back(np.asarray([[1, 2]]).view(np.matrix)), np.array([[1, 2]]))
    assert_same(there_and_back(np.arange(6).reshape(2, 3).T[::-1]), np.arange(6).reshape(2, 3).T[::-1])
    assert_same(there_and_back(np.array([1, 2**63 - 1], np.uint64)), np.array([1, 2**63 - 1]))


@pytest.mark.parametrize("value, said", [
    (object(), "an object, not"), ({1: 2}, "keys are not strings"), ({1, 2}, "a set, not"), (2**63, "64 bits"),
    (np.array([2**63], np.uint64), "64 bits"), (np.array(["a"]), "dtype <U1"), (np.array([None]), "dtype object"),
    (np.datetime64("1994-03-01"), "a date, not"), (b"bytes", "a bytes, not"), (lambda: 1, "a function, not"),
    ([0] * (ENTRIES + 1), "more than"), ([[0] * 1000] * 101, "more than"), ((x for x in "a"), "a generator, not"),
])
def test_what_cannot_travel_is_named(value, said):
    with pytest.raises(BadValue, match=said):
        encode(value)


def test_a_list_that_holds_itself_cannot_travel():
    endless: list = []
    endless.append(endless)
    with pytest.raises(BadValue, match="nested more than"):
        encode(endless)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10**30, 10**30) | st.just(10**400) | st.floats() | st.text()
    | st.sampled_from(["nan", "inf", "float", "int", "complex", "bool", "os.abort()"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["array", "shape", "values", "number", "complex", "dict", "code", "rng", "x"]), inner,
        max_size=4)
    | st.fixed_dictionaries({"array": inner | st.sampled_from(["float", "int", "complex", "bool"]),
                             "shape": inner | st.lists(st.integers(-2, 4), max_size=3),
                             "values": inner | st.lists(inner, max_size=4)})
    | st.fixed_dictionaries({"complex": st.lists(inner, min_size=2, max_size=2)})
    | st.fixed_dictionaries({"number": inner}) | st.fixed_dictionaries({"dict": inner}), max_leaves=20)


@given(JSON)
@example({"array": [], "shape": [], "values": [1]})
@example({"array": {}, "shape": [], "values": [1]})
@example({"array": "float", "shape": [1], "values": [10**400]})
@example({"array": "complex", "shape": [1], "values": [10**400, 1]})
@example({"array": "int", "shape": [1], "values": [2**63]})
@example({"array": "float", "shape": [True], "values": [1.0]})
@example({"array": "float", "shape": [-1], "values": [1.0]})
@example({"array": "float", "shape": [0, -1], "values": []})
@example({"array": "float", "shape": [1] * 100, "values": [1.0]})
@example({"complex": [10**400, 1.0]})
@example({"complex": [{"complex": [1.0, 1.0]}, 1.0]})
@example({"number": ["nan"]})
@example(10**400)
def test_a_forged_text_gives_a_value_or_a_bad_one(data):
    try:
        value = decode(data)
    except BadValue as error:
        assert 0 < len(str(error)) < 200
    else:
        assert_same(there_and_back(value), value)  # so it is a value that could have been encoded


@pytest.mark.parametrize("data", [{"code": "ran.append(1)"}, {"rng": 3}, [{"code": "ran.append(1)"}],
                                  {"dict": {"a": {"code": "ran.append(1)"}}},
                                  {"complex": [{"code": "ran.append(1)"}, 1.0]}])
def test_code_needs_a_namespace(data):
    with pytest.raises(BadValue):
        decode(data)


def test_code_and_generators_come_to_be_in_a_namespace():
    data = json.loads(json.dumps(encode({"f": Code("lambda z: 3 * k * z"), "rng": Rng(7), "list": [Code("k")]})))
    got = decode(data, {"k": 5})
    assert got["f"](2) == 30 and got["list"] == [5]
    assert got["rng"].random() == np.random.default_rng(7).random()
    assert (repr(Code("np.sin")), repr(Rng(7))) == ("np.sin", "np.random.default_rng(7)")


@pytest.mark.parametrize("text", [
    '{"array": "float", "shape": [2147483647, 2147483647], "values": [1.0]}',
    '{"array": "float", "shape": [0, 2147483647, 2147483647, 2147483647], "values": []}',
    '{"array": "complex", "shape": [100000000], "values": [1.0, 2.0]}',
    '[' + '[],' * 500_000 + '[]]',
    '{"dict": {' + ",".join(f'"{i}": 0' for i in range(200_000)) + '}}',
    '{"dict": {"a": [' + '0,' * 500_000 + '0]}}',
    '{"number": "' + "9" * 1_000_000 + '"}',
])
def test_forged_shapes_and_long_lists_cost_nothing(text):
    data = json.loads(text)
    tracemalloc.start()
    try:
        with pytest.raises(BadValue) as error:
            decode(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20 and len(str(error.value)) < 200


@pytest.mark.parametrize("wrap", ["[{}]", '{{"dict": {{"a": {}}}}}', '{{"complex": [{}, 1.0]}}', '{{"number": {}}}'])
def test_nesting_as_deep_as_json_allows_is_a_bad_value(wrap):
    """At every depth that the parser lets through, however close to the end of the stack."""
    for depth in (20, 300, *range(900, 1000, 3)):
        text = "1.0"
        for _ in range(depth):
            text = wrap.format(text)
        try:
            data = json.loads(text)
        except RecursionError:
            continue
        with pytest.raises(BadValue):
            decode(data)
