"""The main job: ask, watch it stream, look closer."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program

FIRST_RUN = 30_000  # milliseconds, the promise for a first visit


def test_a_first_visit_is_ready_to_run(explore: Explore) -> None:
    expect(explore.question).not_to_have_value("")
    explore.run()
    runs = explore.started(columns=2)
    assert len(runs) == 2
    explore.streaming(tokens=40)
    explore.page.wait_for_selector("#run-view [data-done='1']", state="attached", timeout=FIRST_RUN)
    for run in runs:
        assert explore.column(run).locator(".st-generation").count() >= 3
        expect(explore.column(run)).to_contain_text("Finished")
    explore.page.wait_for_selector("#entropy .main-svg", timeout=20_000)


def test_three_methods_run_side_by_side(explore: Explore) -> None:
    explore.count(3)
    explore.choose("#method-first", "cove", samples=1, max_tokens=12)
    explore.choose("#method-second", "power_smc", samples=1, particles=2, every=4, max_tokens=12)
    explore.choose("#method-third", "untargeted_refine", samples=1, max_tokens=12)
    explore.run()
    runs = explore.started(columns=3)
    explore.done()
    for run in runs:
        expect(explore.column(run)).to_contain_text("Finished")


def test_the_address_shows_the_run_to_another_person(explore: Explore, open_page: OpenPage) -> None:
    explore.ask("What is the opposite of hot?", max_tokens=24, samples=2)
    (run,) = explore.started()
    explore.done()
    other = Explore(open_page(explore.page.url))
    other.done()
    assert other.runs() == [run]
    assert other.tokens.all_text_contents() == explore.tokens.all_text_contents()
    expect(other.question).to_have_value("What is the opposite of hot?")
    assert other.page.locator("#method-first [data-name=max_tokens]").input_value() == "24"


def test_going_back_shows_what_was_there_before(explore: Explore) -> None:
    explore.ask("Name a colour.", max_tokens=8, samples=1)
    (first,) = explore.started()
    explore.done()
    explore.run()
    explore.page.wait_for_function("run => !location.search.includes(run)", arg=first)
    explore.page.go_back()
    explore.column(first).wait_for()
    assert explore.runs() == [first]
    assert explore.columns.count() == 1


def test_an_alternative_can_be_branched_from(explore: Explore) -> None:
    explore.ask("Name a fruit.", max_tokens=16, samples=1)
    (source,) = explore.started()
    explore.done()
    explore.tokens.nth(2).click()
    explore.page.locator("button.st-alt").first.click()
    runs = explore.started(columns=2)
    assert runs[0] == source
    explore.done()
    branch = explore.column(runs[1])
    expect(branch.locator("[data-origin=person]").first).to_be_visible()
    before = [explore.column(source).locator(".t").nth(i).text_content() for i in range(2)]
    assert [branch.locator(".t").nth(i).text_content() for i in range(2)] == before


def test_an_earlier_run_can_be_judged(explore: Explore, program: Program) -> None:
    explore.ask("What is the capital of France?", max_tokens=24, samples=2)
    (source,) = explore.started()
    explore.done()
    explore.column(source).get_by_role("button", name="samples as").click()
    explore.page.locator("#judge-method select.st-picker").wait_for()
    explore.choose("#judge-method", "p_true")
    explore.page.locator("#judge-start").click()
    runs = explore.started(columns=2)
    explore.done()
    judge = program.json(f"/api/runs/{runs[1]}")
    assert judge["run"]["input_run"] == source
    drafts = [each for each in judge["generations"] if each["copied_from"]]
    sources = program.json(f"/api/runs/{source}")["generations"]
    assert [draft["text"] for draft in drafts] == [each["text"] for each in sources]
    expect(explore.column(runs[1])).to_contain_text("P(True)")


def test_a_stored_run_can_be_replayed(explore: Explore) -> None:
    explore.ask("Name an animal.", max_tokens=24, samples=1)
    explore.started()
    explore.done()
    told = explore.tokens.all_text_contents()
    explore.page.locator("#speed input").click()
    explore.page.get_by_role("option", name="four times as fast").click()
    explore.page.locator("button#replay, #replay button").click()
    explore.page.wait_for_function("n => document.querySelectorAll('#run-view .t').length < n", arg=len(told))
    explore.done()
    assert explore.tokens.all_text_contents() == told


def test_control_and_enter_run_the_question(explore: Explore) -> None:
    explore.one_method(max_tokens=8, samples=1)
    explore.question.fill("Say yes.")
    explore.question.press("Control+Enter")
    explore.started()
    explore.done()
    expect(explore.page.locator("#run-view")).to_contain_text("Say yes.")


def test_a_data_file_gives_problems(explore: Explore) -> None:
    row = '{"question": "Ann has 2 apples and buys 3. How many?", "answer": "2 + 3 = <<2+3=5>>5\\n#### 5"}\n'
    explore.read_file("two.jsonl", (row * 2).encode())
    expect(explore.question).to_have_value("Ann has 2 apples and buys 3. How many?")
    expect(explore.page.locator("#reference textarea, #reference input").first).to_have_value("5")


def test_a_bad_row_is_named_by_file_and_line(explore: Explore) -> None:
    good = b'{"question": "1 + 1?", "answer": "#### 2"}\n'
    explore.read_file("bad.jsonl", good + b'{"question": 3}\n')
    explore.refused("bad.jsonl, line 2")


def test_a_right_answer_leaves_with_its_question(explore: Explore, program: Program) -> None:
    reference = explore.page.locator("#reference textarea, #reference input").first
    expect(reference).not_to_have_value("")
    explore.question.press_sequentially(" Or not?")
    expect(reference).to_have_value("")
    expect(explore.notice).to_contain_text("the right answer of the problem you had picked was taken out")
    explore.one_method(max_tokens=4, samples=1)
    explore.run()
    (run,) = explore.started()
    explore.done()
    stored = program.json(f"/api/runs/{run}")["run"]
    assert (stored["problem"]["reference"], stored["outcome"]["verdict"]) == (None, "ungraded")


def test_a_correction_is_offered_baselines_at_equal_cost(explore: Explore, program: Program) -> None:
    explore.ask("What is the capital of Italy?", method="two_turn", max_tokens=16, samples=1)
    (run,) = explore.started()
    explore.done()
    offer = explore.page.locator("#baselines")
    expect(offer).to_contain_text("At equal cost. Two-turn correction took")
    expect(offer).to_contain_text("one greedy answer")
    offer.locator("button").click()
    runs = explore.started(columns=3)
    explore.done()
    assert runs[0] == run
    greedy, vote = (program.json(f"/api/runs/{each}")["run"] for each in runs[1:])
    assert (greedy["method"], greedy["params"]["temperature"], greedy["params"]["samples"]) == (
        "self_consistency",
        0,
        1,
    )
    took = program.json(f"/api/runs/{run}")
    draft = next(g for g in took["generations"] if g["role"] == "draft")
    expected = max(round(took["run"]["cost"]["generated_tokens"] / draft["cost"]["generated_tokens"]), 1)
    assert vote["params"]["samples"] == expected
    expect(offer).to_be_hidden()


@pytest.mark.parametrize("width", [800, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_in_every_width_and_theme(program: Program, open_page: OpenPage, width: int, theme: str) -> None:
    page = open_page(f"{program.url}/?__theme={theme}", width=width)
    explore = Explore(page)
    assert page.evaluate("document.body.classList.contains('dark')") == (theme == "dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(explore.run_button).to_be_in_viewport()


def test_nothing_is_loaded_from_elsewhere(program: Program, open_page: OpenPage) -> None:
    page = open_page("about:blank")
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    page.goto(program.url)
    Explore(page)
    assert hosts == {program.url.removeprefix("http://")}
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('run_history'))") == []
