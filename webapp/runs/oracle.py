"""The door to the reference answer."""

from __future__ import annotations

from typing import Literal

from storage.records import Problem
from webapp.tasks.graders import grade


class RunOracle:
    """Says whether answers are right; whether it was asked stays known."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.reasons: set[str] = set()

    @property
    def opened(self) -> bool:
        """Whether anything was asked: the run is then an oracle run."""
        return bool(self.reasons)

    def correct(self, answer: str | None, *, why: Literal["stop", "label", "route"]) -> bool:
        """Say whether an answer is right, and mark the run."""
        self.reasons.add(why)
        return answer is not None and grade(self._problem, answer).verdict == "correct"
