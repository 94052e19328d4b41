"""What a page's address says: the session of the tab, and the runs it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from webapp.runs.selected.service import Wanted

IDENTIFIER = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Address:
    """The query of a page; ids are well-formed but need not exist."""

    runs: tuple[str, ...] = ()
    session: str | None = None
    sessions: tuple[str, ...] = ()  # that are compared

    @staticmethod
    def of(query: Mapping[str, str]) -> Address:
        """Read `?run=a` or `?runs=a,b` and `?session=s`; what is no id is left out."""
        listed = f"{query.get('runs', '')},{query.get('run', '')}".split(",")
        session = query.get("session", "")
        return Address(identifiers(listed), session if IDENTIFIER.fullmatch(session) else None)

    def value(self, *, replace: bool = False) -> dict[str, object]:
        """Return what the address component takes; with `replace` the page can not be gone back to."""
        found: dict[str, object] = {"runs": list(self.runs), "session": self.session, "replace": replace}
        return found | ({"sessions": list(self.sessions)} if self.sessions else {})


def selection(query: Mapping[str, str]) -> Wanted:
    """Read what is compared: `?experiment=e`, else `?sessions=a,b`, else `?runs=a,b`; what is no id is left out."""
    experiment = query.get("experiment", "")
    if IDENTIFIER.fullmatch(experiment):
        return Wanted(experiment=experiment)
    if sessions := identifiers(query.get("sessions", "").split(",")):
        return Wanted(sessions=sessions)
    return Wanted(runs=Address.of(query).runs)


def identifiers(values: object) -> tuple[str, ...]:
    """Return the well-formed ids among values of any kind, each once, in order."""
    if not isinstance(values, list | tuple):
        return ()
    texts = [value.strip() for value in values if isinstance(value, str)]
    return tuple(dict.fromkeys(text for text in texts if IDENTIFIER.fullmatch(text)))


def shown(view: object) -> tuple[str, ...]:
    """Return the run ids in a view component's value, whoever sent it."""
    return identifiers(view.get("runs")) if isinstance(view, dict) else ()
