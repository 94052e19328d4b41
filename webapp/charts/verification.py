"""Verification questions and their answers beside the draft that they check and the answer after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "Every question was answered in a conversation of its own that does not hold the draft. Does an answer "
    "contradict it, and does the revision follow that answer or the draft?"
)
NOTHING = "No question could be put, so nothing was verified."
SAYS = {True: "consistent", False: "inconsistent", None: "no label"}


class Question(BaseModel):
    """A question of the plan: why it was not put (empty: it was), and the ids of its answer and of its label."""

    question: str
    dropped: str = ""
    answer: str | None = None
    label: str | None = None
    consistent: bool | None = None


class Verification(BaseModel):
    """The ids of a draft and its revision (None: the draft stands), and the questions between them."""

    draft: str
    revision: str | None = None
    variant: str = "factored"
    reading: str = "paper"
    questions: list[Question]


@evidence_for("verification_questions")
def verified(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Show the questions about one draft (CoVe, arXiv 2309.11495); nothing where the draft is not there."""
    found = Verification.model_validate(score.details)
    texts = {generation.id: generation for generation in generations}
    if found.draft not in texts:
        return None
    title = f"Verification of sample {texts[found.draft].branch + 1}"
    reading = READING if any(not each.dropped for each in found.questions) else NOTHING
    return Evidence(f"{title} ({found.variant}, as in {_named(found.reading)})", reading, table=_table(found, texts))


def _named(reading: str) -> str:
    return "the paper" if reading == "paper" else reading


def _table(found: Verification, texts: Mapping[str, Generation]) -> Table:
    """Return a row a question; the draft and what became of it stand in the first one."""
    labelled = found.variant == "factor+revise"
    heads = [
        "Draft",
        "Question",
        "Answer, the draft unseen",
        *(["Compared with the draft"] if labelled else []),
        "Revision",
    ]
    rows = [_row(each, texts, labelled) for each in found.questions] or [_row(Question(question=""), texts, labelled)]
    around = [
        (_text(found.draft, texts), _text(found.revision, texts) or "the draft stands"),
        *[("", "")] * len(rows),
    ]
    filled = [(draft, *row, revision) for row, (draft, revision) in zip(rows, around, strict=False)]
    return Table(tuple(map(Column, heads)), tuple(filled))


def _row(each: Question, texts: Mapping[str, Generation], labelled: bool) -> list[Cell]:
    answer = f"not put: {each.dropped}" if each.dropped else _text(each.answer, texts)
    compared = None if each.label is None else f"{SAYS[each.consistent]}: {_text(each.label, texts)}"
    return [each.question or None, answer, *([compared] if labelled else [])]


def _text(generation: str | None, texts: Mapping[str, Generation]) -> str | None:
    found = texts.get(generation or "")
    return None if found is None else found.text
