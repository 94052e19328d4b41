"""Queues are built and found, schemas edited, agreement shown, disagreements decided."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Locator, Page, expect

from tests.components.desk import EVERY, STEPPED, Desk, build, visit
from tests.components.hostile import HOSTILE, MARKS, harm, spilling

pytestmark = pytest.mark.asyncio(loop_scope="session")

OUTCOMES = {"Ann": ["right", "right", "wrong", "wrong"], "Ben": ["right", "wrong", "wrong", "wrong"]}


@pytest.fixture
def page(desk_page: Page) -> Page:
    return desk_page


async def form(page: Page) -> Locator:
    """Open the form of a new queue."""
    await visit(page, "/?")
    fold = page.locator(".st-fold")
    if await fold.get_attribute("open") is None:
        await fold.locator("> summary").click()
    await expect(page.locator(".st-count")).not_to_be_empty()
    return page.locator(".st-queueform")


async def part(page: Page, name: str) -> None:
    await page.locator(f"[data-part={name}]").click()


async def judged(page: Page, said: dict[str, list[str]] = OUTCOMES) -> Desk:
    """Return a queue in which two people have judged four answers; they differ about one."""
    desk = await build(page, "outcome", EVERY, *said)
    for name, values in said.items():
        rows = (await desk.get(f"queues/{desk.queue}/items?annotator={quote(name)}"))["items"]
        for row, value in zip(rows, values, strict=True):
            item = await desk.get(f"items/{row['id']}?annotator={quote(name)}")
            labels = [{"field": "outcome", "value": value}]
            body: dict[str, Any] = {"annotator": name, "labels": labels, "seconds": 12.0}
            steps = [text["steps"] for text in item["texts"]]
            await desk.send("POST", f"items/{row['id']}/submit", body | {"base": 0, "steps": steps})
    return desk


async def test_the_form_counts_while_it_is_filled_in_and_makes_the_queue(page: Page):
    fields = await form(page)
    count = page.locator(".st-count")
    await fields.get_by_label("Method", exact=True).select_option("self_consistency")
    await expect(count).to_have_text("1 item.")
    await fields.get_by_label("Texts").select_option("drafts")
    await expect(count).to_have_text("3 items.")
    await fields.get_by_label("Take", exact=True).select_option("random")
    await fields.get_by_label("At most").fill("2")
    await expect(count).to_have_text("3 items found, 2 of them taken.")
    await fields.get_by_label("Name of the queue").fill("Two of three")
    await fields.get_by_label("Annotators, separated").fill("Ann, Ben")
    await fields.get_by_label("Annotators an item").fill("3")
    await fields.get_by_role("button", name="Make the queue").click()
    await expect(fields.get_by_role("alert")).to_contain_text("3 annotators an item need as many annotators")
    await fields.get_by_label("Annotators an item").fill("2")
    await fields.get_by_label("Blind").check()
    await expect(fields.get_by_label("Show what the signals suggest")).not_to_be_checked()
    await fields.get_by_role("button", name="Make the queue").click()
    await expect(page.get_by_role("heading", name="Two of three")).to_be_visible()
    await expect(page.locator(".st-chooser")).to_have_count(2)
    await expect(page.locator(".st-queuehead")).to_contain_text("2 items · blind".replace(" ", "\u00a0"))


async def test_a_schema_of_ones_own_is_made_from_a_ready_one_and_labelled_by(page: Page):
    fields = await form(page)
    await fields.get_by_role("button", name="Change or make a schema").click()
    schema = page.get_by_role("form", name="Schema")
    await schema.get_by_label("Name of the schema").fill("Ours")
    for _ in range(3):
        await schema.get_by_role("button", name="Remove the question").last.click()
    await schema.get_by_role("button", name="Add a question").click()
    await page.keyboard.type("How clear is it?")
    question = schema.locator(".st-schemafield").nth(1)
    await question.get_by_label("Kind").select_option("scale")
    await question.get_by_label("Answers, one a line").fill("Murky\nFair\nClear")
    await question.get_by_role("button", name="Move up").click()
    await schema.get_by_role("button", name="Save as my schema").click()
    await expect(schema).to_have_count(0)
    await expect(fields.get_by_label("Labels", exact=True).locator("option:checked")).to_have_text("Ours (yours)")
    await fields.get_by_label("Name of the queue").fill("By ours")
    await fields.get_by_role("button", name="Make the queue").click()
    await expect(page.locator(".st-question h4")).to_contain_text(["How clear is it?", "Each step"])


async def test_what_is_wrong_with_a_schema_is_said_and_nothing_is_lost(page: Page):
    fields = await form(page)
    await fields.get_by_role("button", name="Change or make a schema").click()
    schema = page.get_by_role("form", name="Schema")
    await schema.get_by_label("Answers, one a line").first.fill("Only one")
    await schema.get_by_role("button", name="Save as my schema").click()
    await expect(schema.get_by_role("alert")).to_contain_text("needs at least 2 options")
    await expect(schema.get_by_label("Answers, one a line").first).to_have_value("Only one")
    await schema.get_by_role("button", name="Cancel").click()
    await expect(schema).to_have_count(0)


async def test_queues_are_searched_deleted_and_brought_back(page: Page):
    await build(page, "outcome", STEPPED, name="Needle")
    await visit(page, "/?")
    await page.get_by_role("searchbox", name="Search queues").fill("Needle")
    row = page.locator(".st-queues .st-item")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("0 of 1".replace(" ", "\u00a0"))
    await row.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No queue matches.")).to_be_visible()
    await page.locator(".st-toast").get_by_role("button", name="Undo").click()
    await expect(row).to_have_count(1)


async def test_agreement_is_shown_with_intervals_and_a_label_at_a_time(page: Page):
    desk = await judged(page)
    await desk.open()
    await part(page, "agreement")
    table = page.get_by_role("region", name="Agreement about Is the answer right?")
    values = {}
    for measure in ("krippendorff_alpha", "cohen_kappa"):
        cell = table.locator(f"tr[data-label=''] [data-measure={measure}]")
        values[measure] = float(await cell.get_attribute("data-value") or "nan")
        await expect(cell).to_contain_text("to 1.00")
    # By hand: one of four pairs differs; right 3, wrong 5 of 8 ratings; shares 2/4 and 1/4 of right.
    assert values["krippendorff_alpha"] == pytest.approx(1 - 7 * 2 / (2 * 3 * 5), abs=1e-9)
    assert values["cohen_kappa"] == pytest.approx((0.75 - 0.5) / 0.5, abs=1e-9)
    await expect(table.locator("tr[data-label=unclear]")).to_contain_text("–")
    await expect(page.locator("[data-field=outcome]")).to_contain_text("–:")


async def test_without_two_annotators_there_is_nothing_to_agree_about(page: Page):
    desk = await build(page, "outcome", STEPPED)
    await desk.open()
    await part(page, "agreement")
    await expect(page.locator(".st-part")).to_contain_text("There is nothing to compare yet")


async def test_a_disagreement_is_decided_and_the_originals_stay(page: Page):
    desk = await judged(page)
    await desk.open()
    await part(page, "disagreements")
    dispute = page.locator(".st-dispute")
    await expect(dispute).to_have_count(1)
    await expect(dispute.locator("tbody td")).to_have_text(["Right", "Wrong"])
    await dispute.get_by_role("button", name="Decide").click()
    await page.get_by_role("button", name="Ben", exact=True).click()
    await page.get_by_label("Why").fill("It is 12: press 1 for nothing.")
    await page.keyboard.press("Escape")
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("No open disagreements.")).to_be_visible()
    await page.get_by_role("button", name="Adjudicated").click()
    await expect(dispute.locator("tbody td")).to_have_text(["Right", "Wrong"])
    found = await desk.get(f"items/{await dispute.get_attribute('data-item')}/adjudication")
    assert [[label["value"] for label in each["labels"]] for each in found["said"]] == [["right"], ["wrong"]]
    (decided,) = found["adjudications"]
    assert (decided["note"], [label["value"] for label in decided["labels"]]) == (
        "It is 12: press 1 for nothing.", ["wrong"],
    )  # fmt: skip
    assert (await desk.get(f"queues/{desk.queue}"))["adjudicated"] == 1


async def test_the_owner_sees_how_fast_and_consistent_and_lets_others_join(page: Page):
    desk = await judged(page)
    await desk.open()
    await part(page, "annotators")
    row = page.locator("tr[data-annotator=Ann]")
    await expect(row.locator("td")).to_have_text(["Ann", "4", "12.0", "300", "60.0%", "–", "0"])
    await page.get_by_label("Let another annotator join").fill("Cid")
    await page.get_by_label("give them every item").check()
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("tr[data-annotator=Cid]")).to_be_visible()
    rows = await desk.get(f"queues/{desk.queue}/items?annotator=Cid")
    assert rows["total"] == 4
    await page.get_by_label("Let another annotator join").fill("Cid")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator(".st-part .st-error")).to_contain_text("labels in this queue already")


async def test_hostile_names_stay_text(page: Page):
    nasty = (HOSTILE + MARKS)[:90]
    await build(page, "outcome", EVERY, nasty, "Ben", name=nasty)
    desk = await judged(page, {nasty: OUTCOMES["Ann"], "Ben": OUTCOMES["Ben"]})
    await visit(page, "/?")
    await expect(page.locator(".st-queues .st-name").first).to_be_visible()
    assert await harm(page) is None and await spilling(page, ".st-annotate-view") == []
    await visit(page, f"/?queue={desk.queue}&as=Ben&part=disagreements")
    await expect(page.locator(".st-dispute")).to_be_visible()
    assert await harm(page) is None and await spilling(page, ".st-annotate-view") == []
    await part(page, "annotators")
    await expect(page.locator("tr[data-annotator]")).to_have_count(2)
    assert await harm(page) is None


@pytest.mark.parametrize("width", [800, 1440])
async def test_no_part_overflows(page: Page, width: int):
    desk = await judged(page)
    await page.set_viewport_size({"width": width, "height": 900})
    await form(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await desk.open()
    for name in ("items", "agreement", "disagreements", "annotators"):
        await part(page, name)
        await expect(page.locator(".st-queuebody .st-part")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
