"""The Explore page as a person uses it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

DONE = "#run-view[data-done='1'], #run-view [data-done='1']"
expect.set_options(timeout=20_000)  # two cores may be busy with the model
RUN_ENDS = 60_000  # milliseconds


class Explore:
    """Fields, buttons and columns by what they mean."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.question = page.locator("#question textarea")
        self.run_button = page.locator("button#run, #run button")
        self.stop_button = page.locator("button#stop, #stop button")
        self.columns = page.locator("#run-view .st-run")
        self.tokens = page.locator("#run-view .t")
        self.notice = page.locator("#notice")
        expect(page.locator("#method-first select.st-picker")).to_be_visible()

    def ask(self, question: str, **settings: object) -> None:
        """Ask one short question of one method and press Run."""
        self.one_method(**settings)
        self.question.fill(question)
        self.question.blur()
        self.run()

    def run(self) -> None:
        """Press Run."""
        self.run_button.click()

    def read_file(self, name: str, content: bytes) -> None:
        """Open the fields of data files, hand one over as soon as they take it, and read it."""
        expect(self.question).not_to_have_value("")  # until the visit has begun, what it brings may replace fields
        self.page.get_by_text("From a data file").click()
        upload = self.page.locator("#upload-file")
        expect(upload.get_by_role("button").first).to_be_visible()
        file = {"name": name, "mimeType": "application/json", "buffer": content}
        upload.locator("input[type=file]").set_input_files(file)
        upload.get_by_text(name).wait_for()
        self.page.locator("button#upload-read, #upload-read button").click()

    def one_method(self, method: str = "self_consistency", **settings: object) -> None:
        """Choose a single method with settings."""
        self.count(1)
        self.choose("#method-first", method, **settings)

    def count(self, methods: int) -> None:
        """Choose how many methods run side by side."""
        self.page.locator(f"#count input[value='{methods}']").check()
        expect(self.page.locator("#methods select.st-picker")).to_have_count(methods)

    def choose(self, form: str, method: str, **settings: object) -> None:
        """Fill in a method form."""
        self.page.locator(f"{form} select.st-picker").select_option(method)
        for name, value in settings.items():
            field = self.page.locator(f"{form} [data-name={name}]")
            if not field.is_visible():
                self.page.locator(f"{form} details > summary").click()
            field.fill(str(value))

    def runs(self) -> list[str]:
        """Return the runs in the page's address."""
        query = parse_qs(urlsplit(self.page.url).query)
        listed = ",".join(query.get("run", []) + query.get("runs", []))
        return [run for run in listed.split(",") if run]

    def started(self, columns: int = 1) -> list[str]:
        """Wait until runs are shown and in the address; return them."""
        expect(self.columns).to_have_count(columns)
        self.page.wait_for_function("/[?&]runs?=/.test(location.search)")
        return self.runs()

    def streaming(self, tokens: int = 5) -> None:
        """Wait until so many tokens are drawn."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('#run-view .t').length >= n", arg=tokens, timeout=RUN_ENDS
        )

    def done(self) -> None:
        """Wait until every run shown has ended."""
        self.page.locator(DONE).first.wait_for(state="attached", timeout=RUN_ENDS)

    def refused(self, sentence: str) -> None:
        """Expect the notice to say so, and the question to be as it was."""
        expect(self.notice).to_contain_text(sentence)

    def column(self, run: str) -> Locator:
        """Return a run's column."""
        return self.page.locator(f"#run-view .st-run[data-run='{run}']")
