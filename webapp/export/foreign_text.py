"""Imported texts as generations, with what is known of their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from storage.codec import encode
from storage.records import Cost, Generation, Problem, Span
from storage.text import REPLACEMENT
from storage.trace import Floats, TokenTrace, TraceSummary, summarise
from webapp.analysis.attempts import ANSWERING
from webapp.export.trace_row import RowError, TextPart, TokenPart
from webapp.tasks.graders import UNGRADED, Grade, extract, grade, judge


def foreign_text(
    part: TextPart, index: int, run_id: str, ids: Sequence[str], problem: Problem, when: datetime
) -> tuple[Generation, bytes | None]:
    """Return the text as a generation, and its encoded token trace if it has one; `ids` are those of all texts.

    Raises:
        RowError: when its tokens do not fit it.

    """
    trace = _trace(part, index)
    found = _graded(part, problem)
    generation = Generation(
        id=ids[index],
        run_id=run_id,
        ordinal=index,
        role=part.role,
        label=f"imported-{index}",
        created_at=when,
        branch=part.branch,
        round=part.round,
        parents=tuple(ids[parent] for parent in part.parents),
        messages=tuple((message.role, message.content) for message in part.prompt),
        status="finished",
        finish_reason=part.finish_reason or "given",
        text=part.text,
        replaced=REPLACEMENT in part.text,  # by us, or by whoever wrote the file
        spans=(Span(0, len(part.text.encode()), "tool" if part.role == "tool_result" else "model"),),
        answer=found.answer,
        verdict=found.verdict,
        grader=found.grader,
        cost=Cost(generated_tokens=len(part.tokens or ())),
        summary=summarise(trace) if trace is not None else _summary(part.tokens),
    )
    return generation, None if trace is None else encode(trace)


def judged(problem: Problem, answer: str) -> Grade:
    """Judge an answer that a file states; where our grader cannot read it, it stays as it is written."""
    return judge(problem, extract(problem.kind, answer, problem.choices) or answer)


def _graded(part: TextPart, problem: Problem) -> Grade:
    if part.role not in ANSWERING:
        return Grade(part.answer, "ungraded", UNGRADED)
    return grade(problem, part.text) if part.answer is None else judged(problem, part.answer)


def _trace(part: TextPart, index: int) -> TokenTrace | None:
    """Return the token trace of a text whose tokens all have ids; what the file does not say of them is unknown."""
    tokens = part.tokens or ()
    if not tokens or any(token.id is None for token in tokens):
        return None
    pieces: dict[int, bytes] = {}
    for token in tokens:
        piece = _piece(token)
        if token.id is None or piece is None or pieces.setdefault(token.id, piece) != piece:
            raise RowError(
                f"texts.{index}.tokens", "a token has no text, or two tokens of one id have different texts"
            )
    trace = TokenTrace(
        ids=np.array([token.id for token in tokens], np.int32),
        pieces=pieces,
        vocab_size=0,  # unknown: nothing that needs it is there
        logprob=_column([token.logprob for token in tokens]),
        entropy=_column([token.entropy for token in tokens]),
    )
    if trace.text()[0] != part.text:
        raise RowError(f"texts.{index}.tokens", "the tokens do not add up to the text")
    return trace


def _piece(token: TokenPart) -> bytes | None:
    if token.bytes is not None:
        return bytes(token.bytes)
    return None if token.text is None else token.text.encode()


def _column(values: Sequence[float | None]) -> Floats | None:
    """Return the known numbers, NaN between them; None where there are none at all."""
    if all(value is None for value in values):
        return None
    return np.array([np.nan if value is None else value for value in values], np.float32)


def _summary(tokens: Sequence[TokenPart] | None) -> TraceSummary | None:
    """Return what tokens without ids still tell: how many there are, and how probable they were."""
    if not tokens:
        return None
    bare = TokenTrace(
        ids=np.zeros(len(tokens), np.int32), pieces={}, vocab_size=0,
        logprob=_column([token.logprob for token in tokens]), entropy=_column([token.entropy for token in tokens]),
    )  # fmt: skip
    return summarise(bare)
