"""The command line: its output, its errors in one line, its exit codes."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reproduction import __main__ as cli
from reproduction import claims, experiment, provenance, results

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("REPRODUCTION_EXPERIMENTS", "demo_experiments")
    monkeypatch.setenv("REPRODUCTION_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.syspath_prepend(str(TESTS))
    monkeypatch.setattr(provenance, "commit", lambda: {"commit": "c0ffee", "modified": False})
    return tmp_path


def call(capsys, *arguments):
    try:
        code = cli.main(list(arguments))
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def test_list_run_check(capsys, place):
    code, out, _ = call(capsys, "list", "--json")
    rows = {row["id"]: row for row in json.loads(out)}
    assert code == 0 and rows["walk"] == {"id": "walk", "title": "How often does a walk end above zero?",
                                          "scales": ["quick", "paper"], "publishes": "quick", "result": None}
    assert call(capsys, "check")[:2] == (0, "no results are published yet\n")

    code, out, err = call(capsys, "run", "walk", "--scale", "quick", "--processes", "1", "--publish")
    assert (code, out) == (0, f"{place / 'results' / 'walk.json'}\n")
    assert "12/12" in err  # the progress bar
    code, out, _ = call(capsys, "list")
    assert code == 0 and str(place / "results" / "walk.json") in out and "not yet" in out
    assert json.loads(call(capsys, "list", "--json")[1])[-1]["result"] == str(place / "results" / "walk.json")

    code, out, _ = call(capsys, "check", "--seed", "3")
    assert code == 0 and "identical to the bit" in out
    path = place / "results" / "walk.json"
    path.write_text(path.read_text().replace('"above": 5', '"above": 4').replace('"above": 4', '"above": 3'))
    code, out, _ = call(capsys, "check", "walk")
    assert code == 1 and "DIFFERS" in out


def test_out_names_a_folder(capsys, place):
    code, out, _ = call(capsys, "run", "walk", "--scale", "quick", "--out", str(place / "there"))
    assert (code, out) == (0, f"{place / 'there' / 'walk' / 'quick.json'}\n")
    assert not (place / "runs").exists()


def test_modified_code_publishes_only_if_told_to(capsys, place, monkeypatch):
    monkeypatch.setattr(provenance, "commit", lambda: {"commit": "c0ffee", "modified": True})
    command, path = ["run", "walk", "--scale", "quick", "--processes", "1"], place / "results" / "walk.json"
    code, out, err = call(capsys, *command, "--publish")
    assert (code, out) == (2, "") and "walk is not published: the code has been modified" in err
    assert err.count("\n") == 1 and not path.exists() and not (place / "runs").exists()
    assert call(capsys, *command)[0] == 0 and not path.exists()
    assert call(capsys, *command, "--publish", "--allow-modified")[:2] == (0, f"{path}\n")
    assert results.load("walk").provenance["modified"] is True


def test_the_commit_knows_modified_code(place, monkeypatch):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", *arguments], cwd=place, check=True,
                       capture_output=True)

    monkeypatch.undo()
    monkeypatch.setattr(provenance.folders, "PACKAGE", place / "reproduction")
    assert provenance.commit() == {"commit": None, "modified": None}
    files = ["lrdlib/a.py", "reproduction/b.py", "reproduction/results/c.json", "chapters/d.ipynb"]
    for name in files:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    for name, modified in zip(files, (True, True, False, False)):
        (place / name).write_text("2\n")
        assert provenance.commit()["modified"] is modified, name
        git("checkout", "-q", "--", name)
        assert len(provenance.commit()["commit"]) == 40


@pytest.mark.parametrize("arguments, message", [
    (["run", "nothing", "--scale", "quick"], "no experiment 'nothing'; there are: dying-walk, failing-walk, walk"),
    (["run", "walk", "--scale", "huge"], "walk has no scale 'huge'; it has quick, paper"),
    (["run", "walk", "--scale", "paper", "--publish"], "walk is published at scale quick, not paper"),
    (["run", "walk", "--scale", "quick", "--processes", "0"], "must be an integer >= 1, got '0'"),
    (["run", "walk", "--scale", "quick", "--processes", "two"], "must be an integer >= 1, got 'two'"),
    (["run", "walk", "--scale", "quick", "--processes", "²"], "must be an integer >= 1, got '²'"),
    (["run", "walk", "--scale", "quick", "--out", __file__], f"blocks cannot be kept in {Path(__file__) / 'walk'}"),
    (["run", "walk", "--scale", "quick", "--out", "/dev/null/a"], "Not a directory"),
    (["check", "../results/walk"], "no result of '../results/walk' has been published"),
    (["run", "walk"], "--scale"), (["run"], "ID"), ([], "COMMAND"), (["walk"], "invalid choice: 'walk'"),
    (["check", "--seconds", "nan"], "must be a number of seconds"), (["check", "--seed", "-1"], "integer >= 0"),
    (["check", "walk"], "no result of 'walk' has been published")])
def test_commands_that_make_no_sense(capsys, arguments, message):
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1  # one line


def test_a_folder_that_cannot_be_written_to(capsys, place, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # the first file in a folder, its lock
    code, out, err = call(capsys, "run", "walk", "--scale", "quick")
    assert (code, out) == (2, "") and err.count("\n") == 1
    assert f"blocks cannot be kept in {place / 'runs' / 'walk'}" in err and "Permission denied" in err


def test_a_path_is_no_id_even_where_a_result_is(capsys, place):
    assert call(capsys, "run", "walk", "--scale", "quick", "--processes", "1", "--publish")[0] == 0
    for id in ("../results/walk", "./walk", "walk.json"):
        code, out, err = call(capsys, "check", id)
        assert (code, out) == (2, "") and "published are: walk" in err


def test_a_failing_block_is_a_failure(capsys):
    code, _, err = call(capsys, "run", "failing-walk", "--scale", "quick", "--processes", "1")
    assert code == 1
    assert err.splitlines()[-1].startswith("python -m reproduction: failing-walk: block {'cell': 2")


def test_claims(capsys):
    code, out, _ = call(capsys, "claims", "--json")
    rows = json.loads(out)
    assert code == 0 and [row["id"] for row in rows] == [claim.id for claim in claims.read()]
    assert {"id", "place", "certainty", "statement", "evidence", "verdict"} <= set(rows[0])
    code, out, _ = call(capsys, "claims")
    assert code == 0 and out.splitlines()[-1].startswith(f"{len(rows)} claims: ")


def test_it_works_from_anywhere(place):
    ran = subprocess.run([sys.executable, "-m", "reproduction", "list"], cwd=place, capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 0 and "walk: How often" in ran.stdout and not ran.stderr


def test_broken_experiments_are_named_and_do_not_stop_the_others(place, monkeypatch, capsys):
    package = place / "broken_experiments"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "bad.py").write_text("raise RuntimeError('half written')\n")
    (package / "good.py").write_text("from demo_experiments.walk import EXPERIMENTS\n")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setenv("REPRODUCTION_EXPERIMENTS", "broken_experiments")
    assert experiment.find("walk")[1].id == "walk"
    code, _, err = call(capsys, "list")
    assert code == 1 and "broken_experiments.bad cannot be imported: RuntimeError: half written" in err
    (package / "bad.py").write_text("EXPERIMENT = 3\n")
    assert "must define EXPERIMENT" in call(capsys, "list")[2]


def _walk(**changes):
    known = experiment.find("walk")[1]
    fields = {name: getattr(known, name) for name in ("id", "title", "scales", "blocks", "compute", "assemble",
                                                      "published")}
    return experiment.Experiment(**{**fields, **changes})


@pytest.mark.parametrize("changes, message", [
    ({"id": "Two Words"}, "id"), ({"title": ""}, "title"), ({"scales": {"tiny": {"seed": 1}}}, "scales"),
    ({"scales": {"quick": {}}}, "seed"), ({"scales": {"quick": {"seed": 1, "T": (1, 2)}}}, "JSON"),
    ({"published": "full"}, "published")])
def test_ill_defined_experiments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        _walk(**changes)


@pytest.mark.parametrize("blocks", [[], [{"r": 0}, {"r": 0}], [{"r": (1, 2)}], ["r"]])
def test_ill_defined_blocks_are_refused(blocks):
    with pytest.raises(experiment.ExperimentError, match="block"):
        _walk(blocks=lambda config: blocks).block_list({})
