"""Training data and labels for one person: nothing goes out that the person may not read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.repositories.selected import Wanted
from webapp.export.labels.exporting import export_labels
from webapp.export.labels.importing import LabelReport, import_labels
from webapp.export.rows import ImportRefused
from webapp.export.selection import BadExport
from webapp.export.trace_row import Kind
from webapp.export.training.everything import export_everything
from webapp.export.training.making import Export, Order, make, order
from webapp.export.training.reading import NothingSelected
from webapp.export.training.settings import TrainingSettings
from webapp.export.training.template import Template
from webapp.models.load import prepare
from webapp.models.progress import ModelError, silent
from webapp.models.reference import parse_reference
from webapp.runs.access import require
from webapp.runs.asking import Asking
from webapp.runs.request import BadRequest, refusals


class Training(Asking):
    """What one person may take out for training; every method raises BadRequest with a sentence where it cannot."""

    def __init__(self, database: Database, person: str) -> None:
        super().__init__(database)
        self.person = person

    async def make(self, ordered: Order, template: Template | None = None) -> Export:
        """Make the rows of an order."""
        await self._check(ordered.wanted)
        with _refused():
            return await make(self._database, ordered, template)

    async def everything(self, wanted: Wanted, path: Path) -> int:
        """Write all that is known of the runs to a file; return how many there are."""
        await self._check(wanted)
        with _refused():
            return await export_everything(self._database, wanted, path)

    async def labels(self, wanted: Wanted, path: Path) -> int:
        """Write what people said about the runs to a file; return how many lines."""
        await self._check(wanted)
        with _refused():
            return await export_labels(self._database, wanted, path)

    async def import_labels(self, path: Path, kind: Kind | None = None) -> LabelReport:
        """Read labels given elsewhere, onto texts of the person's or as new ones."""
        with _refused():
            return await import_labels(self._database, path, person=self.person, kind=kind)

    async def _check(self, wanted: Wanted) -> None:
        def check(s: OrmSession) -> None:
            for run in wanted.runs:
                require(s, "run", run, self.person)
            for session in wanted.sessions:
                require(s, "session", session, self.person)
            if wanted.experiment is not None:
                require(s, "experiment", wanted.experiment, self.person)

        await self._read(check)


def ordered(wanted: Wanted, builder: str, format: str, settings: str) -> Order:
    """Return an order as a page words it; `settings` are JSON.

    Raises:
        BadRequest: with what is wrong with it.

    """
    try:
        chosen = TrainingSettings.model_validate_json(settings or "{}")
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        known = TrainingSettings.model_fields.get(name)
        raise BadRequest(f"{(known.title if known else None) or name}: {first['msg'].lower()}.") from None
    with _refused():
        return order(wanted, builder, format, chosen)


async def template_of(model: str | None, cache: Path) -> Template:
    """Return the tokenizer of the model that is loaded.

    Raises:
        BadRequest: where none is, or its tokenizer is not on this machine.

    """
    if model is None:
        raise BadRequest("Token ids need the loaded model, and none is ready yet. Try again when it is.")
    try:
        return await asyncio.to_thread(_template, model, cache)
    except (ModelError, OSError, ValueError) as error:
        raise BadRequest(f"The tokenizer of {model} cannot be used: {str(error).splitlines()[0]}") from error


def _template(model: str, cache: Path) -> Template:
    found = prepare(parse_reference(model), cache, silent)
    return Template.load(found.folder, f"{found.name} ({found.revision[:12]})")


@contextmanager
def _refused() -> Iterator[None]:
    with refusals():
        try:
            yield
        except (BadExport, NothingSelected, ImportRefused) as error:
            raise BadRequest(str(error)) from error
