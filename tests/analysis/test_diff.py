"""Word diffs: exact, readable, and quick on texts that were made to be slow."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.diff import Edit, word_diff

WORDS = st.lists(st.sampled_from(["the", "sun", " ", "\n", ".", "e\u0301", "7", "\u200d", "<b>", "ß"]), max_size=30)


def old(edits: list[Edit]) -> str:
    return "".join(text for op, text in edits if op != "+")


def new(edits: list[Edit]) -> str:
    return "".join(text for op, text in edits if op != "-")


def test_a_changed_word_is_the_only_thing_that_changed() -> None:
    assert word_diff("It is Sydney, I think.", "It is Canberra, I think.") == [
        ("=", "It is "),
        ("-", "Sydney"),
        ("+", "Canberra"),
        ("=", ", I think."),
    ]


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("", "", []),
        ("same", "same", [("=", "same")]),
        ("", "new", [("+", "new")]),
        ("gone", "", [("-", "gone")]),
        ("one two", "one", [("=", "one"), ("-", " two")]),
        ("one", "one\n", [("=", "one"), ("+", "\n")]),
        ("Paris.", "Paris!", [("=", "Paris"), ("-", "."), ("+", "!")]),
        ("a b b", "a b", [("=", "a b"), ("-", " b")]),
    ],
)
def test_small_cases(a: str, b: str, edits: list[Edit]) -> None:
    assert word_diff(a, b) == edits


@given(WORDS.map("".join), WORDS.map("".join))
def test_it_joins_to_both_texts(a: str, b: str) -> None:
    edits = word_diff(a, b)
    assert (old(edits), new(edits)) == (a, b)
    assert all(text for _, text in edits)
    assert all(x[0] != y[0] for x, y in pairwise(edits)), "neighbours of one kind are joined"


def test_a_word_that_is_frequent_in_a_long_text_still_counts() -> None:
    """difflib's default takes words that make up over 1% of 200 or more for junk."""
    text = "the cat saw the dog and " * 40
    edits = word_diff(text + "then left", "then " + text + "left")
    assert sum(len(part) for op, part in edits if op == "=") >= len(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("the a of " * 20_000, "a the to " * 20_000),
        ("e" + "\u0301" * 10_000, "\u0301" * 10_000 + "e"),
        ("\n \n" * 20_000, " \n\n" * 20_000),
    ],
)
def test_huge_texts_take_no_quadratic_time(a: str, b: str) -> None:
    began = time.process_time()  # of this process alone, so that a busy machine changes nothing
    edits = word_diff(a, b)
    assert time.process_time() - began < 2
    assert (old(edits), new(edits)) == (a, b)


def test_what_huge_texts_share_at_their_ends_is_kept() -> None:
    shared = "the a of " * 20_000
    edits = word_diff(f"{shared}one {shared}", f"{shared}two {shared}")
    assert [op for op, _ in edits] == ["=", "-", "+", "="]
    assert edits[1:3] == [("-", "one"), ("+", "two")]
