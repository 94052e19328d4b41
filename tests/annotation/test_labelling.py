"""Labelling one item after the other: what is kept, what is refused, what is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from storage.database import Database
from storage.repositories import annotations
from tests.annotation.asking import STEPPED, change, labels, opened, queue
from tests.annotation.stored import ME, OTHER, STEPS
from webapp.annotation.acting import Stale
from webapp.annotation.answers import ItemAnswer
from webapp.annotation.checking import TOO_MANY, steps_of
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService
from webapp.annotation.view import own_steps
from webapp.annotation.wire import StepRequest
from webapp.runs.request import BadRequest


@pytest.fixture
async def item(queues: QueueService, labelling: LabellingService) -> ItemAnswer:
    _, found = await opened(queues, labelling, STEPS, queue(filter={"take": "first", "methods": ["self_refine"]}))
    return found


async def test_an_item_shows_its_tokens_and_steps_by_exact_offsets(item: ItemAnswer) -> None:
    (text,) = item.texts
    assert (item.of, item.question, item.context) == (1, "How many legs have 3 cats?", [])
    assert "".join(text.tokens) == text.text == STEPS and text.tokenised
    data = STEPS.encode()
    said = [data[step.start : step.end].decode() for step in text.steps]
    assert said == ["Step 1: 3 cats — 4 legs.", "Step 2: 3 * 4 = 13.", "Step 3: so 13.\nAnswer: 13"]
    assert text.signals is not None and text.signals.entropy is not None
    assert len(text.signals.entropy) == len(text.tokens)


async def test_a_revision_shows_what_it_was_written_from(queues: QueueService, labelling: LabellingService) -> None:
    wanted = {"methods": ["self_refine"]}
    _, item = await opened(queues, labelling, "Answer: 12", queue("outcome", filter=wanted))
    assert [(text.role, text.text) for text in item.context] == [
        ("draft", STEPS), ("critique", "4 * 3 is 12 — not 13."),
    ]  # fmt: skip
    assert not item.texts[0].tokenised and item.texts[0].tokens == ["Answer:", " 12"]


async def test_drafts_are_kept_as_they_are_and_undone_one_by_one(
    labelling: LabellingService, item: ItemAnswer
) -> None:
    for count in (1, 2, 3):
        kept = await labelling.save(item.id, labels(item, *STEPPED[:count], base=count - 1), ME)
        assert (kept.version, kept.state, kept.turn.progress.states["draft"]) == (count, "draft", 1)
    now = await labelling.item(item.id, "Ann", ME)
    assert [(each.field, each.value, each.step) for each in now.annotation.labels] == [
        ("steps", "good", 0), ("steps", "bad", 1), ("first_error", "step", 1),
    ]  # fmt: skip
    assert now.annotation.steps == (tuple(item.texts[0].steps),) and now.annotation.seconds == 4.0
    for count in (2, 1, 0):
        now = await labelling.undo(item.id, change(now), ME)
        assert (len(now.annotation.labels), now.annotation.version) == (count, count)
    assert now.annotation.state == "open"
    with pytest.raises(BadRequest, match="nothing to undo"):
        await labelling.undo(item.id, change(now), ME)


async def test_a_window_that_does_not_know_of_an_undo_overwrites_nothing(
    labelling: LabellingService, item: ItemAnswer
) -> None:
    await labelling.save(item.id, labels(item, STEPPED[0]), ME)
    both = await labelling.item(item.id, "Ann", ME)
    here = await labelling.undo(item.id, change(both), ME)
    kept = await labelling.save(item.id, labels(here, STEPPED[1]), ME)
    assert kept.version == 2, "not 1, which the other window was shown"
    with pytest.raises(Stale):
        await labelling.save(item.id, labels(both, STEPPED[2]), ME)
    now = await labelling.item(item.id, "Ann", ME)
    assert [(each.value, each.step) for each in now.annotation.labels] == [("bad", 1)]


def test_a_text_of_more_steps_than_can_be_kept_can_be_labelled() -> None:
    text = "\n".join(f"Zeile {line} – über" for line in range(TOO_MANY + 3))
    steps = own_steps(text)
    cut = steps_of([[StepRequest(start=step.start, end=step.end) for step in steps]], [text])
    assert cut == (tuple(steps),) and len(steps) == TOO_MANY
    pieces = [text.encode()[step.start : step.end].decode() for step in steps]
    assert pieces[1] == "Zeile 1 – über" and pieces[-1].split("\n")[::3] == [
        f"Zeile {n} – über" for n in (4_999, 5_002)
    ]


async def test_steps_that_a_person_cut_are_kept(labelling: LabellingService, item: ItemAnswer) -> None:
    first, second, third = item.texts[0].steps
    request = labels(item, {"field": "steps", "value": "good", "step": 1}).model_copy(
        update={"steps": ((first, type(first)(second.start, third.end)),)}
    )
    await labelling.save(item.id, request, ME)
    now = await labelling.item(item.id, "Ann", ME)
    assert [[(step.start, step.end) for step in row] for row in now.annotation.steps] == [
        [(first.start, first.end), (second.start, third.end)]
    ]
    assert now.texts[0].steps == [first, second, third], "those computed are still offered"


async def test_a_submission_is_undone_into_a_draft_and_goes_on_counting(
    labelling: LabellingService, item: ItemAnswer, database: Database
) -> None:
    await labelling.save(item.id, labels(item, *STEPPED[:2]), ME)
    kept = await labelling.submit(item.id, labels(item, *STEPPED, base=1), ME)
    assert (kept.version, kept.state, kept.turn.item_id) == (2, "submitted", None)
    now = await labelling.item(item.id, "Ann", ME)
    again = await labelling.undo(item.id, change(now), ME)
    assert (again.annotation.state, again.annotation.version, len(again.annotation.labels)) == ("draft", 3, 5)
    await labelling.save(item.id, labels(again, *STEPPED[:4]), ME)
    said = await database.read(lambda s: annotations.submitted(s, [item.id]))
    assert [(each.version, len(each.labels)) for each in said[item.id]] == [(2, 5)]
    await labelling.submit(
        item.id, labels(again, *STEPPED[:-1], {"field": "outcome", "value": "unclear"}, base=4), ME
    )
    versions = await database.read(lambda s: annotations.versions(s, [item.id]))
    assert [(each.version, each.state, each.unblinded) for each in versions] == [
        (2, "submitted", False), (5, "submitted", False),
    ]  # fmt: skip


async def test_another_window_that_was_faster_is_not_overwritten(
    labelling: LabellingService, item: ItemAnswer
) -> None:
    await labelling.save(item.id, labels(item, STEPPED[0]), ME)
    for late in (
        labelling.save(item.id, labels(item, STEPPED[1]), ME),
        labelling.submit(item.id, labels(item, *STEPPED), ME),
        labelling.undo(item.id, change(item), ME),
    ):
        with pytest.raises(Stale, match="another window"):
            await late
    assert len((await labelling.item(item.id, "Ann", ME)).annotation.labels) == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([{"field": "odd", "value": "x"}], "no field called 'odd'"),
        ([{"field": "outcome", "value": "odd"}], "cannot be 'odd'"),
        ([{"field": "outcome", "value": "right"}, {"field": "outcome", "value": "wrong"}], "answered twice"),
        ([{"field": "outcome", "value": "right", "step": 0}], "about the whole text"),
        ([{"field": "outcome", "value": "right", "start": 0}], "not about a stretch"),
        ([{"field": "outcome", "value": "right", "text": 1}], "only one text"),
        ([{"field": "steps", "value": "good"}], "which step is meant"),
        ([{"field": "steps", "value": "good", "step": 3}], "no step 4"),
        ([{"field": "first_error", "value": "step"}], "which step is meant"),
        ([{"field": "first_error", "value": "none", "step": 0}], "about the whole text"),
        ([{"field": "spans", "value": "doubt", "start": 3, "end": 3}], "between two characters"),
        ([{"field": "spans", "value": "doubt", "start": 0, "end": 17}], "between two characters"),
        ([{"field": "spans", "value": "doubt", "start": 0, "end": 999}], "between two characters"),
    ],
)
async def test_labels_that_do_not_fit_are_refused_and_change_nothing(
    labelling: LabellingService, item: ItemAnswer, said: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        await labelling.save(item.id, labels(item, *said), ME)
    assert (await labelling.item(item.id, "Ann", ME)).annotation.version == 0


@pytest.mark.parametrize(
    ("edges", "sentence"),
    [
        ([(0, 9), (5, 12)], "without overlap"),
        ([(0, 17)], "between two characters"),
        ([(5, 5)], "between two characters"),
        ([(0, 10_000)], "between two characters"),
    ],
)
async def test_steps_that_do_not_fit_are_refused(
    labelling: LabellingService, item: ItemAnswer, edges: list[tuple[int, int]], sentence: str
) -> None:
    request = labels(item).model_dump() | {"steps": [[{"start": a, "end": b} for a, b in edges]]}
    with pytest.raises(BadRequest, match=sentence):
        await labelling.save(item.id, type(labels(item)).model_validate(request), ME)
    without = type(labels(item)).model_validate(request | {"steps": []})
    with pytest.raises(BadRequest, match="steps of 1 texts"):
        await labelling.save(item.id, without, ME)


async def test_spans_may_overlap_and_are_kept_to_the_byte(labelling: LabellingService, item: ItemAnswer) -> None:
    said = [
        {"field": "spans", "value": "doubt", "start": 7, "end": 19},
        {"field": "spans", "value": "error", "start": 15, "end": 25},
    ]
    await labelling.save(item.id, labels(item, *said), ME)
    found = (await labelling.item(item.id, "Ann", ME)).annotation.labels
    assert [STEPS.encode()[each.start : each.end].decode() for each in found] == [" 3 cats — ", "— 4 legs"]


async def test_what_is_required_has_to_be_answered_by_a_person(labelling: LabellingService, item: ItemAnswer) -> None:
    async def refused(*said: dict[str, Any]) -> str:
        with pytest.raises(BadRequest) as refusal:
            await labelling.submit(item.id, labels(item, *said), ME)
        return str(refusal.value)

    assert "“Each step” is still open" in await refused(*STEPPED[:1], *STEPPED[2:])
    assert "“Is the answer right?” is still open" in await refused(*STEPPED[:-1])
    suggested = {"field": "outcome", "value": "wrong", "source": "suggestion", "confirmed": False}
    assert "A suggestion counts once it is confirmed" in await refused(*STEPPED[:-1], suggested)
    kept = await labelling.submit(item.id, labels(item, *STEPPED[:-1], suggested | {"confirmed": True}), ME)
    assert kept.state == "submitted"
    (last,) = [
        each for each in (await labelling.item(item.id, "Ann", ME)).annotation.labels if each.field == "outcome"
    ]
    assert (last.source, last.confirmed) == ("suggestion", True)


async def test_what_was_skipped_comes_back_with_its_draft(queues: QueueService, labelling: LabellingService) -> None:
    key = (await queues.make(queue("outcome"), ME)).queue.id
    order = [row.id for row in (await labelling.items(key, "Ann", ME)).items]
    first = await labelling.item(order[0], "Ann", ME)
    note = {"field": "note", "value": "later"}
    await labelling.save(order[0], labels(first, note), ME)
    first = await labelling.item(order[0], "Ann", ME)
    turn = await labelling.skip(order[0], change(first), ME)
    assert (turn.item_id, turn.progress.states["skipped"]) == (order[1], 1)
    for place in (1, 2, 3):
        now = await labelling.item(order[place], "Ann", ME)
        kept = await labelling.submit(order[place], labels(now, {"field": "outcome", "value": "right"}), ME)
    assert kept.turn.item_id == order[0], "nothing else is left"
    back = await labelling.item(order[0], "Ann", ME)
    assert (back.annotation.state, [each.value for each in back.annotation.labels]) == ("skipped", ["later"])
    assert (await labelling.next(key, "Ann", ME)).item_id == order[0]
    await labelling.submit(order[0], labels(back, {"field": "outcome", "value": "right"}), ME)
    assert (await labelling.next(key, "Ann", ME)).item_id is None
    done = await labelling.item(order[1], "Ann", ME)
    assert (await labelling.skip(order[1], change(done), ME)).progress.states["submitted"] == 4, "no label is unsaid"


async def test_nobody_labels_for_another(queues: QueueService, labelling: LabellingService) -> None:
    people = [{"name": "Ann"}, {"name": "Oz", "person_id": "other"}, {"name": "Bob"}]
    key, item = await opened(queues, labelling, STEPS, queue("outcome", "Ann", annotators=people, overlap=3))
    for who, name in ((OTHER, "Ann"), (ME, "Oz"), (ME, "Nobody")):
        with pytest.raises(BadRequest, match="under that name"):
            await labelling.items(key, name, who)
        with pytest.raises(BadRequest, match="under that name"):
            await labelling.save(item.id, labels(item, by=name), who)
    assert (await labelling.item(item.id, "Oz", OTHER)).annotation.version == 0
    for other in ("nothing", item.queue_id):
        with pytest.raises(BadRequest, match="no such item"):
            await labelling.item(other, "Ann", ME)
    await queues.delete(key, ME)
    with pytest.raises(BadRequest, match="no such item"):
        await labelling.save(item.id, labels(item), ME)


async def test_an_item_of_others_in_a_queue_is_not_labelled(
    queues: QueueService, labelling: LabellingService
) -> None:
    key = (await queues.make(queue("outcome", "Ann", "Bob", overlap=1), ME)).queue.id
    mine = {row.id for row in (await labelling.items(key, "Ann", ME)).items}
    (row, *_) = (await labelling.items(key, "Bob", ME)).items
    assert row.id not in mine
    with pytest.raises(BadRequest, match="labelled by others"):
        await labelling.item(row.id, "Ann", ME)


async def test_suggestions_are_marked_and_only_where_they_are_wanted(
    queues: QueueService, labelling: LabellingService
) -> None:
    of = {"take": "drafts", "methods": ["self_consistency"]}
    _, item = await opened(queues, labelling, STEPS, queue(filter=of))
    assert {(each.label.field, each.label.value, each.label.step) for each in item.suggestions} == {
        ("outcome", "wrong", None), ("first_error", "step", 1),
    }  # fmt: skip
    assert all(each.label.source == "suggestion" and not each.label.confirmed for each in item.suggestions)
    assert any("P(True) is 0.12" in each.why for each in item.suggestions)
    for more, count in (({"blind": True}, 0), ({"suggestions": False}, 0), ({"blind": True, "suggestions": True}, 2)):
        _, item = await opened(queues, labelling, STEPS, queue(filter=of, **more))
        assert len(item.suggestions) == count
