"""Ranks, and votes that weigh by rank."""

from __future__ import annotations

import pytest

from storage.records import Vote
from webapp.analysis.borda import points, ranks
from webapp.analysis.vote import vote, weighed

CERTAINTY = [1.2, 3.4, 0.5, 2.0]


def borda(answers: list[str | None], certainty: list[float], power: float) -> tuple[Vote, ...]:
    given = points(ranks(certainty), power)
    return weighed(vote(dict(enumerate(answers)), str.__eq__), dict(enumerate(given)))


def test_the_highest_is_first_and_of_equal_ones_the_earlier() -> None:
    assert ranks(CERTAINTY) == [3, 1, 4, 2]
    assert ranks([1.0, 2.0, 2.0, 1.0]) == [3, 1, 2, 4]
    assert ranks([]) == []


def test_points_fall_with_the_rank_as_the_power_says() -> None:
    assert points([3, 1, 4, 2], 1.0) == [2.0, 4.0, 1.0, 3.0]
    assert points([3, 1, 4, 2], 0.5) == pytest.approx([2**0.5, 2.0, 1.0, 3**0.5])
    assert points([3, 1, 4, 2], 0.0) == [1.0] * 4


def test_power_zero_is_the_plain_vote_and_a_large_one_is_the_surest_alone() -> None:
    answers = ["a", "b", "a", "c"]
    assert borda(answers, CERTAINTY, 0.0) == vote(dict(enumerate(answers)), str.__eq__)
    assert [v.answer for v in borda(answers, CERTAINTY, 100.0) if v.winner] == ["b"]


def test_the_power_decides_between_many_unsure_and_few_sure_samples() -> None:
    """Ranks 4, 5 against 1, 2 of five: 2^p + 1 against 5^p for one and 5^p + 4^p for two."""
    answers, certainty = ["many", "many", "many", "one", None], [0.1, 0.2, 0.3, 0.9, 0.5]
    low, high = borda(answers, certainty, 0.3), borda(answers, certainty, 2.0)
    assert [(v.answer, v.weight) for v in low] == [
        ("many", pytest.approx(1 + 2**0.3 + 3**0.3)),
        ("one", pytest.approx(5**0.3)),
    ]
    assert [(v.answer, v.weight) for v in high] == [("one", 25.0), ("many", 14.0)]


def test_a_sample_without_an_answer_keeps_its_rank() -> None:
    with_it = borda(["a", None, "b"], [1.0, 3.0, 2.0], 1.0)
    assert [(v.answer, v.weight) for v in with_it] == [("b", 2.0), ("a", 1.0)], "of three, not of two"
