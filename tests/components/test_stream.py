"""How events travel: resumed after a lost connection, started over for a new epoch, and never in the way."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.components import scripts
from tests.components.looking import DONE, texts_of, until
from tests.components.stage import Script, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

BRANCHES, LENGTH = 8, 256
LONGEST_UPDATE = 200  # milliseconds
REOPENED_WITHIN = 1000  # milliseconds
# How much longer the page's thread takes than it would on an idle machine: others may be at work on this one, too.
SLOWNESS = """() => {
  const times = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    for (let i = 0, sum = 0; i < 2e5; i += 1) window.sum = sum += Math.sqrt(i);
    return performance.now() - begun;
  }).slice(20);
  return times.reduce((sum, time) => sum + time) / times.length / Math.min(...times);
}"""
# Long tasks of the page's thread, in milliseconds, and what the longest of them did.
WATCH_TASKS = """window.tasks = []; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.tasks.push(entry.duration);
}).observe({ type: 'longtask', buffered: false });"""


async def test_a_lost_connection_goes_on_where_it_was_without_duplicates(page: Page, stage: Stage):
    pieces = scripts.texts(40)
    stage.scripts["r"] = script = Script(scripts.short_run("r", pieces), size=3, drop_after=7)
    await page.goto("/?run=r")
    await page.wait_for_selector(DONE)
    assert await texts_of(page, ".t") == pieces
    assert [query["after"] for query in script.asked] == ["0", "7"]
    assert script.asked[1]["epoch"] == "one"


async def test_another_epoch_starts_the_run_over(page: Page, stage: Stage):
    pieces = scripts.texts(24)
    stage.scripts["r"] = Script(scripts.short_run("r", pieces), size=3, drop_after=7, epochs=("live", "stored"))
    await page.goto("/?run=r")
    await page.wait_for_selector(DONE)
    assert await texts_of(page, ".t") == pieces
    await expect(page.locator(".st-lane")).to_have_count(1)


async def test_an_unknown_run_is_said_to_be_unknown_and_not_asked_for_again(page: Page, stage: Stage):
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await page.goto("/?run=nowhere")
    await expect(page.locator(".st-doing")).to_have_text("There is no such run.")
    await page.wait_for_timeout(800)  # longer than the first pause before a reconnection
    assert len(sockets) == 1


async def test_a_running_run_shows_tokens_before_it_ends(page: Page, stage: Stage):
    stage.scripts["r"] = Script(scripts.short_run("r", scripts.texts(200)), size=1, pause=0.05)
    await page.goto("/?run=r")
    await page.wait_for_selector(".t")
    await expect(page.locator(".st-doing")).to_have_text("Drafting")
    await expect(page.locator(".st-live")).to_have_count(1)
    assert await page.locator(DONE).count() == 0


async def test_runs_that_stay_are_not_asked_for_again(page: Page, stage: Stage):
    for run in ("a", "b"):
        stage.scripts[run] = Script(scripts.short_run(run))
    await page.goto("/?run=a")
    await page.wait_for_selector(DONE)
    await page.fill("#wanted textarea", json.dumps({"runs": ["a", "b"], "speed": None}))
    await page.click("#show")
    await expect(page.locator(".st-run")).to_have_count(2)
    await page.wait_for_selector(DONE)
    await page.wait_for_url("**/?runs=a,b")
    assert len(stage.scripts["a"].asked) == 1


async def test_a_replay_asks_for_its_speed_and_starts_over(page: Page, stage: Stage):
    stage.scripts["a"] = Script(scripts.short_run("a"))
    await page.goto("/?run=a")
    await page.wait_for_selector(DONE)
    for again in (1, 2):
        await page.fill("#wanted textarea", json.dumps({"runs": ["a"], "speed": 4, "again": again}))
        await page.click("#show")
        await until(lambda n=again: len(stage.scripts["a"].asked) == n + 1)
        await page.wait_for_selector(DONE)
    assert [query.get("speed") for query in stage.scripts["a"].asked] == [None, "4", "4"]
    await expect(page.locator(".t")).to_have_count(5)


async def test_eight_panes_of_256_tokens_never_hold_the_page_for_long(page: Page, stage: Stage):
    events = scripts.parallel_run("r", BRANCHES, LENGTH)
    await page.goto("/")
    await page.wait_for_selector(".st-run-view")
    stage.scripts["r"] = Script(events, size=BRANCHES + 1, pause=0.04)
    slowness = await page.evaluate(SLOWNESS)
    await page.evaluate(WATCH_TASKS)
    await page.fill("#wanted textarea", json.dumps({"runs": ["r"], "speed": None}))
    await page.click("#show")
    await page.wait_for_selector(DONE, timeout=60_000)
    await expect(page.locator(".t")).to_have_count(BRANCHES * LENGTH)
    tasks = await page.evaluate("window.tasks")
    slowness = max(slowness, await page.evaluate(SLOWNESS))
    print(f"long tasks (over 50 ms) in milliseconds: {[round(task) for task in tasks]}")
    assert max(tasks, default=0) < LONGEST_UPDATE * slowness


async def test_sixteen_generations_of_256_tokens_cost_the_page_less_than_a_second(page: Page, stage: Stage):
    await page.goto("/")
    await page.wait_for_selector(".st-run-view")
    stage.scripts["r"] = Script(scripts.parallel_run("r", 2 * BRANCHES, LENGTH), size=128)
    await page.fill("#wanted textarea", json.dumps({"runs": ["r"], "speed": None}))
    await page.evaluate(PAINTED)
    work = await page.context.new_cdp_session(page)
    # The thread's own time, not the clock's: what else this machine is doing does not count.
    await work.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = await worked(work)
    await page.click("#show")
    painted = await page.evaluate("window.painted")
    spent = await worked(work) - before
    print(f"painted after {painted:.0f} ms, of which the page worked {spent:.0f} ms")
    await expect(page.locator(".t")).to_have_count(2 * BRANCHES * LENGTH)
    assert 0 < spent < REOPENED_WITHIN


async def worked(work: CDPSession) -> float:
    """Return how many milliseconds the page's thread has worked."""
    metrics = (await work.send("Performance.getMetrics"))["metrics"]
    return 1000 * next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


# Milliseconds from the click until the frame after the last drawing.
PAINTED = """() => { window.painted = new Promise((resolve) => {
  let begun;
  document.querySelector('#show').addEventListener('click', () => { begun = performance.now(); }, { capture: true });
  new MutationObserver((_, observer) => {
    if (!document.querySelector("[data-done='1']")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun)));
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-done'] });
}); }"""
