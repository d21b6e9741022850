"""The tables of a class: ``marks.csv``, and ``written.csv``, into which a person writes marks of written answers."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import re
from pathlib import Path

from assignments.notebooks import STUB
from assignments.teacher import worked
from reproduction import files

__all__ = ["Given", "answer", "automatic", "mark_of", "read_written", "remarks", "update", "write"]

FIELDS = ("id", "student", "question", "answer", "marks", "out of")
NO_ANSWER = "(no answer)"
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # a spreadsheet may drop them
ROW = re.compile(r"([\r\n])(?=\"?a-[0-9a-f]{10}\"?[,;\t])")  # where one begins: in a field only if a quote was lost
FORMULA = re.compile(r"((?:^|[;\t\r\n]) *)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


def automatic(result: dict) -> float:
    """The points of a result's tests together."""
    return sum(result["marks"].values())


def remarks(result: dict) -> list[str]:
    """What is to be said of a submission: its problem, and what went wrong in running it."""
    return [*([f"The submission {result['problem']}."] if result["problem"] else []), *result["notes"]]


def answer(result: dict, question: str) -> str:
    """What a student wrote; `NO_ANSWER` if that is nothing, or what was handed out."""
    text = "\n".join(result["written"].get(question, "").splitlines()).strip()
    return text if text and text != STUB else NO_ANSWER


class Given:
    """The marks that a person gave.

    Parameters
    ----------
    rows : sequence of dict, optional
        The rows of a written.csv that have a mark, as a number; of two for the same answer the first counts.
    old : bool
        Whether they come from a table without identifiers.
    """

    def __init__(self, rows=(), old: bool = False):
        self.rows, self.old, self._found = list(rows), old, {}
        for row in self.rows:
            for key in (row["id"], (row["student"], row["question"], _line(row["answer"]))):
                self._found.setdefault(key, row)

    def find(self, result: dict, question: str) -> dict | None:
        """The row of this very answer: by its identifier, or else by the student and the text."""
        text = (safe(result["student"]), question, _line(safe(answer(result, question))))
        return self._found.get(identifier(result, question)) or self._found.get(text)


def identifier(result: dict, question: str) -> str:
    """A name of this very answer, in which no spreadsheet sees a number, a date or a formula."""
    parts = (result["entry"], question, _line(answer(result, question)))
    return "a-" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def mark_of(given: Given, result: dict, question: str) -> float | None:
    """The mark that a person gave for this very answer; 0 for none, None for one that waits to be marked."""
    if row := given.find(result, question):
        return row["marks"]
    return 0.0 if answer(result, question) == NO_ANSWER else None


def read_written(path, points: dict[str, float]) -> Given:
    """The marks in a written.csv; none if there is no such file.

    It may have been saved by a spreadsheet: with semicolons or tabs, other ends of lines, decimal commas.

    Raises
    ------
    ValueError
        If it is not such a table in UTF-8, if a lost quote has made rows a part of another, or a mark is not a number
        from 0 to the question's points; the message names whose.
    """
    path, given = Path(path), []
    if not path.is_file():
        return Given()
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("written.csv must be UTF-8: save it as \"CSV UTF-8\"") from None
    rows = io.StringIO(content, newline="")
    heading = rows.readline()
    separator = max(",;\t", key=heading.count)
    columns = next(csv.reader([heading], delimiter=separator), [])
    if missing := [name for name in FIELDS[1:5] if name not in columns]:
        raise ValueError(f"written.csv must have the columns {', '.join(FIELDS[1:])}; "
                         f"{', '.join(missing)} cannot be found")
    with contextlib.closing(rows):
        for row in csv.DictReader(rows, columns, delimiter=separator):
            text = (row.get("marks") or "").strip()
            more = row.pop(None, [])
            if (any(more) or any(row[name] is None for name in FIELDS[1:5])
                    or any(ROW.search(field) for field in row.values() if field)):
                raise ValueError("written.csv: a quote (\") is missing at or before the answer of "
                                 f"{row['student']!r} for {row['question']!r}, where the rows run into each other")
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
            given.append({name: row.get(name) or "" for name in FIELDS} | {"marks": mark})
    return Given(given, "id" not in columns)


def write(out: Path, assignment: str, results: dict, given: Given, name: str = "written.csv") -> list[dict]:
    """Write both tables for these results, with the marks that a person has given; `name` is that of the second.

    Returns
    -------
    list of dict
        The rows that have a mark and match no answer. They are kept at the end of the table.
    """
    points, questions = worked.points(assignment), list(worked.written(assignment))
    tests = [name for name in points if name not in questions]
    rows, answers, used = [], [], []
    for student, result in results.items():
        marks = {question: mark_of(given, result, question) for question in questions}
        waiting = [question for question in questions if marks[question] is None]
        said = remarks(result)
        if waiting:
            said.append(f"Written answers wait to be marked: {', '.join(waiting)}.")
        of_person = sum(mark or 0 for mark in marks.values())
        rows.append({"student": safe(student), "submission": safe(result["entry"]),
                     "total": f"{automatic(result) + of_person:g}", "out of": f"{sum(points.values()):g}",
                     "automatic": f"{automatic(result):g}", "written": f"{of_person:g}",
                     **{name: f"{result['marks'][name]:g}" for name in tests},
                     **{name: "" if marks[name] is None else f"{marks[name]:g}" for name in questions},
                     "notes": safe(" ".join(said))})
        used += [given.find(result, question) for question in questions]
        answers += [dict(zip(FIELDS, (identifier(result, question), safe(student), question,
                                      ROW.sub(r"\1 ", safe(answer(result, question))),
                                      "" if (mark := marks[question]) is None else f"{mark:g}",
                                      f"{points[question]:g}"))) for question in questions]
    used_rows = {id(row) for row in used}
    left = [row for row in given.rows if id(row) not in used_rows and not (
        row["marks"] == 0 and row["answer"] == NO_ANSWER)]
    answers += [{**{name: safe(str(text)) for name, text in row.items()}, "marks": f"{row['marks']:g}"}
                for row in left]
    columns = ["student", "submission", "total", "out of", "automatic", "written", *tests, *questions, "notes"]
    files.write(out / "marks.csv", _table(columns, rows))
    files.write(out / name, _table(FIELDS, answers))
    return left


def update(out: Path, assignment: str, results: dict, given: Given, expected=()) -> tuple[Given, list[str]]:
    """Write both tables, with the marks that written.csv holds now: it may have been saved since it was read.

    Parameters
    ----------
    out : Path
    assignment : str
    results : dict
        By student.
    given : Given
        What written.csv held before; counts if it cannot be read now.
    expected : sequence of str
        Students who have no result yet: their marks are kept without a word.

    Returns
    -------
    Given
        The marks that count.
    list of str
        What the teacher should know.
    """
    path, said, name = out / "written.csv", [], "written.csv"
    try:
        given = read_written(path, worked.points(assignment))
    except (OSError, ValueError) as error:
        name = "written-new.csv"
        said.append(f"written.csv has changed meanwhile and cannot be read ({error}). It is left as it is; the table "
                    f"of this run is {name}, with the marks that were there before.")
    if given.old and given.rows and name == path.name:  # there a lost quote is not seen
        files.write(out / "written.csv.bak", path.read_bytes().decode("utf-8-sig"))
        said.append("written.csv had no column id; the file as it was is written.csv.bak.")
    left = write(out, assignment, results, given, name)
    waiting = {safe(student) for student in expected}
    if left := [row for row in left if row["student"] not in waiting]:
        whose = ", ".join(dict.fromkeys(row["student"] for row in left))
        said.append(f"Marks in {name} that match no answer, and do not count: {len(left)}, of {whose}. Their rows are "
                    "at its end; give the marks to other answers, or delete the rows.")
    return given, said


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula, not even where it splits at semicolons or ends of lines."""
    return FORMULA.sub(r"\1'", text)


def _line(text):
    """The text in one line, without control characters: spreadsheets change spaces and ends of lines."""
    return " ".join(CONTROL.sub("", text).split())


def _table(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return "\ufeff" + text.getvalue()  # so that spreadsheets take it for UTF-8
