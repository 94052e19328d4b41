"""Which runs a process ends that are not its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storage.database import Database
from storage.repositories import runs
from tests.storage import making
from webapp.runs.leases import LATE, Leases
from webapp.runs.limits import Limits


async def test_what_made_a_look_late_may_have_kept_others_from_renewing_so_they_get_until_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, write = 0.0, database.write

    async def late(change: Callable[..., Any]) -> Any:
        nonlocal now
        now += 2 * LATE
        return await write(change)

    async def leave(run: str) -> None:
        await write(lambda s: runs.add(s, making.queued(run)))

    await write(making.store_session)
    monkeypatch.setattr(database, "write", late)
    leases = Leases(database, Limits(), list, lambda: now)
    await leave("r1")
    assert await leases.sweep() == ["r1"], "at its start a process ends what was left behind"
    await leave("r2")
    assert await leases.sweep() == []
    assert await leases.sweep() == ["r2"], "a database that is always slow keeps nothing at work for ever"
    monkeypatch.setattr(database, "write", write)
    await leave("r3")
    assert await leases.sweep() == ["r3"]
