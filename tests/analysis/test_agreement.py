"""Agreement of samples, in numbers that were worked out by hand or derived independently."""

from __future__ import annotations

from math import log

import pytest

from webapp.analysis.agreement import certainty, cluster_confidence


def test_three_readings_of_one_vote() -> None:
    found = certainty([1, 3, 0, 1])
    assert (found.top_share, found.margin) == (pytest.approx(0.6), pytest.approx(0.4))
    assert found.entropy == pytest.approx((0.6 * log(1 / 0.6) + 0.4 * log(5)) / log(5))


def test_full_agreement_and_none_at_all() -> None:
    agreed, scattered = certainty([4]), certainty([1, 1, 1, 1])
    assert (agreed.top_share, agreed.margin, agreed.entropy) == (1.0, 1.0, 0.0)
    assert (scattered.top_share, scattered.margin) == (0.25, 0.0) and scattered.entropy == pytest.approx(1.0)
    assert certainty([1]).entropy == 0.0


def test_a_tie_has_no_margin() -> None:
    assert certainty([2, 2, 1]).margin == 0.0


def test_no_answer_is_no_certainty() -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        certainty([0])


def test_the_confidence_of_a_cluster_is_its_share_of_ten() -> None:
    assert [cluster_confidence(size, 100) for size in (63, 21, 9, 7)] == [6, 2, 1, 1]
    assert [cluster_confidence(size, 4) for size in (1, 4)] == [2, 10]
