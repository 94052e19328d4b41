"""Agreement about spans: worked out by hand, alignments against pygamma-agreement's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.analysis.agreement_alignment import alignment_agreement, disorder
from webapp.analysis.agreement_spans import Span, exact_f1, in_tokens, overlap_f1


def spans(text: str) -> list[Span]:
    """Read "0-10a 20-30b"."""
    parts = [(*each[:-1].split("-"), each[-1]) for each in text.split()]
    return [Span(int(start), int(end), label) for start, end, label in parts]


A = spans("0-10a 20-30b 40-55a 70-72c")
B = spans("1-10a 20-33a 42-55a 60-66b 90-99c")
C = spans("0-10a 21-30b 40-54a")
D = spans("5-25a 22-31b 41-43a 44-54a")


def test_exact_f1_by_hand() -> None:
    items = [[A, spans("0-10a 20-30a 40-55a")], [C, C]]
    assert exact_f1(items).estimate == pytest.approx((4 + 6) / (7 + 6))  # two of four and three, then all three
    assert exact_f1(items, "b").estimate == pytest.approx(2 / 3)
    assert exact_f1(items, "c").estimate == 0


def test_overlap_f1_by_hand() -> None:
    items = [[spans("0-10a 5-15a 3-6b"), spans("5-15a")]]
    assert overlap_f1(items).estimate == pytest.approx(2 * 10 / (15 + 3 + 10)), "a position counts once a label"
    assert overlap_f1(items, "a").estimate == pytest.approx(20 / 25)


def test_three_annotators_are_three_pairs_and_who_did_not_label_is_none() -> None:
    items = [[A, A, B], [C, None, C], [A, None, None]]
    shared = 2 * len(A) + 0 + 0 + 2 * len(C)
    assert exact_f1(items).estimate == pytest.approx(shared / (2 * len(A) + 2 * (len(A) + len(B)) + 2 * len(C)))


def test_nothing_marked_is_no_agreement_and_no_disagreement() -> None:
    assert np.isnan(exact_f1([[[], []]]).estimate) and np.isnan(exact_f1([]).estimate)
    assert np.isnan(alignment_agreement([[[], []]], [100]).estimate) and np.isnan(
        alignment_agreement([], []).estimate
    )


def test_intervals_are_over_items() -> None:
    items = [[A, B], [C, C], [A, A], [C, D]] * 5
    for found in (exact_f1(items), overlap_f1(items), alignment_agreement(items, [100] * 20)):
        assert found.low < found.estimate < found.high


def test_bytes_become_tokens_wherever_a_span_touches_them() -> None:
    edges = [0, 4, 5, 9, 9, 12]  # the fourth token is empty
    assert in_tokens(spans("0-4a 3-6b 9-12a 5-9c"), edges) == spans("0-1a 0-3b 4-5a 2-3c")
    assert in_tokens(spans("12-14a"), edges) == []


@pytest.mark.parametrize(
    ("first", "second", "published"),
    [(A, B, 4.024885), (C, D, 1.484568), (A, C, 1.003959), (B, D, 4.479322)],
)
def test_the_best_alignment_is_that_of_gamma(first: list[Span], second: list[Span], published: float) -> None:
    """Numbers of pygamma-agreement 0.5.9: disorder of the best alignment, alpha = beta = delta_empty = 1."""
    assert disorder(first, second) == pytest.approx(published, abs=2e-6)


def test_alignment_agreement_orders_what_is_more_and_less_alike() -> None:
    near, far = alignment_agreement([[C, D]], [100]).estimate, alignment_agreement([[B, D]], [100]).estimate
    assert alignment_agreement([[A, A], [C, C]], [100, 100]).estimate == 1.0
    assert 1 > near > far


def test_chance_in_a_short_item_is_what_moved_spans_give() -> None:
    """Three positions, one span of one: moved by 1 or by 2 it lies apart by a whole length or by two."""
    apart = (disorder(spans("1-2a"), spans("0-1a")) + disorder(spans("2-3a"), spans("0-1a"))) / 2
    found = alignment_agreement([[spans("0-1a"), spans("0-1a")], [spans("0-1a"), []]], [3, 3])
    assert found.estimate == pytest.approx(1 - (0 + 1) / (apart + 1))


def test_spans_anywhere_agree_as_chance_does() -> None:
    random = np.random.default_rng(4)

    def anywhere() -> list[Span]:
        starts = random.choice(np.arange(0, 190, 10), 5, replace=False)
        return [Span(int(at), int(at) + 6, str(random.choice(["a", "b"]))) for at in starts]

    found = alignment_agreement([[anywhere(), anywhere()] for _ in range(60)], [200] * 60)
    assert found.low < 0.05 and found.estimate == pytest.approx(0, abs=0.06)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.sampled_from("ab")), max_size=6))
def test_an_alignment_with_oneself_costs_nothing_and_with_nothing_one_a_span(
    drawn: list[tuple[int, int, str]],
) -> None:
    marked = [Span(start, start + length, label) for start, length, label in drawn]
    assert disorder(marked, marked) == 0 and disorder(marked, []) == disorder([], marked) == len(marked)
