"""What a correction did: named, counted, with every share over all problems."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import VerdictValue
from webapp.analysis.transitions import correction, measure, transition

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


# SCoRe's table on MATH, 500 problems, as several notes on the paper give it: t1, t2, wrong->right, right->wrong in %.
SCORE_TABLE = [
    (52.6, 41.4, 4.6, 15.8), (52.8, 51.8, 3.2, 4.2), (55.4, 41.2, 5.4, 19.6), (53.6, 54.0, 2.6, 2.2),
    (52.4, 54.2, 5.4, 3.6), (60.0, 64.4, 5.8, 1.4),
]  # fmt: skip


@pytest.mark.parametrize(("t1", "t2", "fixed", "broken"), SCORE_TABLE)
def test_the_printed_table_comes_out_of_problems_counted_as_it_says(
    t1: float, t2: float, fixed: float, broken: float
) -> None:
    right, mended, spoilt = (round(5 * share) for share in (t1, fixed, broken))
    first = np.arange(500) < right
    last = (np.arange(500) < right - spoilt) | (np.arange(500) >= 500 - mended)
    found = measure(first, last)
    assert [100 * x for x in (found.first, found.last, found.fixed, found.broken)] == pytest.approx(
        [t1, t2, fixed, broken]
    )
    assert found.counts["right->wrong"] == spoilt and sum(found.counts.values()) == 500
    assert found.correction_rate == pytest.approx(mended / (500 - right))
    assert found.misjudge_rate == pytest.approx(spoilt / right)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_conditional_rates_and_shares_tell_the_same(pairs: list[tuple[bool, bool]]) -> None:
    found = measure(*zip(*pairs, strict=True))
    kept = found.first * (1 - (found.misjudge_rate or 0)) + (1 - found.first) * (found.correction_rate or 0)
    assert kept == pytest.approx(found.last)
    assert found.counts == {
        "right->right": pairs.count((True, True)), "right->wrong": pairs.count((True, False)),
        "wrong->right": pairs.count((False, True)), "wrong->wrong": pairs.count((False, False)),
    }  # fmt: skip
    assert (found.correction_rate is None) == all(a for a, _ in pairs)
    assert (found.misjudge_rate is None) == (not any(a for a, _ in pairs))
