"""Accuracy at temperatures that a side's samples were not drawn at, where their grid was kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import Interval
from webapp.analysis.refusal import Refusal
from webapp.analysis.reweighting import Attempt, Drawn, drawn
from webapp.analysis.temperatures import curve
from webapp.charts.temperatures import TITLE, temperatures
from webapp.reports.part import Part, noted, part

NO_GRID = (
    "The samples of this side kept no grid of other temperatures. Sample and vote keeps one where its setting "
    "“Other temperatures” names some, before drawing: they cannot be added afterwards."
)
NOTHING = "No text of this side can be read token by token."


def other_temperatures(attempts: Mapping[int, Sequence[Attempt]], grid: Sequence[float], told: str = "") -> Part:
    """Return estimates at the temperatures of the grid, from the attempts at each problem."""
    if not grid:
        return Part("temperatures", TITLE, Refusal(NO_GRID))
    read = [drawn(each, grid) for each in attempts.values() if each]
    refused = next((each for each in read if isinstance(each, Refusal)), None)
    questions = [each for each in read if isinstance(each, Drawn)]
    if refused is not None or not questions:
        return Part("temperatures", TITLE, refused or Refusal(NOTHING))
    return part("temperatures", noted(temperatures(curve(questions, grid), _measured(attempts)), told))


def _measured(attempts: Mapping[int, Sequence[Attempt]]) -> dict[float, Interval]:
    """Return the accuracy over problems at each temperature that texts were drawn at."""
    found: defaultdict[float, list[float]] = defaultdict(list)
    for each in attempts.values():
        for temperature in {attempt.temperature for attempt in each}:
            right = [attempt.right for attempt in each if attempt.temperature == temperature]
            found[temperature].append(sum(right) / len(right))
    return {temperature: bootstrap.mean(shares) for temperature, shares in found.items()}
