"""The lists of a comparison: problem by problem for the page, every run and every text for files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from storage.records import Problem
from storage.repositories.selected import Answers, RunFacts
from webapp.charts.evidence import Cell, Column, Table
from webapp.runs.selected.rows import Row
from webapp.runs.selected.sides import Side
from webapp.runs.selected.texts import Texts

EXCERPT = 300  # characters of a question or an answer in a list
RUN_COLUMNS = (
    Column("side"), Column("run"), Column("problem"), Column("source"), Column("seed", "number"), Column("first"),
    Column("last"), Column("first answer"), Column("answer"), Column("oracle"), Column("generated tokens", "number"),
    Column("prompt tokens", "number"), Column("calls", "number"), Column("seconds", "number"),
)  # fmt: skip


def problem_rows(
    rows: Sequence[Row], problems: Mapping[str, Problem], answers: Mapping[str, Answers]
) -> list[dict[str, Any]]:
    """Return rows as a page lists them, with the beginnings of questions and answers."""
    return [_problem_row(row, problems[row.problem], answers) for row in rows]


def _problem_row(row: Row, problem: Problem, answers: Mapping[str, Answers]) -> dict[str, Any]:
    return {
        "problem": problem.id,
        "question": _cut(problem.question),
        "reference": _cut(problem.reference),
        "seed": row.seed,
        "differs": row.differs,
        "runs": [None if run is None else _run(run, answers[run.id]) for run in row.runs],
    }


def _run(run: RunFacts, said: Answers) -> dict[str, Any]:
    return {
        "run": run.id, "first": run.first, "last": run.last, "oracle": run.oracle,
        "first_answer": _cut(said.first), "answer": _cut(said.last), "tokens": run.generated_tokens,
    }  # fmt: skip


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def runs_table(sides: Sequence[Side], problems: Mapping[str, Problem], answers: Mapping[str, Answers]) -> Table:
    """Return every run that counts, from which all that is said of sides can be computed again."""
    rows: list[tuple[Cell, ...]] = [
        (
            side.name, run.id, problems[run.problem].id, problems[run.problem].source, run.seed, run.first, run.last,
            answers[run.id].first, answers[run.id].last, "yes" if run.oracle else "no", run.generated_tokens,
            run.prompt_tokens, run.calls, run.seconds,
        )
        for side in sides
        for run in side.runs
    ]  # fmt: skip
    return Table(RUN_COLUMNS, tuple(rows))


def texts_table(found: Iterable[tuple[Side, Texts]]) -> Table:
    """Return every graded text with its signals, from which all that is said of texts can be computed again."""
    of = list(found)
    names = list(dict.fromkeys(name for _, texts in of for name in texts.signals))
    columns = (
        Column("side"), Column("text"), Column("problem", "number", "its number among those of the side"),
        Column("right"), Column("first draft"), Column("answer group", "number", "-1: it had no vote"),
        *(Column(name, "number") for name in names),
    )  # fmt: skip
    return Table(columns, tuple(row for side, texts in of for row in _text_rows(side, texts, names)))


def _text_rows(side: Side, texts: Texts, names: Sequence[str]) -> Iterable[tuple[Cell, ...]]:
    unknown = np.full(len(texts.ids), np.nan)
    signals = [texts.signals.get(name, unknown).tolist() for name in names]
    columns = (texts.ids, texts.problem.tolist(), texts.right.tolist(), texts.draft.tolist(), texts.answer.tolist())
    for key, problem, right, draft, answer, *values in zip(*columns, *signals, strict=True):
        known = (None if value != value else value for value in values)
        yield (side.name, key, problem, _word(right), _word(draft), answer, *known)


def _word(value: bool) -> str:
    return "yes" if value else "no"
