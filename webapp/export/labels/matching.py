"""Which stored texts a row is about: those of a run that answers the same question in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.records import Generation
from storage.repositories import generations
from storage.repositories.access import allowed
from storage.text import clean
from webapp.export.labels.placing import exact, placed_steps, same
from webapp.export.labels.row import LabelRow, Placed

CHOICES = "\n(A) "  # as a question is stated with its choices
MOST_RUNS = 2_000  # of one question that are looked through


class Matcher:
    """Finds stored texts for a person, who may change the sessions that they are in."""

    def __init__(self, person: str) -> None:
        self._person = person
        self._runs: dict[str, list[list[Generation]]] = {}

    def find_all(self, s: OrmSession, rows: Sequence[LabelRow]) -> list[Placed | None]:
        """Return each row on stored texts, None where there are none."""
        return [self.find(s, row) for row in rows]

    def find(self, s: OrmSession, row: LabelRow) -> Placed | None:
        """Return the row on the oldest stored run that holds its texts, None where none does."""
        asked = clean(row.question)
        for question in dict.fromkeys(each.strip() for each in (asked, asked.partition(CHOICES)[0])):
            for texts in self._of_question(s, question):
                if (found := self._in_run(texts, row)) is not None:
                    return found
        return None

    def _in_run(self, texts: Sequence[Generation], row: LabelRow) -> Placed | None:
        chosen: list[Generation] = []
        for told in row.texts:
            fits = (text for text in texts if same(told, text.text) and text not in chosen)
            wanted = (text for text in fits if not exact(row) or text.text == told.text)
            if (text := next(wanted, None)) is None:
                return None
            chosen.append(text)
        steps = placed_steps(row, [text.text for text in chosen])
        if steps is None:
            return None
        return Placed(row, chosen[0].run_id, tuple(text.id for text in chosen), steps, row.labels)

    def _of_question(self, s: OrmSession, question: str) -> list[list[Generation]]:
        if question not in self._runs:
            self._runs[question] = [
                [text for text in generations.of_run(s, run_id) if text.status == "finished"]
                for run_id in s.scalars(self._query(question))
            ]
        return self._runs[question]

    def _query(self, question: str) -> Select[Any]:
        run, session, problem = tables.Run, tables.Session, tables.Problem
        query = (
            select(run.id).join(session, session.id == run.session_id).join(problem, problem.key == run.problem_key)
        )
        query = query.where(problem.question == question, run.deleted_at.is_(None), session.deleted_at.is_(None))
        return query.where(allowed(self._person, "write")).order_by(run.created_at, run.id).limit(MOST_RUNS)
