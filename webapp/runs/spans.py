"""Origins of text, both ways: of tokens to spans when a generation is stored, of spans to tokens when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from storage.records import Origin, Span
from storage.trace import TokenTrace


def spans_of(trace: TokenTrace, origins: Sequence[Origin], size: int) -> tuple[Span, ...]:
    """Return the stretches of equal origin in a text of `size` bytes; rows beyond `origins` are the model's.

    A stretch that adds no bytes is kept only where it is not the model's.
    """
    if not origins:
        return (Span(0, size, "model"),) if size else ()
    offsets = [min(offset, size) for offset in trace.offsets()]
    whole = [*origins, *["model"] * (len(trace) - len(origins))]
    spans, start = [], 0
    for origin, group in groupby(whole):
        stop = start + len(list(group))
        if offsets[stop] > offsets[start] or origin != "model":
            spans.append(Span(offsets[start], offsets[stop], origin))  # type: ignore[arg-type]
        start = stop
    return tuple(spans)


def origins_of(trace: TokenTrace, spans: Sequence[Span]) -> list[Origin]:
    """Return the origin of every token of a stored trace from the spans of its generation."""
    if all(span.origin == "model" for span in spans):
        return ["model"] * len(trace)
    return [_origin(spans, start, stop) for start, stop in pairwise(trace.offsets())]


def _origin(spans: Sequence[Span], start: int, stop: int) -> Origin:
    # A token that adds no bytes has an empty span of its own where it is not the model's.
    for span in spans:
        if (span.start, span.end) == (start, stop) or span.start <= start < span.end:
            return span.origin
    return "model"
