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
from webapp.export.scoring import Scored, score_session
from webapp.export.trace_row import Kind
from webapp.models.load import LoadOptions, load
from webapp.models.offline import go_offline
from webapp.models.progress import ModelError, silent
from webapp.settings import Settings, SettingsError, read_settings

PROGRAM = "python -m webapp.export"
PERSON = "local"  # as in the first migration; webapp.auth lies above this package
SETTINGS = ("data_dir", "database", "model", "device", "dtype")
SHOWN = 20  # refusals in the terminal
DONE, REFUSED, PARTLY = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return 0, 1 where nothing was imported, 3 where some rows were refused."""
    given = parser().parse_args(arguments)
    stated = {f"--{name.replace('_', '-')}": getattr(given, name) for name in SETTINGS}
    if given.score:
        go_offline()
    try:
        settings = read_settings([word for pair in stated.items() if pair[1] for word in pair], program=PROGRAM)
        report, seconds = asyncio.run(_import(settings, given))
    except (SettingsError, ImportRefused, DatabaseError, ModelError) as error:
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
    imports.add_argument("--score", action="store_true", help="read the texts token by token with a model of ours")
    imports.add_argument("--model", help="the model that scores (default: as the program)")
    imports.add_argument("--device", help="where it runs")
    imports.add_argument("--dtype", help="number format of its weights")
    return found


def told(report: Report, seconds: float) -> str:
    """Return what became of a file, in a sentence or two."""
    counts = [f"{report.imported:,} imported", f"{report.refused:,} refused"]
    if report.repeated:
        counts.append(f"{report.repeated:,} repeated an earlier row")
    where = f" Session {report.session}." if report.session else " Nothing was stored."
    return f"{report.format}: {', '.join(counts)} in {seconds:.1f} s.{where}"


def scored(found: Scored) -> str:
    """Return how many texts were scored, and why others were not."""
    lines = [f"{found.texts:,} texts scored."]
    lines += [f"{count:,} not scored: {why.rstrip('.')}." for why, count in found.skipped.items()]
    return "\n".join(lines)


async def _import(settings: Settings, given: argparse.Namespace) -> tuple[Report, float]:
    started = time.monotonic()
    engine = await asyncio.to_thread(load, settings.model, _options(settings), silent) if given.score else None
    database = await asyncio.to_thread(Database.open, settings.database_url)
    try:
        report = await import_file(
            database, given.file, person=PERSON, session=given.session, format=given.format, kind=given.kind
        )
        if engine is not None and report.session is not None:
            print(scored(await score_session(database, engine, report.session)))
    finally:
        await database.close()
        if engine is not None:
            await engine.close()
    return report, time.monotonic() - started


def _options(settings: Settings) -> LoadOptions:
    memory = int(settings.memory * 1e9)
    folder = settings.cache_dir / "models"
    return LoadOptions(folder, settings.device, settings.dtype, settings.threads, settings.max_batch, memory)


if __name__ == "__main__":
    sys.exit(main())
