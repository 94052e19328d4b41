"""What a method put into a text is told from what the model wrote: live, stored, branched, exported, imported."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from storage.archive import export_session, import_session
from storage.database import Database
from storage.records import Generation, StoredRun
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from tests.runs.puppet import Puppet
from webapp.runs.service import RunService

WAIT = "\nWait, é.\n"
SETTINGS: dict[str, Any] = {"samples": 1, "first_boundary": 10, "max_tokens": 60, "trigger": WAIT}


@pytest.fixture
async def run_id(service: RunService, puppet: Puppet) -> str:
    puppet.script = lambda prompt, sample: f"{bytes(prompt.prefix).decode()}{'x' * 60}"
    (made,) = await service.launch([asked("iterative_deepening", params=SETTINGS)], person="local")
    await service.wait(made)
    return made


async def load(database: Database, run_id: str) -> StoredRun:
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


def injected(spans: list[tuple[int, int, str]], text: str) -> list[str]:
    return [text.encode()[start:end].decode() for start, end, origin in spans if origin == "injected"]


def told(generation: Generation) -> list[str]:
    return injected([(s.start, s.end, s.origin) for s in generation.spans], generation.text)


async def test_it_is_marked_as_injected_live_and_when_it_is_read_again(
    service: RunService, puppet: Puppet, run_id: str
) -> None:
    (live_id,) = await service.launch([asked("iterative_deepening", params=SETTINGS)], person="local")
    live = shown(await events_of(service, live_id))["generations"].values()
    again = shown(await events_of(service, run_id))["generations"].values()
    for panes in (live, again):
        assert [pane["text"].count("W") for pane in panes] == [0, 1, 2]
        for pane in panes:
            by_token = "".join(t for t, o in zip(pane["text"], pane["origins"], strict=True) if o == "injected")
            finished = pane["finished"]
            assert (
                by_token == WAIT * pane["text"].count("W") == "".join(injected(finished["spans"], finished["text"]))
            )
            assert "W" not in "".join(t for t, o in zip(pane["text"], pane["origins"], strict=True) if o == "model")


async def test_its_tokens_have_no_numbers_and_are_not_counted(database: Database, run_id: str) -> None:
    stored = await load(database, run_id)
    last = stored.generations[-1]
    trace = stored.traces[last.id]
    assert trace.logprob is not None and last.summary is not None
    unknown = [i for i, value in enumerate(trace.logprob.tolist()) if value != value]
    assert len(unknown) == 2 * len(WAIT.encode()) and last.summary.mean_logprob == pytest.approx(-0.25)
    assert stored.run.cost.generated_tokens == sum(
        len(stored.traces[g.id]) - len(g.prefix) for g in stored.generations
    )


async def test_an_exported_session_marks_it_and_an_imported_one_still_does(
    database: Database, run_id: str, tmp_path: Path
) -> None:
    stored = await load(database, run_id)
    path = tmp_path / "session.stz"
    await export_session(database, stored.run.session_id, path)
    with zipfile.ZipFile(path) as file:
        lines = [json.loads(line) for line in file.read("generations.jsonl").splitlines()]
    assert [injected([(s["start"], s["end"], s["origin"]) for s in g["spans"]], g["text"]) for g in lines] == [
        [WAIT] * n for n in range(3)
    ]
    elsewhere = Database.open(tmp_path / "elsewhere.db")
    await import_session(elsewhere, path, "local")
    back = await load(elsewhere, run_id)
    await elsewhere.close()
    assert (
        [told(g) for g in back.generations] == [told(g) for g in stored.generations] == [[WAIT] * n for n in range(3)]
    )


async def test_a_branch_after_it_keeps_it_marked(service: RunService, database: Database, run_id: str) -> None:
    last = (await load(database, run_id)).generations[-1]
    branch = await service.branch(last.id, 58, ord("!"), person="local")
    await service.wait(branch)
    (generation,) = (await load(database, branch)).generations
    assert told(generation) == [WAIT] * 2
    assert [s.origin for s in generation.spans].count("person") == 1
