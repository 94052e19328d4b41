"""The Experiments page as a person uses it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

ROWS = 8
CELLS = 2 * ROWS
PATIENCE = 120_000  # milliseconds for all cells: two cores may be busy
DATA = "\n".join(json.dumps({"q": f"What is {i} + 1?", "a": str(i + 1)}) for i in range(12))


class Experiments:
    """The form, and the experiment that is open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.head = page.locator(".st-exphead")
        self.cells = page.locator(".st-celltable tbody tr")
        page.locator("#experiments-view [data-loaded]").first.wait_for(state="attached")

    @property
    def id(self) -> str:
        """The experiment in the page's address."""
        return parse_qs(urlsplit(self.page.url).query)["experiment"][0]

    def fill_in(self) -> None:
        """Describe two methods on a slice of a data file."""
        self.page.locator("#new-experiment > button").click()
        arms = self.page.locator(".st-arm")
        expect(arms.locator("select.st-picker")).to_have_count(2)
        for length in arms.locator("[data-name=max_tokens]").all():
            length.fill("12")
        arms.first.locator("[data-name=samples]").fill("2")
        self.page.get_by_label("Method 2, called (optional)").fill("Asked again")
        self.page.get_by_label("a data file").check()
        upload = {"name": "sums.jsonl", "mimeType": "application/json", "buffer": DATA.encode()}
        self.page.locator("#upload-file input[type=file]").set_input_files(upload)
        expect(self.page.locator("#upload-file")).to_contain_text("sums.jsonl")
        self.page.locator("#upload-format input").click()
        self.page.get_by_role("option", name="JSON Lines with a column mapping").click()
        self.page.get_by_label("Question column").fill("q")
        self.page.get_by_label("Answer column (optional)").fill("a")
        self.page.get_by_label("Kind, or its column (optional)").fill("numeric")
        self.page.get_by_label("Problems", exact=True).fill(str(ROWS))

    def press(self, action: str) -> None:
        """Press one of the buttons of the open experiment."""
        self.head.locator(f"[data-action={action}]").click()
