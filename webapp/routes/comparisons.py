"""Comparisons of many stored runs over HTTP: parts with charts and tables, problems, files, a whole report."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from webapp.analysis.transitions import Transition
from webapp.auth import person_of
from webapp.pages.urls import selection
from webapp.reports.comparison import Comparing
from webapp.reports.document import report
from webapp.reports.table_file import as_csv, as_parquet
from webapp.routes.answer import answer
from webapp.runs.selected.rows import Narrowed
from webapp.runs.selected.service import Comparisons, Wanted
from webapp.runs.services import Services
from webapp.runs.strips import strips

Unit = Literal["generated_tokens", "calls", "seconds"]
Place = Annotated[int, Query(ge=0, le=1000)]
Key = Annotated[str, Query(max_length=64)]
Name = Annotated[str | None, Query(max_length=200)]
NO_WORD = (None, None)


def asked_for(request: Request) -> Wanted:
    """Return the selection that an address names."""
    return selection(request.query_params)


Asked = Annotated[Wanted, Depends(asked_for)]


def narrowed(
    differ: bool = False,
    side: Annotated[int | None, Query(ge=0, le=1000)] = None,
    step: Transition | None = None,
) -> Narrowed:
    """Return which problems an address asks for."""
    return Narrowed(differ, side, step)


def comparison_routes(services: Services) -> APIRouter:
    """Return the routes of comparisons."""
    router = APIRouter()

    def asking(request: Request) -> Comparing:
        return Comparing(Comparisons(services.database, person_of(request).id))

    @router.get("/api/comparison")
    async def opened(request: Request, wanted: Asked, unit: Unit = "generated_tokens") -> Response:
        """Return the sides and what their runs came to."""
        return answer(await asking(request).opened(wanted, unit))

    @router.get("/api/comparison/texts")
    async def texts(request: Request, wanted: Asked, of: Place = 0, score: Name = None) -> Response:
        """Return what is known of the texts of a side."""
        return answer(await asking(request).texts(wanted, of, score))

    @router.get("/api/comparison/problems")
    async def problems(
        request: Request,
        wanted: Asked,
        only: Annotated[Narrowed, Depends(narrowed)],
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 25,
    ) -> Response:
        """Return a page of problems with the runs of every side: `{items, total}`."""
        return answer(await asking(request).problems(wanted, only, offset, limit))

    @router.get("/api/comparison/table")
    async def table(
        request: Request,
        wanted: Asked,
        part: Annotated[str, Query(max_length=40)],
        unit: Unit = "generated_tokens",
        of: Place = 0,
        score: Name = None,
        format: Literal["csv", "parquet"] = "csv",
    ) -> Response:
        """Return the table of a part as a file; `part=runs` and `part=texts` are everything behind the comparison."""
        found, name = await asking(request).table(wanted, part, unit, of, score), f"{_plain(part)}.{format}"
        if format == "parquet":
            return _file(await asyncio.to_thread(as_parquet, found), "application/vnd.apache.parquet", name)
        return _file(_encoded(await asyncio.to_thread(as_csv, found)), "text/csv; charset=utf-8", name)

    @router.get("/api/texts/aligned")
    async def under(request: Request, first: Key, second: Key) -> Response:
        """Return two texts word under word: `{columns: [[word, entropy, word, entropy, same], ...], total, ...}`."""
        found = await strips(services.library.of(person_of(request)), first, second)
        columns = [[*(each.first or NO_WORD), *(each.second or NO_WORD), each.same] for each in found.columns]
        return answer({"columns": columns, "total": found.total, "lower_bound": found.lower_bound})

    @router.get("/api/comparison/report")
    async def whole(request: Request, wanted: Asked, unit: Unit = "generated_tokens") -> Response:
        """Return the whole comparison as one HTML file that needs neither this program nor a network."""
        page = await report(asking(request), wanted, unit, address=f"/compare?{request.url.query}")
        return _file(_encoded(page), "application/octet-stream", "comparison.html")

    return router


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _plain(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name)
