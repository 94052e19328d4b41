"""The door to the reference answer."""

from __future__ import annotations

from typing import Literal

from storage.records import Problem
from webapp.methods.interface import CannotGoOn
from webapp.tasks.graders import grade

NO_REFERENCE = (
    "This question has no reference answer, so nothing can tell whether an answer is right. Give it one, or choose a "
    "setting that does not ask."
)


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
        """Say whether an answer is right, and mark the run; no answer is not right.

        Raises:
            CannotGoOn: if there is no reference to compare with.

        """
        if self._problem.reference is None or self._problem.kind == "none":
            raise CannotGoOn(NO_REFERENCE)
        self.reasons.add(why)
        return answer is not None and grade(self._problem, answer).verdict == "correct"
