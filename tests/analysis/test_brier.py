"""The Brier score in parts that add up to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.brier import by_value, decompose
from webapp.analysis.calibration import brier, equal_counts, equal_widths

PAIRS = st.lists(st.tuples(st.sampled_from([0, 0.1, 0.25, 0.5, 0.9, 1]), st.floats(0, 1)), min_size=1, max_size=40)


def test_a_case_by_hand() -> None:
    """Two forecasts of 0.2 (one right) and two of 0.8 (both right): base 0.75."""
    p = [0.2, 0.2, 0.8, 0.8]
    found = decompose(p, [0, 1, 1, 1], by_value(p))
    assert found.reliability == pytest.approx((0.3**2 + 0.2**2) / 2)
    assert found.resolution == pytest.approx(0.25**2)
    assert found.uncertainty == pytest.approx(0.75 * 0.25)
    assert found.within == pytest.approx(0)
    assert found.score == pytest.approx((0.04 + 0.64 + 0.04 + 0.04) / 4)


@given(PAIRS, st.integers(1, 6))
def test_the_parts_add_up_in_any_bins(pairs: list[tuple[float, float]], bins: int) -> None:
    p, f = (np.array(each) for each in zip(*pairs, strict=True))
    for parts in (by_value(p), equal_widths(p, bins), equal_counts(p, bins)):
        found = decompose(p, f, parts)
        assert found.score == pytest.approx(brier(p, f), abs=1e-12)
        assert found.reliability >= 0 and -1e-12 <= found.resolution <= found.uncertainty + 1e-12
    assert decompose(p, f, by_value(p)).within == pytest.approx(0, abs=1e-12)


def test_the_base_rate_is_reliable_and_resolves_nothing() -> None:
    found = decompose(np.full(8, 0.25), [1, 0, 0, 0, 1, 0, 0, 0], [np.arange(8)])
    assert (found.reliability, found.resolution, found.score) == (0, 0, 0.1875)
