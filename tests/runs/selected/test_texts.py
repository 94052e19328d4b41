"""The texts of a side: which are its own, what is known of each, and how its samples voted."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from storage.repositories.selected import SIGNALS, ScoreColumns, TextColumns
from tests.runs.selected.test_sides import MODELS, fact
from webapp.runs.selected.sides import sides_of
from webapp.runs.selected.texts import NO_VOTE, texts_of

VOTES = json.dumps([{"answer": "4", "branches": [0, 2]}, {"answer": "5", "branches": [1]}])
ROWS = (
    ("a0", "a", "draft", 0, 0, "correct"), ("a1", "a", "draft", 1, 0, "incorrect"),
    ("a2", "a", "draft", 2, 0, "correct"), ("a3", "a", "draft", 3, 0, "unparsed"),
    ("a4", "a", "aggregate", 4, 1, "correct"), ("b0", "b", "draft", 0, 0, "correct"),
    ("b1", "b", "draft", 1, 0, "unparsed"), ("x0", "another side's", "draft", 0, 0, "correct"),
)  # fmt: skip


def columns(rows: Sequence[tuple[object, ...]] = ROWS) -> TextColumns:
    signals = [tuple(float(i) if i else None for i in range(len(rows))) for _ in SIGNALS]
    key, run, role, branch, number, verdict = zip(*rows, strict=True)
    return TextColumns(key, run, role, branch, number, verdict, tuple(signals))  # type: ignore[arg-type]


SCORES = ScoreColumns(("a0", "a0", "b0", "x0"), ("p_true", "p_true", "p_true", "other"), (0.1, 0.8, 0.5, 1.0))


def test_texts_have_their_signals_votes_and_last_scores() -> None:
    votes_b = json.dumps([{"answer": "4", "branches": [0]}])  # the other sample states none
    (side,) = sides_of([fact("a", votes=VOTES), fact("b", seed=1, votes=votes_b)], MODELS)
    found = texts_of(side, columns(), SCORES)
    assert found.ids == ("a0", "a1", "a2", "a3", "a4", "b0", "b1")
    assert found.problem.tolist() == [0] * 7
    assert found.right.tolist() == [True, False, True, False, True, True, False]
    assert found.draft.tolist() == [True, True, True, True, False, True, True]
    four, five = found.answer[0], found.answer[1]
    expected = [four, five, four, NO_VOTE, NO_VOTE, four, NO_VOTE]
    assert found.answer.tolist() == expected  # equal over runs of a problem
    np.testing.assert_allclose(found.signals["vote_share"], [2 / 3, 1 / 3, 2 / 3, np.nan, np.nan, 1, np.nan])
    np.testing.assert_allclose(found.signals["p_true"], [0.8, np.nan, np.nan, np.nan, np.nan, 0.5, np.nan])
    np.testing.assert_allclose(found.signals["max_entropy"], [np.nan, 1, 2, 3, 4, 5, 6])
    assert "other" not in found.signals


@pytest.mark.parametrize(("role", "number"), [("revision", 1), ("draft", 1)])
def test_drafts_that_were_attempted_again_have_no_vote(role: str, number: int) -> None:
    again = ("a5", "a", role, 2, number, "correct")
    (side,) = sides_of([fact("a", votes=VOTES)], MODELS)
    found = texts_of(side, columns((*ROWS[:4], again)), ScoreColumns())
    assert found.answer.tolist() == [NO_VOTE] * 5
    assert "vote_share" not in found.signals


def test_a_single_sample_has_no_vote() -> None:
    (side,) = sides_of([fact("a", votes=json.dumps([{"answer": "4", "branches": [0]}]))], MODELS)
    assert texts_of(side, columns(ROWS[:1]), ScoreColumns()).answer.tolist() == [NO_VOTE]


def test_a_side_without_texts_is_empty() -> None:
    (side,) = sides_of([fact("a")], MODELS)
    found = texts_of(side, TextColumns(), ScoreColumns())
    assert found.ids == () and found.signals == {} and found.right.shape == (0,)
