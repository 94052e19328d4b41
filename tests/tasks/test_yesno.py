from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.tasks.yesno import accepts, extract


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes", "yes"),
        ("**No.**", "no"),
        ("Nope. Snakes have none.", "no"),
        ("It is false.", "no"),
        ("True", "yes"),
        ("Answer: **Yes**", "yes"),
        ("No, it isn't light. So the answer is yes", "yes"),
        ("Feathers are light.\nAnswer: no", "no"),
        ("Did you ask whether 2000 was one?\n\nYes.", "yes"),
        ("yes or no", None),
        ("yes, yes, no", None),
        ("Answer: yes/no", None),
        ("There is no water on it.", None),
        ("No one knows.", None),
        ("2000 was a leap year.", None),
        ("I said ‘yes’ and not ‘no’.", None),
        ("", None),
    ],
)
def test_finds_yes_or_no(text: str, answer: str | None) -> None:
    assert extract(text) == answer


def test_true_is_yes_in_references_too() -> None:
    assert accepts("True", "yes")
    assert not accepts("False", "yes")


@given(st.text())
def test_any_text_gives_one_of_the_two_or_none(text: str) -> None:
    assert extract(text) in ("yes", "no", None)
