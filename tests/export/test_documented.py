"""What the documents show can be imported, and they leave no field out."""

from __future__ import annotations

import json
import re
from pathlib import Path

from storage.database import Database
from tests.export.files import imported, write_lines
from webapp.export import trace_row
from webapp.export.trace_row import CostPart, ProblemPart, TextPart, TokenPart, TraceRow

README = Path(__file__).resolve().parents[2] / "README.md"


async def test_the_examples_can_be_imported(database: Database, tmp_path: Path) -> None:
    section = README.read_text("utf-8").split("## Import\n")[1].split("\n## ")[0]
    shown = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    shown += re.findall(r"^    (\{.*?\}\]\})$", trace_row.__doc__ or "", re.DOTALL | re.MULTILINE)
    rows = [json.loads(example) for example in shown]
    assert len(rows) == 2
    report, stored = await imported(database, write_lines(tmp_path / "shown.jsonl", rows))
    assert (report.refused, [each.run.outcome.verdict for each in stored]) == (0, ["correct", "correct"])


def test_every_field_is_documented() -> None:
    table = trace_row.__doc__ or ""
    for part in (TraceRow, ProblemPart, TextPart, TokenPart, CostPart):
        assert [name for name in part.model_fields if not re.search(rf"\b{name}\b", table)] == []
