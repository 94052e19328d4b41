"""Queues are built from what a person may read, by filter and by seed."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database import Database
from storage.repositories import queue_items
from tests.annotation.asking import labels, opened, queue
from tests.annotation.stored import ME, OTHER, STEPS
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService
from webapp.annotation.ready import READY
from webapp.annotation.wire import FilterRequest, QueueChange, QueueRequest, SchemaRequest
from webapp.runs.request import BadRequest


def filter_(**values: Any) -> FilterRequest:
    return FilterRequest.model_validate(values)


async def texts(queues: QueueService, database: Database, request: QueueRequest) -> list[tuple[str, ...]]:
    made = await queues.make(request, ME)
    items = await database.read(lambda s: queue_items.of_queue(s, made.queue.id))
    return [item.texts for item in items]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {("d0",), ("f2",)}),
        ({"take": "first"}, {("d0",), ("f0",)}),
        ({"take": "drafts"}, {("d0",), ("d1",), ("d2",), ("f0",)}),
        ({"take": "critiques"}, {("f1",)}),
        ({"take": "revision_pair"}, {("f0", "f2")}),
        ({"take": "sample_pair"}, {("d0", "d1")}),
        ({"methods": ["self_refine"]}, {("f2",)}),
        ({"sessions": ["s1"], "transition": "incorrect>correct"}, {("f2",)}),
        ({"take": "drafts", "verdict": "correct"}, {("d0",), ("d2",)}),
        ({"take": "drafts", "entropy": 0.5}, {("d1",), ("f0",)}),
        (
            {"take": "drafts", "disagreement": {"first": "p_true", "second": "self_certainty", "least": 0.5}},
            {("d1",)},
        ),
    ],
)
async def test_a_filter_finds_what_it_says(
    queues: QueueService, database: Database, wanted: dict[str, Any], found: set[tuple[str, ...]]
) -> None:
    pairs = any(len(each) == 2 for each in found)
    request = queue("preference" if pairs else "outcome", filter=wanted)
    assert (await queues.count(filter_(**wanted), ME)).found == len(found)
    assert set(await texts(queues, database, request)) == found


async def test_the_order_of_a_blind_pair_does_not_tell_which_text_came_first(
    queues: QueueService, labelling: LabellingService, database: Database
) -> None:
    def request(seed: int, blind: bool) -> QueueRequest:
        return queue("preference", filter={"take": "revision_pair"}, blind=blind, seed=seed)

    open_ = [await texts(queues, database, request(seed, False)) for seed in range(8)]
    assert open_ == [[("f0", "f2")]] * 8
    blind = [await texts(queues, database, request(seed, True)) for seed in range(8)]
    assert {pair for (pair,) in blind} == {("f0", "f2"), ("f2", "f0")}
    made = await queues.make(request(0, True), ME)
    [row] = (await labelling.items(made.queue.id, "Ann", ME)).items
    item = await labelling.item(row.id, "Ann", ME)
    assert [text.role for text in item.texts] == [None, None]


async def test_what_others_may_not_read_is_not_found(queues: QueueService) -> None:
    assert (await queues.count(filter_(take="drafts"), OTHER)).found == 1
    assert (await queues.choices(ME)).methods == ["self_consistency", "self_refine"]
    assert (await queues.choices(OTHER)).methods == ["secret"]
    with pytest.raises(BadRequest, match="no such session"):
        await queues.count(filter_(sessions=["s2"]), ME)
    with pytest.raises(BadRequest, match="no such experiment"):
        await queues.count(filter_(experiment="e1"), ME)


async def test_what_is_labelled_is_left_out_when_that_is_wanted(
    queues: QueueService, labelling: LabellingService
) -> None:
    _, item = await opened(
        queues, labelling, STEPS, queue("outcome", filter={"take": "drafts", "verdict": "incorrect"})
    )
    await labelling.save(item.id, labels(item, {"field": "outcome", "value": "wrong"}), ME)
    assert (await queues.count(filter_(take="drafts", unlabelled=True), ME)).found == 4, "a draft is no label"
    item = await labelling.item(item.id, "Ann", ME)
    await labelling.submit(item.id, labels(item, {"field": "outcome", "value": "wrong"}), ME)
    assert (await queues.count(filter_(take="drafts", unlabelled=True), ME)).found == 3


async def test_one_seed_makes_one_queue(queues: QueueService, database: Database) -> None:
    wanted = {"take": "drafts", "sampling": "random", "n": 3, "seed": 5}
    first = await texts(queues, database, queue("outcome", filter=wanted, seed=1))
    assert first == await texts(queues, database, queue("outcome", filter=wanted, seed=1))
    others = [await texts(queues, database, queue("outcome", filter=wanted, seed=seed)) for seed in range(2, 6)]
    assert any(other != first for other in others) and all(set(other) == set(first) for other in others)
    assert (await queues.count(filter_(**wanted), ME)).taken == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schema_id": "nothing"}, "no such schema"),
        ({"schema_id": "preference"}, "build the queue from pairs"),
        ({"overlap": 2}, "as many annotators"),
        ({"annotators": [{"name": "A"}, {"name": "A "}]}, "Two annotators are called A"),
        ({"annotators": [{"name": "A", "person_id": "nobody"}]}, "no person who could label as A"),
        ({"filter": {"methods": ["none"]}}, "nothing to label"),
        ({"name": " \n"}, "Give it a name"),
    ],
)
async def test_a_queue_that_makes_no_sense_is_refused(
    queues: QueueService, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        await queues.make(queue("outcome", **changes), ME)
    assert (await queues.page(ME)).total == 0


async def test_who_joins_later_gets_what_lacks_annotators_or_everything(queues: QueueService) -> None:
    made = await queues.make(queue("outcome", "Ann", "Bob", overlap=1), ME)
    key = made.queue.id

    async def joined(name: str, *, everything: bool) -> list[int]:
        change = QueueChange.model_validate({"join": {"name": name}, "everything": everything})
        return [each.total for each in (await queues.change(key, change, ME)).progress]

    assert await joined("Cem", everything=False) == [2, 2, 0]
    assert await joined("Dee", everything=True) == [2, 2, 0, 4]
    with pytest.raises(BadRequest, match="called Ann"):
        await joined("Ann", everything=True)
    assert (await queues.change(key, QueueChange(name="Other"), ME)).queue.name == "Other"


async def test_a_queue_belongs_to_its_owner(queues: QueueService) -> None:
    request = queue("outcome", annotators=[{"name": "Ann"}, {"name": "Oz", "person_id": "other"}])
    key = (await queues.make(request, ME)).queue.id
    alone = (await queues.make(queue("outcome"), ME)).queue.id
    assert [row.queue.id for row in (await queues.page(OTHER)).items] == [key]
    assert (await queues.get(key, OTHER)).items == 4
    with pytest.raises(BadRequest, match="no such queue"):
        await queues.get(alone, OTHER)
    for refused in (queues.delete(key, OTHER), queues.change(key, QueueChange(name="Mine"), OTHER)):
        with pytest.raises(BadRequest, match="Only the person who made"):
            await refused
    await queues.delete(key, ME)
    with pytest.raises(BadRequest, match="no such queue"):
        await queues.get(key, OTHER)
    await queues.restore(key, ME)
    assert (await queues.get(key, OTHER)).items == 4


SCHEMA: dict[str, Any] = {
    "name": "Mine",
    "fields": [{"name": "tone", "title": "Tone", "kind": "choice", "options": [
        {"value": "kind", "title": "Kind", "rating": 1}, {"value": "rude", "title": "Rude", "rating": -1},
    ]}],
}  # fmt: skip


async def test_a_schema_of_ones_own_is_kept_and_changed_and_queues_keep_their_copy(queues: QueueService) -> None:
    made = await queues.make_schema(SchemaRequest.model_validate(SCHEMA), ME)
    key = (await queues.make(queue(made.id), ME)).queue.id
    longer = SCHEMA | {"fields": [*SCHEMA["fields"], {"name": "best", "title": "Best", "kind": "preference"}]}
    changed = await queues.change_schema(made.id, SchemaRequest.model_validate(longer), ME)
    assert [option.value for option in changed.fields[1].options] == ["first", "second", "tie"]
    found = await queues.schemas(ME)
    assert list(found.own) == [changed] and list(found.ready) == list(READY.values())
    assert (await queues.schemas(OTHER)).own == []
    for refused in (
        queues.delete_schema(made.id, OTHER),
        queues.change_schema(made.id, SchemaRequest.model_validate(SCHEMA), OTHER),
        queues.make(queue(made.id), OTHER),
    ):
        with pytest.raises(BadRequest, match="no such schema"):
            await refused
    with pytest.raises(BadRequest, match="ready schema cannot be changed"):
        await queues.delete_schema("outcome", ME)
    await queues.delete_schema(made.id, ME)
    assert (await queues.schemas(ME)).own == []
    assert (await queues.get(key, ME)).queue.schema == made


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"name": "Tone"}, "begin with a letter"),
        ({"title": "  "}, "needs a title"),
        ({"options": []}, "at least 2 options"),
        ({"options": [{"value": "a", "title": "A"}] * 2}, "two options have the value a"),
        ({"kind": "text"}, "has no options"),
    ],
)
async def test_a_schema_that_cannot_be_labelled_by_is_refused(
    queues: QueueService, field: dict[str, Any], said: str
) -> None:
    wrong = SCHEMA | {"fields": [SCHEMA["fields"][0] | field]}
    with pytest.raises(BadRequest, match=said):
        await queues.make_schema(SchemaRequest.model_validate(wrong), ME)
    twice = SCHEMA | {"fields": SCHEMA["fields"] * 2}
    with pytest.raises(BadRequest, match="Two fields are called tone"):
        await queues.make_schema(SchemaRequest.model_validate(twice), ME)
