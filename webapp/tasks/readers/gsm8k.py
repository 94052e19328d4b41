"""GSM8K (Cobbe et al. 2021): JSON lines with `question` and `answer`, whose last line is "#### 18"."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row

MARK = "####"


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it."""
    _, mark, reference = text_of(row, "answer").rpartition(MARK)
    if not mark:
        raise ValueError(f'the answer has no line "{MARK} ..."')
    return make_problem(text_of(row, "question"), "numeric", reference, source=source)
