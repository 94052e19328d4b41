"""Runs of others from the command line: `python -m webapp.export import FILE`, `--help` for the rest."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from storage.database import Database, DatabaseError
from webapp.export.formats import AUTO, READERS
from webapp.export.importing import Report, import_file
from webapp.export.rows import ImportRefused
from webapp.export.trace_row import Kind
from webapp.settings import Settings, SettingsError, read_settings

PROGRAM = "python -m webapp.export"
PERSON = "local"  # as in the first migration; webapp.auth lies above this package
SHOWN = 20  # refusals in the terminal
DONE, REFUSED, PARTLY = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, 1 where nothing was imported, 3 where some rows were refused."""
    given = parser().parse_args(arguments)
    stated = {"--data-dir": given.data_dir, "--database": given.database}
    try:
        settings = read_settings([word for pair in stated.items() if pair[1] for word in pair], program=PROGRAM)
        report, seconds = asyncio.run(_import(settings, given))
    except (SettingsError, ImportRefused, DatabaseError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    print(told(report, seconds))
    for refusal in report.refusals[:SHOWN]:
        print(refusal, file=sys.stderr)
    if report.refused > SHOWN:
        print(f"... and {report.refused - SHOWN:,} more.", file=sys.stderr)
    return REFUSED if not report.imported else PARTLY if report.refused else DONE


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    found = argparse.ArgumentParser(prog=PROGRAM, description="Import runs that other programs produced.")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    imports = commands.add_parser("import", help="read a file of runs into a new session")
    imports.add_argument("file", type=Path, help="the file")
    imports.add_argument("--session", default="", help="name of the session (default: that of the file)")
    imports.add_argument("--format", default=AUTO, choices=(AUTO, *READERS), help="default: by what the file holds")
    imports.add_argument("--kind", choices=get_args(Kind), help="grader of problems that do not name one")
    imports.add_argument("--data-dir", help="folder of the database (default: as the program)")
    imports.add_argument("--database", help="SQLAlchemy URL of the database (default: SQLite in the data folder)")
    return found


def told(report: Report, seconds: float) -> str:
    """Return what became of a file, in a sentence or two."""
    counts = [f"{report.imported:,} imported", f"{report.refused:,} refused"]
    if report.repeated:
        counts.append(f"{report.repeated:,} repeated an earlier row")
    where = f" Session {report.session}." if report.session else " Nothing was stored."
    return f"{report.format}: {', '.join(counts)} in {seconds:.1f} s.{where}"


async def _import(settings: Settings, given: argparse.Namespace) -> tuple[Report, float]:
    started = time.monotonic()
    database = await asyncio.to_thread(Database.open, settings.database_url)
    try:
        report = await import_file(
            database, given.file, person=PERSON, session=given.session, format=given.format, kind=given.kind
        )
    finally:
        await database.close()
    return report, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
