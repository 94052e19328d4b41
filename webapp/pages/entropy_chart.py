"""The chart of entropy along the text, for the runs a page shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from storage.records import StoredRun
from webapp.charts.entropy import EntropySeries, entropy_figure
from webapp.pages.urls import shown
from webapp.runs.library import Library
from webapp.runs.titles import title_of

LINES_AT_MOST = 24


async def entropy_chart(library: Library, view: object) -> str | None:
    """Return the figure of the runs in a view's value as JSON text, or None where nothing is known."""
    stored = [run for run in [await library.load(each) for each in shown(view)] if run]
    if not any(run.traces for run in stored):
        return None
    return await asyncio.to_thread(_drawn, stored)


def _drawn(stored: Sequence[StoredRun]) -> str:
    lines = [line for i, run in enumerate(stored) for line in series(run, str(i + 1) if len(stored) > 1 else "")]
    figure: str = entropy_figure(lines[:LINES_AT_MOST]).to_json()
    return figure


def series(stored: StoredRun, column: str) -> list[EntropySeries]:
    """Return the named entropies of a run's own generations; copies of earlier ones are left out."""
    prefix = f"{column} {title_of(stored.run.method)}".strip()
    lines: list[EntropySeries] = []
    for generation in stored.generations:
        trace = stored.traces.get(generation.id)
        if trace is not None and trace.entropy is not None and len(trace):
            turn = f" of round {generation.round}" if generation.round else ""
            name = f"{prefix}: {generation.role}{turn}, sample {generation.branch + 1}"
            lines.append(EntropySeries(name, trace.entropy, trace.token_texts(), trace.entropy_is_lower_bound))
    return lines
