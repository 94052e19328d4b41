"""Corrections inside a text are told from hesitations."""

from __future__ import annotations

import pytest

from webapp.analysis.reversals import Markers, reversals, sentences

MARKERS = Markers(("wait", "hold on", "let me check"), ("that is wrong", "that's not right", "i made a mistake"))


def told(text: str) -> list[tuple[str, str | None, str | None, str]]:
    return [
        (
            each.words.of(text), each.before and each.before.of(text), each.after and each.after.of(text), each.why,
        )
        for each in reversals(text, MARKERS)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words", "before", "after"),
    [
        ("3 + 6 = 9.\nWait, that is wrong.\n3 * 6 = 18.", "Wait, that is wrong.", "3 + 6 = 9.", "3 * 6 = 18."),
        ("So 3 + 6 = 9. That is wrong: 3 * 6 = 18. Done.", "That is wrong: ", "So 3 + 6 = 9.", "3 * 6 = 18."),
        ("It is 9. Wait... I made a mistake. It is 18.", "Wait... I made a mistake.", "It is 9.", "It is 18."),
        ("Paris is in Spain.\nThat’s  not right.\nParis is in France.", "That’s  not right.", "Paris is in Spain.",
         "Paris is in France."),
        ("1. 17 - 4 = 12.\n2. But wait, 17 - 4 = 13.", "2. But wait, ", "1. 17 - 4 = 12.", "17 - 4 = 13."),
        ("2 boxes: 5 kg. Hold on: 2 boxes, 6 kg.", "Hold on: ", "2 boxes: 5 kg.", "2 boxes, 6 kg."),
    ],
)  # fmt: skip
def test_a_step_that_is_replaced_is_a_correction(text: str, words: str, before: str, after: str) -> None:
    assert told(text) == [(words, before, after, "corrects")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3 * 6 = 18. Wait, is that so? 3 * 6 = 18.", "same result"),
        ("3 * 6 = 18. Wait, now the rest. He gives 4 pencils away.", "goes on"),  # a doubt, then another step
        ("That is wrong. 3 * 6 = 18.", "nothing before it"),
        ("3 + 6 = 9. Wait, that is wrong.", "nothing after it"),
        ("3 + 6 = 9. Wait,", "nothing after it"),
    ],
)
def test_a_doubt_alone_is_none(text: str, why: str) -> None:
    assert [each[3] for each in told(text)] == [why]


@pytest.mark.parametrize(
    "text", ["They wait for 5 minutes. 5 + 2 = 7.", "Wait for 5 minutes.\n6.", "So we wait.", "", "No markers. None."]
)
def test_the_word_alone_is_no_reversal(text: str) -> None:
    assert told(text) == []


def test_every_reversal_is_found_in_order() -> None:
    text = "1 + 1 = 3. Wait, 1 + 1 = 2.\n2 * 2 = 5.\nThat is wrong. 2 * 2 = 4."
    assert [(before, after) for _, before, after, _ in told(text)] == [
        ("1 + 1 = 3.", "1 + 1 = 2."), ("2 * 2 = 5.", "2 * 2 = 4."),
    ]  # fmt: skip


def test_without_markers_nothing_is_found() -> None:
    assert reversals("9. Wait, that is wrong. 18.", Markers((), ())) == []


def test_sentences_are_lines_or_end_with_a_mark() -> None:
    text = "1. Add 1.5 and 2. Then halve!\n\n  2) So?\nAnswer: 4"
    assert [span.of(text) for span in sentences(text)] == ["1. Add 1.5 and 2.", "Then halve!", "2) So?", "Answer: 4"]
