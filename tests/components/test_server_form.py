"""A model on a server, from the Model panel: listed, picked, used, refused; the key leaves its field once."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from tests.components import shelves
from tests.components.hostile import HOSTILE, MARKS, harm, spilling
from tests.components.looking import until
from tests.components.stage import Stage
from tests.components.test_model_status import look

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Servers:
    """Answers the routes of model servers, and keeps what they were asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.models: list[str] = ["toy", "other/big"]
        self.error = ""

    async def answer(self, route: Route) -> None:
        what = route.request.url.rpartition("/")[2]
        self.asked.append((what, route.request.post_data_json))
        if self.error:
            await route.fulfill(status=400, json={"error": self.error})
        else:
            await route.fulfill(json={"models": self.models} if what == "models" else {"status": {}})


@pytest_asyncio.fixture(loop_scope="session")
async def servers(page: Page) -> Servers:
    made = Servers()
    await page.route("**/api/servers/*", made.answer)
    await look(page, "ready")
    await page.get_by_text("A server instead of a local model").click()
    return made


async def test_a_model_of_a_server_is_listed_picked_and_used(page: Page, servers: Servers):
    await expect(page.get_by_role("button", name="Use this server")).to_be_disabled()
    await page.get_by_label("Address").fill("http://gpu:8000/v1")
    await page.get_by_label("Key").fill("sesame")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Model", exact=True)).to_be_focused()
    await expect(page.get_by_label("Key")).to_have_value("")
    await page.get_by_label("Model", exact=True).select_option("other/big")
    await page.get_by_role("button", name="Use this server").click()
    await until(lambda: len(servers.asked) == 2)
    assert servers.asked == [
        ("models", {"address": "http://gpu:8000/v1", "key": "sesame"}),
        ("use", {"address": "http://gpu:8000/v1", "key": "", "model": "other/big"}),
    ]
    assert await page.get_by_label("Key").get_attribute("type") == "password"


async def test_another_address_has_other_models(page: Page, servers: Servers):
    await page.get_by_label("Address").fill("http://gpu:8000/v1")
    await page.get_by_role("button", name="List its models").click()
    await expect(page.get_by_role("button", name="Use this server")).to_be_enabled()
    await page.get_by_label("Address").fill("http://gpu:8001/v1")
    await expect(page.get_by_role("button", name="Use this server")).to_be_disabled()
    await expect(page.get_by_label("Model", exact=True).locator("option")).to_have_count(0)


async def test_a_refusal_is_said_and_the_key_stays_to_be_corrected(page: Page, servers: Servers):
    servers.error = "http://gpu:8000/v1 refuses the key (status 401)."
    await page.get_by_label("Address").fill("http://gpu:8000/v1")
    await page.get_by_label("Key").fill("sesam")
    await page.get_by_role("button", name="List its models").click()
    await expect(page.locator(".st-servernotice")).to_have_text(servers.error)
    await expect(page.get_by_label("Key")).to_have_value("sesam")
    servers.error, servers.models = "", []
    await page.get_by_role("button", name="List its models").click()
    await expect(page.locator(".st-servernotice")).to_have_text("That server has no model.")


async def test_hostile_names_stay_text(page: Page, servers: Servers):
    servers.models = [HOSTILE + MARKS]
    await page.get_by_label("Address").fill(HOSTILE)
    await page.get_by_role("button", name="List its models").click()
    await expect(page.get_by_label("Model", exact=True).locator("option")).to_have_count(1)
    servers.error = HOSTILE + MARKS
    await page.get_by_role("button", name="Use this server").click()
    await expect(page.locator(".st-servernotice")).not_to_be_empty()
    assert await harm(page) is None
    for width in (800, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await spilling(page, ".st-model-status") == []


async def test_a_model_on_a_server_says_where_it_is_and_what_it_cannot_do(page: Page, stage: Stage):
    told = shelves.model(name="toy")
    told["model"] |= {
        "name": "toy", "parameters": 0, "absent": {"choose": "the server tells no log-probabilities"},
        "record": {"dtype": "unknown", "device": "server", "source": "http://gpu:8000/v1", "context_length": 4096,
                   "kernel": "vLLM 0.32.0, token ids"},
    }  # fmt: skip
    stage.json["model"] = told
    await look(page, "ready")
    await expect(page.locator("#model-status .st-modelline")).to_have_text(
        "● toy http://gpu:8000/v1 · context 4,096 · vLLM 0.32.0, token ids"
    )
    option = page.locator("option", has_text="P(True)").first
    await expect(option).to_have_text(
        "P(True) (needs choose, which this model does not offer: the server tells no log-probabilities)"
    )
