"""Stored runs told again: with their own timing, and quickly at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from storage.records import Cost, Generation, ModelRecord, Run, Score, Span, StoredRun
from storage.trace import TokenTrace
from tests.runs.following import numbered, shown
from tests.runs.puppet import rows
from tests.runs.traces import trace_of
from webapp.events import RunEvent, ScoreAdded, Tokens
from webapp.runs.rebuild import rebuild
from webapp.runs.replay import replay, timeline
from webapp.runs.request import typed_problem

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def generation(number: int, trace: TokenTrace, started: float, seconds: float) -> Generation:
    text = trace.text()[0]
    return Generation(
        f"g{number}", "r", number, "draft", "draft", BEGUN, branch=number, status="finished", finish_reason="eos",
        text=text, spans=(Span(0, len(text.encode()), "model"),), started=started,
        cost=Cost(len(trace), 9, 1, seconds),
    )  # fmt: skip


@pytest.fixture
def stored() -> StoredRun:
    """Two texts side by side, the second with one long pause, and a score in between."""
    model = ModelRecord("m", "test", "1", "cpu", "float32", "none", 1e-4, 1000, 1000)
    run = Run(
        "r", "s", "l", 0, typed_problem("Why?"), "gone", "1", {}, 0, model, BEGUN, status="finished",
        cost=Cost(8, 18, 2, 4.0), started_at=BEGUN, finished_at=BEGUN + timedelta(seconds=4),
    )  # fmt: skip
    first = replace(trace_of([b"a", b"b", b"\xc3", b"\xa9"]), seconds=np.array([0.5, 1.0, 1.5, 2.0], np.float32))
    second = replace(trace_of([b"w", b"x", b"y", b"z"]), seconds=np.array([1.2, 1.21, 1.22, 3.9], np.float32))
    texts = (generation(0, first, 0.1, 2.0), generation(1, second, 0.2, 3.7))
    score = Score("x", "r", "g0", "p_true", 0.5, "choose", BEGUN + timedelta(seconds=2.5))
    return StoredRun(run, texts, (score,), {"g0": first, "g1": second})


class FakeTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def told(stored: StoredRun, speed: float) -> list[tuple[float, RunEvent]]:
    fake = FakeTime()
    batches = replay(stored, None, speed, clock=fake.clock, sleep=fake.sleep)
    return [(fake.now, event) async for batch in batches for event in batch.events]


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
async def test_tokens_come_when_they_came_divided_by_the_speed(stored: StoredRun, speed: float) -> None:
    came = {g: [] for g in ("g0", "g1")}  # type: dict[str, list[float]]
    for when, event in await told(stored, speed):
        if isinstance(event, Tokens):
            came[event.generation] += [when * speed] * len(event.ids)
    frame = 0.04 * speed + 1e-6
    assert came["g0"] == pytest.approx([0.5, 1.0, 2.0, 2.0], abs=2 * frame)  # é waits for its second byte
    assert came["g1"] == pytest.approx([1.2, 1.2, 1.2, 3.9], abs=2 * frame)


async def test_a_replay_ends_where_the_run_ended_and_shows_the_same(stored: StoredRun) -> None:
    events = await told(stored, 2.0)
    assert events[-1][0] == pytest.approx(2.0)
    assert shown(event for _, event in events) == shown(rebuild(stored, None))
    (scored,) = [when for when, event in events if isinstance(event, ScoreAdded)]
    assert scored == pytest.approx(1.25)


async def test_numbers_of_a_replay_have_no_gap(stored: StoredRun) -> None:
    fake = FakeTime()
    events = await numbered(replay(stored, None, 1.0, clock=fake.clock, sleep=fake.sleep))
    assert [number for number, _ in events] == list(range(1, len(events) + 1))


def test_rows_without_a_time_are_spread_over_their_text(stored: StoredRun) -> None:
    bare = {key: replace(trace, seconds=None) for key, trace in stored.traces.items()}
    timed = timeline(replace(stored, traces=bare), None, frame=0.01)
    first = [when for when, event in timed if isinstance(event, Tokens) and event.generation == "g0"]
    assert first == pytest.approx([0.6, 1.1, 2.1])


def test_the_title_of_a_method_that_is_gone_is_its_name(stored: StoredRun) -> None:
    assert shown(rebuild(stored, None))["run_opened"]["title"] == "gone"


async def test_sixteen_texts_of_256_tokens_are_rebuilt_whole(stored: StoredRun) -> None:
    rng = np.random.default_rng(0)
    k, vocabulary = 10, 49152
    traces = {}
    for number in range(16):
        top = rng.integers(0, vocabulary, (256, k)).astype(np.int32)
        names = {int(i): b" word%d" % i for i in np.unique(top)}
        base = rows([32] * 256)
        traces[f"g{number}"] = replace(
            base, ids=top[:, 0].copy(), pieces=names, top_ids=top, special=frozenset(), vocab_size=vocabulary,
            top_logprobs=-rng.random((256, k), dtype=np.float32),
        )  # fmt: skip
    texts = tuple(generation(i, traces[f"g{i}"], 0.0, 1.0) for i in range(16))
    large = replace(stored, generations=texts, traces=traces, scores=())
    events = await asyncio.to_thread(rebuild, large, None)
    size = sum(len(event.model_dump_json()) for event in events)
    assert size > 1_000_000
    assert sum(len(e.ids) for e in events if isinstance(e, Tokens)) == 16 * 256
