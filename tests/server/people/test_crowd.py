"""Several people at once over the real routes: nobody fails, and nobody waits for all that a greedy one asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from storage.records import Person
from tests.bench.people import crowd, people_file
from tests.e2e.program import free_port
from tests.runs.puppet import Puppet
from tests.server.conftest import services_in
from webapp.pages import build
from webapp.runs.limits import Limits
from webapp.runs.services import Services
from webapp.server import bare_app, mount_pages, protect

NAMES = ("greedy", "ann", "ben", "cleo", "dan", "eve")
GREED, PLACES = 6, 2
RUNS = GREED + len(NAMES) - 1


@asynccontextmanager
async def served(services: Services) -> AsyncIterator[str]:
    app = bare_app(services)
    mount_pages(app, build(services, app.state.experiments))
    protect(app, services.settings)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def test_a_greedy_person_delays_the_others_by_a_turn_or_two(tmp_path: Path) -> None:
    puppet = Puppet()
    puppet.gate.clear()
    file = people_file(tmp_path / "people.json", NAMES)
    services = services_in(tmp_path, puppet, Limits(interactive=PLACES), auth_file=file)

    async def open_when_all_have_asked() -> None:
        while len(services.runs.live_runs()) < RUNS:  # noqa: ASYNC110  (the service tells nobody of launches)
            await asyncio.sleep(0.01)
        puppet.gate.set()

    async with served(services) as url:
        opening = asyncio.create_task(open_when_all_have_asked())
        runs = await crowd(url, NAMES, rounds=1, many=GREED, samples=1, tokens=20)
        await opening
        stored = [
            (run.started_at, name)
            for name in NAMES
            for row in (await services.library.of(Person(name, name)).search()).items
            if (run := await services.library.of(Person(name, name)).run(row.id)) and run.started_at
        ]
    assert [(run.status, run.error) for run in runs] == [("finished", "")] * RUNS
    assert max(run.before for run in runs) == RUNS - PLACES - 1
    assert max(run.people for run in runs) == len(NAMES)
    order = [name for _, name in sorted(stored)]
    assert len(order) == RUNS
    last = max(order.index(name) for name in NAMES[1:])
    assert order[: len(NAMES)].count("greedy") >= 1 and order[:last].count("greedy") <= PLACES
