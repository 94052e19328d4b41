"""Agreement about spans beyond chance, from the best alignment of what two annotators marked: like gamma, not gamma.

Mathet, Widlöcher and Métivier (2015) define gamma = 1 - observed / expected disorder. Taken from there: spans of two
annotators are aligned one to one, or with nothing, so that the sum of dissimilarities is least; two spans differ by
((|start - start'| + |end - end'|) / (length + length'))^2 plus 1 if their labels differ, and a span without partner
costs 1. Different here: annotators are compared pair by pair, disorder is summed over items rather than over one
long text, and chance is what remains when the first annotator's spans are moved around each item by all of a fixed
number of steps (their span lengths and numbers stay) instead of by random draws. So the
observed disorder of one text is gamma's, to the digit (pygamma-agreement 0.5.9), what chance gives is not (on four
small texts our value was up to 0.11 higher), and no value is to be reported as gamma.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from webapp.analysis.agreement_spans import Items, Span, pairs
from webapp.analysis.agreement_table import Floats
from webapp.analysis.bootstrap import DRAWS, Interval, of_means

ALONE = 1.0  # the cost of a span without partner, Mathet's empty unit
SHIFTS = 29  # how many other places a pair is compared at to see what chance gives


def alignment_agreement(items: Items, lengths: Sequence[int], *, draws: int = DRAWS, seed: int = 0) -> Interval:
    """Return 1 - observed / expected disorder: 1 where all spans agree, 0 where they agree as if moved at random.

    Args:
        items: what each annotator marked in each item, None where they did not label it.
        lengths: [items] how long each is, in the unit of its spans.
        draws: bootstrap samples over items.
        seed: of the bootstrap.

    """
    rows = [_disorders(item, length) for item, length in zip(items, lengths, strict=True)]
    if not rows:
        return Interval(np.nan, np.nan, np.nan)
    return of_means(rows, lambda means: 1 - means[..., 0] / means[..., 1], draws=draws, seed=seed)


def disorder(first: Sequence[Span], second: Sequence[Span]) -> float:
    """Return the least sum of dissimilarities with which two annotators' spans of an item can be aligned."""
    a, b = len(first), len(second)
    # Every span may go with a partner or with a nothing of its own; nothings go together for free.
    costs = np.full((a + b, a + b), ALONE)
    costs[a:, b:] = 0.0
    costs[:a, :b] = _dissimilarities(first, second)
    rows, columns = linear_sum_assignment(costs)
    return float(costs[rows, columns].sum())


def _dissimilarities(first: Sequence[Span], second: Sequence[Span]) -> Floats:
    a = np.array([(each.start, each.end) for each in first], dtype=np.float64).reshape(-1, 1, 2)
    b = np.array([(each.start, each.end) for each in second], dtype=np.float64).reshape(1, -1, 2)
    lengths = (a[..., 1] - a[..., 0]) + (b[..., 1] - b[..., 0])
    differs = np.array([[x.label != y.label for y in second] for x in first]).reshape(len(first), len(second))
    return np.asarray((np.abs(a - b).sum(axis=-1) / lengths) ** 2 + differs)


def _disorders(item: Sequence[Sequence[Span] | None], length: int) -> tuple[float, float]:
    """Return the observed and the expected disorder of an item, summed over pairs of annotators."""
    found = [(disorder(a, b), _expected(a, b, length)) for a, b in pairs(item)]
    return sum(observed for observed, _ in found), sum(expected for _, expected in found)


def _expected(first: Sequence[Span], second: Sequence[Span], length: int) -> float:
    shifts = np.unique(np.linspace(0, length, SHIFTS + 2).astype(int)[1:-1])
    shifts = shifts[shifts > 0]  # in a short item the first ones are no move at all
    moved = [disorder([_moved(each, int(shift), length) for each in first], second) for shift in shifts]
    return float(np.mean(moved)) if moved else 0.0


def _moved(span: Span, shift: int, length: int) -> Span:
    """Move a span around an item; one that begins before its end may reach beyond it."""
    start = (span.start + shift) % length
    return Span(start, start + span.end - span.start, span.label)
