"""The visible tests: inside a notebook, ``check("name")``; before handing in, ``python -m assignments check FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from assignments import notebooks
from assignments.execute import Answer, execute, student_files
from assignments.judges import judge, show
from assignments.runner import evaluate, explain
from assignments.values import BadValue, decode, encode

__all__ = ["NotYet", "ask", "check", "check_file", "failure", "load"]


class NotYet(AssertionError):
    """A test that does not pass yet. A notebook shows its message only, not the way through our code."""

    def _render_traceback_(self):
        return str(self).splitlines()


def load(path) -> dict:
    """The exam in a visible.json.

    Returns
    -------
    dict
        `assignment`, `title`, `library`, `written`, the names of the questions to be answered in words, and `tests`,
        each with its `name`, `points`, `page` and `cases`.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} must lie beside the notebook: it holds the visible tests "
                                f"(nothing found in {path.parent.resolve()})")
    try:
        exam = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        exam = None
    if not isinstance(exam, dict) or "tests" not in exam:
        raise ValueError(f"{path.name} must hold the visible tests: it is damaged, take it from the assignment again")
    return exam


def check(name: str) -> None:
    """Run the visible tests called `name` on what the notebook has defined so far.

    Raises
    ------
    NotYet
        If one does not pass: it says what was expected, what came, and what to read again.
    ValueError
        If there is no such test.
    """
    n = ask(load("visible.json"), name, sys._getframe(1).f_globals, "not yet (case {i} of {n})")
    print(f"{name}: {n} visible case{'s pass' if n > 1 else ' passes'}.")


def ask(exam: dict, name: str, namespace: dict, complaint: str) -> int:
    """Run the cases of one test of an exam in a namespace; how many there are.

    Raises
    ------
    NotYet
        If one does not pass; it begins with the `complaint`, in which {i} and {n} are its number and theirs.
    ValueError
        If there is no such test.
    """
    tests = {test["name"]: test for test in exam["tests"]}
    if name not in tests:
        raise ValueError(f"name must be one of {list(tests)}, got {name!r}")
    cases = tests[name]["cases"]
    for i, case in enumerate(cases, 1):
        if wrong := failure(tests[name], case, _here(case, namespace)):
            raise NotYet(f"{name}: {complaint.format(i=i, n=len(cases))}.\n{wrong}") from None
    return len(cases)


def _here(case, namespace) -> Answer:
    """A case's probe, evaluated in this very process."""
    try:
        return Answer(decode(encode(evaluate(case["probe"], case["given"], namespace))))
    except BadValue as error:
        return Answer(error=f"gave {error}")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the student's code raises is explained to them
        return Answer(error=explain(error))


def failure(test: dict, case: dict, answer: Answer | None) -> str | None:
    """What a student is told of a case that failed; None if it passed."""
    if answer is None:
        wrong = "was not reached"
    elif answer.error:
        wrong = answer.error
    else:
        decoded = {**case, "expected": decode(case.get("expected")),
                   "settings": {key: decode(value) for key, value in case["settings"].items()}}
        wrong = judge(answer.value, decoded)
    if wrong is None:
        return None
    given = ", ".join(f"{name} = {_given(data)}" for name, data in case["given"].items())
    lines = [f"  {case['probe']}" + (f"  with {given}" if given else ""), f"  {wrong.rstrip('.')}."]
    there = answer is not None and not (answer.error or "").startswith(("is not answered", "stopped with NameError"))
    if there and not answer.error and answer.value is None:
        lines.append("  Does the function return its result?")
    if case.get("hint") and there:  # a hint is for who has tried
        lines.append(f"  Hint: {case['hint']}")
    lines.append(f"  Read again: {test['page']}.")
    return "\n".join(lines)


def _given(data):
    if isinstance(data, dict) and "code" in data:
        return data["code"]
    if isinstance(data, dict) and "rng" in data:
        return f"np.random.default_rng({data['rng']})"
    return show(decode(data))


def check_file(path, out=print) -> bool:
    """Run a notebook from top to bottom in a fresh process, then its visible tests; say how each went.

    Parameters
    ----------
    path : path
        The notebook; visible.json lies beside it.
    out : callable
        Takes each line.

    Returns
    -------
    bool
        Whether all pass.

    Raises
    ------
    notebooks.Unreadable
        If it is no notebook.
    FileNotFoundError
        If visible.json is missing.
    """
    path = Path(path)
    exam = load(path.parent / "visible.json")
    book = notebooks.read(path)
    cells = notebooks.steps(book)
    probes = [case for test in exam["tests"] for case in test["cases"]]
    out(f"{exam['title']}: running {len(cells)} cells of {path.name} from top to bottom ...")
    run = execute(cells, probes, files=student_files(path.parent), without=() if exam["library"] else ("lrdlib",))
    for source, answer in zip(cells, run.cells):
        if answer is None or (answer.error and answer.error != "is not answered yet"):
            out(f"! The cell that begins with {first_line(source)!r} {answer.error if answer else 'was not reached'}.")
    for note in run.notes:
        out(f"! {note}")
    answers, right = iter(run.probes), 0
    for test in exam["tests"]:
        wrong = [failure(test, case, next(answers)) for case in test["cases"]]
        wrong = [text for text in wrong if text]
        right += not wrong
        out(f"{'passes ' if not wrong else 'not yet'}  {test['name']} ({test['points']:g} points)")
        if wrong:
            out(wrong[0])
    in_words = {cell.name for cell in book if cell.source.strip() not in ("", notebooks.STUB)}
    for name in exam.get("written", []):
        if name not in in_words:
            out(f"! not answered yet: {name} (your words belong into the cell that was handed out for them)")
    out(f"{right} of {len(exam['tests'])} visible tests pass. Hidden ones have other sizes and seeds; "
        "written answers are read by a person.")
    return right == len(exam["tests"])


def first_line(source: str) -> str:
    """The first line of a cell that says something, shortened."""
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line if len(line) <= 60 else line[:57] + "..."
