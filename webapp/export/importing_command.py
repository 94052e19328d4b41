"""`python -m webapp.export import FILE`: runs of others, from the command line."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any, get_args

from storage.database import Database
from webapp.export.formats import AUTO, READERS
from webapp.export.importing import Report, import_file
from webapp.export.loading import loaded
from webapp.export.scoring import Scored, score_session
from webapp.export.trace_row import Kind
from webapp.settings import Settings

PERSON = "local"  # as in the first migration; webapp.auth lies above this package
SHOWN = 20  # refusals in the terminal
DONE, REFUSED, PARTLY = 0, 1, 3


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of the program."""
    imports: argparse.ArgumentParser = commands.add_parser("import", help="read a file of runs into a new session")
    imports.add_argument("file", type=Path, help="the file")
    imports.add_argument("--session", default="", help="name of the session (default: that of the file)")
    imports.add_argument("--format", default=AUTO, choices=(AUTO, *READERS), help="default: by what the file holds")
    imports.add_argument("--kind", choices=get_args(Kind), help="grader of problems that do not name one")
    imports.add_argument("--score", action="store_true", help="read the texts token by token with a model of ours")
    return imports


async def run(settings: Settings, given: argparse.Namespace) -> int:
    """Import a file and say what became of it; return 1 where nothing was imported, 3 where rows were refused."""
    started = time.monotonic()
    engine = await loaded(settings) if given.score else None
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
    print(told(report, time.monotonic() - started))
    tell_refusals(report)
    return REFUSED if not report.imported else PARTLY if report.refused else DONE


def told(report: Report, seconds: float) -> str:
    """Return what became of a file, in a sentence or two."""
    counts = [f"{report.imported:,} imported", f"{report.refused:,} refused"]
    if report.repeated:
        counts.append(f"{report.repeated:,} repeated an earlier row")
    where = f" Session {report.session}." if report.session else " Nothing was stored."
    return f"{report.format}: {', '.join(counts)} in {seconds:.1f} s.{where}"


def tell_refusals(report: Report) -> None:
    """Say of the first refused rows why they were."""
    for refusal in report.refusals[:SHOWN]:
        print(refusal, file=sys.stderr)
    if report.refused > SHOWN:
        print(f"... and {report.refused - SHOWN:,} more.", file=sys.stderr)


def scored(found: Scored) -> str:
    """Return how many texts were scored, and why others were not."""
    lines = [f"{found.texts:,} texts scored."]
    lines += [f"{count:,} not scored: {why.rstrip('.')}." for why, count in found.skipped.items()]
    return "\n".join(lines)
