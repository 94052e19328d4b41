"""How far annotators marked the same stretches of texts: F1 of spans, exactly and by overlap.

F1 = 2 |A and B| / (|A| + |B|) of two annotators, which is the same whoever is taken as the reference (Hripcsak and
Rothschild, 2005, show that kappa approaches it where what nobody marks is unbounded). More annotators are compared
pair by pair, and the pairs' counts summed. Intervals are percentile bootstrap over items.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from itertools import combinations
from typing import NamedTuple

import numpy as np

from webapp.analysis.bootstrap import DRAWS, Interval, ratio


class Span(NamedTuple):
    """A labelled stretch from `start` up to, not including, `end`, in whatever unit the positions of an item have."""

    start: int
    end: int
    label: str


Marked = Sequence[Span] | None  # what an annotator marked in an item; None if they did not label it
Items = Sequence[Sequence[Marked]]  # items by annotators
Units = Callable[[Sequence[Span]], Set[Hashable]]  # what is counted as marked


def exact_f1(items: Items, label: str | None = None, *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Return F1 of spans that agree in start, end and label; of one label if it is named.

    NaN where nobody marked anything. A span that an annotator marked twice counts once.
    """
    return _f1(items, lambda spans: set(_labelled(spans, label)), draws, seed)


def overlap_f1(items: Items, label: str | None = None, *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Return F1 of the positions under spans of the same label, so that spans which nearly agree count nearly.

    The unit is that of the spans: with token indices it is F1 of tokens. Spans of one label that overlap cover a
    position once, those of different labels once each.
    """
    return _f1(items, lambda spans: _positions(_labelled(spans, label)), draws, seed)


def in_tokens(spans: Sequence[Span], edges: Sequence[int]) -> list[Span]:
    """Return spans of bytes as spans of tokens: every token of which a span covers a part.

    Args:
        spans: with byte offsets.
        edges: [tokens + 1] where tokens begin, and where the last one ends.

    """
    starts, ends = np.asarray(edges[:-1]), np.asarray(edges[1:])
    found = (
        (np.searchsorted(ends, each.start, "right"), np.searchsorted(starts, each.end, "left")) for each in spans
    )
    return [Span(int(a), int(b), each.label) for each, (a, b) in zip(spans, found, strict=True) if a < b]


def pairs(item: Sequence[Marked]) -> Iterator[tuple[Sequence[Span], Sequence[Span]]]:
    """Yield the spans of every two annotators who both labelled an item."""
    yield from combinations((marked for marked in item if marked is not None), 2)


def _labelled(spans: Sequence[Span], label: str | None) -> list[Span]:
    return [each for each in spans if label is None or each.label == label]


def _positions(spans: Sequence[Span]) -> set[tuple[str, int]]:
    return {(each.label, at) for each in spans for at in range(each.start, each.end)}


def _f1(items: Items, units: Units, draws: int, seed: int) -> Interval:
    rows = [_counted(item, units) for item in items]
    if not rows:
        return Interval(np.nan, np.nan, np.nan)
    return ratio([row[0] for row in rows], [row[1] for row in rows], draws=draws, seed=seed)


def _counted(item: Sequence[Marked], units: Units) -> tuple[int, int]:
    """Return twice how much annotators of an item share, and how much they marked, summed over their pairs."""
    marked = [(units(a), units(b)) for a, b in pairs(item)]
    return sum(2 * len(a & b) for a, b in marked), sum(len(a) + len(b) for a, b in marked)
