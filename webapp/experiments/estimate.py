"""What the rest of an experiment will cost, judged by the cells that are done."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from storage.experiments import ArmTotals

Span: TypeAlias = tuple[datetime, datetime, int]  # when a run began and ended, and the tokens it generated

ERRORS = 2.0  # standard errors on either side


@dataclass(frozen=True, slots=True)
class Range:
    """An expected value between its bounds."""

    low: float
    expected: float
    high: float

    def times(self, factor: float) -> Range:
        """Return the range in another unit."""
        return Range(self.low * factor, self.expected * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is left to do.

    Attributes:
        cells: how many cells are left.
        tried: how many done cells this is judged by.
        tokens: generated tokens they will take: left x mean of each arm, two standard errors on either side, so what
            a few cells happen to have cost does not pass for a fact; None before any cell is done.
        calls: calls to the model they will take, expected.
        seconds: the tokens at the speed at which the done cells were generated.
        at_once: how many runs were at work at a time while those were done; more at once are faster.
        unknown: arms of which no cell is done; they are taken for the mean of the others.
        models: models of which no cell is done; they are taken to be as fast.

    """

    cells: int
    tried: int
    tokens: Range | None = None
    calls: float | None = None
    seconds: Range | None = None
    at_once: float | None = None
    unknown: tuple[int, ...] = ()
    models: tuple[str, ...] = ()


def estimate(totals: Sequence[ArmTotals], spans: Sequence[Span]) -> Estimate:
    """Judge the cells that are left of every arm by those that are done, whichever model did them."""
    left = sum(_left(arm) for arm in totals)
    tried = sum(arm.done for arm in totals)
    if not tried:
        return Estimate(left, 0)
    known = {arm.arm for arm in totals if arm.done}
    tokens = _tokens(totals)
    calls = sum(arm.cost.calls for arm in totals) / tried * left
    speed = rate(spans)
    busy = _busy(spans)
    return Estimate(
        cells=left,
        tried=tried,
        tokens=tokens,
        calls=calls,
        seconds=tokens.times(1 / speed) if speed else None,
        at_once=sum((end - begin).total_seconds() for begin, end, _ in spans) / busy if busy else None,
        unknown=tuple(sorted({arm.arm for arm in totals} - known)),
        models=tuple(dict.fromkeys(arm.model for arm in totals if not _tried(totals, arm.model))),
    )


def rate(spans: Sequence[Span]) -> float | None:
    """Return generated tokens a second over the time in which any of the runs was at work; None without any."""
    busy = _busy(spans)
    return sum(tokens for _, _, tokens in spans) / busy if busy else None


def _tokens(totals: Sequence[ArmTotals]) -> Range:
    """Add up the expected tokens of all arms, and their variances."""
    expected = variance = 0.0
    of_all = _moments(totals)
    for number in {arm.arm for arm in totals}:
        same = [arm for arm in totals if arm.arm == number]
        count, mean, spread = _moments(same) if any(arm.done for arm in same) else of_all
        left = sum(_left(arm) for arm in same)
        expected += left * mean
        # the mean is uncertain, and so are the cells themselves
        variance += spread * (left * left / count + left)
    error = ERRORS * math.sqrt(variance)
    return Range(max(expected - error, 0.0), expected, expected + error)


def _moments(arms: Sequence[ArmTotals]) -> tuple[int, float, float]:
    """Return the number of done cells, their mean tokens and the variance: of a single one, its tokens squared."""
    count = sum(arm.done for arm in arms)
    mean = sum(arm.cost.generated_tokens for arm in arms) / count
    if count == 1:
        return 1, mean, mean * mean
    squares = sum(arm.squares for arm in arms)
    return count, mean, max(squares - count * mean * mean, 0.0) / (count - 1)


def _busy(spans: Sequence[Span]) -> float:
    """Return the seconds in which at least one of the runs was at work."""
    busy, until = 0.0, None
    for begin, end, _ in sorted(spans):
        start = begin if until is None or begin > until else until
        busy += max((end - start).total_seconds(), 0.0)
        until = end if until is None else max(until, end)
    return busy


def _tried(totals: Sequence[ArmTotals], model: str) -> bool:
    return any(arm.done for arm in totals if arm.model == model)


def _left(arm: ArmTotals) -> int:
    return arm.states.get("waiting", 0) + arm.states.get("running", 0)
