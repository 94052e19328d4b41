"""What refinement brought each model, over the stored runs that are alike on the same problems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy.orm import Session

from storage.records import Run
from storage.repositories import runs as run_store
from webapp.analysis.refinement_score import Parts, Weights, refinement_score
from webapp.analysis.transitions import right

METHOD = "untargeted_refine"
MODELS, PROBLEMS = 2, 5  # that are needed
MOST = 2000  # runs that are read, the newest
ALIKE = ("rounds", "stop", "samples", "temperature", "critique_temperature", "rewrite_temperature")
LATER = ("weight_base", "weight_gain", "weight_cost")


@dataclass(frozen=True, slots=True)
class Contender:
    """One model on the problems that all were given: shares of right answers, and the mean cost of a run."""

    model: str
    base: float
    refined: float
    seconds: float
    tokens: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """[n] models compared on so many problems, their z values and scores, and what these were made with."""

    contenders: tuple[Contender, ...]
    parts: Parts
    weights: Weights
    cost_in: str
    problems: int


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why there is no ranking, as a sentence that says what it needs."""

    why: str


def alike(s: Session, run: Run, person: str) -> list[Run] | None:
    """Read the graded runs that refined as this one did and that a person may read, newest first, with any model.

    None for another method.
    """
    if run.method != METHOD:
        return None
    known = (each for each in run_store.finished_of(s, METHOD, MOST, person=person) if _graded(each))
    return [each for each in known if _settings(each) == _settings(run)]


def ranking(run: Run, found: Sequence[Run]) -> Ranking | NotYet:
    """Compare the models that answered enough of the problems that the model of this run answered."""
    answered = _newest(found)
    compared = _comparable(answered, run.model.id)
    problems = set.intersection(*(set(answered[model]) for model in compared)) if compared else set()
    if len(compared) < MODELS or len(problems) < PROBLEMS:
        return NotYet(_needs(answered, run.model.id))
    contenders = tuple(_contender(model, [answered[model][p] for p in sorted(problems)]) for model in compared)
    cost_in = "tokens" if run.params.get("cost_measure") == "tokens" else "seconds"
    weights = Weights(*(float(run.params.get(name, 1.0)) for name in LATER))
    parts = refinement_score(
        [each.base for each in contenders], [each.refined for each in contenders],
        [getattr(each, cost_in) for each in contenders], weights,
    )  # fmt: skip
    return Ranking(contenders, parts, weights, cost_in, len(problems))


def _newest(found: Sequence[Run]) -> dict[str, dict[str, Run]]:
    """Return the newest run of each model on each problem."""
    answered: dict[str, dict[str, Run]] = defaultdict(dict)
    for each in found:
        answered[each.model.id].setdefault(each.problem.id, each)
    return answered


def _comparable(answered: Mapping[str, Mapping[str, Run]], model: str) -> list[str]:
    """Return this model and those that share enough problems with it and all before them, the most alike first."""
    if model not in answered:
        return []
    common, taken = set(answered[model]), [model]
    others = sorted((m for m in answered if m != model), key=lambda m: (-len(common & set(answered[m])), m))
    for other in others:
        if len(common & set(answered[other])) >= PROBLEMS:
            common &= set(answered[other])
            taken.append(other)
    return taken


def _contender(model: str, runs: Sequence[Run]) -> Contender:
    return Contender(
        model=model,
        base=fmean(bool(right(run.outcome.first_verdict)) for run in runs),
        refined=fmean(bool(right(run.outcome.verdict)) for run in runs),
        seconds=fmean(run.cost.seconds for run in runs),
        tokens=fmean(run.cost.generated_tokens for run in runs),
    )


def _needs(answered: Mapping[str, Mapping[str, Run]], model: str) -> str:
    there = ", ".join(f"{name}: {len(runs)}" for name, runs in sorted(answered.items())) or "none"
    return (
        f"This score ranks models. It needs graded runs of this method, with the same settings, by at least {MODELS} "
        f"models on the same {PROBLEMS} problems. Graded problems so far: {there}."
    )


def _graded(run: Run) -> bool:
    # What the drafts of another run cost is not in this one.
    return run.input_run is None and None not in (right(run.outcome.first_verdict), right(run.outcome.verdict))


def _settings(run: Run) -> tuple[object, ...]:
    return tuple(run.params.get(name) for name in ALIKE)
