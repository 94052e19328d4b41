from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.export.damage import damaged
from tests.export.files import imported
from webapp.export import inspect_log
from webapp.export.rows import ImportRefused

HEADER: dict[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "legs",
        "model": "openai/some-model",
        "dataset": {"name": "cats"},
        "model_generate_config": {"temperature": 0.7},
        "solver_args": {"threshold": 3},
    },
    "plan": {
        "steps": [{"solver": "generate", "params": {}}, {"solver": "self_critique", "params": {}}],
        "config": {"seed": 42},
    },
}


def assistant(text: object, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, "source": "generate", **more}


def sample(**changes: Any) -> dict[str, Any]:
    """Return a sample as Inspect logs one whose solver lets the model correct itself."""
    last = assistant([{"type": "reasoning", "reasoning": "Hm."}, {"type": "text", "text": "The answer is 12."}])
    row: dict[str, Any] = {
        "id": "cat-3",
        "epoch": 1,
        "input": "How many legs have 3 cats?",
        "target": "12",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "How many legs have 3 cats?", "source": "input"},
            assistant("The answer is 10."),
            {"role": "user", "content": "attachment://ab12"},
            last,
        ],
        "output": {
            "model": "some-model",
            "choices": [
                {
                    "message": last,
                    "stop_reason": "stop",
                    "logprobs": {"content": [{"token": "12", "logprob": -0.5}, {"token": ".", "logprob": -1.5}]},
                }
            ],
        },
        "scores": {"match": {"value": "C", "answer": "12", "explanation": "12"}, "long": {"value": {"a": 1}}},
        "model_usage": {"some-model": {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}},
        "total_time": 2.5,
        "attachments": {"ab12": "A cat has 4 legs."},
    }
    return row | changes


def write_json(path: Path, samples: Sequence[object], **changes: Any) -> Path:
    path.write_text(json.dumps({**HEADER, **changes, "samples": samples}, indent=2))
    return path


def write_eval(path: Path, samples: Sequence[dict[str, Any]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("_journal/start.json", json.dumps(HEADER))
        for each in samples:
            file.writestr(f"samples/{each['id']}_epoch_{each['epoch']}.json", json.dumps(each))
        file.writestr("summaries.json", "[]")
        file.writestr("header.json", json.dumps(HEADER))
    return path


@pytest.mark.parametrize("ending", ["json", "eval"])
async def test_a_conversation_is_a_draft_and_its_revisions(database: Database, tmp_path: Path, ending: str) -> None:
    write = write_json if ending == "json" else write_eval
    report, [stored] = await imported(database, write(tmp_path / f"log.{ending}", [sample()]), kind="numeric")
    assert (report.format, report.imported, report.refused) == ("inspect", 1, 0)
    run = stored.run
    assert (run.model.id, run.method, run.seed) == ("openai/some-model", "imported:generate+self_critique", 42)
    assert run.params == {"temperature": 0.7, "threshold": 3}
    assert (run.problem.source, run.problem.reference) == ("cats sample cat-3", "12")
    draft, revision = stored.generations
    assert [(g.role, g.round, g.text) for g in (draft, revision)] == [
        ("draft", 0, "The answer is 10."),
        ("revision", 1, "The answer is 12."),
    ]
    assert revision.parents == (draft.id,)
    assert revision.messages[-2:] == (("assistant", "The answer is 10."), ("user", "A cat has 4 legs."))
    assert revision.finish_reason == "eos" and revision.summary is not None
    assert (revision.summary.tokens, revision.summary.sum_logprob) == (2, -2.0)
    assert stored.traces == {}
    outcome = run.outcome
    assert (outcome.first_verdict, outcome.verdict, outcome.answer) == ("incorrect", "correct", "12")
    assert [(s.name, s.value) for s in stored.scores] == [("imported:match", 1.0)]
    assert (run.cost.generated_tokens, run.cost.prompt_tokens, run.cost.seconds) == (20, 100, 2.5)


async def test_choices_are_graded_by_their_letter(database: Database, tmp_path: Path) -> None:
    message = assistant("ANSWER: B")
    row = sample(
        choices=["10", "12"], target=["B"], messages=[message], scores=None,
        output={"choices": [{"message": message, "stop_reason": "max_tokens"}]},
    )  # fmt: skip
    _, [stored] = await imported(database, write_json(tmp_path / "log.json", [row]))
    assert (stored.run.problem.kind, stored.run.problem.choices) == ("choice", ("10", "12"))
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("B", "correct")
    assert stored.generations[0].finish_reason == "length"


async def test_several_choices_are_samples_and_epochs_are_repetitions(database: Database, tmp_path: Path) -> None:
    both = [{"message": assistant("It is 10.")}, {"message": assistant("It is 12.")}]
    rows = [sample(output={"choices": both}, epoch=n, scores={}) for n in (1, 2)]
    path = write_json(tmp_path / "log.json", rows, plan={})
    _, stored = await imported(database, path, kind="numeric")
    assert sorted(each.run.seed for each in stored) == [0, 1]
    assert [(g.branch, g.verdict) for g in stored[0].generations] == [(0, "incorrect"), (1, "correct")]


async def test_tools_and_a_sample_that_broke(database: Database, tmp_path: Path) -> None:
    messages = [
        assistant("I look it up.", tool_calls=[{"id": "1", "function": "look", "arguments": {}}]),
        {"role": "tool", "content": "4 legs", "tool_call_id": "1"},
        assistant("12"),
    ]
    row = sample(messages=messages, output={}, scores={}, error={"message": "Timed out", "traceback": "..."})
    _, [stored] = await imported(database, write_json(tmp_path / "log.json", [row]))
    assert [g.role for g in stored.generations] == ["tool_call", "tool_result", "draft"]
    assert stored.generations[1].spans[0].origin == "tool"
    assert (stored.run.status, stored.run.error) == ("failed", "Timed out")


@pytest.mark.parametrize("seed", range(4))
async def test_any_damage_is_refused_or_imported(database: Database, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    rows = [sample(), *(damaged(draw, sample()) for _ in range(60)), sample()]
    report, stored = await imported(database, write_json(tmp_path / "log.json", rows), kind="numeric")
    assert report.imported == len(stored) >= 2 and report.imported + report.refused == 62


GARBAGE: list[object] = [
    None, 12, [], "x", {}, {"id": 1},
    sample(messages=[], output={}), sample(input=[], messages=3), sample(target="many"),
    sample(messages=[assistant("x" * 5)], output={"choices": [{"message": 1}, 2, {"message": None}]}, input=""),
    sample(model_usage={"m": {"output_tokens": -5}}), sample(total_time=-1),
]  # fmt: skip


async def test_garbage_is_refused_and_its_neighbours_are_kept(database: Database, tmp_path: Path) -> None:
    odd = sample(scores={"match": {"value": 10**400}, "x": 1}, attachments=[], metadata=[], choices=[])
    path = write_json(tmp_path / "log.json", [sample(), *GARBAGE, odd])
    report, stored = await imported(database, path, kind="numeric")
    assert len(stored) == 2
    assert [refusal.place for refusal in report.refusals] == [f"sample {n}" for n in range(2, 2 + len(GARBAGE))]
    assert all(refusal.reason for refusal in report.refusals)


async def test_damaged_members_are_refused_and_the_rest_is_kept(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspect_log, "LARGEST_ROW", 5_000)
    path = write_eval(tmp_path / "log.eval", [sample(), sample(id="large", store={"x": "y" * 6_000})])
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("samples/broken_epoch_1.json", "{")
        file.writestr("samples/odd_epoch_1.json", json.dumps(sample(id="odd")), zipfile.ZIP_BZIP2)
    report, [stored] = await imported(database, path)
    assert stored.run.problem.source == "cats sample cat-3"
    assert [refusal.place for refusal in report.refusals] == [
        f"samples/{name}_epoch_1.json" for name in ("large", "broken", "odd")
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"samples": []}', b'{"samples": [], "eval": 1}', b"PK12"]
)
async def test_what_is_no_log_is_refused_whole(database: Database, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"^log\.json is .*\.$"):
        await imported(database, path)
