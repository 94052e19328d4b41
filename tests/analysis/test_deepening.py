"""Where triggers come."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log

import pytest

from webapp.analysis.deepening import Boundary, Schedule, reread

NEXT = "the next stretch"


def test_the_published_boundaries_and_what_they_take_to_read() -> None:
    triggers = Schedule(256, 2, 4096).triggers(0)
    assert triggers == [256, 512, 1024, 2048]
    assert reread(triggers, 4096) == 7936 <= 4096 * 2 / (2 - 1)


@pytest.mark.parametrize(("first", "growth", "longest"), [(64, 2.0, 400), (10, 1.5, 1000), (256, 4.0, 32_768)])
def test_there_are_as_many_as_predicted(first: int, growth: float, longest: int) -> None:
    triggers = Schedule(first, growth, longest).triggers(0)
    assert abs(len(triggers) - ceil(log(longest / first) / log(growth))) <= 1, "rounding up shifts boundaries"
    assert len(triggers) <= 1 + ceil(log(longest / first) / log(growth))
    assert all(b == ceil(a * growth) for a, b in pairwise(triggers))


def test_boundaries_count_the_whole_text_with_its_triggers_or_the_next_stretch() -> None:
    assert Schedule(10, 2, 100).triggers(5) == [10, 20, 40, 80]
    assert Schedule(10, 2, 100, NEXT).triggers(5) == [10, 35, 80]


def test_boundaries_that_a_long_trigger_has_passed_are_left_out() -> None:
    assert Schedule(4, 1.1, 100).triggers(20) == [4, 27, 51, 77]


def test_a_growth_of_one_is_a_fixed_interval_and_a_large_one_plain_sampling() -> None:
    assert Schedule(10, 1, 60, NEXT).triggers(5) == [10, 25, 40]
    assert Schedule(10, 1000, 400).triggers(0) == [10]


def test_a_trigger_after_which_nothing_could_follow_is_not_put_in() -> None:
    schedule = Schedule(10, 2, 25)
    assert (schedule.triggers(4), schedule.triggers(5), schedule.triggers(15)) == ([10, 20], [10], [])
    assert (schedule.end(Boundary(20, 20), 4), schedule.end(Boundary(20, 20), 5)) == (20, 25)
