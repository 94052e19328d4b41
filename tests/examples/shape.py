"""What a plan of examples is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from storage.records import Problem
from tests.examples.phenomena import Check

Model: TypeAlias = Literal["stronger", "embedded"]
Params: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Example:
    """A run, what a teacher should look at, and what is checked; `uses` names a run whose drafts it takes.

    Words in braces in the note are numbers of the checks, filled in from the stored run.
    """

    name: str
    method: str
    params: Params
    tags: tuple[str, ...]
    note: str
    shows: tuple[Check, ...]
    uses: str = ""


@dataclass(frozen=True)
class Branch:
    """Another token in the place of one in a sample (counted from 0) of an earlier run."""

    of: str
    sample: int
    instead_of: str
    token: str


@dataclass(frozen=True)
class Launch:
    """Runs that start together, a column each, from the same drafts; or one branch."""

    model: Model
    problem: Problem
    examples: tuple[Example, ...]
    seed: int = 1
    branch: Branch | None = None
