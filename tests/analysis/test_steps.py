"""The steps of a solution."""

from __future__ import annotations

import pytest

from webapp.analysis.steps import split_steps, step_places


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("Step 1: add.\nMore.\nStep 2: halve.", ["Step 1: add.\nMore.", "Step 2: halve."]),
        ("We go on.\n1. Add.\n\n2) Halve.\nAnswer: 4", ["We go on.", "1. Add.", "2) Halve.\nAnswer: 4"]),
        ("**Step 1**\nadd\n**Step 2**\nhalve", ["**Step 1**\nadd", "**Step 2**\nhalve"]),
        ("Add.\n\n  Halve.\nAnswer: 4\n", ["Add.", "Halve.", "Answer: 4"]),
        ("Add 1.5 to it. Then halve! Why? So.", ["Add 1.5 to it.", "Then halve!", "Why?", "So."]),
        ("Step 1: only this one.\nAnswer: 4", ["Step 1: only this one.", "Answer: 4"]),
        ("3.5 apples\n2.5 pears", ["3.5 apples", "2.5 pears"]),
        ("Answer: 4", ["Answer: 4"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_steps_are_numbers_then_lines_then_sentences(text: str, steps: list[str]) -> None:
    assert split_steps(text, most=10) == steps


def test_what_is_too_much_stands_in_the_last_step() -> None:
    assert split_steps("a\nb\nc\nd", most=3) == ["a", "b", "c\nd"]
    assert split_steps("a\nb\nc", most=3) == ["a", "b", "c"]
    assert split_steps("a\nb\nc", most=1) == ["a\nb\nc"]


@pytest.mark.parametrize(
    "text", ["  Step 1: ä.\n\n Step 2: b. \n", "Eins. Zwei!  Drei? ", "a\r\n\r\nb\u2028c\n", "", " \n", "one"]
)
def test_places_are_where_the_steps_stand(text: str) -> None:
    places = step_places(text)
    assert [text[start:end] for start, end in places] == split_steps(text, most=10)
    edges = [0, *(edge for place in places for edge in place), len(text)]
    assert edges == sorted(edges)
    assert all(not text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True)), "only space lies between"
