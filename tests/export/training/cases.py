"""Runs in memory that builders are given, each made of a few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from storage.records import Generation, ModelRecord, Problem, Run, Score, Span, VerdictValue
from storage.trace import TraceSummary
from webapp.export.training.builder import Builder
from webapp.export.training.examples import Example, Made, Refusal, Reply
from webapp.export.training.formats.format import Format, Row, Way
from webapp.export.training.material import Case, Judged, Told, plain
from webapp.export.training.settings import TrainingSettings

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LEGS = Problem("legs", "How many legs have 3 cats?", "numeric", "12", source="legs row 1")
MODEL = ModelRecord("puppet", "test", "abc", "cpu", "float32", "none", 1e-4, 257, 1000)


def text(said: str, verdict: VerdictValue = "ungraded", **changes: Any) -> Generation:
    """Return a finished text of the model's; its id is its label, or what it says."""
    spans = (Span(0, len(said.encode()), "model"),)
    made = Generation(
        id=str(changes.pop("id", changes.get("label", said))), run_id="", ordinal=0, role="draft", label="draft",
        created_at=NOW, messages=plain(LEGS), status="finished", finish_reason="eos", text=said, spans=spans,
        verdict=verdict,
    )  # fmt: skip
    return replace(made, **changes)


def sample(said: str, verdict: VerdictValue, branch: int, logprob: float, tokens: int) -> Generation:
    """Return a first draft whose log-probability is known."""
    known = TraceSummary(tokens, sum_logprob=logprob, mean_logprob=logprob / tokens)
    return text(said, verdict, branch=branch, summary=known)


def revision(said: str, verdict: VerdictValue, draft: Generation, request: str = "Are you sure?") -> Generation:
    """Return what corrects a draft in a second turn."""
    messages = (*draft.messages, ("assistant", draft.text), ("user", request))
    return text(said, verdict, role="revision", label="revision-1", round=1, branch=draft.branch, messages=messages)


def within(said: str, verdict: VerdictValue, draft: Generation) -> Generation:
    """Return the reply that goes on after a draft."""
    return text(
        draft.text + said, verdict, role="revision", label="reply", round=1, branch=draft.branch,
        messages=draft.messages, prefix=(1, 2, 3),
    )  # fmt: skip


def told(*texts: Generation, id: str = "run", scores: Sequence[Score] = (), **changes: Any) -> Told:
    """Return a finished run of some texts."""
    run = Run(
        id=id, session_id="session", launch_id="launch", column=0, problem=LEGS, method="two_turn",
        method_version="1", params={}, seed=7, model=MODEL, created_at=NOW, status="finished",
    )  # fmt: skip
    placed = [replace(each, run_id=id, ordinal=at) for at, each in enumerate(texts)]
    return Told(replace(run, **changes), tuple(placed), tuple(scores))


def case(*runs: Told, problem: Problem = LEGS, judged: dict[str, Judged] | None = None, **changes: Any) -> Case:
    """Return the runs of one problem, with what people said about texts by their ids."""
    return Case(problem, runs, judged or {}, **changes)


def built(builder: Builder, of: Case, **settings: Any) -> tuple[list[Example], list[str]]:
    """Return the examples that a builder makes, and the reasons of what it refuses."""
    made: list[Made] = list(builder.build(of, TrainingSettings(**settings), Random(0)))
    return [each for each in made if not isinstance(each, Refusal)], [
        each.reason for each in made if isinstance(each, Refusal)
    ]


def replies(builder: Builder, of: Case, **settings: Any) -> list[Reply]:
    """Return the replies among what a builder makes."""
    return [each for each in built(builder, of, **settings)[0] if isinstance(each, Reply)]


def trained(reply: Reply) -> str:
    """Return what of a reply carries loss."""
    return "".join(piece.text for piece in reply.reply if piece.trained)


def rows(format: Format, example: Example, way: Way | None = None) -> list[Row]:
    """Return an example in a format."""
    return format.write(example, way or Way())
