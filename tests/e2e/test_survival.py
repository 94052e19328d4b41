"""What a run survives: reloads, closed tabs, Stop, a killed process."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.explore import Explore
from tests.e2e.program import Program

LONG = {"max_tokens": 300, "samples": 2, "temperature": 1.5}  # long enough to be interrupted
STORY = "Tell a long story about a lighthouse keeper and a storm."


def test_a_reload_in_the_middle_goes_on(explore: Explore) -> None:
    explore.ask(STORY, **LONG)
    (run,) = explore.started()
    explore.streaming(20)
    before = explore.tokens.count()
    explore.page.reload()
    explore.streaming(before + 1)
    assert explore.runs() == [run]
    explore.stop_button.click()
    explore.done()


def test_stop_keeps_what_was_written(explore: Explore, program: Program) -> None:
    explore.ask(STORY, **LONG)
    (run,) = explore.started()
    explore.streaming(20)
    explore.stop_button.click()
    explore.stop_button.click()
    explore.done()
    expect(explore.column(run)).to_contain_text("Stopped")
    shown = explore.tokens.count()
    stored = program.json(f"/api/runs/{run}")
    assert stored["run"]["status"] == "cancelled"
    assert shown >= 20
    explore.page.reload()
    explore.done()
    assert explore.tokens.count() == shown


def test_a_closed_tab_stops_nothing(explore: Explore, program: Program, open_page: OpenPage) -> None:
    explore.ask("Name three rivers.", max_tokens=60, samples=2)
    (run,) = explore.started()
    address = explore.page.url
    explore.page.close()
    again = Explore(open_page(address))
    again.done()
    assert program.json(f"/api/runs/{run}")["run"]["status"] == "finished"


def test_two_people_run_at_once(program: Program, open_page: OpenPage) -> None:
    pages = [Explore(open_page(program.url)) for _ in range(2)]
    for number, page in enumerate(pages):
        page.one_method(max_tokens=24, samples=2)
        page.question.fill(f"What is {number} plus 1?")
        page.question.blur()
    for page in pages:
        page.run()
    runs = [page.started()[0] for page in pages]
    assert runs[0] != runs[1]
    for page in pages:
        page.done()
    for number, run in enumerate(runs):
        stored = program.json(f"/api/runs/{run}")["run"]
        assert (stored["status"], stored["problem"]["question"]) == ("finished", f"What is {number} plus 1?")


def test_a_killed_process_loses_nothing_finished(embedded_model: Path, tmp_path: Path, open_page: OpenPage) -> None:
    program = Program(tmp_path, embedded_model).start()
    try:
        explore = Explore(open_page(program.url))
        explore.ask("Name a planet.", max_tokens=12, samples=2)
        (finished,) = explore.started()
        explore.done()
        told = explore.tokens.all_text_contents()
        explore.question.fill(STORY)
        explore.choose("#method-first", "self_consistency", **LONG)
        explore.question.blur()
        explore.run()
        explore.page.wait_for_function("run => !location.search.includes(run)", arg=finished)
        (cut,) = explore.started()
        program.until(f"/api/runs/{cut}", lambda run: any(len(each["text"]) > 40 for each in run["generations"]))
        program.kill()
        program.start()
        reopened = Explore(open_page(f"{program.url}/?run={finished}"))
        reopened.done()
        assert reopened.tokens.all_text_contents() == told
        partial = Explore(open_page(f"{program.url}/?run={cut}"))
        expect(partial.column(cut)).to_contain_text("Interrupted", timeout=40_000)
        partial.streaming(5)
    finally:
        program.stop()
