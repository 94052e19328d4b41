"""SVAMP (Patel et al. 2021): JSON lines with `Body`, `Question` and a number as `Answer`."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it.

    Many bodies lack their full stop; it is added, as the usual evaluation harnesses do.
    """
    body = text_of(row, "Body").strip()
    stop = "" if not body or body.endswith((".", "!", "?")) else "."
    question = f"{body}{stop} {text_of(row, 'Question').strip()}"
    tags = [text_of(row, "Type")] if "Type" in row else []
    return make_problem(question, "numeric", text_of(row, "Answer"), source=source, tags=tags)
