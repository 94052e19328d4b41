"""`python -m webapp.export training BUILDER`: stored runs as training data, from the command line."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from storage.database import Database
from webapp.engine.protocol import Engine
from webapp.export.loading import loaded
from webapp.export.selection import BadExport, add_selection, selection
from webapp.export.training import files
from webapp.export.training.making import Export, make, order
from webapp.export.training.registry import BUILDERS, FORMATS, formats_of
from webapp.export.training.settings import TrainingSettings
from webapp.export.training.template import Template
from webapp.models.load import prepare
from webapp.models.progress import silent
from webapp.models.reference import parse_reference
from webapp.settings import Settings

DONE, NOTHING = 0, 1


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Add the command to those of the program."""
    found: argparse.ArgumentParser = commands.add_parser(
        "training", help="write stored runs as training data, with a data card", epilog=listed(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    found.add_argument("builder", choices=[*BUILDERS], metavar="BUILDER", help="what is made of the runs (below)")
    found.add_argument("--format", choices=[*FORMATS], help="default: the first of the builder's (below)")
    found.add_argument("--out", type=Path, required=True, help="the file; its card is written beside it")
    add_selection(found)
    found.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting (below)")
    found.add_argument("--for", dest="template", metavar="MODEL", help="the model to be trained: its chat template")
    found.add_argument("--draw", action="store_true", help="draw what no run holds with the model (RISE, ExPO)")
    return found


def listed() -> str:
    """Return the builders with their formats, and the settings."""
    lines = ["builders and their formats:"]
    lines += [f"  {each.name:20} {', '.join(formats_of(each))}\n      {each.title}" for each in BUILDERS.values()]
    lines += ["settings:"]
    lines += [
        f"  {name}={field.default}: {field.description}" for name, field in TrainingSettings.model_fields.items()
    ]
    return "\n".join(lines)


async def run(settings: Settings, given: argparse.Namespace) -> int:
    """Write the file and say what is in it; return 1 where no row was made."""
    format = given.format or formats_of(BUILDERS[given.builder])[0]
    ordered = order(selection(given), given.builder, format, chosen(given.set))
    template = await asyncio.to_thread(_template, given.template, settings) if given.template else None
    engine = await loaded(settings) if given.draw else None
    database = await asyncio.to_thread(Database.open, settings.database_url)
    try:
        export = await make(database, ordered, template, engine)
    finally:
        await _closed(database, engine)
    beside = await asyncio.to_thread(files.write, export, given.out)
    print(told(export, given.out, beside))
    for reason, count in export.refused.most_common():
        print(f"{count:,} refused or left out: {reason}.", file=sys.stderr)
    return DONE if export.rows else NOTHING


def chosen(pairs: list[str]) -> TrainingSettings:
    """Return the settings that NAME=VALUE pairs say.

    Raises:
        BadExport: for one that does not exist, or a value that it cannot have.

    """
    values = dict(pair.partition("=")[::2] for pair in pairs)
    try:
        return TrainingSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadExport(f"Setting {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}.") from None


def told(export: Export, path: Path, beside: Path) -> str:
    """Return what was written, in a sentence or two."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in export.kinds.items())
    return (
        f"{len(export.rows):,} rows{f' ({kinds})' if kinds else ''} of {export.runs:,} runs on "
        f"{export.problems:,} problems: {path}, with {beside}."
    )


def _template(model: str, settings: Settings) -> Template:
    found = prepare(parse_reference(model), settings.cache_dir / "models", silent)
    return Template.load(found.folder, f"{found.name} ({found.revision[:12]})")


async def _closed(database: Database, engine: Engine | None) -> None:
    await database.close()
    if engine is not None:
        await engine.close()
