"""Takes the README's pictures of the real program, with the recorded examples in a database of its own.

    python -m tests.e2e.screenshots

A picture that would not be what the README says fails: each waits for what it shows.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.experiments import Experiments
from tests.e2e.explore import DONE, Explore
from tests.e2e.program import Program
from tests.parts import CHROMIUM_FLAGS, chromium
from webapp.models.reference import EMBEDDED

FOLDER = Path(__file__).parent / "screenshots"
EXAMPLE = "Morocco"
SIZE = {"width": 1440, "height": 1100}
OPTIONS = [*CHROMIUM_FLAGS, "--font-render-hinting=none"]


def main() -> None:
    """Start the program, load the examples, and take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        program = Program(Path(data), EMBEDDED).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
        try:
            take_all(browser, program)
        finally:
            browser.close()
            program.stop()


def take_all(browser: Browser, program: Program) -> None:
    """Take the pictures one after the other; the first one leaves the examples in the database."""
    take(browser, program.url, "explore-light", first_visit)
    rows = program.json("/api/library?limit=100")["items"]
    shown = [row["id"] for row in rows if row["name"].startswith(EXAMPLE)]
    take(browser, f"{program.url}/?runs={','.join(shown)}", "alternatives-dark", look_closer, theme="dark")
    take(browser, f"{program.url}/compare?runs={','.join(shown)}", "compare-light", compared)
    take(browser, f"{program.url}/library", "library-dark", listed, theme="dark")
    take(browser, f"{program.url}/annotate", "annotate-light", at_the_desk)
    take(browser, f"{program.url}/experiments", "experiments-light", under_way)


def take(
    browser: Browser,
    url: str,
    name: str,
    show: Callable[[Page], None],
    *,
    theme: str = "light",
) -> None:
    """Open an address, bring about what the picture is to show, and save it."""
    page = browser.new_page(viewport=SIZE)
    page.set_default_timeout(120_000)
    page.goto(f"{url}{'&' if '?' in url else '?'}__theme={theme}")
    show(page)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()


def first_visit(page: Page) -> None:
    """Load the examples, go back to the start, and press Run as a first visitor would."""
    Explore(page)
    page.locator("button#examples, #examples button").click()
    page.locator(DONE).first.wait_for(state="attached")
    page.goto(page.url.split("?")[0] + "?__theme=light")
    explore = Explore(page)
    explore.run()
    explore.started(columns=2)
    explore.done()
    scroll_to_runs(page)


def look_closer(page: Page) -> None:
    """Show the alternatives of a token in the middle of the first text."""
    scroll_to_runs(page)
    page.locator("#run-view .t").nth(6).hover()
    page.locator(".st-card tbody tr").first.wait_for()


def scroll_to_runs(page: Page) -> None:
    """Bring the runs to the top of the window."""
    page.locator(DONE).first.wait_for(state="attached")
    page.locator("#run-view").evaluate("node => node.scrollIntoView({block: 'start'})")


def compared(page: Page) -> None:
    """Wait for the table."""
    page.locator("#compare-view table").wait_for()


def listed(page: Page) -> None:
    """Wait for the runs."""
    page.locator("#library-view .st-item").first.wait_for()


def at_the_desk(page: Page) -> None:
    """Build a queue of the examples, and label some steps and a stretch of the text that has the most."""
    api = f"{page.url.partition('/annotate')[0]}/api/annotation"
    queue = {"name": "Where do they go wrong?", "schema_id": "everything", "annotators": [{"name": "Ada"}]}
    made = page.request.post(f"{api}/queues", data=queue | {"filter": {"take": "drafts"}}).json()["id"]
    rows = page.request.get(f"{api}/queues/{made}/items?annotator=Ada&limit=100").json()["items"]
    items = [page.request.get(f"{api}/items/{row['id']}?annotator=Ada").json() for row in rows]
    shown = max(items, key=lambda item: len(item["texts"][0]["steps"]))
    page.goto(f"{page.url}&queue={made}&item={shown['id']}")
    page.locator(".st-step").first.wait_for()
    for key in ("c", "1", "1", "3", "ArrowUp", "ArrowRight", *["Shift+ArrowRight"] * 4, "1"):
        page.keyboard.press(key)
    page.locator(".st-desk[data-saved=true]").wait_for()


def under_way(page: Page) -> None:
    """Make an experiment on the starter problems, start it, and wait until a third of it is done."""
    experiments = Experiments(page)
    page.locator("#new-experiment > button").click()
    page.get_by_label("Name", exact=True).fill("Does asking again help?")
    page.locator(".st-arm").nth(1).locator("select.st-picker").wait_for()
    page.locator("#make").click()
    experiments.press("start")
    page.locator(".st-exphead [data-action=pause]").wait_for()
    page.wait_for_function("Number(document.querySelector('.st-exphead [role=progressbar]').ariaValueNow) > 33")


if __name__ == "__main__":
    main()
