"""AIME: JSON lines with `problem` and `answer`, an integer from 0 to 999 that may be written 025."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it."""
    return make_problem(text_of(row, "problem"), "numeric", text_of(row, "answer"), source=source)
