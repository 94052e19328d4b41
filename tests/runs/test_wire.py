"""Token columns as JSON, and characters that arrive in pieces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.traces import trace_of
from webapp.events import Tokens
from webapp.runs.wire import TokenWire, column


def joined(events: list[Tokens]) -> list[str]:
    return [text for event in events for text in event.text]


@given(st.text(max_size=12), st.lists(st.integers(1, 4), max_size=12))
def test_however_bytes_arrive_the_texts_are_those_of_the_stored_trace(text: str, sizes: list[int]) -> None:
    raw = text.encode("utf-8", "replace")
    trace = trace_of([raw[i : i + 1] for i in range(len(raw))] or [b"x"])
    wire, events, start = TokenWire("g"), [], 0
    for size in [*sizes, len(trace)]:
        events += wire.push(trace.slice(start, start + size))
        start = min(len(trace), start + size)
    events += wire.flush()
    assert joined(events) == trace.token_texts()
    starts = [event.start for event in events]
    assert starts == [sum(len(e.ids) for e in events[:i]) for i in range(len(events))]


def test_a_token_inside_a_character_waits_for_the_rest() -> None:
    trace = trace_of([b"a", b"\xc3", b"\xa9"])
    wire = TokenWire("g")
    assert joined(wire.push(trace.slice(0, 2))) == ["a"]
    (event,) = wire.push(trace.slice(2, 3))
    assert (event.start, event.text, event.ids) == (1, ["", "é"], [1, 2])


def test_a_character_that_is_never_completed_is_replaced_at_the_end() -> None:
    trace = trace_of([b"a", b"\xe2\x82"])
    wire = TokenWire("g")
    wire.push(trace)
    assert joined(wire.flush()) == ["\ufffd"] == trace.token_texts()[1:]
    assert wire.flush() == []


def test_special_tokens_are_named_and_nul_is_replaced() -> None:
    (event,) = TokenWire("g").push(trace_of([b"a\0", b"<|end|>"], special=frozenset({1})))
    assert event.text == ["a\ufffd", "<|end|>"]
    assert event.special == [1]


def test_rows_of_another_origin_travel_in_an_event_of_their_own() -> None:
    events = TokenWire("g").push(trace_of([b"a", b"b", b"c"]), ["model", "person", "model"])
    assert [(e.start, e.ids, e.origin) for e in events] == [(0, [0], None), (1, [1], "person"), (2, [2], None)]


def test_what_is_not_finite_is_none_and_the_rest_rounded() -> None:
    assert column(np.array([1.234567, np.nan, -np.inf, 0.5], np.float32)) == [1.23457, None, None, 0.5]
    assert column(None) is None


def test_alternatives_leave_out_what_is_unknown_and_validate_as_an_event() -> None:
    trace = trace_of([b"a", b"b"])
    assert trace.top_ids is not None and trace.top_logprobs is not None
    top = trace.top_logprobs.copy()
    top[1, 1:] = np.nan
    ids = trace.top_ids.copy()
    ids[1, 2] = -1
    (event,) = TokenWire("g").push(replace(trace, top_logprobs=top, top_ids=ids))
    assert event.alternatives == [[(0, "a", -0.5), (1, "b", -1.0), (2, "?", -2.0)], [(1, "b", -0.5)]]
    assert Tokens.model_validate_json(event.model_dump_json()) == event


def test_columns_a_backend_cannot_know_stay_unknown() -> None:
    trace = replace(trace_of([b"a"]), entropy=None, logsumexp=None, top_ids=None, top_logprobs=None)
    (event,) = TokenWire("g").push(trace)
    assert (event.entropy, event.self_certainty, event.alternatives) == (None, None, None)
    assert event.logprob == [pytest.approx(-0.125)]
