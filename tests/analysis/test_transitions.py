"""What a correction did: named, counted, with every share over all problems."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import VerdictValue
from webapp.analysis.transitions import correction, transition

VERDICTS: list[VerdictValue] = ["correct", "incorrect", "unparsed"]


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("correct", "correct", "right->right"),
        ("correct", "incorrect", "right->wrong"),
        ("incorrect", "correct", "wrong->right"),
        ("incorrect", "incorrect", "wrong->wrong"),
        ("correct", "unparsed", "right->wrong"),
        ("unparsed", "correct", "wrong->right"),
        ("unparsed", "incorrect", "wrong->wrong"),
        ("ungraded", "correct", None),
        ("correct", "ungraded", None),
    ],
)
def test_names(first: VerdictValue, last: VerdictValue, name: str | None) -> None:
    assert transition(first, last) == name


def verdicts(outcomes: list[int]) -> list[VerdictValue]:
    return ["correct" if outcome else "incorrect" for outcome in outcomes]


def test_the_worked_example() -> None:
    """c1 = [1,1,0,0,1], c2 = [1,0,1,0,1] gives t1 0.6, t2 0.6, wrong->right 0.2, right->wrong 0.2, delta 0."""
    found = correction(list(zip(verdicts([1, 1, 0, 0, 1]), verdicts([1, 0, 1, 0, 1]), strict=True)))
    assert (found.n, found.first, found.last) == (5, pytest.approx(0.6), pytest.approx(0.6))
    assert (found.fixed, found.broken) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.delta == pytest.approx(0)


@given(st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), min_size=1, max_size=40))
def test_the_shares_are_of_all_problems_so_the_change_is_their_difference(
    pairs: list[tuple[VerdictValue, VerdictValue]],
) -> None:
    found = correction(pairs)
    assert found.delta == pytest.approx(found.fixed - found.broken)
    assert found.fixed == pytest.approx([transition(*pair) for pair in pairs].count("wrong->right") / len(pairs))


def test_ungraded_problems_are_left_out() -> None:
    found = correction([("correct", "ungraded"), ("incorrect", "correct")])
    assert (found.n, found.fixed) == (1, 1.0)


def test_nothing_graded_has_no_accuracy() -> None:
    with pytest.raises(ValueError, match="at least one"):
        correction([("ungraded", "correct")])
