"""What n problems can see, against simulated comparisons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.detectable import detectable_difference, needed_problems


@pytest.mark.parametrize(("n", "discordant"), [(200, 0.2), (1000, 0.1), (500, 0.4)])
def test_the_test_rejects_as_often_as_its_power_says(n: int, discordant: float) -> None:
    difference = detectable_difference(n, discordant)
    assert difference is not None
    fixes, breaks = (discordant + difference) / 2, (discordant - difference) / 2
    drawn = np.random.default_rng(1).multinomial(n, [fixes, breaks, 1 - discordant], size=20_000)
    b, c = drawn[:, 0], drawn[:, 1]
    rejected = (b - c) ** 2 > 3.8415 * (b + c)
    assert rejected.mean() == pytest.approx(0.8, abs=0.025)


@given(st.integers(20, 5000), st.floats(0.01, 1.0))
def test_the_needed_problems_are_those_that_show_it(n: int, discordant: float) -> None:
    difference = detectable_difference(n, discordant)
    if difference is not None:
        assert 0 < difference <= discordant
        assert needed_problems(difference, discordant) in (n, n + 1)
        more = detectable_difference(4 * n, discordant)
        assert more is not None and more < difference


def test_few_problems_show_nothing() -> None:
    assert detectable_difference(10, 0.1) is None
    assert detectable_difference(100, 0.0) is None


@pytest.mark.parametrize("difference", [0.0, 0.3])
def test_a_difference_is_at_most_what_they_differ_on(difference: float) -> None:
    with pytest.raises(ValueError, match="at most the share"):
        needed_problems(difference, 0.2)


def test_a_worse_method_needs_as_many() -> None:
    assert needed_problems(-0.05, 0.2) == needed_problems(0.05, 0.2) == 626
