"""Small records of every kind with every field filled, for tests of what keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session as OrmSession

from storage.records import (
    BranchPoint,
    Cost,
    Generation,
    ModelRecord,
    Outcome,
    Problem,
    Run,
    Score,
    Session,
    Span,
    Vote,
)
from storage.repositories import generations, runs, scores, sessions
from storage.trace import COLUMNS, TokenTrace, summarise

NOON = datetime(2026, 5, 17, 12, 0, 0, 123456, tzinfo=UTC)
MODEL = ModelRecord("smol", "hub", "abc123", "cpu", "bfloat16", "packed", 1e-3, 49152, 8192)
PROBLEM = Problem(
    "gsm8k-17", "How many legs have 3 cats?", "choice", "B", ("10", "12 — zwölf"), "gsm8k row 17", ("easy",)
)


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def session(id: str = "s1", **changes: Any) -> Session:
    made = Session(id, "local", "Cats and legs", NOON, minutes(1), "Some notes.", ("demo", "Year 7"))
    return replace(made, **changes)


def run(id: str = "r1", **changes: Any) -> Run:
    """Return a finished run in which every field says something."""
    made = Run(
        id=id, session_id="s1", launch_id="l1", column=2, problem=PROBLEM, method="self_refine",
        method_version="1-9f3c", params={"max_rounds": 3, "temperature": 0.7, "stop": ["\n"], "note": None},
        seed=2**40, model=MODEL, created_at=minutes(1), status="finished", error="", oracle=True,
        cost=Cost(120, 640, 5, 7.125),
        outcome=Outcome(
            "12", "correct", "10", "incorrect", (Vote("12", (0, 2), 1.5, True, False), Vote("10", (1,), 0.25)), "g3",
            "stopped early",
        ),
        input_run="r0", branch_of=BranchPoint("g0", 7, 4242), started_at=minutes(2), finished_at=minutes(3),
        name="The good one", notes="Look at round 2.", tags=("keep", "Ärger"),
    )  # fmt: skip
    return replace(made, **changes)


def queued(id: str = "r1", *, owner: str | None = "me", until: datetime | None = None, **changes: Any) -> Run:
    """Return a run as it is when it is launched."""
    fresh: dict[str, Any] = {
        "status": "queued", "oracle": False, "cost": Cost(), "outcome": Outcome(), "input_run": None,
        "branch_of": None, "started_at": None, "finished_at": None, "name": "", "notes": "", "tags": (),
    }  # fmt: skip
    return run(id, **(fresh | {"lease_owner": owner, "lease_until": until or minutes(5)} | changes))


def generation(id: str = "g1", **changes: Any) -> Generation:
    made = Generation(
        id=id, run_id="r1", ordinal=0, role="revision", label="revision-1", created_at=minutes(2), branch=1, round=2,
        messages=(("system", "Be brief."), ("user", "How many legs?\n")), prefix=(1, 5, 49151),
        sampling={"temperature": 0.7, "top_p": 0.9, "stop": ["</end>"]}, status="finished", finish_reason="stop",
        text="Twelve — 12.", replaced=True, spans=(Span(0, 6, "model"), Span(6, 14, "injected")), answer="12",
        verdict="correct", grader="numeric", cost=Cost(30, 160, 1, 1.5), started=0.25, copied_from="g0",
        summary=summarise(trace()),
    )  # fmt: skip
    return made.with_(**changes)


def score(id: str = "c1", **changes: Any) -> Score:
    made = Score(id, "r1", "g1", "p_true", 0.875, "choose", minutes(3), {"masses": [0.7, 0.1], "format": "(A)"})
    return replace(made, **changes)


def trace(pieces: Sequence[bytes] = (b"Twel", b"ve \xe2\x80", b"\x94 12.", b"<|end|>"), **changes: Any) -> TokenTrace:
    """Return a trace with all columns, a grid, unknown and infinite numbers, and a special token at its end."""
    size = len(pieces)
    ids = np.arange(10, 10 + size, dtype=np.int32)
    numbers = np.arange(1, size + 1, dtype=np.float32)
    odd = -numbers / 8
    odd[:1], odd[1:2] = np.nan, -np.inf
    made = TokenTrace(
        ids=ids, pieces={10 + i: piece for i, piece in enumerate(pieces)} | {0: b"\xff", 3: b""}, vocab_size=49152,
        logprob=odd, sampled_logprob=-numbers / 16, entropy=numbers / 4, sampled_entropy=numbers / 2,
        logsumexp=numbers * 2, mean_logit=-numbers, sum_p2=1 / (1 + numbers), candidates=np.full(size, 40, np.int32),
        top_ids=np.stack([ids, np.zeros_like(ids), np.full_like(ids, -1)], axis=1),
        top_logprobs=np.tile(np.array([-0.5, -1.0, np.nan], np.float32), (size, 1)),
        seconds=numbers / 10, special=frozenset({9 + size}), entropy_is_lower_bound=True,
        grid={0.5: (numbers * 4, -numbers), 1.3: (numbers / 3, numbers * 0)},
    )  # fmt: skip
    return replace(made, **changes)


def assert_same_trace(left: TokenTrace, right: TokenTrace) -> None:
    """Compare two traces bit by bit, types included."""
    for name in COLUMNS:
        assert _bits(getattr(left, name)) == _bits(getattr(right, name)), name
    assert dict(left.pieces) == dict(right.pieces)
    assert (left.vocab_size, left.special) == (right.vocab_size, right.special)
    assert left.entropy_is_lower_bound is right.entropy_is_lower_bound
    assert list(left.grid) == list(right.grid)
    for temperature, columns in left.grid.items():
        assert [*map(_bits, columns)] == [*map(_bits, right.grid[temperature])]


def _bits(column: Any) -> object:
    return None if column is None else (column.dtype.str, column.shape, column.tobytes())


def store_session(s: OrmSession, made: Session | None = None, *more: Run) -> None:
    """Store a session with the given runs."""
    sessions.create(s, made or session())
    for each in more:
        runs.add(s, each)


def store_everything(s: OrmSession) -> None:
    """Store one session in which every table has rows: two runs of a launch, one deleted, one still at work."""
    store_session(
        s,
        session(),
        run("r1"),
        run("r2", column=0, tags=(), branch_of=None, input_run="r1"),
        run("r3", launch_id="l2", deleted_at=minutes(9), outcome=Outcome()),
        queued("r4", launch_id="l2", status="running", started_at=minutes(4)),
    )
    traces = {"g1": trace(), "g2": trace([b"Hm", b"."]), "g4": trace([b"unfin"])}
    for each in (
        generation("g1", role="draft"),
        generation("g2", ordinal=1, parents=("g1",), text="Hm.", spans=(), copied_from=None, summary=None),
        generation("g3", ordinal=2, parents=("g1", "g2"), copied_from="g1", answer=None),
        generation("g5", run_id="r2", parents=(), copied_from="g1"),
        generation("g6", run_id="r3"),
        generation(
            "g4", run_id="r4", text="unfin", spans=(), status="partial", finish_reason=None, verdict="ungraded"
        ),
    ):
        generations.save(s, each, traces.get(each.id))
    scores.add(s, score("c1"))
    scores.add(s, score("c2", generation_id=None, value=None, details={}))
    scores.add(s, score("c3", run_id="r2", generation_id="g5", value=float("-inf")))
