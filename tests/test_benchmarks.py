"""The benchmarks run, and their contenders agree (which they check themselves); nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks import basins, em, guessing, latch, nets, theorems
from benchmarks.__main__ import TINY, main


def test_they_run(capsys):
    main(["--tiny"])
    out = capsys.readouterr().out
    assert "latch: 8 neurons" in out and "nets: 4 nets" in out and "theorem 4 asked of 8 systems" in out
    assert "basins: 8 x 8 states" in out and "em: 4 models" in out and "guessing: 10 sequences" in out
    for contender in ("lrdlib, all neurons", "loop over neurons, plain Python", "loop over nets, numpy"):
        assert contender in out


def test_an_unknown_workload_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["sorting"])
    assert "no workload sorting" in capsys.readouterr().err


def test_contenders_that_disagree_are_noticed(monkeypatch):
    right = latch.with_numpy
    monkeypatch.setattr(latch, "with_numpy", lambda w, h, *rest: right(w + 1e-3, h, *rest))
    with pytest.raises(AssertionError, match="Not equal"):
        latch.run(**TINY["latch"])
    monkeypatch.setattr(nets, "with_numpy", lambda **named: 0 * named["b"])
    with pytest.raises((AssertionError, ValueError)):
        nets.run(**TINY["nets"])
    monkeypatch.setattr(theorems, "with_numpy", lambda *system: (False, False))
    with pytest.raises(AssertionError, match="Arrays are not equal"):
        theorems.run(**TINY["theorems"])
    monkeypatch.setattr(em, "with_numpy", lambda A, u, d: A)
    with pytest.raises(AssertionError, match="Not equal"):
        em.run(**TINY["em"])
    monkeypatch.setattr(guessing, "with_numpy", lambda *net: (3, False))
    with pytest.raises(AssertionError, match="a loop makes 40 trials with 120 sequences"):
        guessing.run(**TINY["guessing"])
    monkeypatch.setattr(basins, "with_numpy", lambda *system: (1, True, True))
    with pytest.raises(AssertionError, match="Arrays are not equal"):
        basins.run(**TINY["basins"])
