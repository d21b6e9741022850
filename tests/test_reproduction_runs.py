"""The runner: nothing finished is lost, nothing is mixed, and the numbers depend on nothing but the
configuration."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reproduction import blocks, experiment, provenance, results, runner, source

TESTS = Path(__file__).parent


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Folders of our own, and the tests' experiments instead of the book's."""
    monkeypatch.setenv("REPRODUCTION_EXPERIMENTS", "demo_experiments")
    monkeypatch.setenv("REPRODUCTION_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("REPRODUCTION_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("DEMO_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.syspath_prepend(str(TESTS))
    return tmp_path


def command(*arguments, seconds=0.0, **options):
    """The command in a process of its own, each block sleeping for some seconds."""
    return subprocess.Popen([sys.executable, "-m", "reproduction", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env={**os.environ, "DEMO_SLEEP": str(seconds)}, **options)


def finished(place):
    return {path.name: path.stat().st_mtime_ns for path in place.glob("runs/walk/paper-*/[0-9]*.json")}


def wait_for_blocks(place, process, n):
    deadline = time.monotonic() + 60
    while len(finished(place)) < n:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.005)


def computed(place):
    return (place / "log").read_text().split()


def data_bytes(path):
    """The parts of a result file that must not depend on how it came about, as they stand in the file."""
    content = json.loads(Path(path).read_text())
    for output in content["outputs"]:
        del output["seconds"]
    return json.dumps([content["data"], content["outputs"], content["config"], content["blocks"]]).encode()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The result of an uninterrupted run in one process."""
    folder = tmp_path_factory.mktemp("reference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPRODUCTION_EXPERIMENTS", "demo_experiments")
        patch.setenv("PYTHONPATH", str(TESTS))
        patch.syspath_prepend(str(TESTS))
        return data_bytes(runner.run("walk", "paper", 1, folder=folder, progress=False))


def test_two_processes_give_the_same_as_one(place, reference):
    assert data_bytes(runner.run("walk", "paper", 2, progress=False)) == reference
    assert len(computed(place)) == len(set(computed(place))) == 24


@pytest.mark.parametrize("repetition", range(2))
def test_kill_9_loses_no_finished_block(place, reference, repetition):
    process = command("run", "walk", "--scale", "paper", "--processes", "2", seconds=0.1)
    wait_for_blocks(place, process, 2 + 4 * repetition)
    time.sleep(random.random() * 0.1)  # at any moment
    process.kill()
    process.communicate()
    time.sleep(0.2)  # workers end with their parent
    kept = finished(place)
    assert 2 <= len(kept) < 24
    again = command("run", "walk", "--scale", "paper", "--processes", "1")
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert {name: finished(place)[name] for name in kept} == kept  # not written again
    assert data_bytes(out.strip()) == reference
    assert not list(place.glob("runs/walk/*/.*.part"))


def test_ctrl_c_stops_at_once_and_says_how_to_go_on(place):
    process = command("run", "walk", "--scale", "paper", "--processes", "2", seconds=0.1,
                      start_new_session=True)
    wait_for_blocks(place, process, 2)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "stopped; finished blocks are kept: the same command goes on"
    assert "Traceback" not in err
    assert 2 <= len(finished(place)) < 24


def test_a_damaged_block_is_computed_again(place, reference):
    runner.run("walk", "paper", 2, progress=False)
    whole, altered = sorted(place.glob("runs/walk/paper-*/[0-9]*.json"))[3:5]
    whole.write_text(whole.read_text()[:200])
    altered.write_text(altered.read_text().replace('"above": ', '"above": 1'))
    (place / "log").unlink()
    assert data_bytes(runner.run("walk", "paper", 1, progress=False)) == reference
    assert computed(place) == ["1,0", "1,1"]


@pytest.mark.parametrize("content", ["[]", "{}", "null", "5", '"text"', '[{"checksum": 1}]', '{"checksum": "%s"}'])
def test_what_is_no_block_is_computed_again(tmp_path, content):
    folder = blocks.Folder(tmp_path, "mark")
    folder.write(0, {"r": 0}, {"above": 1}, 0.5)
    assert folder.read(0, {"r": 0}) == ({"above": 1}, 0.5)
    nothing = hashlib.sha256(b"{}").hexdigest()
    folder.file(0).write_text(content.replace("%s", nothing))  # the last is whole, and no block
    assert folder.read(0, {"r": 0}) is None


def test_blocks_of_another_configuration_are_never_mixed_in(place, monkeypatch):
    _, walk = experiment.find("walk")
    first = results.read(runner.run("walk", "quick", 1, progress=False))
    monkeypatch.setitem(walk.scales["quick"], "seed", 8)
    second = results.read(runner.run("walk", "quick", 1, progress=False))
    assert len(computed(place)) == 24
    assert first.data["above"].tolist() != second.data["above"].tolist()
    # A block moved from one folder to the other is not taken for the other's.
    old, new = sorted(place.glob("runs/walk/quick-*"), key=lambda path: path.stat().st_mtime_ns)
    (new / "00000.json").write_text((old / "00000.json").read_text())
    again = results.read(runner.run("walk", "quick", 1, progress=False))
    assert again.data["above"].tolist() == second.data["above"].tolist()


def test_fingerprint_covers_all_that_matters():
    base = ["id", "quick", {"seed": 1}, [{"r": 0}], {"versions": {"numpy": "1"}, "code": "a"}]
    others = ["id2", "full", {"seed": 2}, [{"r": 1}], {"versions": {"numpy": "2"}, "code": "a"}]
    marks = {blocks.fingerprint(*base)}
    for i, other in enumerate(others):
        marks.add(blocks.fingerprint(*base[:i], other, *base[i + 1:]))
    assert len(marks) == 1 + len(others)


def test_code_fingerprint_sees_code_and_not_comments(tmp_path, monkeypatch):
    package = tmp_path / "someproject"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("from . import two\n\ndef f():\n    '''Old.'''\n    return two.g()\n")
    (package / "two.py").write_text("def g():\n    return 1\n")
    (package / "three.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = source.fingerprint("someproject.one")
    (package / "one.py").write_text("from . import two\n\ndef f():\n    '''New.'''\n    return two.g()  # so\n")
    (package / "three.py").write_text("x = 2\n")
    assert source.fingerprint("someproject.one") == before
    (package / "two.py").write_text("def g():\n    return 2\n")
    assert source.fingerprint("someproject.one") != before


def test_the_code_of_an_experiment_is_that_of_what_it_imports(place):
    found = source.modules("demo_experiments.walk")
    assert "reproduction.streams" in found and not any(name.startswith("lrdlib") for name in found)


def test_two_runs_at_once_do_not_meet(place, reference):
    first = command("run", "walk", "--scale", "paper", "--processes", "1", seconds=0.1)
    wait_for_blocks(place, first, 1)
    second = command("run", "walk", "--scale", "paper", "--processes", "1")
    _, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert err == ("python -m reproduction: walk (paper): another process is running it; "
                   "wait for it to end, or stop it\n")
    assert first.poll() is None
    first.kill()  # which frees the lock
    first.communicate()
    assert data_bytes(runner.run("walk", "paper", 1, progress=False)) == reference


def test_an_error_names_its_block_and_keeps_the_others(place, capsys):
    with pytest.raises(runner.BlockError, match=r"failing-walk: block \{'cell': 2, 'repetition': 0\} failed: "
                                               "FloatingPointError: this cell was made to fail"):
        runner.run("failing-walk", "quick", 1, progress=False)
    assert "Traceback" in capsys.readouterr().err
    assert len(list(place.glob("runs/failing-walk/quick-*/[0-9]*.json"))) == 6


def test_a_worker_that_dies_is_reported(place):
    with pytest.raises(runner.BlockError, match=r"block \{'cell': 1, 'repetition': 1\} failed: its process died"):
        runner.run("dying-walk", "quick", 2, progress=False)


def test_provenance_is_complete(place):
    result = results.read(runner.run("walk", "quick", 2, publish=True, progress=False, allow_modified=True))
    assert result.provenance["seed"] == 7 and result.provenance["processes"] == 2
    assert set(result.provenance["versions"]) == {"python", "numpy", "scipy", "lrdlib"}
    assert result.provenance["compute_seconds"] == pytest.approx(sum(result.seconds), abs=1e-3)
    here = provenance.environment("demo_experiments.walk")
    assert {name: result.provenance[name] for name in here} == here
    assert str(TESTS.parent) not in json.dumps(result.provenance)
