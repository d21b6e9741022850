"""The contract of a chapter, as rules: each takes a notebook and yields what is wrong with it, in words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEADINGS = ["Check", "Paper and ours", "Exercises", "What to remember", "Further reading"]
SEEDED = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-?[0-9a-f]{12})?")
WIDTH = 86  # of a line of code that the reader sees: the column of the page cuts longer ones
CITATION = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


def tags(cell):
    return set(cell.metadata.get("tags", []))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def section(notebook, heading):
    """The cells from a second-level heading to the next one; empty if there is none."""
    out, inside = [], False
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.match(r"## +(.*)", cell.source)):
            inside = found[1].strip().lower().startswith(heading.lower())
        if inside:
            out.append(cell)
    return out


def tree(cell):
    return ast.parse("\n".join(re.sub(r"^\s*[%!].*", "pass", line) for line in cell.source.split("\n")))


def imported(cells, package):
    """The names that these cells give to modules or functions of a package."""
    names = set()
    for node in (node for cell in cells for node in ast.walk(tree(cell))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if f"{node.module}.{alias.name}".startswith(package):
                    names.add(alias.asname or alias.name)
        elif isinstance(node, ast.Import):
            names |= {a.asname or a.name.split(".")[0] for a in node.names if a.name.startswith(package)}
    return names


def figures(notebook):
    """The cells that show a figure: those that call a function of lrdlib.plots."""
    names = imported(code_cells(notebook), "lrdlib.plots")

    def draws(node):
        target = node.func
        while isinstance(target, ast.Attribute):
            target = target.value
        return isinstance(target, ast.Name) and target.id in names

    return [cell for cell in code_cells(notebook)
            if any(isinstance(node, ast.Call) and draws(node) for node in ast.walk(tree(cell)))]


def sections_in_order(notebook):
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be the title and the question"
    opening = prose(notebook.cells[:4]).lower()
    for phrase in ("in the paper", "you will"):
        if phrase not in opening:
            yield f"the opening must say {phrase!r}"
    found = re.findall(r"^## +(.*?)\s*$", prose(notebook.cells), re.M)
    places = []
    for heading in HEADINGS:
        at = [i for i, text in enumerate(found) if text.lower().startswith(heading.lower())]
        if len(at) != 1:
            yield f"there must be one section {heading!r}, found {len(at)}"
        places += at
    if places != sorted(places):
        yield f"the sections must come in the order {', '.join(HEADINGS)}"


def beats(notebook):
    if not re.search(r"\*\*predict", prose(notebook.cells), re.I):
        yield "there must be a **Predict** before the reader looks"


def check_cell(notebook):
    checks = [cell for cell in code_cells(notebook) if "nbval-check-output" in tags(cell)]
    if not checks:
        yield "there must be a check cell, tagged nbval-check-output"
    for cell in checks:
        if "keep_output" not in tags(cell):
            yield f"{cell.id}: a check cell must be tagged keep_output"
        if not any(output.output_type == "stream" for output in cell.outputs):
            yield f"{cell.id}: a check cell must have a stored print, or nothing is compared"
        if not any(isinstance(node, ast.Assert) for node in ast.walk(tree(cell))):
            yield f"{cell.id}: a check cell must assert something"


def stored_outputs(notebook):
    if "widgets" in notebook.metadata:
        yield "the notebook stores the state of its controls"
    for cell in code_cells(notebook):
        kept = "keep_output" in tags(cell)
        if not kept and (cell.outputs or cell.execution_count is not None):
            yield f"{cell.id}: stores an output or a count without the tag keep_output"
        if kept and cell.execution_count is None:
            yield f"{cell.id}: has no execution count, so nbval would fail on it"


def stable_ids(notebook):
    ids = [cell.get("id", "") for cell in notebook.cells]
    for name in ids:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or RANDOM_ID.fullmatch(name):
            yield f"cell id {name!r} must be a readable name"
    if len(set(ids)) < len(ids):
        yield "cell ids must differ"


def short_cells(notebook):
    for cell in code_cells(notebook):
        lines = sum(bool(line.strip()) for line in cell.source.split("\n"))
        most = 12
        if tags(cell) & {"algorithm", "nbval-check-output"}:
            most = 25
        if tags(cell) & {"hide-cell", "hide-input", "remove-cell", "remove-input"}:
            most = 40
        if lines > most:
            yield f"{cell.id}: {lines} lines of code, at most {most}"


def narrow_code(notebook):
    for cell in code_cells(notebook):
        if not tags(cell) & {"hide-cell", "hide-input", "remove-cell", "remove-input"}:
            longest = max(map(len, cell.source.split("\n")))
            if longest > WIDTH:
                yield f"{cell.id}: a line of {longest} characters, at most {WIDTH}"


def described_figures(notebook):
    shown = [cell for cell in figures(notebook) if not tags(cell) & {"remove-cell", "remove-output"}]
    if not shown:
        yield "there must be a figure"
    for cell in shown:
        mystnb = cell.metadata.get("mystnb", {})
        alt = mystnb.get("image", {}).get("alt", "")
        caption = mystnb.get("figure", {}).get("caption", "")
        if len(alt) < 30:
            yield f"{cell.id}: the figure needs an alt text that says what is to be seen"
        if len(caption) < 20 and "hide-cell" not in tags(cell):
            yield f"{cell.id}: the figure needs a caption"
        if alt and alt == caption:
            yield f"{cell.id}: the alt text must not be the caption again"


def clean_code(notebook):
    for cell in code_cells(notebook):
        if re.search(r"^\s*[!%]+\s*(pip|conda)", cell.source, re.M):
            yield f"{cell.id}: installs something"
        for node in ast.walk(tree(cell)):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            for module in modules:
                if module.split(".")[0] in {"matplotlib", "random", "pylab", "seaborn"}:
                    yield f"{cell.id}: imports {module}"
            if isinstance(node, ast.Attribute) and node.attr not in SEEDED:
                if ast.unparse(node.value) in {"np.random", "numpy.random"}:
                    yield f"{cell.id}: {ast.unparse(node)} uses global random state"


def exercises(notebook):
    cells = section(notebook, "Exercises")
    solutions = []  # how many solutions follow each statement
    for cell in cells:
        if cell.cell_type == "markdown":
            solutions += [0] * len(re.findall(r"^(?:#+ *|\*\*)exercise\b", cell.source, re.M | re.I))
            solutions = solutions if not re.match(r"## ", cell.source) or solutions else []
        elif "hide-cell" in tags(cell) and solutions:
            solutions[-1] += 1
    if not 3 <= len(solutions) <= 5:
        yield f"there must be three to five exercises, found {len(solutions)}"
    for number, count in enumerate(solutions, 1):
        if not count:
            yield f"exercise {number} must be followed by a solution, a code cell tagged hide-cell"


def controls(notebook):
    cells = code_cells(notebook)
    names = imported(cells, "ipywidgets")
    drawn = figures(notebook)
    alive = [cell for cell in cells if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(tree(cell)))
             or imported([cell], "ipywidgets")]
    if not alive:
        yield "there must be a control made with ipywidgets"
    for cell in alive:
        if "remove-cell" not in tags(cell):
            yield f"{cell.id}: a control must be tagged remove-cell, for it is dead in the static page"
        if "skip-execution" not in tags(cell):
            yield f"{cell.id}: a control must be tagged skip-execution, for its messages can stall the build"
        place = cells.index(cell)
        beside = [c for c in cells[max(place - 1, 0):place + 2] if c is not cell]
        if not any(c in drawn and "remove-cell" not in tags(c) for c in beside):
            yield f"{cell.id}: a control must stand beside a static figure that shows the same"


def three_sentences(notebook):
    cells = section(notebook, "What to remember")
    text = re.sub(r"^## .*", "", prose(cells[:1])) + prose(cells[1:])
    text = re.sub(r"\$[^$]*\$|^\s*(?:[-*]|\d+\.)\s+", " ", text, flags=re.M)
    sentences = re.findall(r"[.!?](?=[\s*_)]|$)", text.replace("e.g.", "").replace("i.e.", ""))
    if len(sentences) != 3:
        yield f"what to remember must be three sentences, found {len(sentences)}"


def citations(notebook, bibliography=None):
    known = bibliography
    if known is None:
        known = set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.M))
    cited = [key.strip() for keys in CITATION.findall(prose(notebook.cells)) for key in keys.split(",")]
    for key in cited:
        if key not in known:
            yield f"{key!r} is cited, but references.bib does not have it"
    if not CITATION.search(prose(section(notebook, "Further reading"))):
        yield "further reading must be cited"


RULES = [sections_in_order, beats, check_cell, stored_outputs, stable_ids, short_cells, narrow_code,
         described_figures, clean_code, exercises, controls, three_sentences, citations]
