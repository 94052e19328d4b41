"""What is stated against what samples agree on, over many answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from webapp.analysis.stated import compare

NAN = float("nan")


def test_answers_without_both_are_left_out_and_counted() -> None:
    found = compare([0.9, 0.8, NAN, 1.0, 0.5], [0.5, 0.9, 0.3, NAN, 0.1])
    assert found is not None
    assert (found.n, found.unstated) == (3, 1)
    assert found.stated == pytest.approx(2.2 / 3) and found.empirical == pytest.approx(0.5)
    assert found.overconfidence == pytest.approx(0.7 / 3)
    assert found.distance == pytest.approx((0.4 + 0.1 + 0.4) / 3)
    assert found.rank_correlation == pytest.approx(spearmanr([0.9, 0.8, 0.5], [0.5, 0.9, 0.1]).statistic)


def test_a_model_that_always_says_the_same_has_no_correlation() -> None:
    found = compare([0.9, 0.9], [0.1, 0.7])
    assert found is not None and found.rank_correlation is None
    assert compare([NAN], [0.5]) is None and compare(np.array([]), np.array([])) is None
