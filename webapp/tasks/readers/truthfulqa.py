"""TruthfulQA, single-true multiple choice (Lin et al. 2022): a JSON array with `question` and `mc1_targets`."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem, stable_hash
from webapp.tasks.readers.fields import table_of, text_of
from webapp.tasks.readers.rows import Row


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it.

    The right option comes first in every row of the file, so the options are put in an order that depends on
    the seed, the question and the option alone.
    """
    question, targets = text_of(row, "question"), table_of(row, "mc1_targets")
    right = [option for option, label in targets.items() if label == 1]
    if len(right) != 1:
        raise ValueError(f'"mc1_targets" must mark one option with 1, not {len(right)}')
    options = sorted(targets, key=lambda option: stable_hash(seed, question, option))
    return make_problem(question, "choice", chr(65 + options.index(right[0])), options, source=source)
