"""What annotators do not agree about, what the owner decides, and what is told of each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.database import Database
from storage.repositories import annotations, generations
from tests.annotation.asking import STEPPED, labels, opened, queue
from tests.annotation.stored import ME, OTHER, STEPS
from tests.storage import making
from webapp.annotation.adjudicating import AdjudicationService
from webapp.annotation.answers import ItemAnswer
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService
from webapp.annotation.wire import AdjudicationRequest
from webapp.runs.request import BadRequest

RIGHT, WRONG = {"field": "outcome", "value": "right"}, {"field": "outcome", "value": "wrong"}
SURE, NOTE = {"field": "confidence", "value": "5"}, {"field": "note", "value": "Hm."}


async def said(labelling: LabellingService, item: ItemAnswer, by: str, *found: dict[str, Any]) -> None:
    own = await labelling.item(item.id, by, ME)
    await labelling.submit(item.id, labels(own, *found, by=by), ME)


async def test_only_what_differs_is_listed_and_decided_beside_the_originals(
    queues: QueueService, labelling: LabellingService, adjudicating: AdjudicationService, database: Database
) -> None:
    key, item = await opened(queues, labelling, STEPS, queue("outcome", "Ann", "Bob", blind=True))
    await said(labelling, item, "Ann", RIGHT, SURE)
    assert (await adjudicating.disagreements(key, ME)).total == 0, "one alone agrees"
    await said(labelling, item, "Bob", RIGHT, NOTE)
    assert (await adjudicating.disagreements(key, ME)).total == 0, "notes and confidence are nobody else's matter"
    await said(labelling, item, "Bob", WRONG, NOTE)
    (row,) = (await adjudicating.disagreements(key, ME)).items
    assert (row.id, row.fields, row.adjudicated) == (item.id, ["outcome"], False)
    assert [(each.annotator, each.labels[0].value, each.unblinded) for each in row.said] == [
        ("Ann", "right", False), ("Bob", "wrong", True),
    ]  # fmt: skip
    assert (await adjudicating.opened(item.id, ME)).item.revealed is None, "whoever decides is blind as well"
    before = await database.read(lambda s: annotations.versions(s, [item.id]))
    for value in ("right", "unclear"):
        request = AdjudicationRequest.model_validate({
            "labels": [WRONG | {"value": value}], "steps": labels(item).model_dump()["steps"], "note": value,
        })  # fmt: skip
        found = await adjudicating.decide(item.id, request, ME)
    assert [(each.labels[0].value, each.note, each.person_id) for each in found.adjudications] == [
        ("right", "right", "local"), ("unclear", "unclear", "local"),
    ]  # fmt: skip
    assert found.item.revealed is not None and [each.annotator for each in found.said] == ["Ann", "Bob"]
    assert await database.read(lambda s: annotations.versions(s, [item.id])) == before
    assert [(await adjudicating.disagreements(key, ME, flag)).total for flag in (None, True, False)] == [1, 1, 0]
    assert (await queues.get(key, ME)).adjudicated == 1


async def test_only_the_owner_sees_what_others_said(
    queues: QueueService, labelling: LabellingService, adjudicating: AdjudicationService
) -> None:
    people = [{"name": "Ann"}, {"name": "Oz", "person_id": "other"}]
    key, item = await opened(queues, labelling, STEPS, queue("outcome", annotators=people, overlap=2))
    for refused in (
        adjudicating.disagreements(key, OTHER),
        adjudicating.annotators(key, OTHER),
        adjudicating.opened(item.id, OTHER),
        adjudicating.decide(item.id, AdjudicationRequest(steps=((),)), OTHER),
    ):
        with pytest.raises(BadRequest, match="Only the person who made"):
            await refused
    with pytest.raises(BadRequest, match="4 are left"):
        await adjudicating.agreement(key, OTHER)
    for row in (await labelling.items(key, "Oz", OTHER)).items:
        own = await labelling.item(row.id, "Oz", OTHER)
        await labelling.submit(row.id, labels(own, RIGHT, by="Oz"), OTHER)
    assert (await adjudicating.agreement(key, OTHER)).annotators == ["Ann", "Oz"]


async def test_steps_are_the_same_where_they_stand_whatever_their_number(
    queues: QueueService, labelling: LabellingService, adjudicating: AdjudicationService
) -> None:
    wanted = {"take": "first", "methods": ["self_refine"]}
    key, item = await opened(queues, labelling, STEPS, queue("steps", "Ann", "Bob", filter=wanted))
    await said(labelling, item, "Ann", *STEPPED[:2], WRONG)
    first, second, third = item.texts[0].steps
    own = await labelling.item(item.id, "Bob", ME)
    request = labels(own, *STEPPED[:2], WRONG, by="Bob").model_dump()
    merged = [{"start": first.start, "end": first.end}, {"start": second.start, "end": third.end}]
    await labelling.submit(item.id, type(labels(own)).model_validate(request | {"steps": [merged]}), ME)
    (row,) = (await adjudicating.disagreements(key, ME)).items
    assert row.fields == ["steps"], "the same numbers, but the second step is another"


async def test_speed_and_consistency_are_told_of_each_annotator(
    queues: QueueService, labelling: LabellingService, adjudicating: AdjudicationService
) -> None:
    key = (await queues.make(queue("outcome", "Ann", "Bob"), ME)).queue.id
    order = [row.id for row in (await labelling.items(key, "Ann", ME)).items]
    for place, (ann, bob) in enumerate([(RIGHT, RIGHT), (RIGHT, WRONG), (WRONG, WRONG)]):
        item = await labelling.item(order[place], "Ann", ME)
        await said(labelling, item, "Ann", ann)
        await said(labelling, item, "Bob", bob)
    item = await labelling.item(order[1], "Ann", ME)
    decided = AdjudicationRequest.model_validate({"labels": [WRONG], "steps": labels(item).model_dump()["steps"]})
    await adjudicating.decide(order[1], decided, ME)
    ann, bob = await adjudicating.annotators(key, ME)
    assert (ann.submitted, ann.median_seconds, ann.per_hour, ann.agreement) == (3, 4.0, 900.0, 0.5), "2 of 4 labels"
    assert (ann.adjudicated, bob.adjudicated) == (0.0, 1.0)


async def test_two_scripted_annotators_have_the_textbook_s_agreement(
    queues: QueueService, labelling: LabellingService, adjudicating: AdjudicationService, database: Database
) -> None:
    """Krippendorff (2011), example A: two observers, ten units, binary; alpha is 2/21, Cohen's kappa 1/11."""
    text = making.generation(run_id="samples", role="draft", round=0, parents=(), spans=(), copied_from=None)
    for n in range(7):
        await database.write(lambda s, n=n: generations.save(s, replace(text, id=f"x{n}", ordinal=9 + n), None))
    key = (await queues.make(queue("outcome", "Ann", "Bob", filter={"take": "drafts", "n": 10}), ME)).queue.id
    order = [row.id for row in (await labelling.items(key, "Ann", ME)).items]
    for place, (a, b) in enumerate(zip("0100000010", "1110010000", strict=True)):
        item = await labelling.item(order[place], "Ann", ME)
        await said(labelling, item, "Ann", RIGHT if a == "1" else WRONG)
        await said(labelling, item, "Bob", RIGHT if b == "1" else WRONG)
    found = await adjudicating.agreement(key, ME)
    whole = {each.name: each for each in found.measures if each.field == "outcome" and each.label is None}
    assert whole["krippendorff_alpha"].value == pytest.approx(2 / 21, abs=1e-6)
    assert whole["cohen_kappa"].value == pytest.approx(1 / 11, abs=1e-6)
    for each in whole.values():
        assert each.low is not None and each.high is not None and each.value is not None and each.items == 10
        assert each.low <= each.value <= each.high
    assert {each.label for each in found.measures if each.name == "cohen_kappa"} == {
        None,
        "right",
        "wrong",
        "unclear",
    }
