"""Two texts word under word, each word with the largest number of its tokens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.aligned import Column, Word, aligned, words_of

NAN = float("nan")


def plain(text: str) -> list[Word]:
    return [Word(word, None) for word in words_of_text(text)]


def words_of_text(text: str) -> list[str]:
    return [word.text for word in words_of(text, [0], [])]


def shown(columns: list[Column]) -> list[tuple[str | None, str | None]]:
    return [tuple(word and word.text.strip() for word in column) for column in columns]  # type: ignore[misc]


def test_a_word_has_the_largest_number_of_the_tokens_that_touch_it() -> None:
    text = "So ünder it."
    offsets = [0, 2, 5, 10, 13]  # So| ü|nder |it.
    assert words_of(text, offsets, [0.5, 1.5, 0.25, 2.0]) == [
        Word("So", 0.5), Word(" ünder", 1.5), Word(" it.", 2.0),
    ]  # fmt: skip


def test_what_is_unknown_is_none_and_an_empty_token_changes_nothing() -> None:
    assert words_of("a b", [0, 1, 1, 3], [NAN, 9.0, 1.0]) == [Word("a", None), Word(" b", 1.0)]
    assert words_of("", [0], []) == []


def test_tokens_beyond_the_text_do_not_count() -> None:
    assert words_of("yes", [0, 3, 9], [0.1, 5.0]) == [Word("yes", 0.1)]


def test_equal_words_stand_under_each_other_and_replaced_ones_under_what_they_replace() -> None:
    columns = aligned(plain("the cat sat on a mat"), plain("the big dog sat a\nmat"))
    assert shown(columns) == [
        ("the", "the"), ("cat", "big"), (None, "dog"), ("sat", "sat"), ("on", None), ("a", "a"), ("mat", "mat"),
    ]  # fmt: skip
    assert [column.same for column in columns] == [True, False, False, True, False, True, True]


def test_texts_that_would_take_too_long_stand_in_order() -> None:
    columns = aligned(plain("a " * 1100), plain("a " * 1000))
    assert len(columns) == 1101 and columns[-1].second is None


@given(st.text(" ab\n", max_size=40), st.text(" ab\n", max_size=40))
def test_both_texts_are_there_whole_and_in_order(a: str, b: str) -> None:
    columns = aligned(plain(a), plain(b))
    assert "".join(column.first.text for column in columns if column.first) == a
    assert "".join(column.second.text for column in columns if column.second) == b
