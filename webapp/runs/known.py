"""P(IK) of a run: a head learnt from the stored runs of other problems, with their reference answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat, ValidationError
from sqlalchemy.orm import Session

from storage.records import Run, Score
from storage.repositories import generations as generation_store
from storage.repositories import runs as run_store
from storage.repositories import scores as score_store
from webapp.analysis.calibration import auroc, brier
from webapp.analysis.p_ik import fit, held_out
from webapp.runs.inputs import drew

METHOD, STATE = "p_ik", "p_ik_state"
NEEDED, OF_EACH = 20, 3  # problems, and how many at least are mostly right and mostly wrong
MOST = 1000  # runs that are learnt from, the newest
FOLDS = 5
PENALTY = 0.01
MOSTLY = 0.5  # the share of right samples above which a problem counts as known (the paper's threshold)


class State(BaseModel):
    """What a run keeps: the [D] state of the question's last token after a layer."""

    layer: int
    vector: list[FiniteFloat] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One problem: its state, and the share of right samples among so many."""

    problem: str
    state: Sequence[float]
    right: float
    samples: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is predicted for a run, and how such heads do on problems they have not seen.

    `predicted` [N] are the held-out P(IK) of the other problems, `right` [N] their shares of right samples. `own` is
    the share of the run's own samples, None without a reference, or where they are another model's or of another
    temperature. `auroc` is None where all are of one kind.
    """

    p_ik: float
    own: float | None
    predicted: tuple[float, ...]
    right: tuple[float, ...]
    samples: int
    auroc: float | None
    brier: float
    base_brier: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nothing can be predicted, as a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a prediction for a run is made from: its own state, and the other problems."""

    state: State
    own: float | None
    others: tuple[Lesson, ...]


def lessons(s: Session, run: Run, scores: Sequence[Score], person: str) -> Lessons | None:
    """Read the state of a run, and those of alike runs on other problems; None if it keeps none.

    Alike are runs that the person may read, of the same model, layer and temperature, samples that were taken over
    included; of several on a problem the newest counts.
    """
    state = next((found for score in reversed(scores) if score.name == STATE and (found := _state(score))), None)
    if state is None:
        return None
    own = _share(generation_store.first_verdicts(s, [run.id]).get(run.id, {}))[0] if _its_own(s, run) else None
    others: dict[str, Lesson] = {}
    for lesson in _taught(s, run, state, person):
        others.setdefault(lesson.problem, lesson)
    return Lessons(state, own, tuple(others[problem] for problem in sorted(others)))


def _taught(s: Session, run: Run, state: State, person: str) -> Iterator[Lesson]:
    """Yield what can be learnt from each alike run, the newest first."""
    finished = run_store.finished_of(s, METHOD, MOST, person=person)
    alike = [each for each in finished if _teaches(each, run) and _its_own(s, each)]
    ids = [each.id for each in alike]
    states = {score.run_id: _state(score) for score in score_store.named(s, STATE, ids)}
    verdicts = generation_store.first_verdicts(s, ids)
    for each in alike:
        found, (right, samples) = states.get(each.id), _share(verdicts.get(each.id, {}))
        if found is not None and right is not None and _fits(found, state):
            yield Lesson(each.problem.id, found.vector, right, samples)


def known(given: Lessons) -> Known | Unknown:
    """Return P(IK) of a run by a head fitted on all other problems, and what such heads do on held-out ones."""
    right = np.array([each.right for each in given.others])
    mostly = right > MOSTLY
    if len(right) < NEEDED or min(mostly.sum(), (~mostly).sum()) < OF_EACH:
        return Unknown(_too_few(len(right), int(mostly.sum())))
    states = np.array([each.state for each in given.others])
    predicted = held_out(states, right, PENALTY, FOLDS)
    return Known(
        p_ik=float(fit(states, right, PENALTY).predict([given.state.vector])[0]),
        own=given.own,
        predicted=tuple(predicted.tolist()),
        right=tuple(right.tolist()),
        samples=sum(each.samples for each in given.others),
        auroc=auroc(predicted, mostly),
        brier=brier(predicted, right),
        base_brier=brier(np.full(len(right), right.mean()), right),
    )


def _too_few(there: int, mostly: int) -> str:
    return (
        "P(IK) is learnt from runs of this method on other problems, with the same model, layer and temperature. At "
        f"least {NEEDED} problems with reference answers are needed, {OF_EACH} of them mostly right and {OF_EACH} "
        f"not. There are {there}: {mostly} mostly right, {there - mostly} not."
    )


def _state(score: Score) -> State | None:
    try:
        return State.model_validate(score.details)
    except ValidationError:  # an imported file may hold anything
        return None


def _teaches(other: Run, run: Run) -> bool:
    return other.problem.id != run.problem.id and _made_by(other) == _made_by(run)


def _fits(state: State, other: State) -> bool:
    return (state.layer, len(state.vector)) == (other.layer, len(other.vector))


def _made_by(run: Run) -> tuple[object, ...]:
    return *_model(run), run.params.get("temperature")


def _model(run: Run) -> tuple[str, str]:
    return run.model.id, run.model.revision


def _its_own(s: Session, run: Run) -> bool:
    """Say whether a run's samples are of its model and temperature: those that it took over need not be."""
    if run.input_run is None:
        return True
    source = drew(s, run)
    drafts = [g for g in generation_store.of_run(s, run.id) if g.role == "draft" and g.round == 0]
    alike = all(draft.sampling.get("temperature") == run.params.get("temperature") for draft in drafts)
    return source is not None and _model(source) == _model(run) and alike


def _share(verdicts: Mapping[str, int]) -> tuple[float | None, int]:
    """Return the share of right samples among the graded ones, None where none is graded, and how many these are."""
    graded = sum(count for verdict, count in verdicts.items() if verdict != "ungraded")
    return (verdicts.get("correct", 0) / graded if graded else None), graded
