"""Labels that stored signals suggest: ours to be looked at, never counted until a person confirms them.

A step whose tokens are far more uncertain than the steps before it is where a solution may have gone wrong; steps
that the model itself found wrong when it was asked (a stored `step_score`), and an answer it does not believe in
(a stored `p_true`), are suggested as that. The thresholds are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from storage.annotations import STEP, SUGGESTION, Field, Label, LabelSchema, Step
from storage.records import Score
from webapp.annotation.answers import Suggested

LEAST_RISE = 0.25  # nats by which a step's mean token entropy has to exceed that of the steps before it
WHOLE = ("choice", "scale")  # kinds of an answer about the whole text
EVEN = 0.5  # odds below which something is taken for wrong


def suggestions(
    schema: LabelSchema,
    text: str,
    steps: Sequence[Step],
    entropy: Sequence[tuple[int, float]],
    scores: Sequence[Score],
    place: int = 0,
) -> list[Suggested]:
    """Return what the signals of a text suggest, at most one label a field (of steps: one a step).

    Args:
        schema: what is asked; a field that nothing is known about gets nothing.
        text: the text.
        steps: its steps, as UTF-8 offsets.
        entropy: the UTF-8 offset and the entropy, in nats, of its tokens that have one.
        scores: the scores of the text in the order they came.
        place: the index of the text in its item.

    """
    odds = _step_odds(text, steps, scores)
    found = [*_outcome(schema, scores), *_step_labels(schema, odds), *_first_error(schema, odds, steps, entropy)]
    return [Suggested(label=_about(label, place), why=why) for label, why in found]


def step_entropies(steps: Sequence[Step], entropy: Sequence[tuple[int, float]]) -> list[float | None]:
    """Return the mean token entropy of each step, None where it has no token with one."""
    at = np.array([offset for offset, _ in entropy], dtype=np.int64)
    values = np.array([value for _, value in entropy], dtype=np.float64)
    within = [values[(at >= step.start) & (at < step.end)] for step in steps]
    return [float(each.mean()) if each.size else None for each in within]


def largest_rise(means: Sequence[float | None]) -> tuple[int, float] | None:
    """Return the step that exceeds the mean of all known steps before it by the most, and by how much."""
    known = [(step, mean) for step, mean in enumerate(means) if mean is not None]
    rises = [
        (step, mean - float(np.mean([before for _, before in known[:n]])))
        for n, (step, mean) in enumerate(known)
        if n
    ]
    return max(rises, key=lambda rise: rise[1], default=None)


def _outcome(schema: LabelSchema, scores: Sequence[Score]) -> Iterator[tuple[Label, str]]:
    field, score = schema.field("outcome"), _newest(scores, "p_true")
    worst = None if field is None or field.kind not in WHOLE else _rated(field, -1)
    believed = None if score is None else score.value
    if field is not None and worst is not None and believed is not None and believed < EVEN:
        yield Label(field.name, worst), f"P(True) is {believed:.2f}: the model does not believe this answer."


def _step_labels(schema: LabelSchema, odds: Sequence[float]) -> Iterator[tuple[Label, str]]:
    field = _of_kind(schema, "steps")
    if field is None:
        return
    for step, p in enumerate(odds):
        value = _rated(field, -1 if p < EVEN else 1)
        if value is not None:
            yield Label(field.name, value, step=step), f"Asked, the model found this step right with {p:.2f}."


def _first_error(
    schema: LabelSchema, odds: Sequence[float], steps: Sequence[Step], entropy: Sequence[tuple[int, float]]
) -> Iterator[tuple[Label, str]]:
    field = _of_kind(schema, "first_error")
    if field is None:
        return
    low = next((step for step, p in enumerate(odds) if p < EVEN), None)
    rise = largest_rise(step_entropies(steps, entropy))
    if low is not None:
        why = f"Asked, the model found this step right with only {odds[low]:.2f}."
        yield Label(field.name, STEP, step=low), why
    elif rise is not None and rise[1] >= LEAST_RISE:
        why = f"Its tokens are more uncertain than those of the steps before it, by {rise[1]:.2f} nats on average."
        yield Label(field.name, STEP, step=rise[0]), why


def _step_odds(text: str, steps: Sequence[Step], scores: Sequence[Score]) -> list[float]:
    """Return how right the model found each step, if it was asked about just these steps; else nothing."""
    score = _newest(scores, "step_score")
    found: list[Any] = [] if score is None else list(score.details.get("steps") or [])
    data = text.encode()
    said = [data[step.start : step.end].decode() for step in steps]
    if [each.get("text") for each in found] != said:
        return []
    return [float(each["p"]) for each in found]


def _newest(scores: Sequence[Score], name: str) -> Score | None:
    return next((score for score in reversed(scores) if score.name == name), None)


def _of_kind(schema: LabelSchema, kind: str) -> Field | None:
    return next((field for field in schema.fields if field.kind == kind), None)


def _rated(field: Field, sign: int) -> str | None:
    """Return the value of the option with the lowest or highest rating, None where none is rated so."""
    rated = [(option.rating * sign, option.value) for option in field.options if option.rating is not None]
    best = max(rated, default=None)
    return best[1] if best is not None and best[0] > 0 else None


def _about(label: Label, place: int) -> Label:
    return Label(label.field, label.value, label.step, text=place, source=SUGGESTION, confirmed=False)
