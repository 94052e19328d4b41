"""Two methods on the same problems, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.bootstrap import Interval
from webapp.analysis.mcnemar import mcnemar
from webapp.analysis.paired import Comparison, compare, difference
from webapp.analysis.reading import gap, reading


def outcomes(both: int, fixes: int, breaks: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    a = np.repeat([True, True, False, False], [both, fixes, breaks, neither])
    b = np.repeat([True, False, True, False], [both, fixes, breaks, neither])
    return a, b


def test_problems_are_counted_and_the_difference_is_theirs() -> None:
    found = compare(*outcomes(100, 12, 5, 83), draws=20_000)
    assert (found.both, found.fixes, found.breaks, found.neither, found.n) == (100, 12, 5, 83, 200)
    assert found.discordant == pytest.approx(17 / 200)
    error = np.sqrt(17 - 49 / 200) / 200
    assert found.difference.estimate == pytest.approx(0.035)
    assert found.difference.low == pytest.approx(0.035 - 1.96 * error, abs=0.003)
    assert found.difference.high == pytest.approx(0.035 + 1.96 * error, abs=0.003)
    assert found.score == pytest.approx((-0.0060, 0.0807), abs=1e-4)


def test_pairing_is_what_makes_the_interval_narrow() -> None:
    a, b = outcomes(100, 10, 0, 90)
    paired = difference(a, b)
    apart = difference(a, np.random.default_rng(0).permutation(b))
    assert paired.estimate == pytest.approx(apart.estimate)
    assert 2 * (paired.high - paired.low) < apart.high - apart.low


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50), st.integers(0, 3))
def test_swapping_the_methods_turns_everything_round(pairs: list[tuple[bool, bool]], seed: int) -> None:
    a, b = zip(*pairs, strict=True)
    there, back = compare(a, b, draws=100, seed=seed), compare(b, a, draws=100, seed=seed)
    assert (there.fixes, there.breaks, there.p) == (back.breaks, back.fixes, back.p)
    assert there.difference.estimate == pytest.approx(np.mean(a) - np.mean(b))
    assert there.difference.estimate == pytest.approx(-back.difference.estimate)
    assert there.difference.low - 1e-12 <= there.difference.estimate <= there.difference.high + 1e-12


def test_shares_of_right_samples_are_compared_too() -> None:
    found = difference([0.5, 1.0, 0.25], [0.5, 0.5, 0.0])
    assert found.estimate == pytest.approx(0.25)
    assert 0 <= found.low <= found.high <= 0.5


@pytest.mark.parametrize(("a", "b"), [([], []), ([True], [True, False])])
def test_other_problems_cannot_be_compared(a: list[bool], b: list[bool]) -> None:
    with pytest.raises(ValueError, match="the same problems"):
        compare(a, b)


def test_it_reads_as_a_sentence() -> None:
    found = compare(*outcomes(100, 12, 5, 83))
    low, high = (round(100 * end, 1) for end in found.difference[1:])
    assert reading(found) == (
        f"A fixes 12, breaks 5 of 200; difference +3.5 points, 95% CI {low:+.1f} to {high:+.1f}; "
        "not distinguishable at n=200."
    )


def test_who_is_better_is_said_where_it_can_be_told() -> None:
    better = compare(*outcomes(100, 40, 5, 55))
    assert reading(better, "Vote", "Greedy").endswith("Vote is better than Greedy on these problems.")
    worse = compare(*outcomes(100, 5, 40, 55))
    assert reading(worse, "Vote", "Greedy").endswith("Greedy is better than Vote on these problems.")
    assert reading(better, adjusted=0.2).endswith("not distinguishable at n=200.")


def test_few_differences_are_not_told_apart_though_none_is_broken() -> None:
    """Four fixed and none broken: the bootstrap's interval leaves 0 out, the test (p = 0.0625) does not reject."""
    found = compare(*outcomes(10, 4, 0, 10))
    assert found.difference.low > 0
    assert reading(found).endswith("not distinguishable at n=24.")


def test_a_mean_that_speaks_against_most_problems_tells_nobody_apart() -> None:
    """Of shares of several runs: a little better on forty problems, far worse on twenty."""
    found = Comparison(0, 40, 20, 0, Interval(-0.2, -0.3, -0.1), (0.0, 0.6), mcnemar(40, 20), 0.95, shares=True)
    assert found.p.mid < 0.05 and found.difference.high < 0
    assert reading(found).endswith("not distinguishable at n=60.")


def test_no_difference_has_no_sign() -> None:
    assert gap(Interval(0.0, -0.0003, 0.0104), 0.9) == "difference 0.0 points, 90% CI 0.0 to +1.0"
    assert "fixes 0, breaks 0 of 5" in reading(compare(*outcomes(2, 0, 0, 3)))


def test_a_comparison_is_as_good_as_its_level() -> None:
    a, b = outcomes(100, 15, 5, 80)
    at = {level: compare(a, b, level=level) for level in (0.9, 0.99)}
    assert isinstance(at[0.9], Comparison)
    assert "better" in reading(at[0.9]) and "99% CI" in reading(at[0.99]) and "better" not in reading(at[0.99])
