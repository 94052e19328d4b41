"""A part of a comparison: something to look at, or the sentence that says why there is nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from webapp.analysis.refusal import Refusal
from webapp.charts.evidence import Evidence, Table


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown under a key, by which files of it are asked for; `said` are its numbers in sentences."""

    key: str
    title: str
    shown: Evidence | Refusal
    said: tuple[str, ...] = ()

    def as_table(self) -> Table | None:
        """Return its table, None where it has none."""
        return None if isinstance(self.shown, Refusal) else self.shown.table

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-ready data: that of its evidence, with `key`, `said`, and `why` for a refusal."""
        empty = {"reading": "", "figure": None, "table": None}
        given = empty if isinstance(self.shown, Refusal) else self.shown.as_data()
        why = self.shown.why if isinstance(self.shown, Refusal) else ""
        return given | {"key": self.key, "title": self.title, "said": list(self.said), "why": why}


def part(key: str, shown: Evidence, said: Iterable[str] = ()) -> Part:
    """Return evidence as a part under its own title."""
    return Part(key, shown.title, shown, tuple(said))


def noted(shown: Evidence, *notes: str) -> Evidence:
    """Return evidence with more sentences on how to read it; empty ones are left out."""
    return replace(shown, reading=" ".join(filter(None, (shown.reading, *notes))))
