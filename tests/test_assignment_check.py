"""What students see: ``check`` in a notebook, ``python -m assignments check FILE``, and what both say of a failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from assignments import __main__ as command
from assignments import check as check_in_here
from assignments.check import NotYet, check_file, failure, first_line, load
from assignments.execute import Answer, student_files
from assignments.notebooks import Unreadable
from assignments.teacher import hidden, questions, worked
from assignments.values import Code, Rng, encode

PAGE = "chapter 3, One neuron, one bit: Where it rests (chapters/neuron.html#where-it-rests)"


def case(probe, expected=None, judge="close", hint="", settings=None, **given):
    return {"probe": probe, "given": {name: encode(value) for name, value in given.items()}, "judge": judge,
            "settings": {name: encode(value) for name, value in (settings or {}).items()}, "hint": hint,
            "expected": encode(expected)}


SLOPE = {"name": "slope-value", "points": 3, "page": PAGE, "cases": [
    case("slope(w, x)", 2.0, w=2.0, x=0.0),
    case("slope(w, x)", [2.0, 2.0], w=2.0, x=np.zeros(2), hint="Think of tanh'.")]}
RATE = {"name": "rate", "points": 2.5, "page": PAGE, "cases": [
    case("rate(rng, f)", judge="between", settings={"low": 0, "high": 1}, rng=Rng(2), f=Code("lambda z: np.sin(z)"))]}
EXAM = {"assignment": "neuron", "title": "One neuron", "library": False, "tests": [SLOPE, RATE]}
RIGHT = ["import numpy as np\nfrom assignments import check", "def slope(w, x):\n    return w * (1 - np.tanh(x) ** 2)",
         'check("slope-value")',
         "def rate(rng, f):\n    return f(rng.random())", 'check("rate")']


@pytest.fixture
def folder(tmp_path):
    """What a student has: the student's part of the package, and the visible tests."""
    for name, text in {**student_files(), "visible.json": json.dumps(EXAM)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def notebook(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def save(folder, *sources):
    nbformat.write(notebook(*sources), folder / "neuron.ipynb")
    return folder / "neuron.ipynb"


def outputs(folder, *sources):
    """Each cell's output in a real kernel: what was printed, or what is shown of an error."""
    book = NotebookClient(notebook(*sources), allow_errors=True, timeout=60, kernel_name="python3",
                          resources={"metadata": {"path": str(folder)}}).execute()
    return ["".join("\n".join(out["traceback"]) if out.output_type == "error" else out.get("text", "")
                    for out in cell.outputs) for cell in book.cells]


def test_check_inside_a_kernel(folder):
    said = outputs(folder, *RIGHT[:3], "def slope(w, x):\n    return np.tanh(w * x)", 'check("slope-value")',
                   "def slope(w, x):\n    y = 1\n    return y.tanh", 'check("slope-value")', 'check("rate")',
                   "def rate(rng, f):\n    raise NotImplementedError", 'check("rate")', 'check("slope")',
                   "def rate(rng, f):\n    import sys; sys.exit()", 'check("rate")',
                   "import os; os.remove('visible.json')",
                   'check("rate")')
    assert said[2] == "slope-value: 2 visible cases pass.\n"
    assert said[4] == ("slope-value: not yet (case 1 of 2).\n  slope(w, x)  with w = 2, x = 0\n  expected 2, got 0.\n"
                       f"  Read again: {PAGE}.")
    assert said[6].splitlines()[2] == ("  stopped with AttributeError: 'int' object has no attribute 'tanh' "
                                       "(line 3 of the cell, in slope).")
    assert "name 'rate' is not defined" in said[7] and said[7].splitlines()[1] == (
        "  rate(rng, f)  with rng = np.random.default_rng(2), f = lambda z: np.sin(z)")
    assert said[9].splitlines()[2] == "  is not answered yet." and "stopped with SystemExit" in said[12]
    assert "Traceback" not in "".join(said[i] for i in (4, 6, 7, 9, 12))
    assert "name must be one of ['slope-value', 'rate'], got 'slope'" in said[10]
    assert "visible.json must lie beside the notebook" in said[14]


def run(folder, *arguments):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-m", "assignments", *arguments], cwd=folder, env=environment,
                          capture_output=True,
                          text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_the_students_copy_checks_a_file(folder):
    save(folder, *RIGHT)
    code, said, error = run(folder, "check", "neuron.ipynb")
    assert (code, error) == (0, "")
    assert said == ("One neuron: running 3 cells of neuron.ipynb from top to bottom ...\n"
                    "passes   slope-value (3 points)\n"
                    "passes   rate (2.5 points)\n2 of 2 visible tests pass. Hidden ones have other sizes and seeds; "
                    "written answers are read by a person.\n")


def test_a_file_with_mistakes(folder):
    path, said = save(folder, RIGHT[0], "def slope(w, x):\n    return np.tanh(x)[0]", "import lrdlib",
                      "raise NotImplementedError",
                      "def rate(rng, f):\n    return 7"), []
    assert check_file(path, said.append) is False
    assert said == [
        "One neuron: running 5 cells of neuron.ipynb from top to bottom ...", said[1],
        "not yet  slope-value (3 points)",
        "  slope(w, x)  with w = 2, x = 0\n"
        "  stopped with IndexError: invalid index to scalar variable. (line 2 of the cell, in slope)."
        f"\n  Read again: {PAGE}.",
        "not yet  rate (2.5 points)", f"  rate(rng, f)  with rng = np.random.default_rng(2), f = lambda z: np.sin(z)\n"
        f"  expected between 0 and 1, got 7.\n  Read again: {PAGE}.", said[-1]]
    assert said[1].startswith("! The cell that begins with 'import lrdlib' stopped with ModuleNotFoundError")
    assert said[-1].startswith("0 of 2 visible tests pass.")


@pytest.mark.parametrize("name, content, said", [
    ("neuron.ipynb", b"%PDF", "is no notebook: not JSON"), ("neuron.ipynb", b"", "is empty"),
    ("neuron.ipynb", None, "cannot be read: No such file"), ("visible.json", None, "visible.json must lie beside"),
    ("visible.json", b"{", "visible.json must hold the visible tests"),
    ("visible.json", b"[]", "must hold the visible tests"),
    ("visible.json", b"\xff", "must hold the visible tests"),
])
def test_files_that_will_not_do_are_said_in_one_line(folder, capsys, name, content, said):
    save(folder, "1")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    assert command.main(["check", str(folder / "neuron.ipynb")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and "Traceback" not in error


def test_check_file_raises_what_it_says(folder):
    (folder / "neuron.ipynb").write_text("[]")
    with pytest.raises(Unreadable, match="no list of cells"):
        check_file(folder / "neuron.ipynb")
    with pytest.raises(FileNotFoundError, match="visible.json"):
        load(folder / "other" / "visible.json")


def test_failures_exit_with_one(folder, capsys):
    assert command.main(["check", str(save(folder, *RIGHT[:3]))]) == 1
    assert "1 of 2 visible tests pass" in capsys.readouterr().out


HINT, RETURN = "  Hint: Think.\n", "  Does the function return its result?\n"


@pytest.mark.parametrize("answer, said, more", [
    (None, "was not reached", ""), (Answer(error="took more than 9 s"), "took more than 9 s", HINT),
    (Answer(3.0), "expected 2, got 3", HINT), (Answer(None), "expected 2, got None", RETURN + HINT),
    (Answer(2.0), None, ""), (Answer(error="is not answered yet"), "is not answered yet", ""),
    (Answer(error="stopped with NameError: name 'f'"), "stopped with NameError: name 'f'", ""),
    (Answer(error="stopped with ValueError: no."), "stopped with ValueError: no", HINT),
])
def test_a_failure_says_what_to_do_and_hints_only_at_what_was_tried(answer, said, more):
    asked = {**SLOPE["cases"][0], "hint": "Think."}
    assert failure(SLOPE, asked, answer) == (said and (
        f"  slope(w, x)  with w = 2, x = 0\n  {said}.\n{more}  Read again: {PAGE}."))


def test_given_values_are_shown_short():
    text = failure(RATE, case("f()", 1.0, a=np.zeros((50, 3)), b=[1, "x"], c={"k": None}), Answer(2.0))
    assert text.startswith("  f()  with a = an array of shape (50, 3), b = [1, 'x'], c = {'k': None}\n")


def test_first_line():
    assert first_line("\n\n  a = 1\nb") == "a = 1" and first_line("") == "" and len(first_line("x" * 99)) == 60


def test_an_error_shows_its_message_only():
    assert NotYet("a\n  b")._render_traceback_() == ["a", "  b"]


def test_check_looks_where_it_is_called(tmp_path, monkeypatch):
    (tmp_path / "visible.json").write_text(json.dumps(EXAM))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotYet, match="name 'slope' is not defined"):
        check_in_here("slope-value")
    exec('check("slope-value")', {"check": check_in_here, "slope": lambda w, x: w + 0 * x})


def test_the_hidden_tests_in_the_students_kernel(monkeypatch):
    seen = []

    def exam(assignment, seed):
        seen.append((assignment, seed))
        return EXAM

    monkeypatch.setattr(worked, "hidden", exam)
    monkeypatch.setenv("LRD_SEED", "12")
    call = 'hidden.check("neuron", "slope-value")'
    exec(call, {"hidden": hidden, "slope": lambda w, x: w + 0 * x})
    assert seen == [("neuron", 12)]
    with pytest.raises(NotYet, match="a hidden case does not pass.\n.*\n  expected 2, got 0"):
        exec(call, {"hidden": hidden, "slope": lambda w, x: w * x})


def test_a_real_assignment(tmp_path):
    name = next(name for name in questions.ASSIGNMENTS if worked.source(name).is_file())
    (tmp_path / "visible.json").write_text(json.dumps(worked.visible(name)))
    path = tmp_path / f"{name}.ipynb"
    path.write_bytes(worked.source(name).read_bytes())
    said = []
    assert check_file(path, said.append), said
