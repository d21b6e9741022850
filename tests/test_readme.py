"""The README keeps its word."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def printed_by(lines):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(lines, "README.md", "exec"), {})
    return printed.getvalue()


def shares(text):
    return [int(share) for share in re.findall(r"^(\d+)% of", text, re.M)]


def test_ten_lines_do_what_they_say():
    lines = blocks("python")[0]
    assert lines.count("\n") <= 10
    ours, said = shares(printed_by(lines)), shares(blocks("text")[0])
    assert len(ours) == len(said) == 3
    assert ours == sorted(ours, reverse=True) and ours[-1] < ours[0]
    assert all(abs(a - b) <= 3 for a, b in zip(ours, said))  # other processors may round tanh otherwise


def test_ten_more_lines_do_what_they_say():
    lines = blocks("python")[1]
    assert lines.count("\n") <= 10
    ours, said = (np.array([re.findall(r"-?\d+\.\d+", line) for line in text.splitlines()], float)
                  for text in (printed_by(lines), blocks("text")[1]))
    np.testing.assert_allclose(ours, said, atol=2e-3)


def test_the_folders_it_names_exist():
    named = re.findall(r"`([\w./-]+/|[\w.-]+\.(?:md|txt|yml|bib|cff)|LICENSE[\w-]*)`", README)
    assert named and [name for name in named if not (ROOT / name).exists()] == []


def test_the_plain_commands_are_those_of_make():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    plain = re.findall(r"^(?:jupyter-book build|pip install -r|pytest).*?(?= *#|$)", README, re.M)
    options = [option for command in plain for option in re.findall(r" (--?[\w-]+)", command)]
    assert len(plain) == 5 and [option for option in options if option not in make] == []
