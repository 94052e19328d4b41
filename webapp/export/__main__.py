"""Runs in and out from the command line: `python -m webapp.export --help`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from storage.database import DatabaseError
from webapp.export import importing_command
from webapp.export.importing_command import DONE, PARTLY, REFUSED, SHOWN
from webapp.export.labels import command_line as labels_command
from webapp.export.rows import ImportRefused
from webapp.export.selection import BadExport
from webapp.export.training import command_line as training_command
from webapp.export.training import traces_command
from webapp.export.training.reading import NothingSelected
from webapp.models.offline import go_offline
from webapp.models.progress import ModelError
from webapp.settings import SettingsError, read_settings

__all__ = ["DONE", "PARTLY", "REFUSED", "SHOWN", "main", "parser"]

PROGRAM = "python -m webapp.export"
SETTINGS = ("data_dir", "database", "model", "device", "dtype")
READS_MODELS = ("score", "draw", "template")
REFUSALS = (SettingsError, ImportRefused, BadExport, NothingSelected, DatabaseError, ModelError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, 1 where nothing came of it, 3 where some rows were refused."""
    given = parser().parse_args(arguments)
    stated = {f"--{name.replace('_', '-')}": getattr(given, name) for name in SETTINGS}
    if any(getattr(given, name, None) for name in READS_MODELS):
        go_offline()
    try:
        settings = read_settings([word for pair in stated.items() if pair[1] for word in pair], program=PROGRAM)
        code: int = asyncio.run(given.run(settings, given))
    except REFUSALS as error:
        print(error, file=sys.stderr)
        return REFUSED
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog=PROGRAM, description="Import runs and labels, export training data.")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (importing_command, training_command, traces_command, labels_command):
        added = command.add_to(commands)
        added.set_defaults(run=command.run)
        added.add_argument("--data-dir", help="folder of the database (default: as the program)")
        added.add_argument("--database", help="SQLAlchemy URL of the database (default: SQLite in the data folder)")
        added.add_argument("--model", help="the model that reads or draws (default: as the program)")
        added.add_argument("--device", help="where it runs")
        added.add_argument("--dtype", help="number format of its weights")
    return found


if __name__ == "__main__":
    sys.exit(main())
