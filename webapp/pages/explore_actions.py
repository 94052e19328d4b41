"""What happens on the Explore page: each handler asks a service and returns ids."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, get_args

import gradio as gr

from storage.records import Problem, Run
from webapp.auth import person_of
from webapp.methods.registry import methods
from webapp.pages import examples
from webapp.pages.entropy_chart import entropy_chart
from webapp.pages.explore_view import ExploreView
from webapp.pages.forged import flag, identifier, method_choice, one_of, text, whole_number
from webapp.pages.notices import Updates, error, info
from webapp.pages.sessions import name_session, session_field
from webapp.pages.urls import Address, identifiers, shown
from webapp.runs.by_hand import Correction, PersonRole
from webapp.runs.library import Library
from webapp.runs.request import BadRequest, RunRequest
from webapp.runs.services import Services

COLUMNS_AT_MOST = 8
FASTEST = 100.0


class ExploreActions:
    """The page's handlers over the services; they hold nothing between two calls."""

    def __init__(self, services: Services, view: ExploreView) -> None:
        self.services = services
        self.view = view

    async def open(self, request: gr.Request) -> Updates:
        """Show what the address asks for: the runs, their problem and methods, and the session; or one method."""
        address = Address.of(request.query_params)
        runs = [run for run in [await self._find(each, request) for each in address.runs] if run]
        session = runs[0].session_id if runs and address.session is None else address.session
        if session is None:
            session = await self.services.persons.default_session(person_of(request))
        updates = await self._show(request, [run.id for run in runs], session, opening=True)
        updates[self.view.examples] = gr.update(visible=await examples.offered(self.library(request)))
        if runs:
            updates |= self.view.problem.filled(runs[0].problem) | self._methods(runs)
        elif (method := request.query_params.get("method")) in methods():
            updates |= self._one_method({"method": method, "values": {}})
        if missing := len(address.runs) - len(runs):
            what, they = ("The run", "it") if missing == 1 else (f"{missing} of the runs", "they")
            told = f"{what} in this address cannot be found here; {they} may have been deleted."
            updates[self.view.notice] = error(told)
        return updates

    async def run(
        self, first: object, second: object, third: object, count: object, seed: float | None, session: str | None,
        request: gr.Request, *fields: Any,
    ) -> Updates:  # fmt: skip
        """Start one run a column and show them."""
        problem = await self._problem(*fields)
        library = self.library(request)
        known = await library.session(session) if session and identifiers([session]) else None
        asked = [method_choice(form) for form in (first, second, third)[: self._count(count)]]
        there = known.id if known else None
        requests = [RunRequest(problem, name, dict(values), _seed(seed), there) for name, values in asked]
        ids = await self.launch(requests, request)
        return await self._show(request, ids, await name_session(library, ids[0], known, session))

    async def stop(self, view: object, request: gr.Request) -> Updates:
        """Stop every run on the page; those that ended already stay as they are."""
        for run in shown(view):
            await self.services.runs.stop(run, person=person_of(request).id)
        return {}

    async def branch(self, view: object, event: gr.EventData, request: gr.Request) -> Updates:
        """Start the run in which the person's token takes the place of the one that was drawn."""
        run = await self.services.runs.branch(
            identifier(event, "generation"), whole_number(event, "index"), whole_number(event, "token"),
            person=person_of(request).id,
        )  # fmt: skip
        return await self.beside(request, view, run)

    async def correct(self, view: object, event: gr.EventData, request: gr.Request) -> Updates:
        """Start the run in which the person's own text follows or replaces a stored one."""
        role = one_of(event, "role", get_args(PersonRole))
        kept = whole_number(event, "kept")
        wish = Correction(identifier(event, "generation"), role, text(event, "text"), kept, flag(event, "go_on"))
        run = await self.services.runs.correct(wish, person=person_of(request).id)
        return await self.beside(request, view, run)

    async def choose_judge(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Offer the methods that take an earlier run's samples."""
        run = await self._existing(identifier(event, "run"), request)
        return {self.view.judged: run.id, self.view.judge: gr.update(visible=True)}

    async def judge(self, judged: str, form: object, view: object, request: gr.Request) -> Updates:
        """Run a method on the samples of an earlier run, beside it."""
        source = await self._existing(judged, request)
        name, values = method_choice(form)
        asked = RunRequest(source.problem, name, dict(values), source.seed, source.session_id, input_run=source.id)
        (run,) = await self.launch([asked], request)
        return await self.beside(request, view, run) | {self.view.judge: gr.update(visible=False)}

    async def hide_judge(self) -> Updates:
        """Put the choice of a judging method away."""
        return {self.view.judge: gr.update(visible=False)}

    async def replay(self, view: object, speed: float | None = None) -> Updates:
        """Show the page's runs again as they were made, or faster; without a speed, at once."""
        if speed is not None and not 0 < speed <= FASTEST:
            raise BadRequest(f"The speed must be more than 0 and at most {FASTEST}.")
        # A value that never was makes the view begin again, also when it replayed at this speed before.
        return {self.view.runs: {"runs": list(shown(view)), "speed": speed, "again": secrets.token_hex(4)}}

    async def draw(self, view: object, request: gr.Request) -> Updates:
        """Draw the entropies of what has ended."""
        return {self.view.entropy: await entropy_chart(self.library(request), view)}

    async def choose_count(self, count: object) -> Updates:
        """Show so many methods."""
        return self._columns(self._count(count))

    async def load_examples(self, request: gr.Request) -> Updates:
        """Import the recorded examples and show those that were launched last."""
        session = await examples.load(self.library(request))
        newest = (await self.library(request).search(session=session, limit=COLUMNS_AT_MOST)).items
        together = [row.id for row in newest if row.launch_id == newest[0].launch_id]
        return await self._show(request, together, session) | {
            self.view.examples: gr.update(visible=False),
            self.view.notice: info("The examples are in the Library, as a session of their own."),
        }

    async def switch_model(self, event: gr.EventData) -> Updates:
        """Begin to load another model; the one that answers goes on until it is there."""
        ref = text(event, "ref").strip()
        if not ref:
            raise BadRequest("Name a model: a Hub id, a folder, a .gguf file or a server's address.")
        self.services.hub.start(ref)
        return {}

    def library(self, request: gr.Request) -> Library:
        """Return what is open to whoever asks."""
        return self.services.library.of(person_of(request))

    async def launch(self, requests: Sequence[RunRequest], request: gr.Request) -> list[str]:
        """Start runs together on behalf of whoever asks."""
        return await self.services.runs.launch(requests, person=person_of(request).id)

    async def beside(self, request: gr.Request, view: object, *added: str) -> Updates:
        """Show more runs beside those on the page; the newest stay where there are too many."""
        runs = list(dict.fromkeys([*shown(view), *added]))[-COLUMNS_AT_MOST:]
        return await self._show(request, runs, (await self._existing(runs[-1], request)).session_id)

    async def _problem(self, picked: str | None, *fields: Any) -> Problem:
        uploaded, typed = fields[: len(self.view.upload.inputs)], fields[len(self.view.upload.inputs) :]
        starter = self.view.problem.starters.get(picked or "")
        sources = [starter.problem if starter else None, await self.view.upload.picked(*uploaded)]
        return self.view.problem.read([each for each in sources if each], *typed)

    async def _find(self, run_id: str, request: gr.Request) -> Run | None:
        run = await self.library(request).run(run_id)
        return None if run is None or run.deleted_at else run

    async def _existing(self, run_id: str, request: gr.Request) -> Run:
        run = await self._find(run_id, request) if identifiers([run_id]) else None
        if run is None:
            raise BadRequest("That run cannot be found here; it may have been deleted.")
        return run

    async def _show(
        self, request: gr.Request, runs: list[str], session: str | None, *, opening: bool = False
    ) -> Updates:
        return {
            self.view.runs: {"runs": runs, "speed": None, "look": bool(runs) and not opening},
            self.view.address: Address(tuple(runs), session).value(replace=opening),
            self.view.session: await session_field(self.library(request), session),
        }

    def _one_method(self, form: dict[str, Any]) -> Updates:
        return {self.view.methods[0]: form, self.view.count: 1} | self._columns(1)

    def _methods(self, runs: list[Run]) -> Updates:
        forms = [{"method": run.method, "values": dict(run.params)} for run in runs if run.method in methods()]
        pairs = dict(zip(self.view.methods, forms, strict=False))
        count = max(1, len(pairs))
        return pairs | {self.view.seed: runs[0].seed, self.view.count: count} | self._columns(count)

    def _columns(self, count: int) -> Updates:
        return {column: gr.update(visible=place < count) for place, column in enumerate(self.view.columns)}

    def _count(self, count: object) -> int:
        if count not in range(1, len(self.view.methods) + 1):
            raise BadRequest(f"Choose 1 to {len(self.view.methods)} methods to run side by side.")
        return int(count)  # type: ignore[call-overload,no-any-return]


def _seed(seed: float | None) -> int:
    if seed is None or seed != int(seed):
        raise BadRequest("The seed must be a whole number.")
    return int(seed)
