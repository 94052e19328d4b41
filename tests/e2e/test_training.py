"""Exports for training and imports of labels on the Library page, in a real browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.program import Program
from tests.export.files import write_lines
from tests.export.labels.test_benchmarks import mr_gsm8k
from tests.export.training.stored import RUNS


def test_runs_and_labels_come_in_and_training_data_goes_out(
    program: Program, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{program.url}/library")
    page.locator("input[type=file]").nth(1).set_input_files(write_lines(tmp_path / "pairs.jsonl", RUNS))
    expect(page.get_by_text("Imported 4 runs.")).to_be_visible()
    steps = RUNS[0]["texts"][0]["text"].split("\n")
    labels = write_lines(tmp_path / "labels.jsonl", [mr_gsm8k(model_output_steps=steps), {"question": "?"}])
    page.locator("input[type=file]").nth(2).set_input_files(labels)
    expect(page.get_by_text("Imported 1 labelled texts, 1 of them stored before.")).to_be_visible()
    expect(page.get_by_text("Rows refused: 1; the first: line 2, model_output_steps:")).to_be_visible()

    form = page.locator(".st-training")
    form.get_by_text("Export for training").press("Enter")
    form.get_by_label("Session", exact=True).select_option(label="pairs.jsonl (4 runs)")
    form.get_by_label("Rows", exact=True).select_option("step-labels")
    expect(form.get_by_label("Length ratio")).to_be_visible()
    expect(form.get_by_label("Neutral steps")).to_be_visible()
    form.get_by_role("button", name="Preview").press("Enter")
    expect(form.get_by_text("1 row of 4 runs on 2 problems.")).to_be_visible()
    form.get_by_label("Rows", exact=True).select_option("first-vs-corrected")
    expect(form.get_by_label("Neutral steps")).to_have_count(0)
    with page.expect_download() as download:
        form.get_by_role("link", name="Download with data card").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        assert packed.namelist() == ["first-vs-corrected-dpo.jsonl", "first-vs-corrected-dpo.card.md"]
