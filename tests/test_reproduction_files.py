"""Files: exact JSON for arrays, atomic replacement, results that come back as they were."""

import json
import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reproduction import files, folders, results

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
dtypes = st.sampled_from(["bool", "int8", "int64", "uint16", "float32", "float64"])


@given(dtypes.flatmap(lambda dtype: hnp.arrays(dtype, shapes)))
def test_arrays_come_back_to_the_bit(array):
    back = files.decode(json.loads(files.dumps(files.encode({"x": array}))))["x"]
    assert back.dtype == array.dtype and back.shape == array.shape
    assert np.array_equal(back, array, equal_nan=True)
    if array.dtype.kind == "f":
        assert (np.signbit(back) == np.signbit(array))[~np.isnan(array)].all()


def test_plain_values_come_back():
    value = {"a": [1, 2.5, None, "text", True], "b": {"c": float("inf"), "d": []}, "e": 1e-300, "f": "ä"}
    assert files.decode(json.loads(files.dumps(files.encode(value)))) == value
    assert files.encode({"n": np.int64(3), "x": np.float64(0.1), "b": np.bool_(True)}) == {"n": 3, "x": 0.1, "b": True}


def test_booleans_are_a_string_of_digits():
    assert files.encode(np.array([[True, False], [False, True]])) == {
        "dtype": "bool", "shape": [2, 2], "values": "1001"}


@pytest.mark.parametrize("value", [np.array([1j]), np.array(["a"]), {"x": object()}, {1: 2}, [np.array([None])],
                                   {"dtype": 1, "shape": 2, "values": 3}])
def test_what_a_result_cannot_hold_is_named(value):
    with pytest.raises(TypeError, match="output"):
        files.encode(value, "output")


def test_replacement_is_atomic(tmp_path):
    path = tmp_path / "file.json"
    texts = [json.dumps([i] * 20000) for i in range(2)]
    files.write(path, texts[0])
    done = threading.Event()

    def replace():
        for i in range(60):
            files.write(path, texts[i % 2])
        done.set()

    writer = threading.Thread(target=replace)
    writer.start()
    read = 0
    while not done.is_set():
        assert path.read_text() in texts  # whole, whenever one looks
        read += 1
    writer.join()
    assert read > 0
    assert os.listdir(tmp_path) == ["file.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    files.write(path, "old")
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.json"]


@pytest.fixture
def published(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path))
    result = results.Result(
        id="coin", title="A coin", scale="quick", config={"seed": 1}, data={"heads": np.array([1, 2])},
        provenance={"seed": 1}, blocks=[{"r": 0}], outputs=[{"heads": np.array([1, 2])}], seconds=[0.5])
    result.write(folders.published("coin"))
    return folders.published("coin")


def test_load(published):
    result = results.load("coin")
    assert result.config == {"seed": 1} and result.scale == "quick"
    np.testing.assert_array_equal(result.data["heads"], [1, 2])


def test_what_is_not_published_is_named(published):
    with pytest.raises(results.MissingResult, match="dice.*published are: coin"):
        results.load("dice")
    with pytest.raises(TypeError, match="id"):
        results.load(3)
    for path in ("../" + published.parent.name + "/coin", "./coin", str(published.with_suffix(""))):
        with pytest.raises(results.MissingResult, match="published are: coin"):
            results.load(path)  # an experiment's name, not a path


def test_a_folder_is_no_result(published):
    published.unlink()
    published.mkdir()
    with pytest.raises(results.ResultError, match="coin.json"):
        results.load("coin")


@pytest.mark.parametrize("damage", [
    lambda text: text[: len(text) // 2], lambda text: "[]", lambda text: text.replace('"format": 1', '"format": 99'),
    lambda text: text.replace('"seconds": [0.5]', '"seconds": []'),
    lambda text: text.replace('"shape": [2]', '"shape": [3]'),
    lambda text: text.replace('"shape": [2]', '"shape": [-1]'),
    lambda text: text.replace('"int64"', '"O"'), lambda text: text.replace('"int64"', '"bool"'),
    lambda text: text.replace('"quick"', '["quick"]'), lambda text: text.replace('"title": "A coin"', '"title": 1'),
    lambda text: text.replace('[0.5]', "null"), lambda text: text.replace('[0.5]', "[null]"),
    lambda text: text.replace('[0.5]', "[NaN]"), lambda text: text.replace('[0.5]', "[-1]"),
    lambda text: text.replace('[{"r": 0}]', "5"), lambda text: text.replace('[{"r": 0}]', "[5]"),
    lambda text: text.replace('"provenance": {"seed": 1}', '"provenance": []'),
    lambda text: text.replace('"data": {', '"data": null, "more": {'),
    lambda text: text.replace('"outputs": [', '"outputs": [1], "more": [')])
def test_damaged_results_are_refused(published, damage):
    text = published.read_text()
    assert damage(text) != text
    published.write_text(damage(text))
    with pytest.raises(results.ResultError, match="coin.json"):
        results.load("coin")
