"""The Library page: sessions and runs, newest first, and everything that can be done with stored ones."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, get_args

import gradio as gr

from storage.records import Sharing
from webapp.auth import person_of
from webapp.components.address import Address as AddressView
from webapp.components.library_view import LibraryView
from webapp.components.notice import Notice
from webapp.components.training_form import TrainingForm
from webapp.export.importing import Report
from webapp.export.labels.importing import LabelReport
from webapp.export.trace_row import Kind
from webapp.pages.forged import flag, identifier, one_of, text, texts
from webapp.pages.notices import Updates, info
from webapp.pages.sessions import checked_name
from webapp.pages.shelves import Shelf, Shelves
from webapp.pages.urls import Address
from webapp.pages.wiring import Wiring
from webapp.runs.request import BadRequest
from webapp.runs.services import Services
from webapp.runs.training import Training

JUDGED = {
    "not at all": "", "by their number": "numeric", "as mathematics": "math", "by the letter of a choice": "choice",
    "as yes or no": "yesno", "as words": "text",
}  # fmt: skip
SHARINGS: tuple[Sharing, ...] = ("private", "read", "write")


class LibraryPage:
    """Lays out the page and answers its events."""

    def __init__(self, page: gr.Blocks, services: Services) -> None:
        self._services = services
        self.address = AddressView(elem_id="address")
        self.notice = Notice(elem_id="notice")
        with gr.Row():
            self.upload = gr.UploadButton(
                "Import a session (.stz)", file_types=[".stz"], elem_id="import", size="sm", min_width=200
            )
            self.runs = gr.UploadButton(
                "Import runs (.jsonl, .json, .eval)",
                file_types=[".jsonl", ".json", ".eval"],
                elem_id="import-runs",
                size="sm",
                min_width=200,
            )
            self.labels = gr.UploadButton(
                "Import labels (.json, .jsonl)", file_types=[".json", ".jsonl"], elem_id="import-labels", size="sm",
                min_width=200,
            )  # fmt: skip
            self.kind = gr.Dropdown(
                label="Judge imported answers", choices=list(JUDGED.items()), value="", elem_id="import-kind",
                info="where the file does not say how", min_width=200,
            )  # fmt: skip
        self.training = TrainingForm(elem_id="training-form")
        self.view = LibraryView(elem_id="library-view")
        self._wire(page)

    def _wire(self, page: gr.Blocks) -> None:
        wiring = Wiring(self.notice)
        for opening in (page.load, self.address.moved):
            wiring.on(opening, self.open, changes=[self.view, self.training])
        wiring.on(self.upload.upload, self.import_session, [self.upload], [self.address, self.view])
        wiring.on(self.view.open_session, self.narrow, changes=[self.address, self.training])
        wiring.on(self.labels.upload, self.import_labels, [self.labels, self.kind], [self.address, self.view])
        wiring.on(self.runs.upload, self.import_runs, [self.runs, self.kind], [self.address, self.view])
        for event, handler in (
            (self.view.rename, self.rename),
            (self.view.set_notes, self.set_notes),
            (self.view.set_tags, self.set_tags),
            (self.view.delete, self.delete),
            (self.view.restore, self.restore),
            (self.view.set_sharing, self.set_sharing),
            (self.view.set_default, self.set_default),
        ):
            wiring.on(event, handler, changes=[self.view])

    async def open(self, request: gr.Request) -> Updates:
        """Show the lists, narrowed to the address's session."""
        session = Address.of(request.query_params).session
        return {self.view: lists(session), self.training: {"session": session}}

    async def narrow(self, event: gr.EventData) -> Updates:
        """Say in the address which session the list is narrowed to."""
        session = identifier(event, "id")
        return {self.address: Address((), session).value(), self.training: {"session": session}}

    async def import_session(self, upload: str | None, request: gr.Request) -> Updates:
        """Read an uploaded archive into a session of its own, and show it."""
        if not upload:
            raise BadRequest("Choose a .stz file to import.")
        library = self._services.library.of(person_of(request))
        session = await library.import_session(Path(upload))
        stored = await library.session(session)
        return {
            self.view: lists(session),
            self.address: Address((), session).value(),
            self.notice: info(f"Imported “{stored.name if stored else session}”."),
        }

    async def import_runs(self, upload: str | None, kind: object, request: gr.Request) -> Updates:
        """Read the runs of an uploaded file into a session of its own, and show it."""
        if not upload:
            raise BadRequest("Choose a file of runs to import.")
        report = await self._services.library.of(person_of(request)).import_runs(Path(upload), judged_by(kind))
        if report.session is None:
            raise BadRequest(f"No run was imported. {refused(report) or 'The file holds none.'}")
        return {
            self.view: lists(report.session),
            self.address: Address((), report.session).value(),
            self.notice: info(f"Imported {report.imported:,} runs. {refused(report)}".rstrip()),
        }

    async def import_labels(self, upload: str | None, kind: object, request: gr.Request) -> Updates:
        """Read the labels of an uploaded file, onto stored texts where these say the same."""
        if not upload:
            raise BadRequest("Choose a file of labels to import.")
        training = Training(self._services.database, person_of(request).id)
        report = await training.import_labels(Path(upload), judged_by(kind))
        if not report.imported:
            raise BadRequest(f"No label was imported. {outcome(report) or 'The file holds none.'}")
        told = f"Imported {report.imported:,} labelled texts, {report.matched:,} of them stored before."
        where = {self.address: Address((), report.session).value()} if report.session else {}
        return {
            self.view: lists(report.session or Address.of(request.query_params).session), **where,
            self.notice: info(f"{told} {outcome(report)}".rstrip()),
        }  # fmt: skip

    async def rename(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Give a run or a session another name; a run may lose its name, a session may not."""
        shelf, kind, key = await self._find(event, request)
        name = checked_name(text(event, "name"))
        if kind == "session" and not name:
            raise BadRequest("A session needs a name.")
        await shelf.rename(key, name)
        return self._again(request)

    async def set_notes(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Replace the notes of a run or a session."""
        shelf, _, key = await self._find(event, request)
        await shelf.set_notes(key, text(event, "notes"))
        return self._again(request)

    async def set_tags(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Replace the tags of a run or a session."""
        shelf, _, key = await self._find(event, request)
        await shelf.set_tags(key, texts(event, "tags"))
        return self._again(request)

    async def delete(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Put a run or a session away; the list offers to bring it back."""
        shelf, _, key = await self._find(event, request)
        await shelf.delete(key)
        return self._again(request)

    async def restore(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Bring back what was deleted."""
        shelf, _, key = await self._find(event, request)
        await shelf.restore(key)
        return self._again(request)

    async def set_sharing(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Say what others may do with a session."""
        sharing = one_of(event, "sharing", SHARINGS)
        await self._services.library.of(person_of(request)).share_session(identifier(event, "id"), sharing)
        return self._again(request)

    async def set_default(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Let whoever asks work in a session by default, or in none."""
        session = identifier(event, "id") if flag(event, "chosen") else None
        await self._services.persons.set_default_session(person_of(request), session)
        return self._again(request)

    async def _find(self, event: gr.EventData, request: gr.Request) -> tuple[Shelf, str, str]:
        return await Shelves(self._services.library.of(person_of(request))).find(event)

    def _again(self, request: gr.Request) -> Updates:
        return {self.view: lists(Address.of(request.query_params).session)}


def refused(report: Report) -> str:
    """Return how many rows were refused and why the first was; empty where none was."""
    if not report.refused:
        return ""
    return f"Rows refused: {report.refused:,}; the first: {report.refusals[0]}"


def judged_by(kind: object) -> Kind | None:
    """Return the way to judge answers that a page sent, None for none."""
    judged = next((each for each in get_args(Kind) if each == kind), None)
    if kind and judged is None:
        raise BadRequest("The page sent no way to judge answers that is known here. Reload it and try again.")
    return judged


def outcome(report: LabelReport) -> str:
    """Return what became of labels that were not imported; empty where all were."""
    parts = [f"{report.repeated:,} were here already."] if report.repeated else []
    parts += [f"Rows refused: {report.refused:,}; the first: {report.refusals[0]}"] if report.refused else []
    return " ".join(parts)


def lists(session: str | None) -> dict[str, Any]:
    """Return a value of the library view that it has not had yet, so that it loads its lists again."""
    return {"session": session, "changed": secrets.token_hex(4)}
