"""Whose notebook is whose, the tables that a teacher opens in a spreadsheet, and the pages that people read."""

from __future__ import annotations

import csv
import os
import re
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.teacher import feedback, marks, submissions, worked

NAME = "sample"
MODEL = "Because of <tanh>.\n\n### Marking guide\n1 point for each & reason."


def notebook(*cells):
    """A notebook's text, from (kind, source, own metadata)."""
    made = []
    for kind, source, own in cells:
        make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
        made.append(make(source, metadata={"nbgrader": own} if own else {}))
    return nbformat.writes(nbformat.v4.new_notebook(
        cells=made, metadata={"assignment": {"name": NAME, "title": "A sample", "library": False}}))


SAMPLE = notebook(("code", "def f(): ...", {"grade_id": "f", "solution": True}),
                  ("code", 'check("f-test")', {"grade_id": "f-test", "grade": True, "points": 3}),
                  ("code", 'check("g-test")', {"grade_id": "g-test", "grade": True, "points": 2.5}),
                  ("markdown", MODEL, {"grade_id": "why", "grade": True, "solution": True, "points": 4}),
                  ("markdown", "Model.", {"grade_id": "how", "grade": True, "solution": True, "points": 2}))
OTHER = notebook(("code", 'check("z")', {"grade_id": "z", "grade": True, "points": 1}))


@pytest.fixture(scope="module", autouse=True)
def sample(tmp_path_factory):
    """Two assignments of our own."""
    source = tmp_path_factory.mktemp("source")
    for name, text in ((NAME, SAMPLE), ("other_sample", OTHER)):
        (source / name).mkdir()
        (source / name / f"{name}.ipynb").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worked, "SOURCE", source)
        patch.setattr(submissions, "ASSIGNMENTS", (NAME, "other_sample"))
        yield


def lay(folder, *places, text=SAMPLE):
    for place in places:
        path = os.path.join(os.fsencode(folder), place if isinstance(place, bytes) else place.encode())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def found(folder, assignment=NAME):
    return {s.student: s.problem or os.path.relpath(s.path, folder) for s in submissions.find(folder, assignment)}


# Whose notebook is whose

def test_flat_files_as_canvas_gives_them(tmp_path):
    lay(tmp_path, "lovelaceada_123_456_sample.ipynb", "turingalan_LATE_9_8_sample-1.ipynb", "B.IPYNB", "README.txt",
        ".x.ipynb")
    assert found(tmp_path) == {"B": "B.IPYNB", "lovelaceada_123_456_sample": "lovelaceada_123_456_sample.ipynb",
                               "turingalan_LATE_9_8_sample-1": "turingalan_LATE_9_8_sample-1.ipynb"}


def test_folders_as_moodle_and_nbgrader_make_them(tmp_path):
    lay(tmp_path, "Ada Lovelace_123_assignsubmission_file_/answer.ipynb", "alan/sample/sample.ipynb",
        "alan/other/other.ipynb",
        "alan/sample/.ipynb_checkpoints/sample-checkpoint.ipynb", "bob/deep/er/my.ipynb", "flo/assignments/x.ipynb",
        "bob/__MACOSX/._my.ipynb", "bob/__MACOSX/my.ipynb", "__MACOSX/x.ipynb", "assignments/x.ipynb", ".git/x.ipynb",
        "cleo/a.ipynb", "cleo/b.ipynb", "dora/notes.txt", "eve/sample.ipynb", "eve/x/sample.ipynb")
    assert found(tmp_path) == {
        "Ada Lovelace_123_assignsubmission_file_": "Ada Lovelace_123_assignsubmission_file_/answer.ipynb",
        "alan": "alan/sample/sample.ipynb", "bob": "bob/deep/er/my.ipynb", "flo": "flo/assignments/x.ipynb",
        "dora": "holds no notebook (.ipynb)",
        "cleo": "holds 2 notebooks, and not exactly one is called sample.ipynb",
        "eve": "holds 2 notebooks, and not exactly one is called sample.ipynb"}


def test_links_are_not_followed(tmp_path):
    lay(tmp_path / "elsewhere", "secret.ipynb")
    lay(tmp_path / "in", "ada/sample.ipynb")
    (tmp_path / "in" / "ada" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "in" / "ada" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in" / "bob").mkdir()
    (tmp_path / "in" / "bob" / "all").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "in" / "cleo.ipynb").symlink_to(tmp_path / "elsewhere" / "secret.ipynb")
    assert found(tmp_path / "in") == {"ada": "ada/sample.ipynb", "bob": "holds no notebook (.ipynb)",
                                      "cleo": "cleo.ipynb"}
    with pytest.raises(submissions.notebooks.Unreadable, match="is a link"):  # whoever reads it is told
        submissions.notebooks.read(tmp_path / "in" / "cleo.ipynb")


def test_odd_names_are_printable_and_no_two_students_are_one(tmp_path):
    odd = [b"\xff.ipynb", b"\xfe.ipynb", "a\x1b[31m/x.ipynb", "a\x01[31m/x.ipynb", "a\n[31m/x.ipynb", "ada/x.ipynb",
           "ada.ipynb",
           "ada.ipynb.ipynb", "\u202eevil.ipynb", "é.ipynb", "e\u0301.ipynb", "=1+1.ipynb", "<b>.ipynb", " .ipynb",
           "zoë/x.ipynb"]
    lay(tmp_path, *odd)
    all_of_them = submissions.find(tmp_path)
    names = [s.student for s in all_of_them]
    assert len(names) == len(odd) == len(set(names)) == len({s.entry for s in all_of_them})
    assert all(name.isprintable() for name in names) and {"é", "zoë", "<b>"} <= set(names)
    assert [s.path is not None and submissions.notebooks.read(s.path) != [] for s in all_of_them] == [True] * len(odd)
    for name in names:
        name.encode()
    assert names == [s.student for s in submissions.find(tmp_path)]


def test_a_folder_that_may_not_be_read_is_its_students_problem(tmp_path, monkeypatch):
    lay(tmp_path, "ada/x.ipynb", "bob/x.ipynb")
    look = os.scandir

    def scandir(path):
        if str(path).endswith("ada"):
            raise PermissionError(13, "Permission denied")
        return look(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(tmp_path) == {"ada": "cannot be read: Permission denied", "bob": "bob/x.ipynb"}


def test_a_folder_without_submissions(tmp_path):
    lay(tmp_path, "empty/.hidden", "text/a.txt")
    for folder in (tmp_path / "empty", tmp_path / "text", tmp_path / "text" / "a.txt", tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match="folder must"):
            submissions.find(folder)


def test_which_assignment_it_is(tmp_path):
    lay(tmp_path, "a.ipynb", "b.ipynb")
    lay(tmp_path, "c.ipynb", text=OTHER)
    lay(tmp_path, "d.ipynb", text="no notebook")
    lay(tmp_path, "e.ipynb", text='{"cells": []}')
    (tmp_path / "f").mkdir()
    assert submissions.which(submissions.find(tmp_path)) == NAME
    assert submissions.which([s for s in submissions.find(tmp_path) if s.student in "cdef"]) == "other_sample"
    with pytest.raises(ValueError, match="assignment must be said"):
        submissions.which([s for s in submissions.find(tmp_path) if s.student in "def"])


# The tables

def result(student="ada", why="I think so.", how="YOUR ANSWER HERE", **more):
    return {"student": student, "entry": f"{student}.ipynb", "problem": "", "marks": {"f-test": 3, "g-test": 0},
            "written": {"why": why, "how": how}, "cells": [], "notes": [], "seconds": 1.0,
            "failures": {"g-test": {"cases": 3, "failed": 2, "first": "  g(x)\n  expected 1, got 2."}}, **more}


def class_of(*results):
    return {r["student"]: r for r in results}


NONE = marks.Given()


def person(*rows):
    """Marks given, from (student, question, answer, mark)."""
    return marks.Given([dict(zip(("id", *marks.FIELDS[1:5]), ("", *row))) for row in rows])


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def mark(path, marks_of, change=lambda text: text):
    """Write marks into written.csv, by (student, question), and save it as a spreadsheet would."""
    lines = table(path)
    for line in lines:
        line["marks"] = marks_of.get((line["student"], line["question"]), line["marks"])
    path.write_bytes(change(marks._table(marks.FIELDS, lines)).encode())


def semicolons(text):
    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True)))
    return "".join(";".join('"' + field.replace('"', '""') + '"' for field in row) + "\r\n" for row in rows)


LONG = 'First, "so"; then\r\n\r\n  x = 1,5\n\n- and = that'


@pytest.mark.parametrize("change", [
    lambda text: text, lambda text: text.removeprefix("\ufeff"), lambda text: text.replace("\n", "\r\n"), semicolons,
    lambda text: "\ufeff" + semicolons(text), lambda text: semicolons(text).replace("\r\n", "\n"),
    lambda text: "".join("\t".join('"' + field.replace('"', '""') + '"' for field in row) + "\n" for row in
                         csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True))),
], ids=["as it is", "without a mark", "CRLF", "semicolons", "semicolons, mark", "semicolons, LF", "tabs"])
@pytest.mark.parametrize("figure", ["1.5", "1,5", " 1.50 "])
def test_marks_come_back_from_a_spreadsheet(tmp_path, change, figure):
    results = class_of(result(why=LONG), result("bob", how="=1+1"), result("=cmd", why="-x;\n=y"))
    marks.write(tmp_path, NAME, results, NONE)
    mark(tmp_path / "written.csv", {("ada", "why"): figure, ("bob", "how"): "2", ("'=cmd", "why"): "0"}, change)
    given = marks.read_written(tmp_path / "written.csv", worked.points(NAME))
    assert [marks.mark_of(given, r, q) for r in results.values() for q in ("why", "how")] == [1.5, 0, None, 2, 0, 0]
    marks.write(tmp_path, NAME, results, given)
    again = marks.read_written(tmp_path / "written.csv", worked.points(NAME))
    assert {(row["student"], row["question"]): row["marks"] for row in again.rows} == {
        ("ada", "why"): 1.5, ("ada", "how"): 0, ("bob", "how"): 2, ("'=cmd", "why"): 0, ("'=cmd", "how"): 0}
    totals = {line["student"]: (line["total"], line["automatic"], line["written"], line["out of"])
              for line in table(tmp_path / "marks.csv")}
    assert totals == {"ada": ("4.5", "3", "1.5", "11.5"), "bob": ("5", "3", "2", "11.5"),
                      "'=cmd": ("3", "3", "0", "11.5")}


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXTS, TEXTS)
def test_any_answer_keeps_its_mark(tmp_path_factory, name, text):
    out = tmp_path_factory.getbasetemp()
    results = class_of(result("".join(c if c.isprintable() else "?" for c in name), why=text))
    marks.write(out, NAME, results, NONE)
    (line,) = [line for line in table(out / "written.csv") if line["question"] == "why"]
    mark(out / "written.csv", {(line["student"], "why"): "3"})
    given = marks.read_written(out / "written.csv", worked.points(NAME))
    assert marks.mark_of(given, next(iter(results.values())), "why") == 3


def test_a_changed_answer_is_marked_anew(tmp_path):
    marks.write(tmp_path, NAME, class_of(result()), NONE)
    mark(tmp_path / "written.csv", {("ada", "why"): "3"})
    given = marks.read_written(tmp_path / "written.csv", worked.points(NAME))
    assert marks.mark_of(given, result(), "why") == 3
    assert marks.mark_of(given, result(why="I think so!"), "why") is None
    assert marks.mark_of(given, result("bob"), "why") is None
    marks.write(tmp_path, NAME, class_of(result(why="I think so!")), given)
    lines = table(tmp_path / "written.csv")
    assert [(line["answer"], line["marks"]) for line in lines] == [
        ("I think so!", ""), ("(no answer)", "0"), ("I think so.", "3")]
    assert table(tmp_path / "marks.csv")[0]["notes"] == "Written answers wait to be marked: why."


def test_marks_of_students_who_are_not_graded_yet_are_not_lost(tmp_path):
    """A run that is interrupted writes the table of those who are finished."""
    everybody = class_of(result(), result("bob", why="Two\nlines."))
    marks.write(tmp_path, NAME, everybody, NONE)
    mark(tmp_path / "written.csv", {("ada", "why"): "3", ("bob", "why"): "2.5"})
    given = marks.read_written(tmp_path / "written.csv", worked.points(NAME))
    marks.write(tmp_path, NAME, class_of(result()), given)
    given = marks.read_written(tmp_path / "written.csv", worked.points(NAME))
    assert [marks.mark_of(given, r, "why") for r in everybody.values()] == [3, 2.5]


@pytest.mark.parametrize("bad", ["4.5", "-1", "nan", "inf", "good", "1.5.5", "1e9"])
def test_a_bad_mark_is_named(tmp_path, bad):
    marks.write(tmp_path, NAME, class_of(result()), NONE)
    mark(tmp_path / "written.csv", {("ada", "why"): bad})
    said = f"the marks of 'ada' for 'why' must be a number from 0 to 4, got '{re.escape(bad)}'"
    with pytest.raises(ValueError, match=said):
        marks.read_written(tmp_path / "written.csv", worked.points(NAME))


@pytest.mark.parametrize("content, said", [
    (b"", "must have the columns"), (b"a,b\n1,2\n", "student, question, answer, marks cannot be found"),
    (b"student,question,answer\n", "marks cannot be found"),
    ("student,question,answer,marks\né,why,a,1\n".encode("cp1252"), "UTF-8"),
    (b"student,question,answer,marks\nada,who,a,1\n", "from 0 to 0"), (b"PK\x03\x04\xff", "UTF-8"),
])
def test_a_table_that_is_none_is_said_to_be_none(tmp_path, content, said):
    (tmp_path / "written.csv").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        marks.read_written(tmp_path / "written.csv", worked.points(NAME))


def test_no_table_holds_no_marks(tmp_path):
    assert marks.read_written(tmp_path / "written.csv", {}).rows == []


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "  =1", "a;=1+1;b",
                                  "a\n=1", "a; -1", "x\t@y"])
def test_formulas_are_made_harmless(tmp_path, text):
    """Also for a spreadsheet that takes semicolons for separators, and then does not heed the quotes."""
    results = class_of(result(text, why=text, problem=text, entry=text))
    marks.write(tmp_path, NAME, results, NONE)
    for name in ("marks.csv", "written.csv"):
        content = (tmp_path / name).read_text(encoding="utf-8-sig")
        for separator in ",;\t":
            for row in [*csv.reader(content.splitlines(keepends=True), delimiter=separator),
                        *(line.split(separator) for line in content.splitlines())]:
                for field in row:
                    assert not re.match(r"\"?\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", field), field


@pytest.mark.parametrize("text", ["a", "", "a = 1", "x - y", "f(x)=3; y", "http://a-b"])
def test_other_texts_are_left_alone(text):
    assert marks.safe(text) == text


# The pages

VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """Checks that all elements are closed in order, and keeps elements, attributes and text."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += attributes
        assert not (tag in ("p", "pre", "h1", "h2", "h3", "section") and "p" in self.open), "a paragraph holds no block"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)></pre></section>&lt;\" ' onload='x"


def pages():
    evil = result(EVIL, why=EVIL, how=EVIL + "\x1b[31mred\x1b[0m\x00\x08", problem=EVIL, entry=EVIL, notes=[EVIL],
                  failures={
        "g-test": {"cases": 2, "failed": 1, "first": f"  {EVIL}\n  expected 1, got {EVIL!r}."}},
        cells=[{"begins": EVIL, "error": EVIL, "output": EVIL}])
    given = person((marks.safe(EVIL), "why", marks.safe(EVIL), 1.0))
    return feedback.page(NAME, evil, given), feedback.written(NAME, class_of(evil, result()), given)


@pytest.mark.parametrize("which", [0, 1], ids=["feedback", "written answers"])
def test_everything_from_a_student_is_escaped(which):
    text = pages()[which]
    page = Page(text)
    assert set(page.elements) <= {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "section",
                                  "pre",
                                  "span", "strong", "em"}
    assert {name for name, _ in page.attributes} <= {"lang", "charset", "name", "content", "http-equiv", "class"}
    assert page.text.count(EVIL) >= 2 and "alert(1)</script>" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]|\[31m", text) and EVIL + "red\n" in page.text + "\n"
    assert not re.search(r"(?i)https?:|url\(|@import|src=x onerror=alert\(2\)>", text)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_a_page_says_what_there_is_to_say():
    page = Page(feedback.page(NAME, result(notes=["Cell 2 was killed (signal 9)."], cells=[
        {"begins": "import antigravity", "error": "stopped with ImportError", "output": "hello"}]), NONE))
    for text in ("A sample: ada", "3 of 11.5 points (4 more for written answers, which are not marked yet)",
                 "f-test: 3 of 3", "all cases pass", "g-test: 0 of 2.5", "2 of 3 cases fail; the first:",
                 "g(x)\nexpected 1, got 2.",
                 "import antigravity", "stopped with ImportError", "hello", "Cell 2 was killed", "I think so.",
                 "(no answer)",
                 "why: – of 4", "how: 0 of 2", "not marked yet"):
        assert text in page.text, text
    marked = Page(feedback.page(NAME, result(), person(("ada", "why", "I think so.", 2.5))))
    assert "5.5 of 11.5 points." in marked.text and "why: 2.5 of 4" in marked.text and "not marked" not in marked.text


def test_the_page_for_who_marks():
    page = Page(feedback.written(NAME, class_of(result(), result("bob", why="Else.")),
                                 person(("bob", "why", "Else.", 2.0))))
    for text in ("why (4 points)", "Because of <tanh>.", "1 point for each & reason.", "ada: to mark", "I think so.",
                 "bob: 2", "Else."):
        assert text in page.text, text
