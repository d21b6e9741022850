"""Every chapter keeps the contract, and every rule of the contract can fail."""

from __future__ import annotations

import copy
import subprocess
import sys

import chapter_contract as contract
import nbformat
import pytest
from nbclient import NotebookClient

CHAPTERS = sorted((contract.ROOT / "chapters").glob("*.ipynb"))


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("rule", contract.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_contract(path, rule):
    assert list(rule(read(path))) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_format(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)


def test_every_chapter_is_in_the_book():
    listed = (contract.ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert CHAPTERS and all(f"file: chapters/{path.stem}\n" in listed for path in CHAPTERS)


# A chapter that keeps every rule, and for each rule ways to break it.


def markdown(name, text):
    return nbformat.v4.new_markdown_cell(text, id=name)


def code(name, text, *tags, **metadata):
    return nbformat.v4.new_code_cell(text, id=name, metadata={"tags": list(tags), **metadata})


DESCRIBED = {"mystnb": {"image": {"alt": "A line falls from one to nearly zero within ten steps."},
                        "figure": {"caption": "The gradient against the lag."}}}


def good():
    check = code("check", "assert 1 + 1 == 2\nprint(2)", "keep_output", "nbval-check-output")
    check.outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]
    check.execution_count = 3
    drills = [cell for k in "123" for cell in (markdown(f"exercise-{k}", f"### Exercise {k}\nTry."),
                                               code(f"solution-{k}", "print(1)", "hide-cell"))]
    return nbformat.v4.new_notebook(cells=[
        markdown("title", "# Title\nWhy? **In the paper**: section I. **You will** see."),
        code("setup", "import numpy as np\nfrom lrdlib.plots import memory as plots"),
        markdown("predict", "**Predict.** Up or down?"),
        code("see", "plots.line(np.arange(3))", **DESCRIBED),
        code("slide", "import ipywidgets\nipywidgets.interact(plots.line, n=3)", "remove-cell",
             "skip-execution"),
        markdown("check-heading", "## Check"), check,
        markdown("ours", "## Paper and ours"),
        markdown("exercises", "## Exercises"), *drills,
        markdown("remember", "## What to remember\nOne, $a. b$ or .2. Two. Three."),
        markdown("further", "## Further reading\n{cite:t}`bengio1994learning`"),
    ])


def test_a_good_chapter_keeps_every_rule():
    assert [fault for rule in contract.RULES for fault in rule(good())] == []


def put(name, **changes):
    """A change of one cell: its source, tags or another field."""
    def change(notebook):
        cell = next(cell for cell in notebook.cells if cell.id == name)
        if "tags" in changes:
            cell.metadata["tags"] = changes["tags"]
        cell.update({key: value for key, value in changes.items() if key != "tags"})
    return change


def drop(name):
    return lambda notebook: notebook.cells.remove(next(cell for cell in notebook.cells if cell.id == name))


def swap(notebook):
    notebook.cells[-1], notebook.cells[-2] = notebook.cells[-2], notebook.cells[-1]


BROKEN = [
    (contract.sections_in_order, drop("ours")),
    (contract.sections_in_order, swap),
    (contract.sections_in_order, put("title", source="# Title\nWhy? In the paper: section I.")),
    (contract.beats, drop("predict")),
    (contract.check_cell, drop("check")),
    (contract.check_cell, put("check", tags=["nbval-check-output"])),
    (contract.check_cell, put("check", outputs=[])),
    (contract.check_cell, put("check", source="print(2)")),
    (contract.stored_outputs, put("see", execution_count=1)),
    (contract.stored_outputs, lambda notebook: notebook.metadata.update(widgets={})),
    (contract.stored_outputs, put("check", execution_count=None)),
    (contract.stable_ids, put("see", id="1f0a2b3c")),
    (contract.stable_ids, put("see", id="d34db33f")),
    (contract.stable_ids, put("see", id="setup")),
    (contract.short_cells, put("setup", source="x = 1\n" * 13)),
    (contract.short_cells, put("setup", source="x = 1\n" * 26, tags=["algorithm"])),
    (contract.narrow_code, put("setup", source="x = 1  # " + "x" * contract.WIDTH)),
    (contract.narrow_code, put("check", source="assert True\nx = 1  # " + "x" * contract.WIDTH)),
    (contract.described_figures, put("see", metadata={})),
    (contract.described_figures, drop("see")),
    (contract.clean_code, put("setup", source="!pip install numpy")),
    (contract.clean_code, put("setup", source="%pip install numpy")),
    (contract.clean_code, put("setup", source="import matplotlib.pyplot as plt")),
    (contract.clean_code, put("setup", source="import numpy as np\nnp.random.seed(0)")),
    (contract.clean_code, put("setup", source="import random")),
    (contract.exercises, drop("exercise-3")),
    (contract.exercises, put("solution-2", tags=[])),
    (contract.controls, put("slide", tags=["skip-execution"])),
    (contract.controls, put("slide", tags=["remove-cell"])),
    (contract.controls, drop("slide")),
    (contract.controls, drop("see")),
    (contract.three_sentences, put("remember", source="## What to remember\nOne. Two.")),
    (contract.citations, put("further", source="## Further reading\nThe paper.")),
    (contract.citations, put("further", source="## Further reading\n{cite}`nobody1994nothing`")),
]


@pytest.mark.parametrize("rule, spoil", BROKEN, ids=[f"{k}-{rule.__name__}" for k, (rule, _) in enumerate(BROKEN)])
def test_every_rule_can_fail(rule, spoil):
    notebook = good()
    spoil(notebook)
    assert list(rule(notebook)) != []


def test_no_rule_lacks_a_way_to_fail():
    assert {rule for rule, _ in BROKEN} == set(contract.RULES)


# nbval notices an altered number.


def nbval(notebook, path):
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", str(path)]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def altered(notebook):
    """A copy in which the last digit of the last check's print is another one."""
    other = copy.deepcopy(notebook)
    check = [cell for cell in contract.code_cells(other) if "nbval-check-output" in contract.tags(cell)][-1]
    output = next(output for output in check.outputs if output.output_type == "stream")
    place = max(i for i, letter in enumerate(output.text) if letter.isdigit())
    digit = str((int(output.text[place]) + 5) % 10)
    output.text = output.text[:place] + digit + output.text[place + 1:]
    return other


def test_nbval_fails_on_an_altered_print(tmp_path):
    source = "from lrdlib.dynamics import critical_input\nprint(f'{critical_input(2.0):.4f}')"
    cell = code("check", source, "keep_output", "nbval-check-output")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook).execute()
    assert nbval(notebook, tmp_path / "true.ipynb").returncode == 0
    spoilt = nbval(altered(notebook), tmp_path / "false.ipynb")
    assert spoilt.returncode == 1 and "1 failed" in spoilt.stdout


@pytest.mark.parametrize("path", [path for path in CHAPTERS if path.stem == "neuron"], ids=lambda path: path.stem)
def test_nbval_fails_on_an_altered_chapter(path, tmp_path):
    spoilt = nbval(altered(read(path)), tmp_path / path.name)
    assert spoilt.returncode == 1 and "1 failed" in spoilt.stdout
