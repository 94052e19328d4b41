"""The Compare page: two to four stored runs of one problem, aligned round by round."""

from __future__ import annotations

from datetime import datetime

import gradio as gr

from storage.records import Run
from webapp.components.address import Address as AddressView
from webapp.components.compare_view import CompareView
from webapp.components.notice import Notice
from webapp.methods.registry import methods
from webapp.pages.notices import Updates, error, info
from webapp.pages.problem_form import shortened
from webapp.pages.urls import Address, identifiers
from webapp.pages.wiring import Wiring
from webapp.runs.request import BadRequest
from webapp.runs.services import Services

FEWEST, MOST = 2, 4
OFFERED = 100
HOW = "Pick two to four runs of the same problem below, or tick them in the Library."


class ComparePage:
    """Lays out the page and answers its events."""

    def __init__(self, page: gr.Blocks, services: Services) -> None:
        self._services = services
        self.address = AddressView(elem_id="address")
        self.notice = Notice(elem_id="notice")
        with gr.Row(equal_height=True):
            self.picker = gr.Dropdown(
                label="Runs to compare", choices=[], value=[], multiselect=True, max_choices=MOST,
                allow_custom_value=True, elem_id="compare-picker", scale=5,
            )  # fmt: skip
            self.button = gr.Button("Compare", variant="primary", elem_id="compare", scale=1, min_width=120)
        self.view = CompareView(elem_id="compare-view")
        wiring = Wiring(self.notice)
        for opening in (page.load, self.address.moved):
            wiring.on(opening, self.open, changes=[self.address, self.picker, self.view])
        wiring.on(self.button.click, self.compare, [self.picker], [self.address, self.view])

    async def open(self, request: gr.Request) -> Updates:
        """Show the runs of the address, and offer the newest ones."""
        wanted = Address.of(request.query_params).runs
        offered = await self._offered(wanted)
        updates: Updates = {self.picker: gr.update(choices=offered, value=list(wanted))}
        if not wanted:
            return updates | {self.view: {"runs": []}, self.notice: info(HOW)}
        try:
            return updates | await self._shown(wanted, opening=True)
        except BadRequest as refusal:
            return updates | {self.view: {"runs": []}, self.notice: error(str(refusal))}

    async def compare(self, picked: object) -> Updates:
        """Show the picked runs and say so in the address."""
        return await self._shown(identifiers(picked))

    async def _shown(self, wanted: tuple[str, ...], *, opening: bool = False) -> Updates:
        runs = await comparable(self._services, wanted)
        ids = tuple(run.id for run in runs)
        return {self.view: {"runs": list(ids)}, self.address: Address(ids).value(replace=opening)}

    async def _offered(self, wanted: tuple[str, ...]) -> list[tuple[str, str]]:
        page = await self._services.library.search(limit=OFFERED)
        listed = {row.id: label(row.question, row.method, row.model_id, row.created_at) for row in page.items}
        for run_id in wanted:
            if run_id not in listed and (run := await self._services.library.run(run_id)):
                listed[run_id] = label(run.problem.question, run.method, run.model.id, run.created_at)
        return [(text, key) for key, text in listed.items()]


async def comparable(services: Services, wanted: tuple[str, ...]) -> list[Run]:
    """Return the runs of these ids.

    Raises:
        BadRequest: for fewer than two or more than four, for an unknown one, or for runs of different problems.

    """
    if not FEWEST <= len(wanted) <= MOST:
        raise BadRequest(f"{len(wanted)} run{'' if len(wanted) == 1 else 's'} cannot be compared. {HOW}")
    runs = [run for run in [await services.library.run(each) for each in wanted] if run and not run.deleted_at]
    if len(runs) < len(wanted):
        raise BadRequest("One of these runs cannot be found here; it may have been deleted.")
    first = runs[0].problem
    for run in runs[1:]:
        if (run.problem.question, run.problem.choices) != (first.question, first.choices):
            raise BadRequest(
                f"These runs answer different problems: “{shortened(first.question, 60)}” and "
                f"“{shortened(run.problem.question, 60)}”. {HOW}"
            )
    return runs


def label(question: str, method: str, model: str, made: datetime) -> str:
    """Name a run in the picker."""
    spec = methods().get(method)
    return f"{shortened(question, 50)} · {spec.title if spec else method} · {model} · {made:%d %b %H:%M:%S}"
