"""Where the runs that come with the program are recorded: its own run service, in a database that is thrown away."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from storage.database import Database
from webapp.auth import LOCAL
from webapp.engine.protocol import Engine
from webapp.models import Progress, load
from webapp.models.load import LoadOptions
from webapp.paths import user_cache_folder
from webapp.runs.engines import EngineHub
from webapp.runs.library import Library, LibraryService
from webapp.runs.service import RunService
from webapp.settings import Settings

PERSON = "local"


class Unplaced:
    """An engine that records its model's file by name: where it lay on this machine is nobody's business."""

    def __init__(self, engine: Engine) -> None:
        record = engine.info.record
        self._engine = engine
        self.info = replace(engine.info, record=replace(record, source=Path(record.source).name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def load_unplaced(ref: str, options: LoadOptions, progress: Progress) -> Engine:
    """Load a model as the program does; see `Unplaced`."""
    return cast(Engine, Unplaced(load(ref, options, progress)))


@dataclass(frozen=True)
class Studio:
    """The services that record."""

    runs: RunService
    library: Library
    hub: EngineHub

    async def switch(self, ref: str) -> None:
        """Load a model.

        Raises:
            SystemExit: when it cannot be loaded.

        """
        status = await self.hub.switch(ref)
        if status.error:
            raise SystemExit(status.error)


@asynccontextmanager
async def opened(cache: Path) -> AsyncIterator[Studio]:
    """Open a studio over converted models in a folder, and close it again."""
    async with AsyncExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        # float32, where a seed promises the same text whatever else is in the batch
        settings = Settings(cache_dir=cache, data_dir=folder, device="cpu", dtype="float32")
        database = Database.open(settings.database_url)
        closing.push_async_callback(database.close)
        hub = EngineHub(settings, load_unplaced)
        closing.push_async_callback(hub.close)
        runs = RunService(database, hub)
        await runs.start()
        closing.push_async_callback(runs.close)
        yield Studio(runs, LibraryService(database).of(LOCAL), hub)


def options(said: str | None, target: Path) -> argparse.ArgumentParser:
    """Return what every recording's command line takes."""
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache-dir", type=Path, default=user_cache_folder(), help="where converted models are kept")
    parser.add_argument("--output", type=Path, default=target, help=f"the file to write ({target.name})")
    return parser


def check_size(file: Path, largest: int) -> None:
    """Print how large a recording is.

    Raises:
        SystemExit: when it is larger than every copy of the program should carry.

    """
    size = file.stat().st_size
    print(f"{file}: {size:,} bytes")
    if size > largest:
        raise SystemExit(f"That is more than the {largest:,} bytes allowed: leave runs out, or allow fewer tokens.")
