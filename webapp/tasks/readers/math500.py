"""MATH-500 (Hendrycks et al. 2021, the split of Lightman et al. 2023): JSON lines with `problem` and `answer`."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem, tagged with subject and level; raises ValueError with what is wrong with it."""
    tags = [text_of(row, "subject")] if "subject" in row else []
    tags += [f"level {text_of(row, 'level')}"] if "level" in row else []
    return make_problem(text_of(row, "problem"), "math", text_of(row, "answer"), source=source, tags=tags)
