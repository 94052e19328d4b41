from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import ids
from storage.ids import is_id, new_id


def test_an_id_is_short_and_harmless_in_an_address() -> None:
    made = new_id()
    assert re.fullmatch("[0-9a-hjkmnp-tv-z]{26}", made)
    assert is_id(made)


def test_ids_are_all_different_also_across_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [each for some in pool.map(lambda _: [new_id() for _ in range(500)], range(8)) for each in some]
    assert len(set(made)) == 4000


def test_later_ids_sort_after_earlier_ones() -> None:
    made = [new_id() for _ in range(2000)]
    assert made == sorted(made)


def test_ids_begin_with_the_time_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_001_000_000)
    second = new_id()
    assert first[:10] < second[:10]
    assert 1000 << 80 <= _value(first) < 1001 << 80


def test_a_clock_that_goes_back_does_not_turn_the_order_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000_000)
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert _value(new_id()) == _value(first) + 1


@pytest.mark.parametrize("text", ["a", "A-b_9", "x" * 64, "01m8emt0wkza1xvkjm7vzhfrcq"])
def test_ids_from_elsewhere_may_look_different(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize(
    "text", ["", "x" * 65, "a/b", "..", "a b", "a\n", "a\0", "é", "٣", "%2e", "a?b", "<b>", "\ud800", "C:"]
)
def test_what_could_do_harm_is_no_id(text: str) -> None:
    assert not is_id(text)


def _value(made: str) -> int:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    return sum(alphabet.index(letter) << 5 * place for place, letter in enumerate(reversed(made)))
