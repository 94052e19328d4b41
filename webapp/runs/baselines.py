"""What the tokens of a correction would have bought without it: one greedy answer, and a vote of fresh samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from storage.records import Generation, Run

METHOD = "self_consistency"
MOST_SAMPLES = 64
SHARED = ("temperature", "top_p", "top_k", "min_p", "top_h", "top_h_variant", "eta", "max_tokens")


@dataclass(frozen=True, slots=True)
class Baseline:
    """A run of `METHOD` to compare with; `tokens` is what it can be expected to generate."""

    title: str
    params: Mapping[str, Any]
    tokens: int


def spent(run: Run, generations: Sequence[Generation]) -> int:
    """Return how many tokens a result took: those the run generated, and those of the drafts it was given."""
    given = sum(_length(g) for g in generations if g.copied_from is not None)
    return run.cost.generated_tokens + given


def baselines(run: Run, generations: Sequence[Generation]) -> list[Baseline]:
    """Return the baselines of a finished run, with its own sampling settings.

    The vote has as many samples as the run's tokens pay for at the mean length of its first drafts: at least one,
    at most 64. A run without first drafts has none.
    """
    lengths = [_length(g) for g in generations if g.role == "draft" and g.round == 0 and _length(g)]
    if not lengths:
        return []
    length = fmean(lengths)
    samples = min(max(round(spent(run, generations) / length), 1), MOST_SAMPLES)
    shared = {name: run.params[name] for name in SHARED if name in run.params}
    return [
        Baseline("one greedy answer", {**shared, "samples": 1, "temperature": 0.0}, round(length)),
        Baseline(f"a vote of {samples}", {**shared, "samples": samples}, round(samples * length)),
    ]


def stored(baseline: Baseline, run: Run, candidates: Iterable[Run]) -> Run | None:
    """Return a finished run that is this baseline on the same problem, with the same model and seed."""
    return next((each for each in candidates if _matches(baseline, run, each)), None)


def _matches(baseline: Baseline, run: Run, each: Run) -> bool:
    same = (each.problem.id, each.model, each.seed) == (run.problem.id, run.model, run.seed)
    plain = each.method == METHOD and each.input_run is None and each.branch_of is None
    return same and plain and each.status == "finished" and dict(baseline.params).items() <= dict(each.params).items()


def _length(generation: Generation) -> int:
    return generation.summary.tokens if generation.summary else 0
