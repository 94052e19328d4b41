"""Every sentence of an aggregate is traced to the candidate that shares most of its words in sequence."""

from __future__ import annotations

import pytest

from webapp.analysis.attribution import attributed

SOURCES = ["Three boxes hold 18 pencils. He gives 4 away.", "3 * 6 = 18 pencils in all, so 14 are left."]


def pieces(text: str, sources: list[str]) -> list[tuple[str, int | None, float]]:
    raw = text.encode()
    return [(raw[n.start : n.end].decode(), n.source, n.overlap) for n in attributed(text, sources)]


def test_each_sentence_has_its_nearest_source() -> None:
    text = "Three boxes hold 18 pencils. So 14 are left.\nBirds sing loudly."
    assert pieces(text, SOURCES) == [
        ("Three boxes hold 18 pencils.", 0, 1.0),
        ("So 14 are left.", 1, 1.0),
        ("Birds sing loudly.", None, 0.0),
    ]


def test_the_overlap_is_the_share_of_word_pairs() -> None:
    [(_, source, overlap)] = pieces("He gives 4 pencils", SOURCES)
    assert (source, overlap) == (0, pytest.approx(2 / 3))


def test_of_equally_near_sources_the_first_counts() -> None:
    assert [n.source for n in attributed("same words here", ["same words here"] * 2)] == [0]


def test_offsets_are_bytes_and_decimals_do_not_end_a_sentence() -> None:
    text = "Wir zählen: 3.5 Äpfel. Übrig: 2!"
    assert [piece for piece, *_ in pieces(text, [])] == ["Wir zählen: 3.5 Äpfel.", "Übrig: 2!"]


@pytest.mark.parametrize("text", ["", "\n\n", "...", " ?! "])
def test_what_has_no_words_has_no_sentences(text: str) -> None:
    assert attributed(text, SOURCES) == []
