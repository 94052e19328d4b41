"""`python -m webapp.export traces`: everything that is known of stored runs, from the command line."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from storage.database import Database
from webapp.export.selection import add_selection, selection
from webapp.export.training.everything import export_everything
from webapp.settings import Settings


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of the program."""
    found: argparse.ArgumentParser = commands.add_parser(
        "traces", help="write stored runs with every text, token, signal, score and label as JSON Lines"
    )
    found.add_argument("--out", type=Path, required=True, help="the file")
    add_selection(found)
    return found


async def run(settings: Settings, given: argparse.Namespace) -> int:
    """Write the file and say how many runs are in it."""
    wanted = selection(given)
    database = await asyncio.to_thread(Database.open, settings.database_url)
    try:
        count = await export_everything(database, wanted, given.out)
    finally:
        await database.close()
    print(f"{count:,} runs: {given.out}.")
    return 0
