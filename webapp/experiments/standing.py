"""How far an experiment is, computed from what is stored: the same for every viewer, after any reload or restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.experiments import WORKING, ArmTotals, CellState, Experiment
from webapp.experiments.estimate import Estimate

WINDOW = 100  # cells over which the rate is taken


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an experiment stands.

    Attributes:
        experiment: its record, with the reason where it stands still.
        cells: how many there are by state.
        total: how many there are.
        per_minute: cells done a minute of late; None while too few are.
        seconds_left: what the waiting cells take at that rate.
        attended: whether a process works on it; where it should be but is not, that process has ended.
        waits_for: models that are not loaded, for which cells wait.
        estimate: what is left to do and what that costs.
        trouble: why nothing can be stored at the moment.

    """

    experiment: Experiment
    cells: dict[CellState, int]
    total: int
    per_minute: float | None
    seconds_left: float | None
    attended: bool
    waits_for: tuple[str, ...]
    estimate: Estimate
    trouble: str

    @property
    def ended(self) -> int:
        """How many cells need no more work."""
        return self.total - self.left

    @property
    def left(self) -> int:
        """How many cells wait or are at work."""
        return self.cells.get("waiting", 0) + self.cells.get("running", 0)


def standing(
    experiment: Experiment,
    totals: Sequence[ArmTotals],
    lately: Sequence[datetime],
    found: Estimate,
    *,
    loaded: str | None,
    trouble: str,
    now: datetime,
) -> Standing:
    """Say where an experiment stands; `lately` is when its last WINDOW + 1 cells were done, newest first."""
    cells: Counter[CellState] = Counter()
    for arm in totals:
        cells.update(arm.states)
    attended = experiment.status in WORKING and experiment.lease_until is not None and experiment.lease_until > now
    per_minute = rate(experiment, lately, now if attended else None)
    left = cells["waiting"] + cells["running"]
    waiting = [arm.model for arm in totals if arm.states.get("waiting") and arm.model != loaded]
    return Standing(
        experiment=experiment,
        cells=dict(cells),
        total=cells.total(),
        per_minute=per_minute,
        seconds_left=60 * left / per_minute if per_minute and experiment.status in WORKING else None,
        attended=attended,
        waits_for=tuple(dict.fromkeys(waiting)),
        estimate=found,
        trouble=trouble,
    )


def rate(experiment: Experiment, lately: Sequence[datetime], now: datetime | None) -> float | None:
    """Return the cells done a minute since the experiment was started last, at most over the last WINDOW of them.

    The time goes on until `now`; where nobody works on it, until the last cell.
    """
    since = experiment.working_since
    if since is None or not lately:
        return None
    counted = min(len(lately), WINDOW)
    begin = lately[WINDOW] if len(lately) > WINDOW else since
    seconds = ((now or lately[0]) - begin).total_seconds()
    return 60 * counted / seconds if seconds > 0 else None
