"""`python -m webapp.export labels`: labels of people, in and out, from the command line."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any, get_args

from storage.database import Database
from webapp.export.formats import AUTO
from webapp.export.importing_command import DONE, PARTLY, PERSON, REFUSED, SHOWN
from webapp.export.labels.exporting import export_labels
from webapp.export.labels.formats import READERS
from webapp.export.labels.importing import LabelReport, import_labels
from webapp.export.selection import add_selection, selection
from webapp.export.trace_row import Kind
from webapp.settings import Settings


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of the program."""
    found: argparse.ArgumentParser = commands.add_parser(
        "labels", help="import labels given elsewhere, or with --out write those of stored runs"
    )
    found.add_argument("file", nargs="?", type=Path, help="the file to import")
    found.add_argument("--format", default=AUTO, choices=(AUTO, *READERS), help="default: by what the file holds")
    found.add_argument("--kind", choices=get_args(Kind), help="grader of problems that do not name one")
    found.add_argument("--out", type=Path, help="write the labels of selected runs to this file instead")
    add_selection(found)
    return found


async def run(settings: Settings, given: argparse.Namespace) -> int:
    """Import or export labels and say what became of them."""
    if (given.file is None) == (given.out is None):
        print("Name either a file to import, or with --out one to write.", file=sys.stderr)
        return REFUSED
    database = await asyncio.to_thread(Database.open, settings.database_url)
    try:
        if given.out is not None:
            count = await export_labels(database, selection(given), given.out)
            print(f"{count:,} labelled items: {given.out}.")
            return DONE if count else REFUSED
        report = await import_labels(database, given.file, person=PERSON, format=given.format, kind=given.kind)
    finally:
        await database.close()
    print(told(report))
    for refusal in report.refusals[:SHOWN]:
        print(refusal, file=sys.stderr)
    if report.refused > SHOWN:
        print(f"... and {report.refused - SHOWN:,} more.", file=sys.stderr)
    return REFUSED if not report.imported else PARTLY if report.refused else DONE


def told(report: LabelReport) -> str:
    """Return what became of a file, in a sentence or two."""
    counts = [f"{report.imported:,} imported ({report.matched:,} onto stored texts)", f"{report.refused:,} refused"]
    if report.repeated:
        counts.append(f"{report.repeated:,} already here")
    names = ", ".join(f"“{name}”" for _, name in report.queues)
    return f"{report.format}: {', '.join(counts)}. {f'Queue {names}.' if names else 'Nothing was stored.'}"
