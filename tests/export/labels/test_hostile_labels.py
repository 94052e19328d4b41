"""Whatever a row of labels holds: it is refused with a reason or stored so that a person can go on labelling."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.repositories.selected import Wanted
from tests.export.damage import cut_or_damaged
from tests.export.files import write_lines
from tests.export.labels.stored import labelled
from tests.export.labels.test_tools import FLAT, QUESTION, RECORD, annotation, completion, prm800k, result, task
from webapp.annotation.labelling import LabellingService
from webapp.annotation.wire import LabelRequest, LabelsRequest, StepRequest
from webapp.auth import LOCAL
from webapp.export.labels.exporting import export_labels
from webapp.export.labels.importing import import_labels

SMILING = "😀 A cat has 4 legs."
STUDIO = task(
    annotation(
        result("choices", "outcome", choices=["wrong"]), result("choices", "step_1", choices=["good"]),
        result("labels", "spans", start=0, end=6, text="Grüße!", labels=["chatter"]),
        result("textarea", "note", text=["Adds."]),
    )
)  # fmt: skip
MISTAKE = {"input": QUESTION, "steps": ["A cat has 4.", "7"], "answer": "7", "target": "12", "mistake_index": 1}
MR_GSM8K = {
    "uuid": "u", "question": QUESTION, "ground_truth_answer": "12", "model_output_steps": ["A cat has 4.", "7"],
    "model_output_solution_correctness": "wrong", "model_output_solution_first_error_step": 2,
    "model_output_solution_first_error_reason": "Adds.",
}  # fmt: skip
MR_BEN = {
    "Question_UUID": "u", "Question": QUESTION, "Options": "A: 12\nB: 7", "Ground_Truth_Answer": "A",
    "Model_Solution_Steps": ["A cat has 4.", "7"], "Model_Solution_Correctness": "incorrect",
    "Model_Solution_First_Error_Step": "2", "Model_Solution_Error_Reason": ["Adds."],
    "Model_Solution_Rectified_First_Error_Step": ["4 * 3 = 12"], "Sampled_Model": "m",
}  # fmt: skip
ROWS: dict[str, dict[str, Any]] = {
    "label-studio": STUDIO, "argilla": RECORD, "prm800k": prm800k(), "mr-gsm8k": MR_GSM8K, "mr-ben": MR_BEN,
    "big-bench-mistake": MISTAKE,
}  # fmt: skip


async def own(database: Database, folder: Path) -> dict[str, Any]:
    """Return a line of our own format."""
    report, _ = await labelled(database, write_lines(folder / "studio.jsonl", [STUDIO]))
    assert report.session is not None
    await export_labels(database, Wanted(sessions=(report.session,)), folder / "own.jsonl")
    line: dict[str, Any] = json.loads((folder / "own.jsonl").read_text("utf-8"))
    return line


@pytest.mark.parametrize("name", [*ROWS, "second-thoughts-annotation"])
async def test_damaged_rows_are_refused_and_their_neighbours_are_kept(
    database: Database, tmp_path: Path, name: str
) -> None:
    row = ROWS.get(name) or await own(database, tmp_path)
    draw = random.Random(name)
    rows = [cut_or_damaged(draw, row) for _ in range(150)]
    report = await import_labels(
        database, write_lines(tmp_path / "rows.jsonl", [*rows, row]), person="local", format=name
    )
    assert report.refused > 10 and report.imported + report.repeated > 10
    assert not any(refusal.place.startswith(f"line {len(rows) + 1}") for refusal in report.refusals)


STRANGE_LINES: list[dict[str, Any]] = [
    {"seconds": "long"},
    {"steps": [[[0, 3]], [], []]},
    {"steps": [[[0, 7], [3, 9]]]},
    {"problem": {"question": QUESTION, "choices": 3}},
    {"run": {"model": "m", "params": "none"}},
    {"run": {"model": "x" * 600}, "problem": {"question": "Another one?"}},
    {"run": {"model": "m", "seed": 2**70}, "problem": {"question": "Another one?"}},
    {"texts": [{"text": "Another one.", "role": "judge"}], "steps": [], "labels": []},
    {"schema": {"fields": []}, "labels": []},
]


@pytest.mark.parametrize("changes", STRANGE_LINES)
async def test_strange_lines_of_our_own_format_are_refused(
    database: Database, tmp_path: Path, changes: dict[str, Any]
) -> None:
    line = await own(database, tmp_path)
    path = write_lines(tmp_path / "rows.jsonl", [line | {"annotator": "Bob"} | changes, line | {"annotator": "Eve"}])
    report, _ = await labelled(database, path)
    assert (report.imported, report.refused) == (1, 1)


STRANGE_TOOLS: list[dict[str, Any]] = [
    FLAT | {"outcome.responses.users": 3, "outcome.responses": ["riddle"]},
    task(annotation(result("labels", "spans", start=0, end=6, labels="chatter"))),
    task(annotation(result("choices", f"step_{'9' * 5_000}", choices=["good"]))),
    task(annotation(result("number", "first_error", number="9" * 5_000))),
    task(annotation(result("choices", "outcome", choices=["right", "wrong"]))),
    prm800k(steps=[{"completions": [completion("a", 1) | {"rating": [1]}], "chosen_completion": 0}]),
]


@pytest.mark.parametrize("row", STRANGE_TOOLS)
async def test_strange_rows_of_other_tools_are_refused(
    database: Database, tmp_path: Path, row: dict[str, Any]
) -> None:
    report, said = await labelled(database, write_lines(tmp_path / "rows.jsonl", [row]))
    assert (report.imported, report.refused, said) == (0, 1, [])


@pytest.mark.parametrize(("start", "end"), [(2, 7), (3, 8)], ids=["characters", "UTF-16 units"])
async def test_stretches_are_where_the_words_are_however_the_release_counts(
    database: Database, tmp_path: Path, start: int, end: int
) -> None:
    marked = result("labels", "spans", start=start, end=end, text="A cat", labels=["fact"])
    report, [said] = await labelled(
        database, write_lines(tmp_path / "tasks.jsonl", [task(annotation(marked), answer=SMILING)])
    )
    [span] = said.labelled.annotations[0].labels
    assert (report.imported, SMILING.encode()[span.start : span.end].decode()) == (1, "A cat")


async def test_what_was_marked_in_the_question_is_not_taken_for_a_stretch_of_the_answer(
    database: Database, tmp_path: Path
) -> None:
    marked = result("labels", "spans", start=0, end=3, text="How", labels=["doubt"])
    report, _ = await labelled(database, write_lines(tmp_path / "tasks.jsonl", [task(annotation(marked))]))
    assert "from 0 to 3 the answer does not say 'How'" in str(report.refusals[0])


async def test_a_time_outside_of_the_calendar_is_not_known(database: Database, tmp_path: Path) -> None:
    row = task(annotation(result("choices", "outcome", choices=["wrong"]), created_at="0001-01-01T00:00:00+14:00"))
    report, [said] = await labelled(database, write_lines(tmp_path / "tasks.jsonl", [row]))
    assert (report.imported, said.labelled.annotations[0].created_at.year > 2000) == (1, True)


async def test_imported_labels_can_be_gone_on_with(database: Database, tmp_path: Path) -> None:
    written = annotation(
        result("textarea", "note", text=["Adds."]), result("textarea", "comment", text=["Twice."]),
        result("choices", "error_types", choices=["logic", "logic"]), result("choices", "outcome", choices=["wrong"]),
    )  # fmt: skip
    blank = prm800k()
    steps = [each["completions"][each["chosen_completion"] or 0]["text"] for each in blank["label"]["steps"]]
    blank["question"]["pre_generated_steps"] = [*steps, "", "So 7."]
    for name, row in (("tasks.jsonl", task(written)), ("phase2.jsonl", blank)):
        report, said = await labelled(database, write_lines(tmp_path / name, [row]))
        assert report.imported == 1
        last = max(said, key=lambda each: each.queue.created_at)
        [found] = last.labelled.annotations
        labels = [
            LabelRequest(**{key: getattr(each, key) for key in LabelRequest.model_fields}) for each in found.labels
        ]
        request = LabelsRequest(
            annotator=found.annotator,
            base=found.version,
            labels=tuple(labels),
            steps=tuple(tuple(StepRequest(start=s.start, end=s.end) for s in steps) for steps in found.steps),
        )
        kept = await LabellingService(database).save(last.labelled.item.id, request, LOCAL)
        assert kept.version == found.version + 1
        if name == "tasks.jsonl":
            assert [each.value for each in found.labels if each.field == "note"] == ["Adds.\n\nTwice."]
