"""What a result should be measured against: baselines at equal cost, stored ones or offered with their price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from storage.records import Run
from webapp.methods.registry import methods
from webapp.pages.explore_actions import ExploreActions
from webapp.pages.notices import Updates
from webapp.pages.urls import shown
from webapp.runs.baselines import METHOD, Baseline, baselines, spent, stored
from webapp.runs.library import Library
from webapp.runs.request import BadRequest, RunRequest


@dataclass(frozen=True, slots=True)
class Offer:
    """A result on the page with its baselines, each with the stored run that is it, if there is one."""

    run: Run
    spent: int
    baselines: Sequence[tuple[Baseline, Run | None]]

    @property
    def price(self) -> int:
        """How many tokens the missing ones can be expected to take."""
        return sum(baseline.tokens for baseline, run in self.baselines if run is None)


class BaselineActions:
    """Handlers of the row below the runs; what it offers is worked out from what is stored."""

    def __init__(self, explore: ExploreActions) -> None:
        self._explore = explore
        self._view = explore.view

    async def offer(self, view: object, request: gr.Request) -> Updates:
        """Offer what is missing on the page to judge its first result by."""
        offer = await self._offer(shown(view), self._explore.library(request))
        if offer is None:
            return {self._view.baselines: gr.update(visible=False)}
        return {
            self._view.baselines: gr.update(visible=True),
            self._view.baselines_text: sentence(offer),
            self._view.baselines_start: gr.update(value=_button(offer)),
        }

    async def start(self, view: object, request: gr.Request) -> Updates:
        """Show the stored baselines and run the missing ones, beside what is there."""
        offer = await self._offer(shown(view), self._explore.library(request))
        if offer is None:
            raise BadRequest("There is nothing on the page that baselines could be added to.")
        source = offer.run
        missing = [
            RunRequest(source.problem, METHOD, dict(baseline.params), source.seed, source.session_id)
            for baseline, run in offer.baselines
            if run is None
        ]
        known = [run.id for _, run in offer.baselines if run is not None]
        fresh = await self._explore.launch(missing, request) if missing else []
        hidden: Updates = {self._view.baselines: gr.update(visible=False)}
        return await self._explore.beside(request, view, *known, *fresh) | hidden

    async def _offer(self, ids: Sequence[str], library: Library) -> Offer | None:
        for run in [found for each in ids if (found := await library.run(each))]:
            if not _is_result(run):
                continue
            generations = await library.generations(run.id)
            candidates = await library.finished(run.problem.id, METHOD)
            paired = [(b, stored(b, run, candidates)) for b in baselines(run, generations)]
            beside = [(b, found) for b, found in paired if found is None or found.id not in ids]
            if beside:
                return Offer(run, spent(run, generations), beside)
        return None


def sentence(offer: Offer) -> str:
    """Say what a result took, and what the same tokens buy without it."""
    what = " and ".join(
        f"{baseline.title} ({'stored' if run else f'about {baseline.tokens:,} tokens'})"
        for baseline, run in offer.baselines
    )
    title = methods()[offer.run.method].title
    return f"**At equal cost.** {title} took {offer.spent:,} tokens. To judge it, compare with {what}."


def _button(offer: Offer) -> str:
    return f"Run them beside it (about {offer.price:,} tokens)" if offer.price else "Show them beside it"


def _is_result(run: Run) -> bool:
    spec = methods().get(run.method)
    return run.status == "finished" and run.branch_of is None and spec is not None and spec.family != "sample"
