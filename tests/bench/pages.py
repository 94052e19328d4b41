"""How the Explore page behaves under load: python -m tests.bench.pages

Starts the real program and drives a real Chromium. Prints, each once a repetition:

- streaming: eight samples of 256 tokens are drawn live; the longest stretch in which the page could not answer
  (milliseconds, from the browser's long-task records, 0 where none took over 50) and how often it took over 200;
- reopening: a stored run with 16 texts of 256 tokens is opened; milliseconds until the frame after its last token was
  drawn, from the click in the Library (a page load of Gradio included), and on the Explore page itself, as by Back.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e.explore import Explore
from tests.e2e.program import Program
from tests.parts import CHROMIUM_FLAGS, chromium
from webapp.models import embedded
from webapp.models.progress import silent
from webapp.paths import user_cache_folder

TOKENS = 256
QUESTION = "Write a long list of words that have nothing to do with each other."
RESTLESS = {"temperature": 2.0, "max_tokens": TOKENS}  # hot enough that texts seldom end early
WATCH = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => e.duration)))
  .observe({type: 'longtask', buffered: true});
"""
PAINTED = """
(n) => new Promise((resolve) => {
  const look = () => (document.querySelectorAll('#run-view .t').length >= n
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())))
    : requestAnimationFrame(look));
  look();
})
"""


def main() -> None:
    """Run what the command line asks for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="repetitions (3)")
    repeat = parser.parse_args().repeat
    model = embedded.prepared(user_cache_folder() / "models", silent)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        program = Program(Path(data), model).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        try:
            for _ in range(repeat):
                print("streaming", streaming(browser.new_page(), program))
            run, tokens = stored(browser.new_page(), program, samples=16)
            for name, opened in (("from the Library", reopened), ("on the page", gone_back)):
                times = [opened(browser.new_page(), program, run, tokens) for _ in range(repeat)]
                median = statistics.median(times)
                print(f"reopening {tokens} tokens {name}: {[round(t) for t in times]} ms, median {median:.0f}")
        finally:
            browser.close()
            program.stop()


def streaming(page: Page, program: Program) -> str:
    """Watch eight texts being written and tell what the page's main thread was held by."""
    page.add_init_script(WATCH)
    page.goto(program.url)
    explore = Explore(page)
    explore.one_method(samples=8, **RESTLESS)
    explore.question.fill(QUESTION)
    page.evaluate("window.longTasks.length = 0")
    explore.run()
    explore.started()
    page.wait_for_selector("#run-view [data-done='1'], #run-view[data-done='1']", state="attached", timeout=600_000)
    tasks = page.evaluate("window.longTasks")
    page.close()
    over = sum(duration > 200 for duration in tasks)
    return f"{len(tasks)} tasks over 50 ms, longest {max(tasks, default=0):.0f} ms, {over} over 200 ms"


def stored(page: Page, program: Program, samples: int) -> tuple[str, int]:
    """Make a run and return its id and how many tokens it shows."""
    page.goto(program.url)
    explore = Explore(page)
    explore.one_method(samples=samples, **RESTLESS)
    explore.question.fill(QUESTION)
    explore.run()
    (run,) = explore.started()
    page.wait_for_selector("#run-view [data-done='1'], #run-view[data-done='1']", state="attached", timeout=600_000)
    tokens = explore.tokens.count()
    page.close()
    return run, tokens


def reopened(page: Page, program: Program, run: str, tokens: int) -> float:
    """Open a stored run from the Library and return the milliseconds until all of it is painted."""
    page.goto(f"{program.url}/library")
    link = page.locator(f"#library-view .st-item[data-run='{run}']").get_by_role("link", name="Open")
    link.wait_for()
    began = page.evaluate("performance.timeOrigin + performance.now()")
    link.click()
    page.wait_for_url(f"**run={run}*")
    painted: float = page.evaluate(PAINTED, tokens)
    page.close()
    return painted - began


def gone_back(page: Page, program: Program, run: str, tokens: int) -> float:
    """Open a stored run by going back to its address and return the milliseconds until all of it is painted."""
    page.goto(f"{program.url}/?run={run}")
    page.evaluate(PAINTED, tokens)
    page.locator("#entropy .main-svg").first.wait_for()  # the chart's library is loaded once a page
    page.evaluate("history.pushState(null, '', '/'); dispatchEvent(new PopStateEvent('popstate'))")
    page.locator("#run-view .st-run").wait_for(state="detached")
    began = page.evaluate("performance.timeOrigin + performance.now()")
    page.evaluate("history.back()")
    painted: float = page.evaluate(PAINTED, tokens)
    page.close()
    return painted - began


if __name__ == "__main__":
    main()
