"""Labels of other tools: PRM800K records, Label Studio tasks, Argilla records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storage.annotations import Label
from storage.database import Database
from tests.export.files import write_lines
from tests.export.labels.stored import labelled
from webapp.export.labels import conventions

QUESTION, ANSWER = "How many legs have 3 cats?", "Grüße! A cat has 4 legs.\nSo 4 + 3 = 7."


def completion(text: str, rating: int | None) -> dict[str, Any]:
    return {"text": text, "rating": rating, "flagged": None}


def prm800k(**label: Any) -> dict[str, Any]:
    steps = [
        {"completions": [completion("A cat has 4 legs.", 1)], "human_completion": None, "chosen_completion": 0},
        {
            "completions": [completion("Hm.", 0), completion("Let us add.", 0)],
            "human_completion": None,
            "chosen_completion": 1,
        },
        {
            "completions": [completion("4 + 3 = 7", -1), completion("4", 0)],
            "human_completion": None,
            "chosen_completion": None,
        },
    ]
    return {
        "labeler": "340d89bc", "timestamp": "2023-01-22T04:34:27.052924", "generation": 9,
        "is_quality_control_question": False, "is_initial_screening_question": False,
        "question": {"problem": QUESTION, "ground_truth_answer": "12", "pre_generated_steps": None},
        "label": {"steps": steps, "total_time": 278270, "finish_reason": "found_error"} | label,
    }  # fmt: skip


async def test_a_prm800k_record(database: Database, tmp_path: Path) -> None:
    report, [said] = await labelled(database, write_lines(tmp_path / "phase2.jsonl", [prm800k()]))
    assert (report.format, report.imported) == ("prm800k", 1)
    assert said.steps() == ["A cat has 4 legs.", "Let us add.", "4 + 3 = 7"]
    assert said.answers() == {"steps": ["good", "neutral", "bad"], "first_error": 2, "outcome": "wrong"}
    [annotation] = said.labelled.annotations
    assert (annotation.annotator, annotation.seconds) == ("340d89bc", 278.27)
    assert annotation.created_at.isoformat() == "2023-01-22T04:34:27.052924+00:00"
    assert {label.source for label in annotation.labels} == {"prm800k"}


async def test_a_step_that_a_person_wrote_is_a_good_one(database: Database, tmp_path: Path) -> None:
    steps = [
        {"completions": [completion("7", -1)], "human_completion": completion("12", None), "chosen_completion": None}
    ]
    row = prm800k(steps=steps, finish_reason="solution")
    _, [said] = await labelled(database, write_lines(tmp_path / "phase1.jsonl", [row]))
    assert (said.steps(), said.answers()["steps"]) == (["12"], ["good"])


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"completions": [], "chosen_completion": 0}],
        [{"completions": [completion("a", 7)], "chosen_completion": 0}],
        [{"completions": [completion("a", 1)], "chosen_completion": 3}],
        ["a"],
    ],
)
async def test_records_without_usable_steps_are_refused(database: Database, tmp_path: Path, steps: list[Any]) -> None:
    report, said = await labelled(database, write_lines(tmp_path / "rows.jsonl", [prm800k(steps=steps)]))
    assert (report.imported, report.refused, said) == (0, 1, [])


def result(kind: str, name: str, **value: Any) -> dict[str, Any]:
    return {"type": kind, "from_name": name, "to_name": "answer", "value": value}


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"question": QUESTION, "answer": ANSWER, "model": "m"} | data,
        "annotations": list(annotations),
    }


def annotation(*results: dict[str, Any], who: Any = 3, **more: Any) -> dict[str, Any]:
    return {"completed_by": who, "lead_time": 12.5, "result": list(results), "was_cancelled": False} | more


async def test_label_studio(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    path.write_text(json.dumps([task(
        annotation(
            result("choices", "outcome", choices=["incorrect"]), result("choices", "step_1", choices=["good"]),
            result("choices", "step_2", choices=["bad"]), result("number", "first_error", number=2),
            result("choices", "error_types", choices=["calculation", "logic"]),
            result("labels", "spans", start=0, end=6, text="Grüße!", labels=["chatter"]),
            result("textarea", "note", text=["Adds."]),
        ),
        annotation(result("choices", "outcome", choices=["right"]), who={"email": "ada@x.org"}),
        annotation(result("choices", "outcome", choices=["right"]), was_cancelled=True),
    )]))  # fmt: skip
    report, [said] = await labelled(database, path)
    assert (report.format, report.imported, report.refused) == ("label-studio", 2, 0)
    first, second = said.labelled.annotations
    assert (first.annotator, second.annotator, first.seconds) == ("3", "ada@x.org", 12.5)
    assert said.steps() == ["Grüße! A cat has 4 legs.", "So 4 + 3 = 7."]
    assert said.answers()["steps"] == ["good", "bad"]
    assert said.answers()["first_error"] == 1
    [span] = [label for label in first.labels if label.field == "spans"]
    assert ANSWER.encode()[span.start : span.end].decode() == "Grüße!"
    assert said.labelled.item.disputed, "they differ about the outcome"
    assert said.labelled.settled is None


async def test_pairs_become_items_of_two_texts(database: Database, tmp_path: Path) -> None:
    pair = task(
        annotation({"type": "pairwise", "from_name": "pw", "value": {"selected": "right"}}), answer_b="It is 12."
    )
    report, [said] = await labelled(database, write_lines(tmp_path / "pairs.jsonl", [pair]))
    assert report.queues[0][1] == "pairs.jsonl (pairs)"
    assert [text.text for text in said.texts] == [ANSWER, "It is 12."]
    assert (said.answers(), said.queue.pairs) == ({"preference": "second"}, True)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (result("choices", "outcome", choices=["maybe"]), "'maybe' is none of"),
        (result("choices", "colour", choices=["red"]), "no question of that name is known here"),
        (result("labels", "spans", start=0, end=999, labels=["x"]), "no stretch from 0 to 999"),
        (result("brushlabels", "mask", rle=[]), "a result of type 'brushlabels' cannot be read"),
        (result("number", "first_error", number=9), "there is no step 9"),
    ],
)
async def test_an_annotation_that_means_nothing_here_is_refused_alone(
    database: Database, tmp_path: Path, bad: dict[str, Any], says: str
) -> None:
    good = annotation(result("choices", "outcome", choices=["wrong"]), who=1)
    path = write_lines(tmp_path / "tasks.jsonl", [task(annotation(bad, who=2), good)])
    report, [said] = await labelled(database, path)
    assert (report.imported, report.refused) == (1, 1)
    assert says in str(report.refusals[0])
    assert len(said.labelled.annotations) == 1


RECORD = {
    "id": "r1", "status": "completed", "fields": {"question": QUESTION, "answer": ANSWER}, "metadata": {"model": "m"},
    "suggestions": {"outcome": {"value": "right", "agent": "bot"}}, "vectors": {},
    "responses": {
        "outcome": [{"value": "wrong", "user_id": "ada"}, {"value": "wrong", "user_id": "bob"}],
        "spans": [{"value": [{"start": 7, "end": 12, "label": "fact"}], "user_id": "ada"}],
    },
}  # fmt: skip
FLAT = {
    "id": "r1", "question": QUESTION, "answer": ANSWER, "outcome.responses": ["wrong", "wrong"],
    "outcome.responses.users": ["ada", "bob"], "outcome.suggestion": "right",
}  # fmt: skip


@pytest.mark.parametrize("record", [RECORD, FLAT])
async def test_argilla_records_nested_and_flat(database: Database, tmp_path: Path, record: dict[str, Any]) -> None:
    report, [said] = await labelled(database, write_lines(tmp_path / "records.jsonl", [record]))
    assert (report.format, report.imported) == ("argilla", 2)
    assert [each.annotator for each in said.labelled.annotations] == ["ada", "bob"]
    assert said.answers(1) == {"outcome": "wrong"}
    assert said.labelled.settled is said.labelled.annotations[0] or record is RECORD
    if record is RECORD:
        [span] = [label for label in said.labelled.annotations[0].labels if label.field == "spans"]
        assert ANSWER.encode()[span.start : span.end].decode() == "A cat"


def test_rankings_say_which_is_better() -> None:
    from webapp.export.labels.argilla import _labels

    given = [{"value": "answer_b", "rank": 1}, {"value": "answer", "rank": 2}]
    assert _labels("ranking", given, ANSWER) == [Label("preference", "second", source="argilla")]
    tied = [{"value": "answer_b", "rank": 1}, {"value": "answer", "rank": 1}]
    assert _labels("ranking", tied, ANSWER) == [Label("preference", "tie", source="argilla")]


async def test_a_record_that_nobody_answered_is_refused(database: Database, tmp_path: Path) -> None:
    report, _ = await labelled(database, write_lines(tmp_path / "r.jsonl", [RECORD | {"responses": {}}]))
    assert str(report.refusals[0]) == "line 1, responses: nobody has answered the record."


def test_the_names_of_questions_are_documented() -> None:
    for name in ("outcome", "step_1", "first_error", "error_types", "spans", "preference", "confidence", "note"):
        assert name in (conventions.__doc__ or "")
