from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.tasks.normalise import normalised
from webapp.tasks.text import accepts, extract


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Answer: William Shakespeare.", "william shakespeare"),
        ('Answer: "Canberra"', "canberra"),
        ("Sydney is larger.\nAnswer: Canberra", "canberra"),
        ("The capital of Australia is Canberra, a planned city.", "canberra"),
        ("The capital of Australia is **Canberra**.", "canberra"),
        ("Canberra is the capital of Australia.", "canberra"),
        ("In Australia, the capital is Canberra.", "canberra"),
        ("What a question! The capital is São Paulo.", "sao paulo"),
        ("Hamlet was written by Shakespeare.", "shakespeare"),
        ("Shakespeare wrote Hamlet.", "shakespeare"),
        ("The tower is located in Paris, France.", "paris"),
        ("The plural of mouse would be 'mice'.", "mice"),
        ("April is the month after March.", "april"),
        ("\\boxed{\\text{even}}", "even"),
        ("Answer: red, white and blue", "red white and blue"),
        ("H2O", "h2o"),
        ("Answer: 3.5", "3.5"),
        ("The Sun, which we orbit and which gives us light, warms the whole of our Earth", None),
        ("...", None),
        ("", None),
    ],
)
def test_finds_the_short_answer(text: str, answer: str | None) -> None:
    assert extract(text) == answer


@pytest.mark.parametrize(
    ("reference", "answer", "right"),
    [
        ("Canberra", "Canberra", True),
        ("the Nile", "Nile", True),
        ("São Paulo", "Sao Paulo", True),
        ("Côte d'Ivoire | Ivory Coast", "ivory coast", True),
        ("William Shakespeare | Shakespeare", "Shakespeare", True),
        ("New York City", "New York", False),
        ("Canberra", "Canberra or Sydney", False),
        ("mouse", "mice", False),
        ("3.5", "35", False),
        ("U.S.A.", "USA", True),
        ("twenty-one", "twenty one", True),
    ],
)
def test_how_lenient_the_comparison_is(reference: str, answer: str, right: bool) -> None:
    assert accepts(reference, normalised(answer)) is right


def test_accents_can_be_made_to_count() -> None:
    assert normalised("Résumé") == normalised("resume")
    assert normalised("Résumé", accents=True) != normalised("resume", accents=True)


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.text())
def test_any_text_gives_a_short_answer_or_none(text: str) -> None:
    answer = extract(text)
    assert answer is None or 0 < len(answer.split()) <= 8
