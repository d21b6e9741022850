"""The teacher's orders on the command line: make a course, grade a folder."""

from __future__ import annotations

import sys
from pathlib import Path

from assignments.limits import MiB, Limits
from assignments.teacher.questions import ASSIGNMENTS

__all__ = ["add", "obey"]


def add(orders) -> None:
    """Add them to the parser of ``python -m assignments``."""
    order = orders.add_parser("course", help="make what is handed out to students, with nbgrader")
    order.add_argument("names", nargs="*", metavar="NAME", help=f"by default all: {', '.join(ASSIGNMENTS)}")
    order.add_argument("--out", help="nbgrader's course folder, in which release/ is made (default: assignments)")
    order = orders.add_parser("grade", help="grade a folder of submissions, each in a sandbox")
    order.add_argument("folder", help="holds a notebook, or a folder with a notebook in it, for each student")
    order.add_argument("--assignment", choices=ASSIGNMENTS, help="by default, what most of the notebooks are")
    order.add_argument("--out", help="where marks and feedback go; by default beside the folder, NAME-graded")
    order.add_argument("--seed", type=int, default=1994, help="of the hidden cases (default: 1994)")
    order.add_argument("--vary", action="store_true", help="give each student hidden cases of their own")
    order.add_argument("--isolation", default="auto", choices=["auto", "bubblewrap", "container", "none"],
                       help="the sandbox; none is no protection at all, and never chosen by itself")
    order.add_argument("--processes", type=int, help="sandboxes at a time (default: the number of processors)")
    limits = Limits()
    order.add_argument("--cell-seconds", type=float, default=limits.cell, help=f"for a cell (default: {limits.cell:g})")
    order.add_argument("--total-seconds", type=float, default=limits.total,
                       help=f"for a submission (default: {limits.total:g})")
    order.add_argument("--memory", type=int, default=limits.memory // MiB,
                       help=f"MiB for a submission (default: {limits.memory // MiB})")


def obey(said) -> int:
    """Carry out a parsed order; the exit code is 0 if all was made, or every submission could be graded."""
    return _course(said) if said.order == "course" else _grade(said)


def _course(said):
    from assignments.teacher.course import NotHandedOut, course

    try:
        course(said.names or ASSIGNMENTS, said.out)
    except NotHandedOut as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _grade(said):
    from assignments.teacher import isolation, submissions
    from assignments.teacher.grade import Grader, grade

    if said.processes is not None and said.processes < 1:
        raise ValueError(f"--processes must be at least 1, got {said.processes}")
    if said.seed < 0:
        raise ValueError(f"--seed must be at least 0, got {said.seed}")
    limits = Limits(memory=said.memory * MiB, cell=said.cell_seconds, total=said.total_seconds)
    folder = Path(said.folder).resolve()
    found = submissions.find(folder)
    assignment = said.assignment or submissions.which(found)
    out = Path(said.out) if said.out else folder.with_name(f"{folder.name}-graded")
    try:
        sandbox = isolation.choose(said.isolation)
    except isolation.IsolationUnavailable as error:
        print(error, file=sys.stderr)
        return 2
    if names := submissions.passed_over(folder, found):
        print(f"Not looked at, for they are hidden, or neither notebooks nor folders: {', '.join(map(ascii, names))}.")
    print(f"Grading {assignment} in the sandbox {sandbox.name} into {out}.")
    try:
        summary = grade(folder, out, Grader(assignment, sandbox, limits, said.seed, said.vary), said.processes)
    except KeyboardInterrupt:
        print("Interrupted. What is finished is kept; the same command goes on.", file=sys.stderr)
        return 130
    print(f"{len(summary.results)} graded" + (f", {summary.reused} of them before" if summary.reused else "") + ".")
    for student, result in summary.results.items():
        if result["problem"]:
            print(f"! {student}: the submission {result['problem']}.")
        for note in result["notes"]:
            print(f"! {student}: {note}")
    for text in summary.said:
        print(f"! {text}")
    for student, why in summary.failed.items():
        print(f"!! {student} could not be graded, by no fault of theirs: {why}", file=sys.stderr)
    print(f"Marks: {out / 'marks.csv'}; feedback: {out / 'feedback'}; to mark: {out / 'written.html'}, written.csv.")
    return 1 if summary.failed else 0
