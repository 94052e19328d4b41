"""Ten traces of eight steps are labelled by keyboard while the server is killed; blind until submitted."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.program import Program

TRACES, STEPS = 10, 8
KILLED = 5  # the item in which the server is killed, after half of its steps
RATINGS = {"1": "good", "2": "neutral", "3": "bad"}
BACK = 60_000  # milliseconds until a killed program answers again


def digits(trace: int) -> str:
    """Return what is pressed for the steps of a trace: every trace another row."""
    return "".join("123"[(trace * 7 + step * step) % 3] for step in range(STEPS))


def row(trace: int) -> dict[str, Any]:
    steps = [f"Step {i + 1}: {trace} + {i} is {trace + i}." for i in range(STEPS - 1)]
    text = "\n".join([*steps, f"Step {STEPS}: The answer is {trace}."])
    problem = {"question": f"What is trace {trace}?", "kind": "numeric", "reference": str(trace)}
    return {"problem": problem, "model": "hidden-model", "method": "hidden-method", "texts": [
        {"role": "draft", "text": text},
    ]}  # fmt: skip


@pytest.fixture
def page(program: Program, open_page: OpenPage) -> Page:
    """The Annotate page, in a browser whose person has just imported ten traces."""
    page = open_page(f"{program.url}/library")
    lines = "\n".join(json.dumps(row(trace)) for trace in range(TRACES)).encode()
    upload = {"name": f"{uuid4().hex}.jsonl", "mimeType": "application/json", "buffer": lines}
    page.locator("input[type=file]").nth(1).set_input_files(upload)
    expect(page.locator("#notice")).to_contain_text(f"Imported {TRACES} runs.")
    session = parse_qs(urlsplit(page.url).query)["session"][0]
    page.get_by_role("link", name="Annotate").click()
    page.wait_for_url("**/annotate")
    form = page.locator(".st-fold")
    page.locator("#annotate-view [data-loaded], #annotate-view[data-loaded]").first.wait_for(state="attached")
    if form.get_attribute("open") is None:
        form.locator("> summary").click()
    form.get_by_label("Session", exact=True).select_option(session)
    form.get_by_label("Blind").check()
    expect(form.locator(".st-count")).to_have_text(f"{TRACES} items.")
    form.get_by_role("button", name="Make the queue").click()
    page.locator(".st-step").first.wait_for()
    return page


def test_ten_traces_by_keyboard_over_a_kill_without_a_lost_label(page: Page, program: Program) -> None:
    queue = parse_qs(urlsplit(page.url).query)["queue"][0]
    pressed: dict[str, str] = {}
    for number in range(TRACES):
        expect(page.locator(".st-where")).to_have_text(f"Item {number + 1} of {TRACES}")
        question = page.locator(".st-asked p").inner_text()
        pressed[question] = keys = digits(number)
        page.keyboard.type(keys[: STEPS // 2])
        if number == KILLED:
            program.kill()
        page.keyboard.type(keys[STEPS // 2 :])
        if number == KILLED:
            expect(page.locator(".st-standing")).to_contain_text("Not saved yet")
            program.start()
            expect(page.locator(".st-desk")).to_have_attribute("data-saved", "true", timeout=BACK)
        page.keyboard.type("2")  # the answer is wrong
        page.keyboard.press("Enter")
    expect(page.locator("[data-done]")).to_contain_text("Everything is labelled")
    said = stored(program, queue)
    assert {question: "".join(steps) for question, (steps, _) in said.items()} == pressed
    assert [outcome for _, outcome in said.values()] == ["wrong"] * TRACES
    assert len(set(pressed.values())) > 2, "one row for all traces would prove nothing"


def test_a_blind_queue_tells_nothing_before_it_is_submitted(page: Page, program: Program) -> None:
    queue, annotator = parse_qs(urlsplit(page.url).query)["queue"][0], "Me"
    item = program.json(f"/api/annotation/queues/{queue}/next?annotator={annotator}")["item_id"]
    payload = program.text(f"/api/annotation/items/{item}?annotator={annotator}")
    for text in (payload, page.locator("#annotate-view").inner_text()):
        assert not [word for word in ("hidden-model", "hidden-method", "correct", "numeric") if word in text]
    page.keyboard.type("1" * STEPS)
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator(".st-where")).to_have_text(f"Item 2 of {TRACES}")
    page.keyboard.press("b")
    expect(page.locator(".st-revealed")).to_contain_text("hidden-model")


def stored(program: Program, queue: str) -> dict[str, tuple[list[str], str]]:
    """Return by question the keys that the stored labels of its steps stand for, and what the answer was called."""
    keys = {value: key for key, value in RATINGS.items()}
    found = {}
    for each in program.json(f"/api/annotation/queues/{queue}/items?annotator=Me&state=submitted&limit=100")["items"]:
        item = program.json(f"/api/annotation/items/{each['id']}?annotator=Me")
        labels = item["annotation"]["labels"]
        steps = sorted((label["step"], label["value"]) for label in labels if label["field"] == "steps")
        assert [step for step, _ in steps] == list(range(STEPS))
        (outcome,) = [label["value"] for label in labels if label["field"] == "outcome"]
        found[item["question"]] = [keys[value] for _, value in steps], outcome
    return found
