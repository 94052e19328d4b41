"""Resampling behind a stored score: what is said of the problems that it is about."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.refusal import Refusal
from webapp.charts.evidence import Evidence
from webapp.reports.checks import NO_SCORE, resampling
from webapp.reports.samples import Samples, samples_of
from webapp.runs.selected.texts import Texts

RIGHT = np.array([True, False, True, True, False, False])


def texts(scores: list[float]) -> Texts:
    """Return two samples of each of three problems with a score."""
    return Texts(
        ids=tuple("abcdef"), problem=np.repeat(np.arange(3), 2), right=RIGHT, draft=np.ones(6, dtype=bool),
        answer=np.full(6, -1), signals={"p_true": np.array(scores)},
    )  # fmt: skip


def shown(scores: list[float]) -> Evidence | Refusal:
    given = texts(scores)
    samples = samples_of(given, 10)
    assert isinstance(samples, Samples)
    return resampling(given, samples, "p_true").shown


@pytest.mark.parametrize(
    ("last", "left"), [(0.9, ""), (np.nan, "Left out here, for want of a score of every sample: 1 of")]
)
def test_problems_with_an_unknown_score_are_left_out_and_counted(last: float, left: str) -> None:
    found = shown([0.9, 0.1, 0.9, 0.2, 0.8, last])
    assert isinstance(found, Evidence)
    assert "3 problems with 2 first drafts or more." in found.reading
    assert (left in found.reading) if left else ("Left out" not in found.reading)
    assert found.table is not None
    # of single attempts: a right one where a score of right samples is from one half on, over the problems that count
    assert found.table.rows[0][3] == pytest.approx((0.5 + 0.5 + 0) / 3 if not left else 0.5)


def test_without_a_problem_whose_scores_are_all_known_there_is_nothing_to_say() -> None:
    assert shown([0.9, np.nan] * 3) == Refusal(NO_SCORE)
