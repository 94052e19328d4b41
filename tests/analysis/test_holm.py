"""Holm's correction against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from webapp.analysis.holm import holm


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=20))
def test_statsmodels_agrees(p: list[float]) -> None:
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])
    assert (holm(p) >= np.array(p) - 1e-15).all()


def test_a_case_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_what_was_not_compared_is_not_counted() -> None:
    found = holm([0.02, float("nan"), 0.01])
    assert found[[0, 2]] == pytest.approx([0.02, 0.02]) and np.isnan(found[1])
    assert holm([]).size == 0
