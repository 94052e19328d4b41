"""What signals suggest, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.annotations import Label, LabelSchema, Step
from storage.records import Score
from tests.storage import making
from webapp.annotation.ready import READY
from webapp.annotation.suggestions import largest_rise, step_entropies, suggestions

TEXT = "a b\nc d\ne f"
STEPS = [Step(0, 3), Step(4, 7), Step(8, 11)]
CALM = [(at, 0.5) for at in (0, 2, 4, 6, 8, 10)]


def scored(name: str, value: float | None, **details: Any) -> Score:
    return making.score(name=name, value=value, details=details)


def said(schema: str, entropy: list[tuple[int, float]], *scores: Score) -> list[Label]:
    return [each.label for each in suggestions(READY[schema], TEXT, STEPS, entropy, scores)]


def marked(field: str, value: str, step: int | None = None) -> Label:
    return Label(field, value, step, source="suggestion", confirmed=False)


def test_means_and_rises_of_steps() -> None:
    means = step_entropies(STEPS, [(0, 1.0), (2, 2.0), (8, 4.0)])
    assert means == [1.5, None, 4.0]
    assert largest_rise(means) == (2, 2.5)
    assert largest_rise([None, 1.0]) is None
    assert largest_rise([1.0, 2.0, 1.0]) == (1, 1.0)


@pytest.mark.parametrize(("third", "found"), [(0.7, []), (0.76, [marked("first_error", "step", 2)])])
def test_a_step_far_less_certain_than_those_before_may_be_the_first_error(third: float, found: list[Label]) -> None:
    assert said("first_error", [*CALM[:4], (8, third), (10, third)]) == found


def test_an_answer_that_the_model_does_not_believe_in_may_be_wrong() -> None:
    assert said("outcome", CALM, scored("p_true", 0.9), scored("p_true", 0.2)) == [marked("outcome", "wrong")]
    assert said("outcome", CALM, scored("p_true", 0.2), scored("p_true", 0.9)) == [], "the newest one counts"
    assert said("outcome", CALM, scored("p_true", None)) == []
    assert said("spans", [], scored("p_true", 0.2)) == [marked("outcome", "wrong")]
    assert said("preference", CALM, scored("p_true", 0.2)) == [], "nobody asked"


def test_a_schema_of_ones_own_may_call_anything_an_outcome() -> None:
    schema = LabelSchema("own", "me", "Mine", (replace(READY["steps"].fields[0], name="outcome"),))
    assert suggestions(schema, TEXT, STEPS, CALM, [scored("p_true", 0.2)]) == []


def test_steps_that_the_model_was_asked_about_have_a_label_each() -> None:
    asked = scored(
        "step_score", 0.1, steps=[{"text": t, "p": p} for t, p in (("a b", 0.9), ("c d", 0.4), ("e f", 0.8))]
    )
    assert said("everything", [*CALM[:4], (8, 9.0)], asked) == [
        marked("steps", "good", 0), marked("steps", "bad", 1), marked("steps", "good", 2),
        marked("first_error", "step", 1),
    ]  # fmt: skip
    others = scored("step_score", 0.1, steps=[{"text": "a b\nc d", "p": 0.1}, {"text": "e f", "p": 0.1}])
    assert said("steps", CALM, others) == [], "of other steps nothing is known"
