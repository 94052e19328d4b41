"""A disk that fills up in the middle of a run: a sentence in the page, and what was finished stays."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from storage.database import Database, DiskFull
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of
from tests.runs.puppet import Puppet, Stage
from tests.storage.places import mounted
from webapp.events import RunFinished
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

DISK = 4 * 2**20  # bytes
ROOM = 200 * 2**10  # bytes left when the second run starts


def fill(folder: Path, room: int = ROOM) -> Path:
    """Take all but a little of a disk's room with a file, while others may be writing, and return it."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 2**12):
            pass
    os.truncate(filler, max(filler.stat().st_size - room, 0))
    return filler


async def test_a_run_that_finds_no_room_says_so_and_the_next_one_works(
    tmp_path: Path, methods_of_tests: None
) -> None:
    with mounted(tmp_path / "disk", f"size={DISK}") as disk:
        database = Database.open(disk / "runs.db")
        stage = Stage(Puppet(script=lambda prompt, sample: "7" * 20_000))
        service = RunService(database, stage, Limits(autosave=0.02))  # type: ignore[arg-type]
        await service.start()
        try:
            (kept,) = await service.launch([asked(params={"max_tokens": 50})], person="local")
            await service.wait(kept)
            filler = fill(disk)
            (cut,) = await service.launch([asked(params={"max_tokens": 19_000})], person="local")
            ended = asyncio.create_task(service.wait(cut))
            last = (await events_of(service, cut))[-1]
            assert isinstance(await ended, DiskFull)
            assert isinstance(last, RunFinished)
            assert last.status == "failed" and "There is no room left on the disk" in last.error
            stored = await database.read(lambda s: run_store.load(s, kept))
            assert stored is not None and stored.run.status == "finished" and len(stored.generations) == 2
            with pytest.raises(BadRequest, match="There is no room left on the disk"):
                await service.launch([asked()], person="local")
            filler.unlink()
            (after,) = await service.launch([asked(params={"max_tokens": 50})], person="local")
            await service.wait(after)
            again = await database.read(lambda s: run_store.get(s, after))
            assert again is not None and again.status == "finished"
        finally:
            await service.close()
            await database.close()
