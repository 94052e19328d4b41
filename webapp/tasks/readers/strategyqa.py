"""StrategyQA (Geva et al. 2021): a JSON array with `question` and `answer` (true or false)."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import text_of
from webapp.tasks.readers.rows import Row

INSTRUCTION = 'Answer the following question with "true" or "false".\n'
ADDENDUM = '\nIf the previous statement is true, reply "true".\nIf the previous statement is false, reply "false".'


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it.

    Files that wrap the question in an instruction are unwrapped: how to answer is the program's to say.
    """
    question = text_of(row, "question").removeprefix(INSTRUCTION).removesuffix(ADDENDUM)
    answer = str(row["answer"]) if isinstance(row.get("answer"), bool) else text_of(row, "answer")
    return make_problem(question, "yesno", answer, source=source)
