"""The Compare page: a few runs of one problem round by round, or the sides of runs, sessions and experiments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import gradio as gr

from storage.records import Run
from webapp.auth import person_of
from webapp.components.address import Address as AddressView
from webapp.components.compare_view import CompareView
from webapp.components.comparison_view import NOTHING, ComparisonView
from webapp.components.notice import Notice
from webapp.pages.notices import Updates, error, info
from webapp.pages.problem_form import shortened
from webapp.pages.urls import Address, identifiers, selection
from webapp.pages.wiring import Wiring
from webapp.runs.library import Library
from webapp.runs.request import BadRequest
from webapp.runs.selected.service import Wanted
from webapp.runs.services import Services
from webapp.runs.titles import title_of

FEWEST, ROUND_BY_ROUND, MOST = 2, 4, 100
OFFERED = 100
HOW = "Pick two or more runs below, or tick them in the Library: up to four of one problem are shown round by round."
OR = "Or pick sessions: their runs are grouped by method, settings and model, and compared problem by problem."


class ComparePage:
    """Lays out the page and answers its events."""

    def __init__(self, page: gr.Blocks, services: Services) -> None:
        self._services = services
        self.address = AddressView(elem_id="address")
        self.notice = Notice(elem_id="notice")
        with gr.Row(equal_height=True):
            with gr.Column(scale=5):
                self.picker = gr.Dropdown(
                    label="Runs to compare", choices=[], value=[], multiselect=True, max_choices=MOST,
                    allow_custom_value=True, elem_id="compare-picker",
                )  # fmt: skip
                self.sessions = gr.Dropdown(
                    label="or whole sessions", choices=[], value=[], multiselect=True, allow_custom_value=True,
                    elem_id="compare-sessions",
                )  # fmt: skip
            self.button = gr.Button("Compare", variant="primary", elem_id="compare", scale=1, min_width=120)
        self.view = CompareView(elem_id="compare-view")
        self.many = ComparisonView(elem_id="comparison-view")
        views = [self.view, self.many]
        wiring = Wiring(self.notice)
        for opening in (page.load, self.address.moved):
            wiring.on(opening, self.open, changes=[self.address, self.picker, self.sessions, *views])
        wiring.on(self.button.click, self.compare, [self.picker, self.sessions], [self.address, *views])

    async def open(self, request: gr.Request) -> Updates:
        """Show what the address names, and offer the newest runs and sessions."""
        wanted, library = selection(request.query_params), self._library(request)
        updates: Updates = {
            self.picker: gr.update(choices=await self._offered(wanted.runs, library), value=list(wanted.runs)),
            self.sessions: gr.update(
                choices=await self._called(wanted.sessions, library), value=list(wanted.sessions)
            ),
        }
        if wanted.sessions or wanted.experiment:
            return updates | self._many(wanted)
        if not wanted.runs:
            return updates | self._nothing() | {self.notice: info(f"{HOW} {OR}")}
        try:
            return updates | await self._shown(wanted.runs, library, opening=True)
        except BadRequest as refusal:
            return updates | self._nothing() | {self.notice: error(str(refusal))}

    async def compare(self, picked: object, sessions: object, request: gr.Request) -> Updates:
        """Show the picked sessions, else the picked runs, and say so in the address."""
        if wanted := identifiers(sessions):
            address = Address(sessions=wanted).value()
            return self._many(Wanted(sessions=wanted)) | {self.address: address}
        return await self._shown(identifiers(picked), self._library(request))

    async def _shown(self, wanted: tuple[str, ...], library: Library, *, opening: bool = False) -> Updates:
        runs = await comparable(library, wanted)
        ids = tuple(run.id for run in runs)
        views = {self.view: {"runs": list(ids)}} if round_by_round(runs) else self._many(Wanted(runs=ids))
        return self._nothing() | views | {self.address: Address(ids).value(replace=opening)}

    def _many(self, wanted: Wanted) -> Updates:
        value = {"runs": list(wanted.runs), "sessions": list(wanted.sessions), "experiment": wanted.experiment}
        return self._nothing() | {self.many: value}

    def _library(self, request: gr.Request) -> Library:
        return self._services.library.of(person_of(request))

    def _nothing(self) -> Updates:
        return {self.view: {"runs": []}, self.many: NOTHING}

    async def _called(self, wanted: tuple[str, ...], library: Library) -> list[tuple[str, str]]:
        page = await library.sessions(limit=OFFERED)
        listed = {row.id: f"{shortened(row.name, 60)} · {counted(row.runs)}" for row in page.items}
        return [(text, key) for key, text in listed.items()] + [(key, key) for key in wanted if key not in listed]

    async def _offered(self, wanted: tuple[str, ...], library: Library) -> list[tuple[str, str]]:
        page = await library.search(limit=OFFERED)
        listed = {row.id: label(row.question, row.method, row.model_id, row.created_at) for row in page.items}
        for run_id in wanted:
            if run_id not in listed and (run := await library.run(run_id)):
                listed[run_id] = label(run.problem.question, run.method, run.model.id, run.created_at)
        return [(text, key) for key, text in listed.items()]


async def comparable(library: Library, wanted: tuple[str, ...]) -> list[Run]:
    """Return the runs of these ids.

    Raises:
        BadRequest: for fewer than two or more than a hundred, or for an unknown one.

    """
    if not FEWEST <= len(wanted) <= MOST:
        raise BadRequest(f"{counted(len(wanted))} cannot be compared. {HOW}")
    runs = [run for run in [await library.run(each) for each in wanted] if run and not run.deleted_at]
    if len(runs) < len(wanted):
        raise BadRequest("One of these runs cannot be found here; it may have been deleted.")
    return runs


def round_by_round(runs: Sequence[Run]) -> bool:
    """Say whether runs can stand beside each other: a few of one problem."""
    asked = {(run.problem.question, run.problem.choices) for run in runs}
    return len(runs) <= ROUND_BY_ROUND and len(asked) == 1


def counted(runs: int) -> str:
    """Return how many runs there are, in words."""
    return f"{runs} run{'' if runs == 1 else 's'}"


def label(question: str, method: str, model: str, made: datetime) -> str:
    """Name a run in the picker."""
    return f"{shortened(question, 50)} · {title_of(method)} · {model} · {made:%d %b %H:%M:%S}"
