from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.tasks.choice import extract, letter_of

PLANETS = ("Venus", "Mars", "Jupiter")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("b.", "B"),
        ("B) Mars", "B"),
        ("**B**", "B"),
        ("Option B is right", "B"),
        ("Answer: (b)", "B"),
        ("Answer: B, because it is red", "B"),
        ("Answer: A", "A"),
        ("a", "A"),
        ("Answer: A planet named Mars", "B"),
        ("\\boxed{\\text{B}}", "B"),
        ("\\boxed{B}", "B"),
        ("The answer is B because it is red", "B"),
        ("The answer should be 'C'.", "C"),
        ("The Red Planet is Mars.", "B"),
        ("A: Mars", "B"),
        ("Answer: (C) Mars", "C"),
        ("I'd say (A) at first.\nAnswer: B", "B"),
        ("A planet", None),
        ("A red planet is a sight.", None),
        ("I think it depends", None),
        ("E", None),
        ("(E)", None),
        ("Not Venus but Mars", None),
        ("Answer: B or C", None),
        ("(A) Venus\n(B) Mars\n(C) Jupiter", None),
        ("A: Venus\nB: Mars\nC: Jupiter", None),
        ("", None),
    ],
)
def test_finds_the_letter(text: str, letter: str | None) -> None:
    assert extract(text, PLANETS) == letter


def test_a_longer_option_hides_the_shorter_one_inside_it() -> None:
    options = ("north", "north east", "east")
    assert extract("It lies to the north east.", options) == "B"
    assert extract("It lies to the north.", options) == "A"


@pytest.mark.parametrize(
    ("reference", "letter"), [("B", "B"), ("(b)", "B"), ("mars", "B"), ("D", None), ("Pluto", None)]
)
def test_a_reference_may_be_a_letter_or_an_option(reference: str, letter: str | None) -> None:
    assert letter_of(reference, PLANETS) == letter


def test_an_option_that_is_a_letter_wins_over_the_letter() -> None:
    assert letter_of("B", ("C", "B", "A")) == "B"
    assert letter_of("A", ("C", "B", "A")) == "C"


@given(
    st.sampled_from("ABC"), st.sampled_from(["Answer: {}", "({})", "{})", "{}.", "answer is ({}).", "\\boxed{{{}}}"])
)
def test_every_way_of_stating_a_letter(letter: str, way: str) -> None:
    assert extract(way.format(letter), PLANETS) == letter


@given(st.text(), st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
def test_any_text_gives_a_letter_of_the_choices_or_none(text: str, options: list[str]) -> None:
    letter = extract(text, tuple(options))
    assert letter is None or letter in "ABCDE"[: len(options)]
