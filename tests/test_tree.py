"""The tree keeps the house rules: who imports whom, how long a module may be, and what no file may name."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("lrdlib", "reproduction", "assignments")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BUILT = {".git", ".venv", "_build", "build", "dist", "__pycache__", ".hypothesis", ".pytest_cache", ".ruff_cache",
         "release", "submitted", "autograded", "feedback"}  # these four in assignments

# Parts of lrdlib, and the parts that each may import beside itself.
MAY_IMPORT = {
    "_validate": set(),
    "networks": {"_validate"},
    "batch": {"_validate"},
    "tasks": {"_validate", "batch"},
    "gradients": {"_validate", "networks", "tasks", "batch"},
    "dynamics": {"_validate", "networks", "tasks", "batch"},
    "learners": {"_validate", "networks", "tasks", "batch", "gradients", "dynamics"},
    "plots": {"_validate"},
    "__init__": {"networks", "tasks", "gradients", "dynamics", "learners"},
}
# What a part may import beside the standard library and the project itself.
LIBRARIES = {"plots": {"numpy", "matplotlib", "IPython"}}


def part(path):
    """`networks` for lrdlib/networks/base.py and for lrdlib/networks.py."""
    return path.relative_to(ROOT / "lrdlib").parts[0].removesuffix(".py")


def imports(source):
    """The dotted names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def strangers(path, source):
    """What this module of lrdlib imports, and may not."""
    here = part(path)
    for name in imports(source):
        top, _, rest = name.partition(".")
        if top == "lrdlib":
            if rest.split(".")[0] not in MAY_IMPORT[here] | {here, ""}:
                yield name
        elif top == "" or top not in sys.stdlib_module_names | LIBRARIES.get(here, {"numpy"}):
            yield name


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in MODULES if "lrdlib" in path.relative_to(ROOT).parts], ids=name)
def test_who_may_import_whom(path):
    assert list(strangers(path, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("part, source", [
    ("networks/base.py", "from lrdlib import tasks"),
    ("tasks.py", "import lrdlib.networks"),
    ("gradients.py", "from lrdlib.learners import Problem"),
    ("learners/descent.py", "from lrdlib.plots.style import COLOURS"),
    ("learners/descent.py", "import reproduction"),
    ("dynamics/neuron.py", "def f():\n    import matplotlib.pyplot"),
    ("plots/memory.py", "from lrdlib.networks import LatchNeuron"),
    ("plots/memory.py", "from .style import figure"),
])
def test_the_import_rule_can_fail(part, source):
    assert list(strangers(ROOT / "lrdlib" / part, source)) != []


@pytest.mark.parametrize("path", [path for path in MODULES if "reproduction" in path.relative_to(ROOT).parts], ids=name)
def test_reproduction_draws_nothing(path):
    drawing = [module for module in imports(path.read_text(encoding="utf-8"))
               if module.split(".")[0] in {"matplotlib", "pylab"} or module.startswith("lrdlib.plots")]
    assert drawing == []


LAZY = {"nbgrader", "nbformat", "traitlets"}  # which grading does without


def forbidden_to_assignments(path, source):
    """What this module of assignments imports, and may not: the student's part has nothing of ours beside it."""
    teacher = "teacher" in path.relative_to(ROOT).parts
    beside = {"numpy", "reproduction", "psutil", "tqdm", *LAZY} if teacher else {"numpy", "IPython", "traitlets"}
    outermost = {name for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)
                 for name in imports(ast.unparse(node))}
    for name in imports(source):
        top = name.split(".")[0]
        if top == "assignments":
            if not teacher and name.startswith("assignments.teacher") and not (
                    path.name == "__main__.py" and name == "assignments.teacher.commands" and name not in outermost):
                yield name  # of the command line the teacher's part may be missing
        elif top not in sys.stdlib_module_names | beside or (top in LAZY and teacher and name in outermost):
            yield name


OF_ASSIGNMENTS = [path for path in (ROOT / "assignments").rglob("*.py") if path.parent.name != "cases"]


@pytest.mark.parametrize("path", OF_ASSIGNMENTS, ids=name)
def test_what_assignments_may_import(path):
    assert list(forbidden_to_assignments(path, path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("place, source", [
    ("check.py", "import lrdlib"), ("check.py", "def f():\n    from reproduction import files"),
    ("check.py", "import psutil"),
    ("check.py", "from assignments.teacher import worked"),
    ("check.py", "def f():\n    import assignments.teacher.grade"),
    ("__main__.py", "from assignments.teacher import commands"),
    ("__main__.py", "try:\n    from assignments.teacher import grade\n"
     "except ImportError:\n    pass"), ("teacher/grade.py", "import matplotlib"),
    ("teacher/course.py", "import nbgrader"),
    ("teacher/course.py", "from . import grade"), ("teacher/grade.py", "from lrdlib import networks"),
])
def test_the_rule_for_assignments_can_fail(place, source):
    assert list(forbidden_to_assignments(ROOT / "assignments" / place, source)) != []


def test_the_students_part_loads_nothing_else():
    code = ("import sys, assignments, assignments.runner, assignments.notebooks; "
            "print({'IPython', 'lrdlib', 'reproduction', 'matplotlib', 'scipy', 'psutil', 'assignments.teacher'} "
            "& set(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_the_core_runs_on_numpy_alone():
    core = "import sys, lrdlib, lrdlib.dynamics; print({'scipy', 'matplotlib', 'tqdm'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", core], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_one_concept(path):
    assert path.read_text(encoding="utf-8").count("\n") < 400


def files():
    """Every file of the project, and none that was built from it."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in BUILT and not f.endswith(".egg-info")]
        yield from (Path(folder) / name for name in names if not name.startswith(".coverage"))


# Written in two halves, so that this file does not name them either.
FORBIDDEN = [a + b for a, b in [("/wo", "rk/"), ("/tm", "p/"), ("/ho", "me/"), ("/ro", "ot/"), ("../sha", "red"),
                                ("pypi", ".org"), ("pythonhos", "ted"), ("registry.npm", "js"), ("local", "host:")]]


def test_no_file_names_a_machine():
    named = []
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        named += [f"{path.relative_to(ROOT)}: {word}" for word in FORBIDDEN if word in text]
    assert named == []


def test_every_part_is_in_the_reference():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    parts = {part(path) for path in MODULES if "lrdlib" in path.relative_to(ROOT).parts}
    public = {name for name in parts if not name.startswith("_")} - {"batch"}  # documented where it is handed out
    assert [name for name in sorted(public) if f".. automodule:: lrdlib.{name}" not in page] == []
