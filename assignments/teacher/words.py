"""A student's answers in words, also where they do not stand in the cells that were handed out for them."""

from __future__ import annotations

from assignments.notebooks import STUB, Cell
from assignments.teacher import worked

__all__ = ["in_words"]

LONG = 20_000  # characters of an answer that are kept


def in_words(assignment: str, cells: list[Cell]) -> tuple[dict[str, str], list[str]]:
    """The answer to each question, and notes on those that are not where they belong.

    For a question whose cell is gone, or still as it was handed out, all markdown that the notebook has and the
    handed-out one has not stands as the answer: a person should see it before anybody loses a mark.

    Returns
    -------
    dict
        Text by question. A question whose cell is gone has none if there is no such markdown.
    list of str
    """
    asked, answers, notes = worked.written(assignment), {}, []
    for cell in cells:
        if cell.name in asked and answers.get(cell.name, STUB).strip() in ("", STUB):
            answers[cell.name] = cell.source[:LONG]
    handed_out = {_words(cell.source) for cell in worked.cells(assignment) if cell.name not in asked}
    new = "\n\n".join(cell.source.strip() for cell in cells if cell.kind == "markdown" and cell.name not in asked
                      and _words(cell.source) not in (handed_out | {"", STUB}))
    for question in asked:
        if new and answers.get(question, STUB).strip() in ("", STUB):
            where = "is as it was handed out" if question in answers else "is not in the notebook"
            answers[question] = f"[The cell of {question} {where}. New text elsewhere:]\n\n{new}"[:LONG]
            notes.append(f"The cell of {question} {where}; other text of the notebook is shown as the answer.")
    return answers, notes


def _words(text):
    return " ".join(text.split())
