"""Student code in another process: whatever a cell or a probe does, the others are run, and data come back."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace

import numpy as np
import pytest

from assignments.execute import MESSAGES, Answer, NotStarted, Run, _understand, execute, plain, student_files
from assignments.limits import Limits, MiB
from assignments.runner import explain
from assignments.values import Code, Rng, encode

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these cells fork and send signals")
QUICK = Limits(cell=1.0, total=60.0)


def ask(probe, **given):
    return {"probe": probe, "given": {name: encode(value) for name, value in given.items()}}


def go(cells, probes=(), limits=QUICK, **settings):
    return execute(cells, [ask(probe) if isinstance(probe, str) else probe for probe in probes], files=student_files(),
                   limits=limits, **settings)


def by_name(cases, limits=QUICK):
    """One run of many cells; the fixture's value is what each came to, by name."""
    run = go([*cases.values(), "last = 'reached'"], ["last"], limits)
    assert run.probes[0].value == "reached" and run.notes == []
    return dict(zip(cases, run.cells))


QUIET = {
    "magic": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "timed": "%%time\ntimed = 3",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\nawaited = 4",
    "print": "print('é', 7)",
    "fork": "import os\nif os.fork():\n    os.wait()\n    forked = 'parent'\nelse:\n    forked = 'child'",
    "raw output": "import os\nos.write(1, b'noise\\n'); os.write(2, b'noise\\n'); print(os.system('echo noise'))",
    "shell": "!echo from the shell",
    "warning": "import warnings\nwarnings.warn('careful')",
    "exit handler": "import atexit\natexit.register(print, 'bye')",
    "surrogate": "print('\\ud800')",
    "flood": "for i in range(200_000): print('spam' * 5)",
    "long line": "print('x' * 3_000_000)",
    "exit": "exit\nexit()",
    "silly stdout": "import sys\nsys.stdout = None",
    "display": "from IPython.display import display, HTML\ndisplay(HTML('<b>x</b>'))\n3 + 4",
    "lambda": "def f(x):\n    return np.tanh(x)\nimport numpy as np",
}
LOUD = {
    "syntax": ("x = 1\ny = (2\nz = 3", "SyntaxError: '\\(' was never closed.* \\(line 2\\)"),
    "indentation": ("if True:\nx = 1", "IndentationError: .* \\(line 2\\)"),
    "line": ("a = 1\nb = 2\n1 / 0", "stopped with ZeroDivisionError: division by zero \\(line 3 of the cell\\)"),
    "function": ("def deep():\n    return [1][9]\n\ndeep()", "IndexError: .* \\(line 2 of the cell, in deep\\)"),
    "library": ("import numpy as np\n\nnp.zeros(2) @ np.zeros(3)", "ValueError: .* \\(line 3 of the cell\\)"),
    "input": ("input('name?')", "stopped with \\w+"),
    "sys.exit": ("import sys\nsys.exit()", "stopped with SystemExit"),
    "keyboard": ("raise KeyboardInterrupt", "stopped with KeyboardInterrupt"),
    "unprintable": ("class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd",
                    "cannot be printed"),
    "unprintable exit": ("class Odd(NotImplementedError):\n    def __str__(self):\n        raise SystemExit\nraise Odd",
                         "cannot be printed"),
    "lines": ("raise ValueError('one\\ntwo\\n' + 'x' * 10_000)",
              "^stopped with ValueError: one two x{400,500} \\(line 1"),
    "surrogate": ("raise ValueError('\\ud800')", "ValueError: \\?"),
    "not answered": ("raise NotImplementedError()", "^is not answered yet$"),
    "not answered because": ("raise NotImplementedError('why')", "stopped with NotImplementedError: why"),
    "recursion": ("def f():\n    f()\nf()", "RecursionError: .* in f\\)"),
    "swallowed": ("while True:\n    try:\n        while True: pass\n    except Exception: pass",
                  "^took more than 1 s$"),
    "sleeping": ("import time\ntime.sleep(60)", "^took more than 1 s$"),
    "awaiting": ("import asyncio\nawait asyncio.sleep(60)", "^took more than 1 s$"),
}


@pytest.fixture(scope="module")
def quiet():
    return by_name(QUIET, Limits())


@pytest.fixture(scope="module")
def loud():
    return by_name({name: source for name, (source, _) in LOUD.items()})


@pytest.mark.parametrize("name", QUIET)
def test_a_cell_that_works_in_a_notebook_works_here(quiet, name):
    assert quiet[name].error is None


def test_what_is_printed_is_kept_but_not_all_of_it(quiet):
    assert quiet["print"].output == "é 7\n"
    assert "careful" in quiet["warning"].output and "7" in quiet["display"].output
    assert "noise" not in quiet["raw output"].output
    assert quiet["surrogate"].output == "?\n"
    assert quiet["flood"].output.startswith("spam" * 5) and len(quiet["flood"].output) == 20_000
    assert quiet["long line"].output == "x" * 20_000


@pytest.mark.parametrize("name", LOUD)
def test_a_cell_that_stops_says_why_and_where(loud, name):
    assert loud[name].error is not None and "\n" not in loud[name].error
    with_it = re.search(LOUD[name][1], loud[name].error)
    assert with_it, loud[name].error


def test_probes_are_independent_of_each_other_and_bring_back_data():
    cells = ["import numpy as np\ncount = 0\n\n"
             "def spoil(a):\n    global count\n    count += 1\n    a[:] = 0\n    return count",
             "def slope(w, x):\n    return w * (1 - np.tanh(x) ** 2)\n\ndef fails(x):\n    y = x\n    return y.nothing",
             "import sys, time, os"]
    a = np.array([1.0, np.nan])
    run = go(cells, [
        ask("spoil(a)", a=a), ask("a", a=a), ask("spoil(a)", a=a), "count", "slope(2.0, 0.0)",
        ask("f(2)", f=Code("lambda z: 3 * z")),
        ask("rng.random()", rng=Rng(7)), "fails(1)", "nothing_such", "object()", "sys.exit(3)", "time.sleep(60)",
        "(print('x'), 1)",
        "a", "10**30", "[[1]] * 10", "{'a': np.arange(3)}", "1 +", "np.zeros(2, dtype='U3')", "{1: 2}",
        "slope.__globals__.clear()"])
    value, error = [answer.value for answer in run.probes], [answer.error for answer in run.probes]
    assert run.notes == [] and [answer.error for answer in run.cells] == [None] * 3
    assert (value[0], value[2], value[3], value[4], value[5]) == (1, 2, 2, 2.0, 6)
    np.testing.assert_array_equal(value[1], a)  # as it was given, whatever the first did with its own
    assert value[6] == np.random.default_rng(7).random()
    assert error[7] == ("stopped with AttributeError: 'int' object has no attribute 'nothing' "
                        "(line 6 of the cell, in fails)")
    assert "name 'nothing_such' is not defined" in error[8] and error[9].startswith("gave an object, not a number")
    assert "SystemExit: 3" in error[10] and error[11] == "took more than 1 s" and value[12] == [None, 1]
    assert "name 'a' is not defined" in error[13]  # what is given to one probe is not there for another
    assert "64 bits" in error[14] and value[15] == [[1]] * 10 and value[16]["a"].tolist() == [0, 1, 2]
    assert "SyntaxError" in error[17] and "dtype <U3" in error[18] and "keys" in error[19]


def test_a_step_that_ends_the_process_is_left_out_and_the_rest_is_the_same():
    cells = ["log = [1]", "import os\nlog.append(2)\nos._exit(7)", "log.append(3)",
             "import signal\nos.kill(os.getpid(), signal.SIGKILL)",
             "log.append(4)"]
    probes = ["log", "__import__('os')._exit(0)", "len(log)", "__import__('os').abort()", "log[-1]"]
    run = go(cells, probes)
    without = go([cells[0], "import os", cells[2], "pass", cells[4]], [probes[0], probes[2], probes[4]])
    assert [answer.value for answer in (run.probes[0], run.probes[2], run.probes[4])] == [[1, 3, 4], 3, 4]
    assert [answer.value for answer in without.probes] == [[1, 3, 4], 3, 4]
    assert [answer.error for answer in run.cells] == [
        None, "ended its process (exit code 7)", None,
        "stopped with NameError: name 'os' is not defined (line 2 of the cell)", None]
    assert run.probes[1].error == "ended its process (exit code 0)" and run.probes[3].error == "was killed (signal 6)"
    assert run.notes == ["Cell 2 of those that are run ended its process (exit code 7); the rest was run without it.",
                         "The call __import__('os')._exit(0) ended its process (exit code 0); the rest was run "
                         "without it.",
                         "The call __import__('os').abort() was killed (signal 6); the rest was run without it."]


FORGED = r"""
import json, os
def say(*messages):
    text = ("\n" + "".join(json.dumps(m) + "\n" for m in messages) + "no json\n[[[\n" + "[" * 5000 + "\n").encode()
    for descriptor in range(64):
        try:
            os.write(descriptor, text)
        except OSError:
            pass
"""
NONSENSE = [None, 3, [], "done", {"done": 1}, {"begin": ["cell", 10**9]}, {"begin": ["cell", -1]},
            {"begin": [["cell"], 0]},
            {"begin": ["probe", True]}, {"end": ["probe", 1.5]}, {"end": {"probe": 0}},
            {"end": ["probe", 0], "value": {"code": "1"}},
            {"end": ["probe", 0], "value": {"array": [], "shape": [], "values": []}, "seconds": "x", "output": 3,
             "error": [1]},
            {"end": ["probe", 0], "value": 10**400},
            {"end": ["cell", 0], "error": "\ud800", "seconds": -1, "output": "\ud800"}]


@pytest.mark.parametrize("message", NONSENSE)
def test_nonsense_is_understood_as_nothing_or_a_bad_answer(message):
    event, place, answer = _understand(json.dumps(message).encode(), {"cells": ["a"], "probes": [{}]})
    if event is not None:
        assert event == "end" and place in (("probe", 0), ("cell", 0)) and answer.value is None
        (answer.error + answer.output).encode()  # can be written into any file
        assert answer.seconds == 0


@pytest.mark.parametrize("line", [b"", b"\xff\xfe", b"\x00" * 9, b"[" * 10**6, b"9" * 10**5,
                                  b'{"begin": ["cell", 1e999]}'])
def test_what_is_no_json_is_nothing(line):
    assert _understand(line, {"cells": [], "probes": []}) == (None, None, None)


def test_forged_lines_on_every_descriptor():
    """They may say what the probes' values are, data like any other, and cost no more than their own steps."""
    run = go([FORGED, f"say(*json.loads({json.dumps(NONSENSE[:-1])!r}))", "after = 5",
              "say({'begin': ['probe', 1]}, {'end': ['probe', 1], 'value': {'code': 'print(1)'}})"], ["after", "2"])
    assert run.probes[0].value == 5 and run.notes == []
    assert run.probes[1].value == 2  # what it really said came last
    early = go([FORGED + "say({'done': True})", "after = 5"], ["after"])
    assert early.probes == [None]


def test_a_step_that_nothing_interrupts_is_killed(monkeypatch):
    monkeypatch.setattr("assignments.execute.GRACE", 0.5)
    begin = time.monotonic()
    run = go(["import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\nwhile True: pass",
              "import time\ntime.sleep(0)\nx = 3"], ["x", "[None for _ in iter(int, 1)]"], replace(QUICK, cell=0.5))
    assert run.cells[0].error == "took more than 0.5 s"
    assert run.notes == ["Cell 1 of those that are run took more than 0.5 s; the rest was run without it."]
    assert run.probes[0].value == 3 and run.probes[1].error == "took more than 0.5 s"
    assert time.monotonic() - begin < 15


def test_the_time_in_total_ends_everything():
    begin = time.monotonic()
    run = go(["import time"] + ["time.sleep(0.9)"] * 20, ["1"], Limits(cell=1.0, total=4.0))
    assert 4 <= time.monotonic() - begin < 7 and run.probes == [None] and None in run.cells
    assert any("used up the 4 s in total." in note for note in run.notes) and "without it" not in " ".join(run.notes)


def test_closed_descriptors_cost_the_cell_that_closed_them():
    run = go(["x = 1", "import os\nos.closerange(0, 256)", "y = 2"], ["x + y"])
    assert run.cells[1].error.startswith("ended its process") and run.probes[0].value == 3


def test_values_that_are_too_large(monkeypatch):
    assert MESSAGES == 16 * MiB
    monkeypatch.setattr("assignments.execute.MESSAGES", 2 * MiB)
    run = go(["import numpy as np"], [f"'x' * {2 * MiB}", "np.zeros(10**6)", "[[]] * 10**6", "np.zeros(10**5)"],
             replace(QUICK, cell=10.0))
    assert run.probes[0].error == run.probes[1].error == "gave back more than 2 MB"
    assert run.probes[2].error == "gave a list of more than 20000 entries that is not an array"
    assert run.probes[3].value.shape == (10**5,)


def test_a_thread_that_ends_the_process_later_costs_no_more_than_what_runs_then():
    run = go(["import os, threading, time\nthreading.Timer(0.4, os._exit, [3]).start()", "time.sleep(0.8)", "x = 1"],
             ["x"])
    assert run.cells[1].error == "ended its process (exit code 3)" and run.probes[0].value == 1
    lasting = go(["import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()"], ["1"])
    assert lasting.probes[0].value == 1 and lasting.seconds < 30


def test_it_gives_up_in_the_end(monkeypatch):
    monkeypatch.setattr("assignments.execute.RESTARTS", 2)
    run = go(["import os", "os._exit(1)", "os._exit(1)", "os._exit(1)"], ["1"])
    assert run.probes == [None] and len(run.notes) == 3 and "the rest was left" in run.notes[-1]


def test_a_process_that_does_not_begin_is_nobodys_fault():
    with pytest.raises(NotStarted, match="exit code 9"):
        go(["1"], start=lambda arguments: plain(["-c", "raise SystemExit(9)"]))
    with pytest.raises(NotStarted, match="did not begin"):
        go(["1"], start=lambda arguments: plain(["-c", "import time; time.sleep(60)"]), limits=Limits(cell=1, total=1))


def test_files_and_modules():
    run = execute(["import os, sys\ntext = open('sub/a.txt', encoding='utf-8').read()"],
                  [ask("text"), ask("__import__('lrdlib')"), ask("sorted(os.listdir())")],
                  files={**student_files(), "sub/a.txt": "é"}, without=["lrdlib"], limits=QUICK)
    assert run.probes[0].value == "é" and "ModuleNotFoundError" in run.probes[1].error
    assert run.probes[2].value == ["assignments", "sub"]
    assert not any("teacher" in name for name in student_files())


def test_nothing_to_do():
    assert replace(go([]), seconds=0.0) == Run([], [])
    assert Answer() == Answer(None, None, "", 0.0)


def test_an_error_is_explained_in_one_line():
    try:
        exec(compile("x = 1\n1 / 0", "<ipython-input-3-abc>", "exec"), {})
    except ZeroDivisionError as error:
        assert explain(error) == "stopped with ZeroDivisionError: division by zero (line 2 of the cell)"
    assert explain(MemoryError()) == "stopped with MemoryError"


@pytest.mark.parametrize("settings, error", [
    ({"memory": 1}, ValueError), ({"memory": 2.0**31}, TypeError), ({"processes": 0}, ValueError),
    ({"cell": 0}, ValueError),
    ({"cell": float("nan")}, ValueError), ({"total": float("inf")}, ValueError), ({"total": "9"}, TypeError),
    ({"file_size": MiB - 1}, ValueError), ({"disk": True}, TypeError), ({"cell": -1.0}, ValueError),
])
def test_limits_refuse(settings, error):
    with pytest.raises(error, match=next(iter(settings))):
        Limits(**settings)


def test_commands_of_the_system_are_not_run_and_cost_nothing_else():
    run = go(["!pip install numpy\nx = 1", "%pip install numpy\ny = 2", "names = !ls\nz = len(names)"], ["[x, y, z]"])
    assert run.probes[0].value == [1, 2, 0] and [answer.error for answer in run.cells] == [None] * 3


def test_names_of_python_mean_in_a_probe_what_they_mean_in_python():
    run = go(["list = [1]\nfloat = None\ndef f(x):\n    return x, x"], ["list(f(2.5))", "float(f(1)[0])"])
    assert [answer.value for answer in run.probes] == [[2.5, 2.5], 1.0]


def test_a_flood_of_lines_is_cut_short():
    flood = ("import os\nfor d in range(3, 30):\n    try:\n        os.write(d, b'\\n' * 2**20)\n    except OSError:\n"
             "        pass")
    run = go(["x = 1", flood, "y = 2"], ["[x, y]"])
    assert run.cells[1].error == "said too much" and run.probes[0].value == [1, 2]


def test_a_death_near_the_end_of_the_time_is_no_fault_of_the_machine():
    limits = Limits(cell=5, total=2)
    run = go(["x = 1", "import time, os\ntime.sleep(1.7)\nos._exit(0)", "y = 2"], ["x"], limits=limits)
    assert run.cells[0].error is None and any("2 s in total" in note for note in run.notes)


def test_what_an_interrupted_cell_left_behind_is_no_fault_of_the_next():
    trap = "import os, threading\nthreading.Timer(1.4, os._exit, [3]).start()\nwhile True:\n    pass"
    run = go(["x = 1", trap, "import time\ntime.sleep(0.8)\ny = 2"], ["[x, y]"])
    assert run.probes[0].value == [1, 2] and run.cells[2].error is None
    assert run.cells[1].error == "ended its process (exit code 3)"
