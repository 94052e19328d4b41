"""PRM800K (arXiv 2305.20050): a rating for every step of a solution, up to its first error in phase 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from storage.annotations import Label
from webapp.export.labels.objects import text_of
from webapp.export.labels.row import LabelledText, LabelRow
from webapp.export.labels.schema import RATINGS, first_error
from webapp.export.rows import finite
from webapp.export.trace_row import RowError

PRM800K = "prm800k"
_ENDINGS = {"solution": "right", "found_error": "wrong", "bad_problem": "unclear", "give_up": "unclear"}


def read_prm800k(place: str, content: Mapping[str, Any]) -> LabelRow:
    """Return the trajectory of a record: of every step the chosen completion, a person's, or the first.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    question, label = content.get("question"), content.get("label")
    if not isinstance(question, dict) or not isinstance(label, dict):
        raise RowError("question" if not isinstance(question, dict) else "label", "it has to be an object")
    walked = _walked(label.get("steps"))
    answer = question.get("ground_truth_answer")
    whole = question.get("pre_generated_steps")
    steps = tuple(text for text, _ in walked)
    seconds = finite(label.get("total_time")) or 0.0
    return LabelRow(
        place,
        text_of(question, "problem"),
        (_text(steps, whole),),
        tuple(_labels(walked, label.get("finish_reason"))),
        str(content.get("labeler") or PRM800K),
        kind="math" if isinstance(answer, str) else None,
        reference=answer if isinstance(answer, str) and answer.strip() else None,
        source="PRM800K",
        seconds=max(seconds / 1000, 0.0),
        when=moment(content.get("timestamp")),
    )


def moment(value: object) -> datetime | None:
    """Return a time in ISO 8601, None for what is none; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found if found is None else (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter for what lies before the year 1 or after 9999 in UTC
        return None


def _text(steps: tuple[str, ...], whole: object) -> LabelledText:
    """Return the text with its steps; what a solution says after the labelled steps is kept where it is known."""
    if (
        isinstance(whole, list)
        and all(isinstance(each, str) for each in whole)
        and tuple(whole[: len(steps)]) == steps
    ):
        return LabelledText("\n".join(whole), tuple(step for step in whole if step.strip()))
    return LabelledText("\n".join(steps), steps)


def _walked(steps: object) -> list[tuple[str, int | None]]:
    if not isinstance(steps, list) or not steps:
        raise RowError("label.steps", "it has to be a list of steps")
    return [_step(each, f"label.steps.{at}") for at, each in enumerate(steps)]


def _step(step: object, field: str) -> tuple[str, int | None]:
    if not isinstance(step, dict):
        raise RowError(field, "it has to be an object")
    completions, human, chosen = (step.get(name) for name in ("completions", "human_completion", "chosen_completion"))
    if isinstance(human, dict) and chosen is None:
        return text_of(human, "text"), 1
    if not isinstance(completions, list) or not completions:
        raise RowError(f"{field}.completions", "it has to be a list of completions")
    at = 0 if chosen is None else chosen
    if not isinstance(at, int) or not 0 <= at < len(completions) or not isinstance(completions[at], dict):
        raise RowError(f"{field}.chosen_completion", "there is no such completion")
    rating = completions[at].get("rating")
    if rating is not None and rating not in tuple(RATINGS):
        raise RowError(f"{field}.rating", "it has to be 1, 0, -1 or null")
    return text_of(completions[at], "text"), rating


def _labels(walked: Sequence[tuple[str, int | None]], ending: object) -> list[Label]:
    ratings = [rating for _, rating in walked]
    found = [Label("steps", RATINGS[r], step=at, source=PRM800K) for at, r in enumerate(ratings) if r is not None]
    if -1 in ratings:
        found.append(first_error(ratings.index(-1), PRM800K))
    elif ending == "solution":
        found.append(first_error(None, PRM800K))
    if isinstance(ending, str) and ending in _ENDINGS:
        found.append(Label("outcome", _ENDINGS[ending], source=PRM800K))
    return found
