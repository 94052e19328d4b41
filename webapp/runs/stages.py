"""Where in its run a method stands: alone, or as a later stage of a mixture, kept apart from what came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.records import Generation, Role
from webapp.runs.calls import Text


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a method; by default it is alone.

    A later stage has a name that its labels begin with, so that its noise is its own, and `rounds` that were before
    it. What it drafts first is a revision of `after`, what was handed over to it: only the first stage's drafts are
    first attempts of the run.
    """

    name: str = ""
    rounds: int = 0
    after: Generation | None = None

    def label(self, label: str) -> str:
        """Return a label as it stands in the run."""
        return f"{self.name}: {label}" if self.name else label

    def text(self, role: Role, label: str, branch: int, round: int, parents: Sequence[Generation]) -> Text:
        """Return a text of the method as it stands in the run."""
        if self.after is not None and role == "draft" and round == 0:
            role, parents = "revision", parents or [self.after]
        return Text(role, self.label(label), branch, self.rounds + round, tuple(parent.id for parent in parents))
