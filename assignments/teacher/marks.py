"""The tables of a class: ``marks.csv``, and ``written.csv``, into which a person writes marks of written answers."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path

from assignments.teacher import worked
from reproduction import files

__all__ = ["automatic", "mark_of", "read_written", "write"]

FIELDS = ("student", "question", "answer", "marks", "out of")
NO_ANSWER = "(no answer)"
STUB = "YOUR ANSWER HERE"
FORMULA = re.compile(r"((?:^|[;\t\r\n]) *)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def automatic(result: dict) -> float:
    """The points of a result's tests together."""
    return sum(result["marks"].values())


def answer(result: dict, question: str) -> str:
    """What a student wrote; `NO_ANSWER` if that is nothing, or what was handed out."""
    text = "\n".join(result["written"].get(question, "").splitlines()).strip()
    return text if text and text != STUB else NO_ANSWER


def mark_of(given: dict, result: dict, question: str) -> float | None:
    """The mark that a person gave for this very answer; 0 for none, None for one that waits to be marked."""
    text = answer(result, question)
    return given.get((safe(result["student"]), question, _line(safe(text))), 0.0 if text == NO_ANSWER else None)


def read_written(path, points: dict[str, float]) -> dict:
    """The marks in a written.csv, by (student, question, answer); empty if there is none.

    It may have been saved by a spreadsheet: with semicolons or tabs, other ends of lines, decimal commas.

    Raises
    ------
    ValueError
        If it is not such a table in UTF-8, or a mark is not a number from 0 to the question's points; the message
        names whose.
    """
    path, given = Path(path), {}
    if not path.is_file():
        return given
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("written.csv must be UTF-8: save it as \"CSV UTF-8\"") from None
    rows = io.StringIO(content, newline="")
    heading = rows.readline()
    separator = max(",;\t", key=heading.count)
    columns = next(csv.reader([heading], delimiter=separator), [])
    if missing := [name for name in FIELDS[:4] if name not in columns]:
        raise ValueError(f"written.csv must have the columns {', '.join(FIELDS)}; {', '.join(missing)} cannot be found")
    with contextlib.closing(rows):
        for row in csv.DictReader(rows, columns, delimiter=separator):
            text = (row.get("marks") or "").strip()
            if not text:
                continue
            most = points.get(row.get("question") or "", 0)
            try:
                mark = float(text.replace(",", "."))
            except ValueError:
                mark = -1.0
            if not 0 <= mark <= most:
                raise ValueError(f"written.csv: the marks of {row.get('student')!r} for {row.get('question')!r} must "
                                 f"be a number from 0 to {most:g}, got {text!r}")
            given[row["student"], row["question"], _line(row["answer"] or "")] = mark
    return given


def write(out: Path, assignment: str, results: dict, given: dict) -> None:
    """Write both tables for these results, with the marks that a person has given."""
    points, questions = worked.points(assignment), list(worked.written(assignment))
    tests = [name for name in points if name not in questions]
    rows, answers = [], []
    for student, result in results.items():
        marks = {question: mark_of(given, result, question) for question in questions}
        waiting = [question for question in questions if marks[question] is None]
        said = [*([f"The submission {result['problem']}."] if result["problem"] else []), *result["notes"]]
        if waiting:
            said.append(f"Written answers wait to be marked: {', '.join(waiting)}.")
        of_person = sum(mark or 0 for mark in marks.values())
        rows.append({"student": safe(student), "submission": safe(result["entry"]),
                     "total": f"{automatic(result) + of_person:g}", "out of": f"{sum(points.values()):g}",
                     "automatic": f"{automatic(result):g}", "written": f"{of_person:g}",
                     **{name: f"{result['marks'][name]:g}" for name in tests},
                     **{name: "" if marks[name] is None else f"{marks[name]:g}" for name in questions},
                     "notes": safe(" ".join(said))})
        answers += [dict(zip(FIELDS, (safe(student), question, safe(answer(result, question)),
                                      "" if (mark := marks[question]) is None else f"{mark:g}",
                                      f"{points[question]:g}"))) for question in questions]
    there = {safe(student) for student in results}  # of the others, if the run was cut short, marks are not lost
    answers += [dict(zip(FIELDS, (student, question, text, f"{mark:g}", f"{points[question]:g}")))
                for (student, question, text), mark in given.items() if student not in there and question in points]
    columns = ["student", "submission", "total", "out of", "automatic", "written", *tests, *questions, "notes"]
    files.write(out / "marks.csv", _table(columns, rows))
    files.write(out / "written.csv", _table(FIELDS, answers))


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, not even where it splits at semicolons or ends of lines."""
    return FORMULA.sub(r"\1'", text)


def _line(text):
    """The text in one line: spreadsheets change spaces and ends of lines."""
    return " ".join(text.split())


def _table(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()  # so that spreadsheets take it for UTF-8
