"""Origins of tokens and of stretches of text, both ways."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.records import Span
from tests.runs.traces import trace_of
from webapp.runs.spans import origins_of, spans_of

ORIGINS = st.sampled_from(["model", "injected", "person"])


@given(st.lists(st.tuples(st.sampled_from([b"a", b"bc", "é".encode(), "€".encode()]), ORIGINS), max_size=10))
def test_origins_survive_being_stored_as_spans(tokens: list[tuple[bytes, str]]) -> None:
    trace = trace_of([piece for piece, _ in tokens])
    origins = [origin for _, origin in tokens]
    spans = spans_of(trace, origins, len(trace.text()[0].encode()))  # type: ignore[arg-type]
    assert origins_of(trace, spans) == origins
    assert [s.start for s in spans[1:]] == [s.end for s in spans[:-1]]


def test_offsets_are_bytes_and_rows_without_origin_are_the_models() -> None:
    trace = trace_of(["é".encode(), b"x", b"yz"])
    assert spans_of(trace, ["model", "person"], 5) == (Span(0, 2, "model"), Span(2, 3, "person"), Span(3, 5, "model"))


def test_a_text_of_the_model_alone_is_one_span_up_to_where_it_was_cut() -> None:
    assert spans_of(trace_of([b"abc", b"def"]), [], 4) == (Span(0, 4, "model"),)
    assert spans_of(trace_of([b""]), [], 0) == ()


def test_a_forced_token_that_adds_no_bytes_keeps_its_origin() -> None:
    trace = trace_of([b"a", b"", b"b"])
    spans = spans_of(trace, ["model", "person"], 2)
    assert spans == (Span(0, 1, "model"), Span(1, 1, "person"), Span(1, 2, "model"))
    assert origins_of(trace, spans) == ["model", "person", "model"]
