"""The pages that people read: one for each student, and one with all written answers for who marks them."""

from __future__ import annotations

import html
import re

from assignments.teacher import marks, worked

__all__ = ["page", "written"]

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --bad: #b3401f; }
@media (prefers-color-scheme: dark) { :root { --good: #5fce97; --bad: #ff9a76; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
       overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.total { font-size: 1.25rem; }
section { border-top: 1px solid var(--line); padding: .6rem 0; }
h3 { font-size: 1rem; margin: 0; } .good { color: var(--good); } .bad { color: var(--bad); }
pre { white-space: pre-wrap; margin: .4rem 0; padding: .6rem .8rem; border: 1px solid var(--line);
      border-radius: .3rem; font-size: .9rem; }
"""


CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # colours of a terminal, and the like


def escape(text: str) -> str:
    """A text as it can stand in a page, wherever it comes from."""
    return html.escape(CONTROL.sub("", text))


def page(assignment: str, result: dict, given: marks.Given) -> str:
    """A student's feedback as HTML: marks, the first case of each test that failed, cells that stopped, written marks.

    Whatever came from a student is escaped; nothing is loaded from anywhere.
    """
    title, points, questions = worked.about(assignment)["title"], worked.points(assignment), worked.written(assignment)
    written = {question: marks.mark_of(given, result, question) for question in questions}
    total = marks.automatic(result) + sum(mark or 0 for mark in written.values())
    waiting = sum(points[question] for question, mark in written.items() if mark is None)
    parts = [f'<p class="total"><strong>{total:g}</strong> of {sum(points.values()):g} points'
             + (f" ({waiting:g} more for written answers, which are not marked yet)" if waiting else "") + ".</p>"]
    parts += [f"<p>{escape(text)}</p>" for text in marks.remarks(result)]
    parts.append("<h2>Tests</h2>")
    for name, mark in result["marks"].items():
        failed = result["failures"].get(name)
        said = "all cases pass" if not failed else f"{failed['failed']} of {failed['cases']} cases fail; the first:"
        parts.append(_section(name, mark, points[name], said, failed and _dedent(failed["first"])))
    if result["cells"]:
        parts.append("<h2>Cells that stopped</h2>")
        parts += [f"<section><p>The cell that begins with</p><pre>{escape(cell['begins'])}</pre>"
                  f"<p>{escape(cell['error'])}.</p>"
                  + (f"<p>It had printed:</p><pre>{escape(cell['output'])}</pre>" if cell["output"].strip() else "")
                  + "</section>" for cell in result["cells"]]
    parts.append("<h2>Written answers</h2>")
    parts += [_section(name, mark, points[name], "" if mark is not None else "not marked yet",
                       marks.answer(result, name)) for name, mark in written.items()]
    return _document(f"{title}: {result['student']}", parts)


def written(assignment: str, results: dict, given: marks.Given) -> str:
    """All written answers, question by question, with the model answer and the marking guide, for who marks them."""
    parts = ["<p>Write the marks into the column <em>marks</em> of written.csv, and grade again: nothing is run twice."
             "</p>"]
    for question, (model, guide) in worked.written(assignment).items():
        parts.append(f"<h2>{escape(question)} ({worked.points(assignment)[question]:g} points)</h2>"
                     f"<p>Model answer</p><pre>{escape(model)}</pre><p>Marking guide</p><pre>{escape(guide)}</pre>")
        for student, result in results.items():
            mark = marks.mark_of(given, result, question)
            parts.append(f"<section><h3>{escape(student)}: {'to mark' if mark is None else f'{mark:g}'}</h3>"
                         f"<pre>{escape(marks.answer(result, question))}</pre></section>")
    return _document(f"{worked.about(assignment)['title']}: written answers", parts)


def _section(name, mark, points, said, text):
    colour = "" if mark is None else "good" if mark == points else "bad"
    got = f"{'–' if mark is None else f'{mark:g}'} of {points:g}"
    return (f'<section><h3>{escape(name)}: <span class="{colour}">{got}</span></h3>'
            + (f"<p>{escape(said)}</p>" if said else "") + (f"<pre>{escape(text)}</pre>" if text else "")
            + "</section>")


def _dedent(text):
    return "\n".join(line.removeprefix("  ") for line in text.splitlines())


def _document(title, parts):
    body = "\n".join(parts)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
            f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n")
