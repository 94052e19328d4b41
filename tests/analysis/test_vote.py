"""Votes: equivalent answers pooled, ties visible, no answer no vote."""

from __future__ import annotations

import pytest

from storage.records import Vote
from webapp.analysis.vote import among, unparsed, vote, weighed


def equal(a: str, b: str) -> bool:
    return a == b


def as_numbers(a: str, b: str) -> bool:
    return float(a) == float(b)


def test_the_answer_of_most_branches_wins() -> None:
    votes = vote({0: "Perth", 1: "Canberra", 2: "Canberra"}, equal)
    assert votes == (Vote("Canberra", (1, 2), 2.0, winner=True), Vote("Perth", (0,), 1.0))


def test_a_tie_is_shown_and_the_lowest_branch_wins_it() -> None:
    votes = vote({0: "c", 1: "b", 2: "a", 3: "a", 4: "b"}, equal)
    assert [(v.answer, v.branches, v.winner, v.tied) for v in votes] == [
        ("b", (1, 4), True, True),
        ("a", (2, 3), False, True),
        ("c", (0,), False, False),
    ]


def test_all_different_is_a_tie_of_all() -> None:
    votes = vote({0: "x", 1: "y", 2: "z"}, equal)
    assert [v.tied for v in votes] == [True] * 3
    assert [v.answer for v in votes if v.winner] == ["x"]


def test_equivalent_answers_are_one_group_named_by_the_first_seen() -> None:
    votes = vote({2: "3.0", 0: "4", 1: "3", 5: "3.00"}, as_numbers)
    assert votes[0] == Vote("3", (1, 2, 5), 3.0, winner=True)


def test_equivalence_is_asked_against_the_first_seen_answer_only() -> None:
    """Being near is not transitive: 1 ~ 2 and 2 ~ 3, but 3 is no neighbour of the group's name 1."""
    votes = vote({0: "1", 1: "2", 2: "3"}, lambda a, b: abs(float(a) - float(b)) <= 1)
    assert [v.branches for v in votes] == [(0, 1), (2,)]


def test_no_answer_votes_for_nobody_even_where_most_have_none() -> None:
    answers = {0: None, 1: "7", 2: None, 3: None}
    assert vote(answers, equal) == (Vote("7", (1,), 1.0, winner=True),)
    assert unparsed(answers) == (0, 2, 3)


@pytest.mark.parametrize("answers", [{}, {0: None, 1: None}])
def test_no_answers_at_all_have_no_winner(answers: dict[int, str | None]) -> None:
    assert vote(answers, equal) == ()


def test_only_one_group_wins() -> None:
    for answers in ({0: "a"}, {0: "a", 1: "b"}, {0: "a", 1: "b", 2: "b"}):
        assert sum(v.winner for v in vote(answers, equal)) == 1


def test_weights_rank_the_same_groups_anew() -> None:
    counted = vote({0: "a", 1: "b", 2: "b", 3: None}, equal)
    assert weighed(counted, {0: 2.5, 1: 1.0, 2: 0.75, 3: 9.0}) == (
        Vote("a", (0,), 2.5, winner=True),
        Vote("b", (1, 2), 1.75),
    )
    assert weighed(counted, dict.fromkeys(range(4), 1.0)) == counted


def test_equal_sums_of_weights_tie_in_whatever_order_they_are_added() -> None:
    counted = vote({0: "b", 1: "b", 2: "b", 3: "a", 4: "a", 5: "a"}, equal)
    votes = weighed(counted, {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.3, 4: 0.2, 5: 0.1})
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    assert [(v.answer, v.winner, v.tied) for v in votes] == [("b", True, True), ("a", False, True)]


def test_what_weighs_nothing_stays_in_the_vote() -> None:
    votes = weighed(vote({0: "a", 1: "b"}, equal), {0: 0.0, 1: 0.4})
    assert [(v.answer, v.weight, v.winner) for v in votes] == [("b", 0.4, True), ("a", 0.0, False)]


def test_a_vote_among_some_branches_keeps_the_groups() -> None:
    counted = vote({0: "a", 1: "b", 2: "b", 3: "c", 4: "a"}, equal)
    assert among(counted, range(1, 4)) == (Vote("b", (1, 2), 2.0, winner=True), Vote("c", (3,), 1.0))
    assert among(counted, [0, 3]) == (
        Vote("a", (0,), 1.0, winner=True, tied=True),
        Vote("c", (3,), 1.0, tied=True),
    )
