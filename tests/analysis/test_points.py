"""Points are summed, not averaged and rounded, and judgements that are not trusted are left out."""

from __future__ import annotations

import pytest

from webapp.analysis.points import in_order_of, most_trusted, summed

PAPER = [[1, 5], [5, 6], [4, 8], [7, 6]]  # the four judgements of two responses in the paper's figure


def test_the_vote_is_the_sum_over_all_judgements() -> None:
    assert summed(PAPER, 2) == [17, 25]


def test_the_filtered_vote_is_the_sum_over_those_kept() -> None:
    trust = [0.9, 0.2, 0.8, 0.4]
    assert most_trusted(trust, 2) == [0, 2]
    assert summed([PAPER[i] for i in most_trusted(trust, 2)], 2) == [5, 13]


def test_of_equally_trusted_ones_the_earlier_are_kept() -> None:
    assert most_trusted([0.5, 0.5, 0.5, 0.7], 2) == [0, 3]
    assert most_trusted([0.5], 4) == [0]


def test_no_judgement_gives_no_points() -> None:
    assert summed([], 3) == [0, 0, 0]


def test_points_go_back_to_the_texts_that_earned_them() -> None:
    assert in_order_of([2, 0, 1], [7, 8, 9]) == [8, 9, 7]
    with pytest.raises(ValueError, match="zip"):
        in_order_of([0, 1], [7])
