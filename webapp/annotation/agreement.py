"""How much the annotators of a queue agree: the statistics of `webapp.analysis.agreement_*`, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite

from storage.annotations import Field, Labelled, LabelSchema
from webapp.analysis.agreement_alignment import alignment_agreement
from webapp.analysis.agreement_alpha import alpha, alpha_per_value
from webapp.analysis.agreement_first_error import first_errors as first_error_agreement
from webapp.analysis.agreement_kappa import cohen, cohen_per_value, fleiss, fleiss_per_value
from webapp.analysis.agreement_spans import exact_f1, overlap_f1
from webapp.analysis.bootstrap import Interval
from webapp.annotation.answers import AgreementAnswer, Measure
from webapp.annotation.ratings import Ratings, chosen, first_errors, ratings, spans

ALONE = "No item has labels of two annotators yet."
CONSTANT = "Everybody said the same of everything: chance agreement is undefined then."
UNEVEN = "Fleiss' kappa needs equally many ratings of every item; alpha does not."
UNDEFINED = "There is nothing to compare."


def agreement(
    schema: LabelSchema,
    labelled: Sequence[Labelled],
    annotators: Sequence[str],
    lengths: Callable[[tuple[str, int]], int],
) -> AgreementAnswer:
    """Return the agreement about every field that others can dispute.

    Intervals are over items: the steps of an item are not independent, so they are drawn together.

    Args:
        schema: what was asked.
        labelled: the items of the queue.
        annotators: the names of its annotators.
        lengths: the bytes of a text of an item, by the item's id and the text's index.

    """
    several = [item for item in labelled if len(item.annotations) > 1]
    measures = [
        measure for field in schema.fields if field.kind != "text"
        for measure in _of_field(field, several, annotators, lengths)
    ]  # fmt: skip
    return AgreementAnswer(measures=measures, items=len(several), annotators=annotators)


def _of_field(
    field: Field,
    labelled: Sequence[Labelled],
    annotators: Sequence[str],
    lengths: Callable[[tuple[str, int]], int],
) -> Iterator[Measure]:
    if not labelled:
        yield _measure(field, None, "krippendorff_alpha", None, 0, ALONE)
    elif field.kind == "spans":
        yield from _spans(field, labelled, annotators, lengths)
    elif field.kind == "first_error":
        yield from _first_error(field, first_errors(field, labelled, annotators))
    elif field.kind == "choices":
        for value, table in chosen(field, labelled, annotators).items():
            yield from _chance(field, table, value)
    else:
        yield from _rated(field, ratings(field, labelled, annotators))


def _rated(field: Field, table: Ratings) -> Iterator[Measure]:
    """Yield the statistics of a field with one value a row, whole and of each value against the others."""
    yield from _chance(field, table, None)
    count = len(table.values)
    codes, items = _several(table)
    if not codes:
        return
    ordered = sorted(range(count), key=lambda value: _rank(field, value))
    if field.kind in ("scale", "steps"):
        ranked = [[code if code < 0 else ordered.index(code) for code in row] for row in codes]
        yield _interval(
            field, None, "krippendorff_alpha_ordinal", alpha(ranked, count, "ordinal", groups=items), len(codes)
        )
    if field.kind == "scale":
        return
    for value, found in zip(table.values, alpha_per_value(codes, count, groups=items), strict=True):
        yield _interval(field, value, "krippendorff_alpha", found, len(codes))
    kappas = _kappas(codes, items, count)
    for value, found in zip(table.values, kappas or (), strict=False):
        yield _interval(field, value, _kappa_name(codes), found, len(codes))


def _chance(field: Field, table: Ratings, label: str | None) -> Iterator[Measure]:
    """Yield alpha and kappa of a table."""
    codes, items = _several(table)
    if not codes:
        yield _measure(field, label, "krippendorff_alpha", None, 0, ALONE)
        return
    count, name = len(table.values), _kappa_name(codes)
    yield _interval(field, label, "krippendorff_alpha", alpha(codes, count, groups=items), len(codes), CONSTANT)
    if name == "cohen_kappa":
        yield _interval(field, label, name, cohen(_pair(codes), count, groups=items), len(codes), CONSTANT)
    elif _even(codes):
        yield _interval(field, label, name, fleiss(codes, count, groups=items), len(codes), CONSTANT)
    else:
        yield _measure(field, label, name, None, len(codes), UNEVEN)


def _kappas(codes: Sequence[Sequence[int]], items: Sequence[str], count: int) -> list[Interval] | None:
    if _kappa_name(codes) == "cohen_kappa":
        return cohen_per_value(_pair(codes), count, groups=items)
    return fleiss_per_value(codes, count, groups=items) if _even(codes) else None


def _first_error(field: Field, codes: list[list[int]]) -> Iterator[Measure]:
    if not codes:
        yield _measure(field, None, "first_error_same", None, 0, ALONE)
        return
    found = first_error_agreement(codes)
    for name, value in (("same", found.same), ("existence", found.existence), ("distance", found.distance)):
        yield _interval(field, None, f"first_error_{name}", value, len(codes))


def _spans(
    field: Field,
    labelled: Sequence[Labelled],
    annotators: Sequence[str],
    lengths: Callable[[tuple[str, int]], int],
) -> Iterator[Measure]:
    found = spans(field, labelled, annotators)
    items, sizes = list(found.values()), [lengths(key) for key in found]
    yield _interval(field, None, "span_alignment", alignment_agreement(items, sizes), len(items))
    for label in (None, *(option.value for option in field.options)):
        yield _interval(field, label, "span_f1", exact_f1(items, label), len(items))
        yield _interval(field, label, "span_overlap_f1", overlap_f1(items, label), len(items))


def _several(table: Ratings) -> tuple[list[list[int]], list[str]]:
    """Return the rows that at least two annotators rated, and the item of each."""
    kept = [place for place, row in enumerate(table.codes) if sum(code >= 0 for code in row) > 1]
    return [table.codes[place] for place in kept], [str(table.units[place][0]) for place in kept]


def _active(codes: Sequence[Sequence[int]]) -> list[int]:
    return [column for column in range(len(codes[0])) if any(row[column] >= 0 for row in codes)]


def _pair(codes: Sequence[Sequence[int]]) -> list[list[int]]:
    return [[row[column] for column in _active(codes)] for row in codes]


def _kappa_name(codes: Sequence[Sequence[int]]) -> str:
    return "cohen_kappa" if len(_active(codes)) == 2 else "fleiss_kappa"


def _even(codes: Sequence[Sequence[int]]) -> bool:
    return len({sum(code >= 0 for code in row) for row in codes}) == 1


def _rank(field: Field, value: int) -> tuple[int, int]:
    """Return where an option stands: by rating where steps have ratings, else as the schema lists it."""
    rating = field.options[value].rating
    return (0 if rating is None else rating, value) if field.kind == "steps" else (0, value)


def _interval(
    field: Field, label: str | None, name: str, found: Interval, items: int, note: str = UNDEFINED
) -> Measure:
    value, low, high = (float(each) if isfinite(each) else None for each in found)
    return _measure(field, label, name, (value, low, high), items, "" if value is not None else note)


def _measure(
    field: Field,
    label: str | None,
    name: str,
    numbers: tuple[float | None, float | None, float | None] | None,
    items: int,
    note: str = "",
) -> Measure:
    value, low, high = numbers or (None, None, None)
    return Measure(field=field.name, label=label, name=name, value=value, low=low, high=high, items=items, note=note)
