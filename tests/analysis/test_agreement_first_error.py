"""Agreement about the first wrong step, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.agreement_first_error import first_errors

# same step; one step apart; both none; an error or none; three annotators, 2 and 3 apart and one missing twice over
STEPS = [[2, 2, -2], [3, 4, -2], [-1, -1, -2], [0, -1, -2], [1, 3, 6], [5, -2, -2]]


def test_shares_and_distance() -> None:
    found = first_errors(STEPS)
    assert found.pairs == 7
    assert found.same.estimate == pytest.approx(2 / 7)
    assert found.existence.estimate == pytest.approx(6 / 7)
    assert found.distance.estimate == pytest.approx((0 + 1 + 2 + 5 + 3) / 5)
    assert found.distance.low <= found.distance.estimate <= found.distance.high


def test_nobody_twice_is_unknown() -> None:
    found = first_errors([[1, -2], [-2, 0]])
    assert found.pairs == 0 and np.isnan(found.same).all() and np.isnan(found.distance).all()


def test_no_error_anywhere_has_no_distance() -> None:
    found = first_errors([[-1, -1], [-1, -1]])
    assert found.same.estimate == found.existence.estimate == 1 and np.isnan(found.distance.estimate)


@pytest.mark.parametrize("steps", [[[-3, 0]], [1, 2], np.empty((0, 2))])
def test_what_is_no_table_of_steps_is_refused(steps: object) -> None:
    with pytest.raises(ValueError, match="table of items"):
        first_errors(steps)  # type: ignore[arg-type]
