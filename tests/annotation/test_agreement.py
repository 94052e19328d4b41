"""Ratings become tables, and tables the measures of each kind of field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from storage.annotations import Annotation, Label, Labelled, LabelSchema, QueueItem, Step
from tests.storage.making import NOON
from webapp.annotation.agreement import ALONE, UNEVEN, agreement
from webapp.annotation.answers import AgreementAnswer
from webapp.annotation.ratings import chosen, first_errors, ratings
from webapp.annotation.ready import ERROR_TYPES, FIRST_ERROR, OUTCOME, READY, STEPS

NAMES = ["Ann", "Bob", "Cem"]
CUT = ((Step(0, 4), Step(5, 9)),)


def item(number: int, *said: Sequence[Label] | None) -> Labelled:
    """Return an item with what each annotator said, None for nothing."""
    given = [(name, labels) for name, labels in zip(NAMES, said, strict=False) if labels is not None]
    return Labelled(
        QueueItem(f"i{number}", "q", number, "r", ("g",)),
        tuple(
            Annotation(f"{number}{name}", f"i{number}", name, "local", 1, "submitted", NOON, tuple(labels), CUT)
            for name, labels in given
        ),
    )


def outcome(value: str) -> list[Label]:
    return [Label("outcome", value)]


def measured(schema: str | LabelSchema, *items: Labelled) -> AgreementAnswer:
    found = READY[schema] if isinstance(schema, str) else schema
    return agreement(found, items, NAMES, lambda text: 9)


def value(answer: AgreementAnswer, name: str, label: str | None = None, field: str = "outcome") -> float | None:
    (found,) = [m for m in answer.measures if (m.field, m.name, m.label) == (field, name, label)]
    return found.value


def test_unconfirmed_suggestions_are_no_ratings() -> None:
    suggested = [Label("outcome", "wrong", source="suggestion", confirmed=False)]
    table = ratings(OUTCOME, [item(0, outcome("right"), suggested), item(1, suggested)], NAMES)
    assert (table.codes, table.values, table.units) == ([[0, -1, -1]], ["right", "wrong", "unclear"], [("i0",)])


def test_steps_are_rows_by_where_they_stand() -> None:
    table = ratings(STEPS, [item(0, [Label("steps", "bad", 1)], [Label("steps", "good", 1)])], NAMES)
    assert (table.units, table.codes) == ([("i0", 0, 5, 9)], [[2, 0, -1]])


def test_options_of_several_and_first_errors_tell_no_from_not_said() -> None:
    one = item(
        0, [Label("error_types", "logic", 1), Label("first_error", "step", 1)], [Label("first_error", "none")], None
    )
    assert chosen(ERROR_TYPES, [one], NAMES)["logic"].codes == [[1, 0, -1]]
    assert first_errors(FIRST_ERROR, [one], NAMES) == [[1, -1, -2]]


def test_a_first_error_is_the_same_where_it_begins_at_the_same_place_however_the_text_is_cut() -> None:
    fine = replace(
        item(0, [Label("first_error", "step", 2)]).annotations[0], steps=((Step(0, 3), Step(4, 6), Step(7, 9)),)
    )
    coarse = replace(
        item(0, None, [Label("first_error", "step", 1)]).annotations[0], steps=((Step(0, 6), Step(7, 9)),)
    )
    other = replace(fine, annotator="Cem", labels=(Label("first_error", "step", 1),))
    cut_differently = replace(item(0), annotations=(fine, coarse, other))
    assert first_errors(FIRST_ERROR, [cut_differently], NAMES) == [[2, 2, 1]]


def test_three_annotators_are_compared_by_fleiss_unless_they_are_uneven() -> None:
    # Fleiss (1971) by hand: P = (1 + 1/3) / 2, P_e = (4/6)^2 + (2/6)^2
    rows = [item(0, *map(outcome, ("right",) * 3)), item(1, *map(outcome, ("right", "wrong", "wrong")))]
    even = measured("outcome", *rows)
    assert value(even, "fleiss_kappa") == pytest.approx((2 / 3 - 5 / 9) / (1 - 5 / 9))
    uneven = measured("outcome", *rows, item(2, outcome("right"), outcome("right"), None))
    (found,) = [m for m in uneven.measures if m.name == "fleiss_kappa" and m.label is None]
    assert (found.value, found.note) == (None, UNEVEN)
    assert value(uneven, "krippendorff_alpha") is not None


def test_every_kind_of_field_has_its_measures() -> None:
    def labels(step: int, end: int, sure: str) -> list[Label]:
        return [
            Label("steps", "good", 0), Label("steps", "bad", step), Label("first_error", "step", step),
            Label("error_types", "logic"), Label("spans", "doubt", start=0, end=end), Label("outcome", "wrong"),
            Label("confidence", sure), Label("note", sure),
        ]  # fmt: skip

    found = measured(
        "everything", item(0, labels(1, 4, "5"), labels(1, 2, "4")), item(1, labels(1, 4, "1"), labels(0, 4, "2"))
    )
    assert {each.field for each in found.measures} == {
        "steps", "first_error", "error_types", "spans", "outcome", "confidence",
    }  # fmt: skip
    assert value(found, "first_error_same", field="first_error") == 0.5
    assert value(found, "first_error_distance", field="first_error") == 0.5
    assert value(found, "span_f1", field="spans") == 0.5
    assert value(found, "span_overlap_f1", "doubt", "spans") == pytest.approx(12 / 14)
    assert value(found, "span_alignment", field="spans") is not None
    assert value(found, "krippendorff_alpha_ordinal", field="confidence") == pytest.approx(0.6, abs=0.2)
    (constant,) = [m for m in found.measures if m.field == "outcome" and m.name == "cohen_kappa" and m.label is None]
    assert constant.value is None and "chance agreement is undefined" in constant.note


def test_one_annotator_alone_agrees_with_nobody() -> None:
    found = measured("outcome", item(0, outcome("right")))
    assert (found.items, {each.note for each in found.measures}) == (0, {ALONE})
