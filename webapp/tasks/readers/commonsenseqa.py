"""CommonsenseQA (Talmor et al. 2019): JSON lines with `question` {stem, choices} and `answerKey`."""

from __future__ import annotations

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.readers.fields import list_of, table_of, text_of
from webapp.tasks.readers.rows import Row


def problem(row: Row, source: str, seed: int) -> Problem:
    """Return a row's problem; raises ValueError with what is wrong with it."""
    question = table_of(row, "question")
    choices = [choice for choice in list_of(question, "choices") if isinstance(choice, dict)]
    options = {text_of(choice, "label"): text_of(choice, "text") for choice in choices}
    if list(options) != [chr(65 + i) for i in range(len(options))]:
        raise ValueError("the choices must be labelled A, B, C... in this order")
    key = text_of(row, "answerKey")
    if key not in options:
        raise ValueError(f'the answer key "{key}" is none of the choices')
    texts = _apart(list(options.values()))
    return make_problem(text_of(question, "stem"), "choice", key, texts, source=source)


def _apart(texts: list[str]) -> list[str]:
    """Keep options apart that the data set repeats: the second "yard" becomes "yard (2)"."""
    return [t if (n := texts[: i + 1].count(t)) == 1 else f"{t} ({n})" for i, t in enumerate(texts)]
