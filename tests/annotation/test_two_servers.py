"""Several servers of one database: what annotators submit at the same time all counts, and disputes are noticed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.repositories import queue_items
from tests import postgres
from tests.annotation.asking import labels, queue
from tests.annotation.stored import ME, store
from webapp.annotation.acting import Stale
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService


def said(value: str) -> dict[str, str]:
    return {"field": "outcome", "value": value}


async def meet(here: Database, there: Database) -> None:
    """Submit different labels of the same items from both sides at once, and then the same version from both."""
    key = (await QueueService(here).make(queue("outcome", "Ann", "Bob"), ME)).queue.id
    left, right = LabellingService(here), LabellingService(there)
    rows = (await left.items(key, "Ann", ME)).items
    shown = [await left.item(row.id, "Ann", ME) for row in rows]
    both = [(left, "Ann", "right"), (right, "Bob", "wrong")]
    await asyncio.gather(*(
        each.submit(item.id, labels(item, said(value), by=name), ME) for item in shown for each, name, value in both
    ))  # fmt: skip
    items = await here.read(lambda s: queue_items.of_queue(s, key))
    assert [(item.submitted, item.disputed) for item in items] == [(2, True)] * len(rows)
    twice = await asyncio.gather(
        *(each.save(item.id, labels(item, said("right"), base=1), ME) for item in shown for each in (left, right)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Stale) for each in twice) == len(rows), "one of two windows was faster"
    assert [each for each in twice if isinstance(each, BaseException) and not isinstance(each, Stale)] == []


async def test_on_one_file(database: Database, tmp_path: Path) -> None:
    other = Database.open(tmp_path / "runs.db")
    await meet(database, other)
    await other.close()


@pytest.fixture
def address(server: postgres.Cluster) -> Iterator[str]:
    with postgres.database(server) as made:
        yield made


async def test_on_a_database_server(address: str) -> None:
    here, there = Database.open(address), Database.open(address)
    await here.write(store)
    await meet(here, there)
    await here.close()
    await there.close()
