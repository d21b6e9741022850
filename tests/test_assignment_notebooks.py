"""A notebook file is read, or is said to be none; whatever it is, in little time and memory."""

from __future__ import annotations

import json
import os
import time

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.notebooks import LARGEST, MANY, Cell, Unreadable, data, read, steps

CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def dumps(*cells, **settings):
    return nbformat.writes(nbformat.v4.new_notebook(cells=list(cells), **settings))


def graded(cell, name, points=None, **own):
    cell.metadata["nbgrader"] = {"grade_id": name, "grade": points is not None, "points": points, **own}
    return cell


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "a.ipynb"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
    return write


def test_the_cells_come_in_order_with_what_nbgrader_knows_of_them(file):
    path = file(dumps(TEXT("# Title"), graded(CODE("def f():\n    return 1"), "f", solution=True), CODE("  \n"),
                      graded(CODE('check("f")'), "f-test", 3), graded(TEXT("Because."), "why", 2.5, solution=True),
                      nbformat.v4.new_raw_cell("raw"), CODE("f()")))
    cells = read(path)
    assert [(cell.kind, cell.name, cell.points, cell.solution) for cell in cells] == [
        ("markdown", "", None, False), ("code", "f", None, True), ("code", "", None, False),
        ("code", "f-test", 3, False), ("markdown", "why", 2.5, True), ("other", "", None, False),
        ("code", "", None, False)]
    assert cells[1].source == "def f():\n    return 1"
    assert steps(cells) == ["def f():\n    return 1", "f()"]


@pytest.mark.parametrize("change", [
    lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n"), lambda raw: b" \n\n" + raw + b"\n\n",
], ids=["byte order mark", "CRLF", "blank lines"])
def test_a_file_that_an_editor_has_touched_is_the_same(file, change):
    raw = dumps(CODE("a = 1\nb = 'é'")).encode()
    assert read(file(change(raw))) == read(file(raw)) == [Cell("code", "a = 1\nb = 'é'")]


@pytest.mark.parametrize("source, expected", [
    ("a\nb", "a\nb"), (["a\n", "b"], "a\nb"), (["a\n", 3, None, "b"], "a\nb"), ([], ""), (None, ""), (7, ""),
    ({"a": 1}, ""),
    ("x = '\ud800'", "x = '?'"),
])
def test_a_source_may_be_a_text_or_lines(file, source, expected):
    (cell,) = read(file(json.dumps({"cells": [{"cell_type": "code", "source": source}]})))
    assert cell.source == expected
    cell.source.encode()  # can be written anywhere


@pytest.mark.parametrize("cell", [
    {"cell_type": "code"}, {"cell_type": "code", "metadata": None}, {"cell_type": "code", "metadata": [1]},
    {"cell_type": "code", "metadata": {"nbgrader": "yes"}},
    {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": 3}}},
    {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "points": "9", "grade_id": ["a"]}}},
    {"cell_type": "code", "metadata": {"nbgrader": {"grade": 1, "points": 9, "solution": "yes"}}},
    {"cell_type": "code", "metadata": {"nbgrader": {"grade": True, "points": True}}},
])
def test_metadata_that_are_missing_or_of_a_wrong_type_are_none(file, cell):
    assert read(file(json.dumps({"cells": [cell]}))) == [Cell("code", "")]


def test_cells_that_are_none_are_passed_over(file):
    odd = [1, None, "cell", [], {"cell_type": ["code"]}, {"cell_type": {}, "source": "a"},
           {"cell_type": "code", "source": "b"}]
    assert [(cell.kind, cell.source) for cell in read(file(json.dumps({"cells": odd})))] == [
        ("other", ""), ("other", "a"), ("code", "b")]


@pytest.mark.parametrize("content, said", [
    (b"", "is empty"), (b" \n\t", "is empty"), (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "not text in UTF-8"),
    (b"\x89PNG\r\n\x1a\n\x00", "not text in UTF-8"), (b"import numpy as np\n", "not JSON"), (b"PK\x03\x04", "not JSON"),
    (b"[]", "no list of cells"), (b"null", "no list of cells"), (b"3", "no list of cells"),
    (b'{"cells": {}}', "no list of cells"),
    (b"{}", "no list of cells"), (b'{"cells": [', "not JSON"), (b'{"worksheets": [{"cells": []}]}', "old format"),
    (b"[" * 100_000, "too deep"), (b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep"),
    ("{}".encode("utf-16"), "not text in UTF-8"), (b'{"cells": [' + b"{}," * MANY + b"{}]}", f"{MANY} are allowed"),
    (b'{"cells": [' + b"9" * 5000 + b"]}", "not JSON"),
])
def test_what_is_no_notebook_is_said_to_be_none(file, content, said):
    with pytest.raises(Unreadable, match=said) as error:
        read(file(content))
    assert "\n" not in str(error.value) and len(str(error.value)) < 200


def test_what_is_no_file_is_not_opened(tmp_path):
    (tmp_path / "secret").write_text(dumps(CODE("secret")))
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "secret")
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    begin, descriptors = time.monotonic(), len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for name, said in (("link", "is a link"), ("folder", "is not a file"), ("pipe", "is not a file"),
                       ("none", "cannot be read")):
        with pytest.raises(Unreadable, match=said):
            read(tmp_path / f"{name}.ipynb")
    with pytest.raises(Unreadable, match="is not a file"):
        data(os.devnull)
    assert time.monotonic() - begin < 1
    assert not descriptors or len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_without_permission(file):
    path = file(dumps())
    path.chmod(0)
    with pytest.raises(Unreadable, match="cannot be read: Permission denied"):
        read(path)


def test_a_huge_file_is_not_read(tmp_path):
    with open(tmp_path / "huge.ipynb", "wb") as file:
        file.truncate(2**40)
    begin = time.monotonic()
    with pytest.raises(Unreadable, match=f"too large: 1048576 MB, {LARGEST // 2**20} MB are allowed"):
        read(tmp_path / "huge.ipynb")
    assert time.monotonic() - begin < 1


KEYS = ["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "points", "x"]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["code", "markdown"]),
                    lambda inner: st.lists(inner, max_size=4)
                    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)))
def test_any_json_is_read_or_is_none(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_text(json.dumps({"cells": content} if isinstance(content, list) else content))
    try:
        cells = read(path)
    except Unreadable:
        return
    assert all(isinstance(cell, Cell) and isinstance(cell.source, str) for cell in cells)
    steps(cells)


@pytest.mark.parametrize("source, is_check", [
    ('check("a")', True), ("  check('a-b')\n", True), ('check("a")\ncheck("b")\n\n', True),
    ('check("a")\n### BEGIN HIDDEN TESTS\nfrom x import y\ny.check("a")\n### END HIDDEN TESTS', True),
    ('check("a")\nx = 1', False), ("x = 1", False), ("", False), ('recheck("a")', False), ('check(a)', False),
    ('check("a", f())', False), ('# check("a")', False), ('check("a")\n### BEGIN HIDDEN TESTS\nx = 1', False),
])
def test_a_check_cell_does_nothing_else(source, is_check):
    assert Cell("code", source).is_check == is_check
    assert not Cell("markdown", source).is_check


@pytest.mark.parametrize("source", [
    'check("a")\n\n\n\n' * 60 + "x", 'check("a")' + " " * 9000 + "x", "### BEGIN HIDDEN TESTS\n" * 40_000,
    " " * 5_000_000 + "x",
])
def test_no_source_takes_long_to_be_looked_at(source):
    begin = time.monotonic()
    assert not Cell("code", source).is_check
    assert time.monotonic() - begin < 1


def test_the_check_cells_of_a_notebook_are_not_run():
    cells = [Cell("code", text) for text in ("a", 'check("a")', "b", "\n")]
    assert steps([*cells, Cell("markdown", "c"), Cell("other", "d")]) == ["a", "b"]
