"""The Experiments page: grids of methods, models, problems and seeds in the background."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from webapp.auth import person_of
from webapp.components.experiments_view import ExperimentsView
from webapp.components.notice import Notice
from webapp.experiments.service import ExperimentService
from webapp.pages.experiment_form import ExperimentForm
from webapp.pages.forged import flag, identifier
from webapp.pages.notices import Handler, Updates, info
from webapp.pages.upload_form import takes_columns
from webapp.pages.wiring import Wiring
from webapp.runs.services import Services


class ExperimentsPage:
    """Lays out the page and answers its events."""

    def __init__(self, services: Services, experiments: ExperimentService) -> None:
        self._services = services
        self._experiments = experiments
        self.notice = Notice(elem_id="notice")
        with gr.Accordion("New experiment", open=False, elem_id="new-experiment") as self.new:
            self.form = ExperimentForm()
        self.view = ExperimentsView(elem_id="experiments-view")
        self._wire(Wiring(self.notice))

    def _wire(self, wiring: Wiring) -> None:
        form, data, view = self.form, self.form.data, self.view
        wiring.on(form.make.click, self.make, form.inputs, [view, self.new], repeat=False)
        wiring.on(data.source.input, data.choose, [data.source, data.generator], data.chosen)
        wiring.on(data.generator.change, data.describe, [data.generator], [data.config])
        wiring.on(data.preview_button.click, data.show, data.inputs, [data.preview], repeat=False)
        wiring.on(data.upload.read.click, data.show, data.inputs, [data.preview], repeat=False)
        wiring.on(data.upload.format.input, self.choose_format, [data.upload.format], [data.upload.columns])
        changes = (
            (view.start, self._experiments.start), (view.pause, self._experiments.pause),
            (view.cancel, self._experiments.cancel), (view.retry, self._experiments.retry),
            (view.remove, self._experiments.delete), (view.restore, self._experiments.restore),
        )  # fmt: skip
        for event, change in changes:
            wiring.on(event, self._handler(change), changes=[view])
        wiring.on(view.allow_loading, self.allow_loading, changes=[view])

    async def make(self, request: gr.Request, *values: Any) -> Updates:
        """Make a draft of what the form describes, and try the cells that its estimate is made from."""
        spec, problems = await self.form.read(self._services.hub.loaded(), *values)
        made = await self._experiments.create(spec, problems, person=person_of(request).id)
        await self._experiments.probe(made)
        told = f"Made “{spec.name}”. A few of its cells are done now, for an estimate; then start it."
        return {self.view: looked_at(made), self.new: gr.update(open=False), self.notice: info(told)}

    async def choose_format(self, format: str | None) -> Updates:
        """Ask for column names where the file has its own."""
        return {self.form.data.upload.columns: gr.update(visible=takes_columns(format))}

    async def allow_loading(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Allow or forbid the models of an experiment to replace the one that answers."""
        await self._experiments.allow_loading(await self._changeable(event, request), flag(event, "allowed"))
        return {self.view: looked_at(None)}

    def _handler(self, change: Callable[[str], Awaitable[None]]) -> Handler:
        async def handle(event: gr.EventData, request: gr.Request) -> Updates:
            await change(await self._changeable(event, request))
            return {self.view: looked_at(None)}

        return handle

    async def _changeable(self, event: gr.EventData, request: gr.Request) -> str:
        """Return the experiment that an event names, which whoever asks may change."""
        experiment = identifier(event, "id")
        await self._services.access.require("experiment", experiment, person_of(request).id, "write")
        return experiment


def looked_at(experiment: str | None) -> dict[str, Any]:
    """Return a value that the view has not had yet, so that it looks again, and opens what is named."""
    return {"open": experiment, "changed": secrets.token_hex(4)}
