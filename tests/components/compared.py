"""What a server tells of a comparison, computed by the real program over a small made database."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from storage.database import Database
from tests.reports import made
from webapp.reports.comparison import Comparing
from webapp.runs.selected.rows import Narrowed
from webapp.runs.selected.service import Comparisons, Wanted

WANTED = Wanted(sessions=("s1",))
UNITS = ("generated_tokens", "calls")


def told(question: str = "", answer: str = "") -> Mapping[str, Any]:
    """Return answers by route: the comparison in each unit, its texts by side, its problems by filter.

    The first call for a question and an answer needs a thread without a running event loop.
    """
    return _once(question, answer)


@cache
def _once(question: str, answer: str) -> Mapping[str, Any]:
    return asyncio.run(_told(question, answer))


async def _told(question: str, answer: str) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(Path(folder) / "runs.db")
        await database.write(lambda s: made.store(s, 30, question=question, answer=answer))
        comparing = Comparing(Comparisons(database, "local"))
        found = {
            "opened": {unit: await comparing.opened(WANTED, unit) for unit in UNITS},
            "texts": {str(of): await comparing.texts(WANTED, of, None) for of in range(len(made.METHODS))},
            "all": await comparing.problems(WANTED, Narrowed(), 0, 200),
            "differ": await comparing.problems(WANTED, Narrowed(differ=True), 0, 200),
            "broken": await comparing.problems(WANTED, Narrowed(side=2, step="right->wrong"), 0, 200),
        }
        await database.close()
        return found


def routes(question: str = "", answer: str = "") -> dict[str, Any]:
    """Return what a stage answers for a comparison."""
    found = told(question, answer)

    def problems(query: Mapping[str, str]) -> dict[str, Any]:
        key = "broken" if query.get("step") else "differ" if query.get("differ") else "all"
        offset = int(query["offset"])
        page = found[key]
        return {"items": page["items"][offset : offset + int(query["limit"])], "total": page["total"]}

    return {
        "comparison": lambda query: found["opened"][query.get("unit", UNITS[0])],
        "comparison/texts": lambda query: found["texts"][query.get("of", "0")],
        "comparison/problems": problems,
    }
