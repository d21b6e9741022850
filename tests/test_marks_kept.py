"""Marks that a person gave are never lost, and no answer in words gets a zero that nobody has seen."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assignments import __main__ as command
from assignments.check import check_file
from assignments.notebooks import STUB
from assignments.teacher import isolation, marks, submissions, worked
from assignments.teacher.grade import Grader, grade

NAME, OTHER = "neuron", "bptt"
FIRST, SECOND = worked.written(NAME)
POINTS = worked.points(NAME)


def notebook(*extra, named=True, assignment=NAME, **answers):
    """A notebook without code: the handed-out texts, the cells of the questions, and extra markdown cells."""
    made = json.loads(worked.source(assignment).read_text(encoding="utf-8"))
    made["cells"] = [cell for cell in made["cells"] if cell["cell_type"] == "markdown"]
    for cell in made["cells"]:
        if name := cell["metadata"].get("nbgrader", {}).get("grade_id"):
            cell["source"] = answers.get(name.replace("-", "_"), STUB)
        if not named:
            cell["metadata"] = {}
    made["cells"] += [{"cell_type": "markdown", "metadata": {}, "source": text} for text in extra]
    return json.dumps(made)


def hand_in(folder, **texts):
    folder.mkdir(exist_ok=True)
    for student, text in texts.items():
        (folder / f"{student}.ipynb").write_text(text, encoding="utf-8")
    return folder


def answered(text, second="Two."):
    return notebook(**{FIRST.replace("-", "_"): text, SECOND.replace("-", "_"): second})


def run(folder, out, grader=None):
    return grade(folder, out, grader or Grader(NAME, isolation.choose("none")), 1, progress=False)


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def save(path, rows, columns=None):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(rows[0]), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def set_marks(path, change=lambda row: row, columns=None, **figures):
    """Write marks of the first question, by student."""
    rows = table(path)
    for row in rows:
        if row["question"] == FIRST and row["student"] in figures:
            row["marks"] = figures[row["student"]]
    save(path, [change(row) for row in rows], columns)


def of_first(out):
    return {row["student"]: row[FIRST] for row in table(out / "marks.csv")}


@pytest.fixture
def marked(tmp_path):
    """A folder, and where its written answers wait to be marked."""
    folder = hand_in(tmp_path / "in", ada=answered("One, \"so\".\nThen 1.50"), bob=answered("B\x1f."),
                     cleo=answered("3-4"))
    run(folder, tmp_path / "out")
    return folder, tmp_path / "out"


class Slow(Grader):
    """While it grades, the teacher goes on marking."""

    def __init__(self, teacher):
        super().__init__(NAME, isolation.choose("none"), seed=3)
        self.teacher = teacher

    def grade(self, submission, slot=0):
        self.teacher()
        return super().grade(submission, slot)


def test_marks_saved_while_a_run_is_at_work_count(marked):
    folder, out = marked
    summary = run(folder, out, Slow(lambda: set_marks(out / "written.csv", ada="2", bob="1.5")))
    assert of_first(out) == {"ada": "2", "bob": "1.5", "cleo": ""} and summary.said == []
    assert [row["marks"] for row in table(out / "written.csv") if row["question"] == FIRST] == ["2", "1.5", ""]


def test_a_table_that_is_damaged_while_a_run_is_at_work_is_left_alone(marked):
    folder, out = marked
    set_marks(out / "written.csv", ada="2")
    summary = run(folder, out, Slow(lambda: set_marks(out / "written.csv", bob="good")))
    assert "written.csv has changed meanwhile and cannot be read" in summary.said[0] and "'good'" in summary.said[0]
    assert [row["marks"] for row in table(out / "written.csv") if row["question"] == FIRST] == ["2", "good", ""]
    assert [row["marks"] for row in table(out / "written-new.csv") if row["question"] == FIRST] == ["2", "", ""]
    assert of_first(out) == {"ada": "2", "bob": "", "cleo": ""}


CHANGES = {
    "a comment in the answer": lambda row: {**row, "answer": row["answer"] + " (good!)"},
    "numbers and dates": lambda row: {**row, "answer": row["answer"].replace("1.50", "1,5").replace("3-4", "03.04.26")},
    "the student's number": lambda row: {**row, "student": row["student"].lstrip("a")},
    "control characters": lambda row: {**row, "answer": row["answer"].replace("\x1f", "")},
    "the answer is gone": lambda row: {**row, "answer": ""},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_mark_is_found_by_its_identifier(marked, change):
    folder, out = marked
    set_marks(out / "written.csv", change, ada="2", bob="1.5", cleo="0.5")
    summary = run(folder, out)
    assert of_first(out) == {"ada": "2", "bob": "1.5", "cleo": "0.5"}
    assert summary.said == [] and len(table(out / "written.csv")) == 6


def test_identifiers_are_words_and_all_different(marked):
    rows = table(marked[1] / "written.csv")
    assert list(rows[0])[0] == "id" and len({row["id"] for row in rows}) == len(rows)
    assert all(re.fullmatch("a-[0-9a-f]{10}", row["id"]) for row in rows)


OLD = ["student", "question", "answer", "marks", "out of"]


def test_a_table_without_identifiers_is_matched_by_its_text(marked):
    folder, out = marked
    set_marks(out / "written.csv", CHANGES["control characters"], OLD, ada="2", bob="1.5")
    before = table(out / "written.csv")
    summary = run(folder, out)
    assert of_first(out) == {"ada": "2", "bob": "1.5", "cleo": ""}
    assert summary.said == ["written.csv had no column id; the file as it was is written.csv.bak."]
    assert table(out / "written.csv.bak") == before
    assert run(folder, out).said == []


def test_a_mark_that_matches_no_answer_is_kept_and_said(marked):
    folder, out = marked
    set_marks(out / "written.csv", CHANGES["a comment in the answer"], OLD, ada="2", bob="1.5")
    for _ in range(3):
        summary = run(folder, out)
        assert "Marks in written.csv that match no answer, and do not count: 2, of ada, bob." in summary.said[-1]
        rows = table(out / "written.csv")
        assert len(rows) == 8
        assert [(row["student"], row["marks"]) for row in rows[-2:]] == [("ada", "2"), ("bob", "1.5")]
        assert of_first(out) == {"ada": "", "bob": "", "cleo": ""}
    save(out / "written.csv", rows[:-2])
    assert run(folder, out).said == [] and len(table(out / "written.csv")) == 6


def test_the_mark_of_another_answer_waits_until_that_comes_back(marked):
    folder, out = marked
    set_marks(out / "written.csv", ada="2")
    old = (folder / "ada.ipynb").read_text()
    hand_in(folder, ada=answered("Better."))
    assert "match no answer, and do not count: 1, of ada." in run(folder, out).said[0]
    assert of_first(out)["ada"] == ""
    hand_in(folder, ada=old)
    assert run(folder, out).said == [] and of_first(out)["ada"] == "2"


@pytest.mark.parametrize("there, damage", [('Then 1.50",', "Then 1.50,"), ('"One, ""so"".', "One"),
                                           ('"One, ""so"".', "One, so")], ids=["end", "beginning", "beginning, comma"])
def test_a_lost_quote_is_said_and_nothing_is_written(marked, there, damage):
    folder, out = marked
    set_marks(out / "written.csv", ada="2", bob="1.5", cleo="0.5")
    run(folder, out)
    text = (out / "written.csv").read_text(encoding="utf-8")
    damaged = text.replace(there, damage)
    assert damaged != text
    (out / "written.csv").write_text(damaged, encoding="utf-8")
    with pytest.raises(ValueError, match=f"'ada' for '{FIRST}'"):
        run(folder, out)
    assert (out / "written.csv").read_text(encoding="utf-8") == damaged


def test_an_answer_cannot_look_like_a_lost_quote(tmp_path):
    text = "Well:\na-0123456789,bob,why,x,3,3\n\"a-0123456789\";bob"
    folder = hand_in(tmp_path / "in", ada=answered(text))
    run(folder, tmp_path / "out")
    set_marks(tmp_path / "out" / "written.csv", ada="2")
    assert run(folder, tmp_path / "out").said == [] and of_first(tmp_path / "out") == {"ada": "2"}


# Answers that are not where they belong

def test_answers_in_other_cells_wait_to_be_marked(tmp_path):
    folder = hand_in(
        tmp_path / "in", bare=notebook("Because it contracts.", named=False), below=notebook("Because.\n\nSo."),
        nothing=notebook(), right=answered("In its place."),
        half=notebook("A note.", **{FIRST.replace("-", "_"): "In its place."}))
    run(folder, tmp_path / "out")
    written = {(row["student"], row["question"]): row for row in table(tmp_path / "out" / "written.csv")}
    for question in (FIRST, SECOND):
        assert written["bare", question]["answer"].endswith("Because it contracts.")
        assert f"{question} is not in the notebook" in written["bare", question]["answer"]
        assert "is as it was handed out" in written["below", question]["answer"]
        assert written["below", question]["answer"].endswith("Because.\n\nSo.")
        assert {written[student, question]["marks"] for student in ("bare", "below")} == {""}
        assert written["nothing", question]["marks"] == "0"
    assert written["half", FIRST]["answer"] == "In its place." and "A note." in written["half", SECOND]["answer"]
    rows = {row["student"]: row["notes"] for row in table(tmp_path / "out" / "marks.csv")}
    assert f"The cell of {FIRST} is not in the notebook; other text" in rows["bare"]
    assert f"The cell of {SECOND} is as it was handed out; other text" in rows["below"]
    assert "The cell of" not in rows["nothing"] + rows["right"] and f"cell of {FIRST}" not in rows["half"]
    assert (tmp_path / "out" / "written.html").read_text().count("Because it contracts.") == 2


def test_a_student_is_warned_of_answers_that_are_missing(tmp_path):
    exam = {**worked.visible(NAME), "tests": []}
    (tmp_path / "visible.json").write_text(json.dumps(exam))
    for text, missing in ((notebook(), [FIRST, SECOND]), (answered("x", second=" "), [SECOND]), (answered("x"), []),
                          (notebook("x", named=False), [FIRST, SECOND])):
        said = []
        (tmp_path / "a.ipynb").write_text(text)
        check_file(tmp_path / "a.ipynb", said.append)
        assert [line.split()[4] for line in said if line.startswith("! not answered yet: ")] == missing


# Which notebook it is, and where the marks go

def test_one_notebook_of_several_is_said(tmp_path):
    folder = tmp_path / "in"
    hand_in(folder)
    hand_in(folder / "ada", neuron=answered("x"), draft=answered("y"))
    summary = run(folder, tmp_path / "out")
    assert summary.results["ada"]["notes"] == ["Of 2 notebooks neuron.ipynb was taken."]
    assert "Of 2 notebooks" in table(tmp_path / "out" / "marks.csv")[0]["notes"]
    (folder / "ada" / "draft.ipynb").unlink()
    again = run(folder, tmp_path / "out")
    assert again.reused == 1 and again.results["ada"]["notes"] == []


def test_a_notebook_of_another_assignment_is_said_to_be_one(tmp_path):
    folder = hand_in(tmp_path / "in", ada=notebook("Mine.", assignment=OTHER), bob=answered("x"))
    summary = run(folder, tmp_path / "out")
    assert summary.results["ada"]["problem"] == f"is a notebook of another assignment ({OTHER})"
    assert summary.results["bob"]["problem"] == ""


def test_a_second_assignment_does_not_take_the_place_of_the_first(marked):
    folder, out = marked
    before = (out / "marks.csv").read_bytes()
    with pytest.raises(ValueError, match=f"out must be another folder for {OTHER}, .* holds the marks of {NAME}"):
        run(folder, out, Grader(OTHER, isolation.choose("none")))
    assert (out / "marks.csv").read_bytes() == before


@pytest.mark.parametrize("out", ["", "marks", "ada/marks", ".marks"])
def test_results_do_not_lie_among_the_submissions(tmp_path, out):
    folder = hand_in(tmp_path / "in", ada=answered("x"))
    with pytest.raises(ValueError, match="out must not lie within the folder of submissions"):
        run(folder, folder / out)
    assert os.listdir(folder) == ["ada.ipynb"]


def test_hidden_notebooks_are_listed(tmp_path):
    hand_in(tmp_path, ada="{}", **{".bob": "{}", "._ada": "{}"})
    for name in (".cleo/deep", ".git", "__MACOSX", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir(parents=True)
    for name in (".cleo/deep/x.ipynb", ".git/config", "notes.txt", ".DS_Store", ".ipynb_checkpoints/ada.ipynb"):
        (tmp_path / name).write_text("")
    names = submissions.passed_over(tmp_path, submissions.find(tmp_path))
    assert names == [".bob.ipynb", ".cleo", "__MACOSX", "notes.txt"]


# Sentences rather than tracebacks

def order(*arguments):
    return command.main(["grade", *map(str, arguments), "--assignment", NAME, "--isolation", "none"])


def test_out_that_is_a_file(tmp_path, capsys):
    (tmp_path / "out").write_text("")
    assert order(hand_in(tmp_path / "in", ada="{}"), "--out", tmp_path / "out") == 2
    assert "out must be a folder, got" in capsys.readouterr().err
    assert order(tmp_path / "in", "--out", tmp_path / "out" / "below") == 2
    assert "Not a directory" in capsys.readouterr().err


def test_a_full_disk(tmp_path, capsys, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("reproduction.files.write", full)
    assert order(hand_in(tmp_path / "in", ada="{}"), "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.startswith("No space left on device: ")


def test_an_interrupt_in_the_first_second(tmp_path, capsys, monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(isolation, "choose", interrupted)
    assert order(hand_in(tmp_path / "in", ada="{}")) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_the_command_says_what_became_of_marks(marked):
    folder, out = marked
    set_marks(out / "written.csv", CHANGES["the answer is gone"], OLD, ada="2")
    done = subprocess.run([sys.executable, "-m", "assignments", "grade", str(folder), "--out", str(out), "--isolation",
                           "none"], cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True)
    assert "! Marks in written.csv that match no answer, and do not count: 1, of ada." in done.stdout
    assert marks.read_written(out / "written.csv", POINTS).rows[-1]["marks"] == 2
