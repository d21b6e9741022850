"""Hostile and clumsy submissions of an assignment, what each must cost, and what the teacher must be told.

They start from the worked solution, so that marks earned are marks kept, or, for those that try to gain marks, from
the notebook as it is handed out, which has earned none.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assignments.teacher import worked

ASSIGNMENT = "neuron"


@dataclass(frozen=True)
class Submission:
    """What is handed in.

    Attributes
    ----------
    content : bytes or callable
        Of the notebook, or ``content(path)`` makes it.
    earns : set of str or None
        The tests that it must win, exactly; None for all.
    says : str
        A pattern for what the teacher is told: the problem, the notes, or a cell's error. Empty: nothing is said.
    """

    content: bytes | Callable[[Path], None]
    earns: set | None = None
    says: str = ""


def notebook() -> dict:
    """The worked solution."""
    return json.loads(worked.source(ASSIGNMENT).read_text(encoding="utf-8"))


def handed_out() -> dict:
    """The notebook without its solutions."""
    made = notebook()
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            text = "".join(cell["source"])
            cell["source"] = re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError()", text,
                                    flags=re.DOTALL)
    return made


def data(made: dict) -> bytes:
    return json.dumps(made).encode()


def code(source: str) -> dict:
    return {"cell_type": "code", "id": "more", "metadata": {}, "execution_count": None, "outputs": [], "source": source}


def with_cell(source: str, base: dict | None = None, place: int | None = None) -> bytes:
    """A notebook with one more code cell: behind the first one, or at a place of its own."""
    made = copy.deepcopy(base or notebook())
    first = next(i for i, cell in enumerate(made["cells"]) if cell["cell_type"] == "code")
    made["cells"].insert(first + 1 if place is None else place, code(source))
    return data(made)


def at_the_end(source: str, base: dict | None = None) -> bytes:
    return with_cell(source, base, place=len((base or notebook())["cells"]))


def changed(change: Callable[[list], list], base: dict | None = None) -> bytes:
    """A notebook whose list of cells was changed."""
    made = copy.deepcopy(base or notebook())
    made["cells"] = change(made["cells"])
    return data(made)


def forged(cells: list) -> list:
    """Every cell claims to be worth a fortune, and to be another."""
    for i, cell in enumerate(cells):
        own = cell["metadata"].setdefault("nbgrader", {"grade": True, "solution": False, "locked": True,
                                                       "grade_id": f"gift-{i}", "schema_version": 3, "task": False})
        own["points"] = 1000
        cell["metadata"]["assignment"] = {"library": True}
    return cells


def is_answer(cell: dict) -> bool:
    return cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("solution", False)


def is_test(cell: dict) -> bool:
    return cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade", False)


def heavy(path: Path) -> None:
    made = notebook()
    made["cells"][0]["attachments"] = {"film.png": {"image/png": "A" * (100 * 2**20)}}
    path.write_bytes(data(made))


def wordy(path: Path) -> None:
    made = notebook()
    made["cells"].append(code("x = '" + "A" * (100 * 2**20) + "'"))
    path.write_bytes(data(made))


@cache
def clumsy() -> dict[str, Submission]:
    """Those that do harm, or would, by accident or not; all earn what they have answered."""
    return {
        "endless loop": Submission(with_cell("while True:\n    pass"), says="took more than"),
        "endless loop that will not be stopped": Submission(with_cell(
            "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"),
            says="took more than.* rest was run without it"),
        "deaf to signals": Submission(with_cell(
            "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass"),
            says="took more than"),
        "fork bomb": Submission(with_cell("import os\nwhile True:\n    os.fork()"),
                                says="BlockingIOError|took more|killed"),
        "fork once and go on": Submission(with_cell("import os\nos.fork()")),
        "50 GB": Submission(with_cell("hoard = np.ones(50 * 2**27)"), says="MemoryError"),
        "memory of many processes": Submission(with_cell(
            "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n        x = bytearray(400 * 2**20)\n"
            "        time.sleep(60)\ntime.sleep(60)"), says="memory"),
        "os._exit": Submission(with_cell("import os\nos._exit(0)"), says="ended its process"),
        "sys.exit": Submission(with_cell("import sys\nsys.exit(1)"), says="SystemExit"),
        "a kernel that dies": Submission(with_cell("import ctypes\nctypes.string_at(0)"),
                                         says="ended its process|killed"),
        "kill -9 everybody": Submission(with_cell("import os\nos.kill(-1, 9)"),
                                        says="ProcessLookupError|ended its process|killed"),
        "deletes files": Submission(with_cell(
            "import os, shutil\nfor place in ('.', '/book', os.path.dirname(np.__file__)):\n"
            "    shutil.rmtree(place, ignore_errors=True)")),
        "fills the disk": Submission(with_cell(
            "for i in range(10**6):\n    open(f'{i}', 'wb').write(bytes(2**20))"), says="No space left"),
        "prints without end": Submission(with_cell("while True:\n    print('x' * 10**6)"), says="took more than"),
        "closes every file": Submission(with_cell("import os\nos.closerange(0, 100)"), says="ended its process"),
        "asks a question": Submission(with_cell("name = input('Your name? ')"), says="EOFError"),
        "wants the network": Submission(with_cell(
            "import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"),
            says="OSError|TimeoutError|PermissionError"),
        "a thread that goes on": Submission(at_the_end(
            "import threading\ndef spin():\n    while True:\n        pass\nthreading.Thread(target=spin).start()")),
        "unicode": Submission(with_cell("größe = '李明 \N{GRADUATION CAP}'\nprint(größe, '\\ud800')")),
        "tests deleted": Submission(changed(lambda cells: [cell for cell in cells if not is_test(cell)])),
        "everything twice": Submission(changed(lambda cells: [*cells, *copy.deepcopy(cells)])),
        "tests first": Submission(changed(
            lambda cells: [*[c for c in cells if is_test(c)], *[c for c in cells if not is_test(c)]])),
        "answers in another order": Submission(changed(
            lambda cells: [*[c for c in cells if not is_answer(c)], *[c for c in cells if is_answer(c)][::-1]]),
            says="^$|NameError|^ +$"),  # figures that come before what they show
        "no metadata": Submission(changed(lambda cells: [{**cell, "metadata": {}} for cell in cells]),
                                  says="is not in the notebook"),  # the cell of an answer in words
        "forged metadata": Submission(changed(forged)),
        "metadata of another kind": Submission(changed(lambda cells: [{**cell, "metadata": [1]} for cell in cells]),
                                               says="is not in the notebook"),
        "100 MB of pictures": Submission(heavy),
        "100 MB of code": Submission(wordy, earns=set(), says="MB of code"),
        "empty": Submission(b"", earns=set(), says="is empty"),
        "spaces": Submission(b"  \n ", earns=set(), says="is empty"),
        "a PDF": Submission(b"%PDF-1.7\n\xe2\xe3\xcf\xd3 no notebook", earns=set(), says="no notebook"),
        "JSON of something else": Submission(b'{"cells": 3}', earns=set(), says="no notebook"),
        "deep": Submission(b"[" * 10**6, earns=set(), says="no(tebook|t JSON)|nested"),
        "cut off": Submission(data(notebook())[:-1000], earns=set(), says="not JSON"),
        "no cells": Submission(changed(lambda cells: []), earns=set()),
        "a link to the solution": Submission(lambda path: path.symlink_to(worked.source(ASSIGNMENT)), earns=set(),
                                             says="is a link"),
        "a pipe": Submission(os.mkfifo, earns=set(), says="is not a file"),
        "a folder without one": Submission(lambda path: path.with_suffix("").mkdir(), earns=set(), says="no notebook"),
    }


SECRET = "the-answer-of-the-honest-one"
MARKS = [SECRET, "### BEGIN " + "SOLUTION", "hidden=" + "lambda rng"]

READ = """
import json, os
marks, found, code = {marks!r}, [], []
for place in {places!r}:
    for folder, folders, names in os.walk(place) if os.path.isdir(place) else [(os.path.dirname(place), [],
                                                                                [os.path.basename(place)])]:
        folders[:] = [name for name in folders if name not in {skip!r}]
        for name in names:
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                if any(mark in text for mark in marks):
                    found.append(name)
                code += ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
            except Exception:
                pass
for source in code:
    try:
        exec(source, globals())
    except Exception:
        pass
raise RuntimeError("FOUND " + str(found))
"""

FORGE = """
import json, os
lines = [json.dumps({"begin": ["probe", i]}) + "\\n" + json.dumps({"end": ["probe", i], "value": value, "error": None})
         for i in range(200) for value in (True, 1.0, None)]
text = "\\n".join(["", *lines, json.dumps({"marks": 100, "passed": True, "done": True}), ""]).encode()
for descriptor in range(100):
    try:
        os.write(descriptor, text)
    except OSError:
        pass
print("all tests pass. 100 of 100 points.")
"""

HELPERS = """
import builtins, sys
import assignments.judges, assignments.check, assignments.execute, assignments.values, assignments.runner
yes = lambda *arguments, **settings: None
assignments.judges.JUDGES.update({name: yes for name in assignments.judges.JUDGES})
assignments.judges.judge = assignments.check.judge = assignments.check.failure = assignments.check.check = yes
assignments.values.encode = assignments.runner.encode = lambda value, depth=0: {"passed": True}
"""

NUMPY = """
import numpy as np, numpy.testing
np.isclose = np.allclose = np.array_equal = lambda *arguments, **settings: np.True_
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *arguments, **settings: None
np.random.default_rng = lambda seed=None: None
"""

FRAMES = """
import sys, gc
def every(name):
    def answer(*arguments, **settings):
        frame = sys._getframe()
        while frame is not None:
            for value in list(frame.f_locals.values()):
                if isinstance(value, dict) and value.get("expected") is not None:
                    return value["expected"]
            frame = frame.f_back
        for value in gc.get_objects():
            if isinstance(value, dict) and value.get("expected") is not None:
                return value["expected"]
        return 1.0
    return answer
"""

EQUAL = """
class Anything(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __array__(self, *arguments, **settings):
        raise SystemExit
"""


def read(places: list[str]) -> str:
    """A cell that reads what it can find there, runs the notebooks among it, and tells which gave something away."""
    skip = ("dev", "proc", "sys", "usr", "lib", "lib64", "site-packages")
    return READ.format(places=places, marks=MARKS, skip=skip)


def cheating(secrets: list[str]) -> dict[str, bytes]:
    """Those that want marks for nothing; `secrets` are files and folders of the teacher's and of others."""
    answers = "\n".join("".join(cell["source"]) for cell in notebook()["cells"] if is_answer(cell))
    names = re.findall(r"^def (\w+)\(", answers, re.MULTILINE)
    take = "".join(f"{name} = every({name!r})\n" for name in names)
    visible = ("import json\nexam = json.load(open('visible.json'))\n"
               "known = [case['expected'] for test in exam['tests'] for case in test['cases']]\n" + "".join(f"{name} = lambda *a, **k: known[0]\n" for name in names))
    return {
        "reads the solution": at_the_end(read(secrets), handed_out()),
        "searches the disk": at_the_end(read(["/"]), handed_out()),
        "imports the solution": at_the_end(
            "import sys\nsys.modules.pop('assignments', None)\nfrom assignments.teacher import worked\n"
            f"globals().update(worked.namespace({ASSIGNMENT!r}))", handed_out()),
        "prints fake marks": at_the_end(FORGE, handed_out()),
        "prints fake marks first": with_cell(FORGE, handed_out()),
        "overwrites the helpers": at_the_end(HELPERS, handed_out()),
        "overwrites numpy": at_the_end(NUMPY, handed_out()),
        "searches the frames": at_the_end(FRAMES + take, handed_out()),
        "equal to anything": at_the_end(EQUAL + "".join(f"{name} = lambda *a, **k: Anything()\n" for name in names),
                                        handed_out()),
        "knows the visible answers": at_the_end(visible, handed_out()),
        "forged metadata": changed(forged, handed_out()),
        "says True": at_the_end("".join(f"{name} = lambda *a, **k: True\n" for name in names), handed_out()),
        "imports the book's library": at_the_end("from lrdlib import dynamics\nraise RuntimeError('FOUND')",
                                                 handed_out()),
        "as it was handed out": data(handed_out()),
    }
