"""What each method came to with each model: accuracy before and after, transitions, cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.experiments import ArmTotals
from webapp.analysis.transitions import Correction, Transition, correction
from webapp.experiments.names import arm_names
from webapp.experiments.spec import ExperimentSpec


@dataclass(frozen=True, slots=True)
class Result:
    """One arm with one model, over its done cells.

    Attributes:
        arm: its index in the spec.
        name: what it is called.
        model: the model as it was asked for.
        done: cells that are done; the rest of this is about them.
        failed: cells that failed, which are in nothing else.
        left: cells that wait or are at work.
        correction: accuracy before and after and what changed; None where nothing was graded.
        transitions: how many cells took each step, empty where nothing was graded.
        unparsed: share of the graded cells whose last answer could not be read, which counts as wrong.
        tokens: generated tokens of a cell, mean.
        prompt_tokens: tokens read for a cell, mean.
        calls: calls to the model of a cell, mean.
        seconds: seconds of a cell, mean, beside whatever else was at work.
        oracle: cells whose run asked for the reference answer.

    """

    arm: int
    name: str
    model: str
    done: int
    failed: int
    left: int
    correction: Correction | None
    transitions: dict[Transition, int]
    unparsed: float | None
    tokens: float | None
    prompt_tokens: float | None
    calls: float | None
    seconds: float | None
    oracle: int


def results(spec: ExperimentSpec, totals: Sequence[ArmTotals]) -> list[Result]:
    """Return a result for every arm with every model, in the order of the grid."""
    names = arm_names(spec)
    return [_result(names[total.arm], total) for total in totals]


def _result(name: str, total: ArmTotals) -> Result:
    graded = [pair for pair, count in total.verdicts.items() for _ in range(count) if "ungraded" not in pair]
    found = correction(graded) if graded else None
    cost, done = total.cost, total.done
    return Result(
        arm=total.arm,
        name=name,
        model=total.model,
        done=done,
        failed=total.states.get("failed", 0),
        left=total.states.get("waiting", 0) + total.states.get("running", 0),
        correction=found,
        transitions=found.counts if found else {},
        unparsed=sum(last == "unparsed" for _, last in graded) / len(graded) if graded else None,
        tokens=cost.generated_tokens / done if done else None,
        prompt_tokens=cost.prompt_tokens / done if done else None,
        calls=cost.calls / done if done else None,
        seconds=cost.seconds / done if done else None,
        oracle=total.oracle,
    )
