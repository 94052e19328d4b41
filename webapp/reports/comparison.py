"""A comparison of stored runs: what the page shows at once, what it asks for later, and the tables behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from storage.repositories.selected import Wanted
from webapp.charts.evidence import Table
from webapp.reports.listed import problem_rows, runs_table, texts_table
from webapp.reports.matched import matched
from webapp.reports.of_texts import chosen_score, of_texts, probabilities
from webapp.reports.other_temperatures import other_temperatures
from webapp.reports.overview import overview
from webapp.reports.part import Part
from webapp.reports.provenance import provenance
from webapp.reports.samples import MOST_PROBLEMS, samples_of
from webapp.runs.request import BadRequest
from webapp.runs.selected.rows import Narrowed, Row, rows_of
from webapp.runs.selected.service import Comparisons, Selected
from webapp.runs.selected.sides import Side
from webapp.runs.selected.texts import Texts

NO_TABLE = "There is no such table in this comparison."


class Comparing:
    """Answers what is asked of comparisons; every method raises BadRequest with a sentence where it cannot."""

    def __init__(self, comparisons: Comparisons) -> None:
        self._comparisons = comparisons

    async def opened(self, wanted: Wanted, unit: str) -> dict[str, Any]:
        """Return the sides and the parts that need the runs alone."""
        selected = await self._comparisons.select(wanted)
        parts = await asyncio.to_thread(overview, selected, unit)
        return {
            "title": title(selected),
            "sides": [_about(side) for side in selected.sides],
            "parts": [each.as_data() for each in (*parts, *provenance(selected.sides))],
        }

    async def texts(self, wanted: Wanted, of: int, score: str | None) -> dict[str, Any]:
        """Return the parts about the texts of a side, and the scores whose reliability can be asked for."""
        selected = await self._comparisons.select(wanted)
        texts = await self._texts(selected, of)
        parts = await self._about(selected, of, texts, score)
        return {
            "of": of,
            "scores": probabilities(texts),
            "score": chosen_score(texts, score),
            "parts": [each.as_data() for each in parts],
        }

    async def problems(self, wanted: Wanted, narrowed: Narrowed, offset: int, limit: int) -> dict[str, Any]:
        """Return a page of problems with the runs of every side: `{items, total}`."""
        selected = await self._comparisons.select(wanted)
        rows = [row for row in rows_of(selected.sides) if narrowed.takes(row)]
        return {"items": await self.listed(rows[offset : offset + limit]), "total": len(rows)}

    async def listed(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return rows with the beginnings of their questions and answers."""
        asked = await self._comparisons.asked(list({row.problem for row in rows}))
        answers = await self._comparisons.answers([run.id for row in rows for run in row.runs if run])
        return problem_rows(rows, asked, answers)

    async def table(self, wanted: Wanted, key: str, unit: str, of: int, score: str | None) -> Table:
        """Return the table of a part, or every run (`runs`) or every graded text (`texts`) behind the comparison."""
        selected = await self._comparisons.select(wanted)
        if key == "runs":
            return await self._runs_table(selected)
        if key == "texts":
            return texts_table([(side, await self._comparisons.texts(selected, side)) for side in selected.sides])
        parts = [*await asyncio.to_thread(overview, selected, unit), *provenance(selected.sides)]
        if all(each.key != key for each in parts):
            parts = await self._about(selected, of, await self._texts(selected, of), score)
        return _table(parts, key)

    async def everything(self, wanted: Wanted, unit: str) -> tuple[Selected, list[tuple[str, list[Part]]]]:
        """Return a comparison with all its parts in chapters, those about texts for every side."""
        selected = await self._comparisons.select(wanted)
        chapters = [("", await asyncio.to_thread(overview, selected, unit))]
        for of, side in enumerate(selected.sides):
            texts = await self._comparisons.texts(selected, side)
            chapters.append((side.name, await self._about(selected, of, texts, None, len(selected.problems))))
        return selected, [*chapters, ("Where it comes from", provenance(selected.sides))]

    async def _about(
        self, selected: Selected, of: int, texts: Texts, score: str | None, problems: int = MOST_PROBLEMS
    ) -> list[Part]:
        """Return the parts about the texts of a side, of so many problems where several samples are needed."""
        drawn = await self._comparisons.drawn(selected.sides[of], texts)

        def parts() -> list[Part]:
            samples = samples_of(texts, max(MOST_PROBLEMS, problems))
            found = of_texts(texts, samples, score)
            return [*found, matched(selected, of, texts, samples), other_temperatures(*drawn)]

        return await asyncio.to_thread(parts)

    async def _texts(self, selected: Selected, of: int) -> Texts:
        if of >= len(selected.sides):
            raise BadRequest(f"This comparison has {len(selected.sides)} sides; there is no side {of + 1}.")
        return await self._comparisons.texts(selected, selected.sides[of])

    async def _runs_table(self, selected: Selected) -> Table:
        asked = await self._comparisons.asked(selected.problems)
        answers = await self._comparisons.answers([run.id for side in selected.sides for run in side.runs])
        return runs_table(selected.sides, asked, answers)


def title(selected: Selected) -> str:
    """Return what a comparison is called."""
    if selected.names:
        return " and ".join(selected.names)
    return f"{len(selected.wanted.runs)} runs"


def _about(side: Side) -> dict[str, Any]:
    return {"name": side.name, "title": side.title, "model": side.model.id, "runs": len(side.runs)}


def _table(parts: Sequence[Part], key: str) -> Table:
    shown = next((each.as_table() for each in parts if each.key == key), None)
    if shown is None:
        raise BadRequest(NO_TABLE)
    return shown
