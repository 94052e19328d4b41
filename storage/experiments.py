"""The dataclasses of experiments: a grid of cells, each to become a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from storage.records import Cost, Problem, RunStatus, VerdictValue

ExperimentStatus: TypeAlias = Literal["draft", "probing", "running", "paused", "finished", "cancelled"]
CellState: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]
Place: TypeAlias = Literal["server", "command line"]  # which program works on it

WORKING: frozenset[ExperimentStatus] = frozenset({"probing", "running"})


@dataclass(frozen=True, slots=True)
class Experiment:
    """A grid of methods, models, problems and seeds.

    `note` says why it stands still. `lease_until` is put off while a process works on it. `working_since` is when
    it was started or resumed last. `load_models` allows the program to replace the model that answers.
    """

    id: str
    person_id: str
    session_id: str
    name: str
    spec: Mapping[str, Any]
    created_at: datetime
    status: ExperimentStatus = "draft"
    note: str = ""
    place: Place = "server"
    load_models: bool = False
    working_since: datetime | None = None
    finished_at: datetime | None = None
    lease_until: datetime | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One run that an experiment wants.

    `arm` is the index of the method with its settings in the spec, `model` the model as it is asked for.
    `attempts` counts how often it was begun; `run_id` is the run of the last attempt.
    """

    experiment_id: str
    position: int
    arm: int
    method: str
    model: str
    problem: Problem
    seed: int
    probe: bool = False
    state: CellState = "waiting"
    run_id: str | None = None
    error: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell as a list shows it, with what its run concluded; `question` is cut to an excerpt."""

    position: int
    arm: int
    method: str
    model: str
    problem_id: str
    source: str
    question: str
    seed: int
    probe: bool
    state: CellState
    run_id: str | None
    error: str
    attempts: int
    run_status: RunStatus | None = None
    answer: str | None = None
    verdict: VerdictValue | None = None
    first_answer: str | None = None
    first_verdict: VerdictValue | None = None
    oracle: bool = False
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, slots=True)
class CellFilter:
    """What a list of cells is narrowed to; None and empty stand for everything.

    `outcome` is a verdict ("correct"), or a transition of verdicts ("incorrect>correct").
    """

    state: CellState | None = None
    arm: int | None = None
    model: str | None = None
    seed: int | None = None
    outcome: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """An experiment as a list shows it; `cells` counts its cells by state."""

    experiment: Experiment
    cells: Mapping[CellState, int]

    @property
    def total(self) -> int:
        """How many cells it has."""
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class Step:
    """What one step of work on an experiment changed, and what is left.

    `since` is when it was started or resumed last, `spent` what the runs of the settled cells cost. `here` and
    `elsewhere` count the cells that wait for the model that answers and for others, `running` those at work in any
    process; they are counted only when `claimed` is fewer than there was room for, and None otherwise.
    """

    status: ExperimentStatus
    since: datetime
    load_models: bool
    claimed: tuple[Cell, ...]
    spent: Cost
    here: int | None = None
    elsewhere: Mapping[str, int] | None = None
    running: int | None = None


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """What the cells of one arm with one model came to, from columns of their runs alone.

    `verdicts` counts the done cells by (first verdict, verdict). `cost` is summed over them, `squares` is the sum of
    the squared generated tokens; `oracle` counts the runs that asked for the reference.
    """

    arm: int
    model: str
    states: Mapping[CellState, int]
    verdicts: Mapping[tuple[VerdictValue, VerdictValue], int]
    cost: Cost
    squares: float
    oracle: int

    @property
    def done(self) -> int:
        """How many cells are done."""
        return self.states.get("done", 0)
