"""Labels of steps for process reward models: by people (PRM800K), or by where stored texts arrive (GLoRe's SORM)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from storage.records import Generation
from webapp.export.training.builder import Builder
from webapp.export.training.cutting import Cuts, cuts_of, first_error, judged_cuts, steps_of
from webapp.export.training.examples import Made, Refusal, Steps
from webapp.export.training.material import Case, Judged, Told, asked, meta, pieces_of, stated
from webapp.export.training.settings import TrainingSettings


def build(case: Case, settings: TrainingSettings, random: Random) -> Iterator[Made]:
    """Solutions step by step with a label a step.

    From people: the ratings they gave, or what a first error implies; as in PRM800K nothing is kept after the first
    error where only that was labelled. From rollouts: a step is good if some stored solution that shares all steps
    up to it is right (GLoRe, arXiv 2402.10963, section 23), which makes labels monotone by itself: no good step
    follows a bad one. Only prefixes that enough stored solutions share are labelled; labels are not balanced by the
    length of a prefix, as they are in the paper.
    """
    if settings.labels_from == "rollouts":
        yield from _by_rollouts(case, settings)
        return
    for told, text in case.answers():
        label = case.judged.get(text.id)
        if label is not None:
            yield _by_people(case, settings, told, text, label)


def _by_people(case: Case, settings: TrainingSettings, told: Told, text: Generation, label: Judged) -> Made:
    if label.disputed:
        return Refusal("its annotators differ and nobody decided")
    cuts = judged_cuts(case, text)
    ratings = rated(label, len(cuts))
    if ratings is None:
        return Refusal("no step of the text is labelled")
    if None in ratings:
        return Refusal("a step before a labelled one has no label")
    if 0 in ratings and settings.neutral == "drop":
        return Refusal("a step is neutral, and such rows are dropped")
    good = tuple(rating == 1 or (rating == 0 and settings.neutral == "good") for rating in ratings)
    steps = _steps(case, told, text, cuts, ratings, good, "labelled by people")
    return replace(steps, labelled_by=label.people, seconds=label.seconds, labelled_at=label.when)


def _steps(
    case: Case, told: Told, text: Generation, cuts: Cuts, ratings: tuple[int | None, ...], good: tuple[bool, ...],
    reason: str,
) -> Steps:  # fmt: skip
    return Steps(
        meta(case, [(told, text)], "flawless" if all(good) else "flawed", reason),
        asked(case, text),
        stated(case),
        whole=tuple(steps_of(text.text, cuts)),
        steps=tuple(pieces_of(text, *cut) for cut in cuts[: len(ratings)]),
        ratings=ratings,
        good=good,
        reference=case.problem.reference,
        concludes=len(ratings) == len(cuts) and -1 not in ratings and case.right(text) is not False,
    )


def rated(label: Judged, steps: int) -> tuple[int | None, ...] | None:
    """Return the ratings of the first steps, up to the last that is known; None where none is."""
    known = [at for at, rating in enumerate(label.ratings[:steps]) if rating is not None]
    if known:
        return label.ratings[: known[-1] + 1]
    if label.flawless:
        return (1,) * steps
    error = first_error(label)
    return None if error is None or error >= steps else (*(1,) * error, -1)


def _by_rollouts(case: Case, settings: TrainingSettings) -> Iterator[Made]:
    texts = [(told, text, case.right(text)) for told, text in case.firsts()]
    graded = [(told, text, _words(text), good) for told, text, good in texts if good is not None]
    for told, text, words, _ in graded:
        good = arrive(words, [(other, right) for _, _, other, right in graded], settings.rollouts)
        if not good:
            yield Refusal("too few stored solutions share the first step")
            continue
        reason = f"prefixes shared by {settings.rollouts} stored solutions or more"
        yield _steps(case, told, text, cuts_of(text.text), tuple(1 if each else -1 for each in good), good, reason)


def arrive(steps: Sequence[str], solutions: Sequence[tuple[Sequence[str], bool]], fewest: int) -> tuple[bool, ...]:
    """Return for the first steps whether some solution that begins with all of them is right.

    `solutions` are those of the problem with whether they are right, the one in question among them. Labels end
    before the first prefix that fewer than `fewest` share.
    """
    found = []
    for count in range(1, len(steps) + 1):
        through = [right for other, right in solutions if list(other[:count]) == list(steps[:count])]
        if len(through) < fewest:
            break
        found.append(any(through))
    return tuple(found)


def _words(text: Generation) -> list[str]:
    return [" ".join(step.split()) for step in steps_of(text.text, cuts_of(text.text))]


STEP_LABELS = Builder(
    "step-labels", "Step labels (PRM, SORM)", "arXiv 2305.20050 and 2402.10963; methods document, sections 0 and 23",
    frozenset({Steps}), build, uses=("labels_from", "rollouts", "neutral"),
)  # fmt: skip
