from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.export.damage import damaged
from tests.export.files import imported, write_lines

NAME = "samples_gsm8k_2025-03-01T10-20-30.123456.jsonl"


def sample(**changes: Any) -> dict[str, Any]:
    """Return a row as the harness logs a generated answer to a document of GSM8K."""
    row: dict[str, Any] = {
        "doc_id": 4,
        "doc": {"question": "How many legs have 3 cats?", "answer": "3 * 4 = <<3*4=12>>12\n#### 12"},
        "target": "3 * 4 = <<3*4=12>>12\n#### 12",
        "arguments": {
            "gen_args_0": {
                "arg_0": "Q: How many legs have 3 cats?\nA:",
                "arg_1": {"until": ["Q:"], "do_sample": False},
            }
        },
        "resps": [[" They have 12 legs. The answer is 12."]],
        "filtered_resps": ["12"],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": "aa",
        "prompt_hash": "bb",
        "target_hash": "cc",
        "exact_match": 1.0,
    }
    return row | changes


async def test_a_generated_answer_is_a_draft_with_its_prompt(database: Database, tmp_path: Path) -> None:
    path = write_lines(tmp_path / NAME, [sample()])
    (tmp_path / "results_2025-03-01T10-20-30.123456.json").write_text(json.dumps({"model_name": "org/model-1b"}))
    report, [stored] = await imported(database, path, kind="numeric")
    assert (report.format, report.imported) == ("lm-eval", 1)
    run = stored.run
    assert (run.model.id, run.method, run.method_version) == ("org/model-1b", "imported:gsm8k", "lm-eval")
    assert (run.problem.question, run.problem.reference) == ("How many legs have 3 cats?", "12")
    assert run.problem.source == "gsm8k doc 4"
    assert run.params == {"until": ["Q:"], "do_sample": False}
    [draft] = stored.generations
    assert (draft.role, draft.text, draft.verdict) == ("draft", " They have 12 legs. The answer is 12.", "correct")
    assert draft.messages == (("user", "Q: How many legs have 3 cats?\nA:"),)
    assert [(s.name, s.value) for s in stored.scores] == [("imported:exact_match,strict-match", 1.0)]


async def test_without_results_the_model_is_unknown_and_without_a_kind_nothing_is_graded(
    database: Database, tmp_path: Path
) -> None:
    _, [stored] = await imported(database, write_lines(tmp_path / NAME, [sample()]))
    assert stored.run.model.id == "unknown"
    assert (stored.run.problem.kind, stored.run.outcome.verdict) == ("none", "ungraded")


async def test_rows_that_do_not_say_which_document_they_are_about_are_no_repeats(
    database: Database, tmp_path: Path
) -> None:
    nameless = {"doc_id": None, "doc_hash": None, "prompt_hash": None}
    rows = [sample(**nameless), sample(**nameless, resps=[["13"]])]
    report, stored = await imported(database, write_lines(tmp_path / NAME, rows))
    assert (report.imported, report.repeated, len(stored)) == (2, 0, 2)


async def test_rows_of_other_filters_are_repeats(database: Database, tmp_path: Path) -> None:
    rows = [
        sample(),
        sample(doc_id=5),
        sample(filter="flexible-extract"),
        sample(doc_id=5, filter="flexible-extract"),
    ]
    report, stored = await imported(database, write_lines(tmp_path / NAME, rows))
    assert (report.imported, report.repeated, report.refused) == (2, 2, 0)
    assert sorted(each.run.problem.source for each in stored) == ["gsm8k doc 4", "gsm8k doc 5"]


async def test_older_files_and_several_samples(database: Database, tmp_path: Path) -> None:
    old = sample(arguments=[["The prompt", {"temperature": 0.5}]], resps=[["It is 10.", "It is 12."]], doc={})
    for name in ("filter", "metrics", "doc_hash", "prompt_hash", "target_hash"):
        del old[name]
    _, [stored] = await imported(database, write_lines(tmp_path / "samples_legs.jsonl", [old]), kind="numeric")
    assert (stored.run.method, stored.run.problem.question) == ("imported:legs", "The prompt")
    assert [(g.branch, g.text, g.verdict) for g in stored.generations] == [
        (0, "It is 10.", "incorrect"),
        (1, "It is 12.", "correct"),
    ]
    assert [(s.name, s.value) for s in stored.scores] == [("imported:exact_match", 1.0)]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"resps": [[["-1.5", "False"]], [["-0.5", "True"]]]}, "resps"),
        ({"resps": [["-1.5", "False"]], "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": " yes"}}}, "arguments"),
        ({"resps": []}, "resps"),
        ({"resps": [[]]}, "resps"),
        ({"resps": 12}, "resps"),
        ({"doc": 3, "arguments": None}, "problem"),
        ({"arguments": {"gen_args_0": [1]}, "doc": [], "target": {}}, "problem"),
    ],
)
async def test_rows_without_a_text_or_a_question_are_refused(
    database: Database, tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    path = write_lines(tmp_path / NAME, [sample(doc_id=1), sample(**changes), sample(doc_id=2)])
    report, stored = await imported(database, path)
    assert len(stored) == 2
    assert [(refusal.place, refusal.field) for refusal in report.refusals] == [("line 2", field)]


async def test_hostile_numbers_and_a_damaged_results_file_do_no_harm(database: Database, tmp_path: Path) -> None:
    (tmp_path / "results_2025-03-01T10-20-30.123456.json").write_bytes(b"[" * 50_000)
    rows = [sample(exact_match=10**400, doc_id=10**400), sample(metrics=[1, None, "resps", "doc_id"])]
    report, stored = await imported(database, write_lines(tmp_path / NAME, rows))
    assert report.imported == 2
    assert sorted([(s.name, s.value) for s in each.scores] for each in stored) == [
        [],
        [("imported:doc_id,strict-match", 4.0)],
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_any_damage_is_refused_or_imported(database: Database, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    rows = [sample(doc_id=-1), *(damaged(draw, sample(doc_id=n)) for n in range(60)), sample(doc_id=-2)]
    report, stored = await imported(database, write_lines(tmp_path / NAME, rows), kind="numeric")
    assert report.imported == len(stored) >= 2
    assert report.imported + report.refused + report.repeated == 62
