"""Verdicts in words, under any label; those of answers are tested with the self-check."""

from __future__ import annotations

import pytest

from webapp.methods._verdicts import verdict


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("They agree.\nLabel: consistent", True),
        ("They differ.\n**Label:** inconsistent.", False),
        ("Label: not consistent", False),
        ("Label: inconsistent at first.\nLabel: consistent", True),
        ("Label: consistent or inconsistent", None),
        ("It is consistent.", None),
        ("Verdict: consistent", None),
        ("Label: correct", None),
        ("", None),
    ],
)
def test_the_last_one_under_its_label_counts(text: str, said: bool | None) -> None:
    assert verdict(text, "label", "consistent") is said


def test_without_a_label_of_its_own_it_is_about_correctness() -> None:
    assert verdict("Verdict: incorrect") is False and verdict("Label: incorrect") is None
