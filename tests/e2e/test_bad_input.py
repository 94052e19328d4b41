"""Bad input by hand: a sentence that says what is wrong, and nothing changes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program


def stored_runs(program: Program) -> int:
    total: int = program.json("/api/library?limit=1")["total"]
    return total


@pytest.mark.parametrize(
    ("question", "settings", "sentence"),
    [
        ("", {}, "The question is empty"),
        ("word " * 20_000, {}, "tokens"),
        ("What is 1 + 1?", {"samples": 0}, "Samples must be at least 1"),
        ("What is 1 + 1?", {"temperature": -1}, "Temperature must be at least 0"),
        ("What is 1 + 1?", {"max_tokens": ""}, "Longest text"),
    ],
    ids=["empty", "100,000 characters", "no samples", "negative temperature", "no number"],
)
def test_a_refusal_changes_nothing(
    explore: Explore, program: Program, question: str, settings: dict[str, object], sentence: str
) -> None:
    before = stored_runs(program)
    explore.ask(question, **settings)
    explore.refused(sentence)
    expect(explore.question).to_have_value(question)
    assert explore.runs() == []
    assert stored_runs(program) == before
    assert "Traceback" not in explore.page.content()


@pytest.mark.parametrize(
    "question",
    ["<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>", "${window.pwned = 1} {{value}}",
     "e" + "\u0301" * 10_000 + " is a letter"],
    ids=["markup", "template", "10,000 combining characters"],
)  # fmt: skip
def test_text_is_never_code(explore: Explore, question: str) -> None:
    explore.ask(question, max_tokens=8, samples=1)
    if "\u0301" in question:
        explore.refused("tokens")
        return
    explore.started()
    explore.done()
    expect(explore.page.locator("#run-view")).to_contain_text(question)
    assert explore.page.evaluate("window.pwned") is None


def test_a_run_that_does_not_exist_gets_a_sentence(program: Program, open_page: OpenPage) -> None:
    explore = Explore(open_page(f"{program.url}/?runs=nosuchrun,<script>alert(1)</script>"))
    explore.refused("cannot be found")


def test_a_model_that_does_not_exist_gets_a_sentence(explore: Explore) -> None:
    explore.page.locator("#model-status summary", has_text="Other models").click()
    explore.page.locator("#model-status input[type=text]").first.fill("/no/such/folder")
    explore.page.locator("#model-status input[type=text]").first.press("Enter")
    expect(explore.page.locator("#model-status")).to_contain_text("/no/such/folder", timeout=20_000)
    explore.ask("Still there?", max_tokens=4, samples=1)
    explore.started()
    explore.done()
