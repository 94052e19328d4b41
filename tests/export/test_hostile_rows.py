"""Whatever a row holds: it is refused with a reason or stored whole, and its neighbours are kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from storage.database import Database
from tests.export.damage import cut_or_damaged
from tests.export.files import LEGS, corrected, imported, write_lines
from webapp.export import rows as rows_module
from webapp.export.importing import TOLD
from webapp.export.rows import ImportRefused

DRAFT = {"role": "draft", "text": "12"}
GARBAGE: list[tuple[object, str, str]] = [
    (b"{", "", "it is no JSON"),
    (b"12", "", "it is no JSON object"),
    (b'"\xff"', "", "it is not UTF-8"),
    (b"[" * 100_000, "", "its JSON is nested too deeply"),
    (b'{"seed": 1' + b"0" * 5_000 + b"}", "", "its JSON is nested too deeply or holds too long a number"),
    ({}, "problem", "field required"),
    (corrected(problem={**LEGS, "question": " \n"}), "problem", "the question is empty"),
    (corrected(problem={**LEGS, "reference": "many"}), "problem", '"many" is no number'),
    (corrected(problem={**LEGS, "kind": "choice"}), "problem", "a choice needs 2 to"),
    (corrected(problem={**LEGS, "kind": "riddle"}), "problem.kind", "input should be"),
    (corrected(model=""), "model", "string should have at least 1 character"),
    (corrected(method=12), "method", "input should be a valid string"),
    (corrected(texts=[]), "texts", "tuple should have at least 1 item"),
    (corrected(texts=[DRAFT] * 1_025), "texts", "tuple should have at most 1024 items"),
    (corrected(texts=[{**DRAFT, "text": "1" * (2**20 + 1)}]), "texts.0.text", "string should have at most 1048576"),
    (corrected(texts="12"), "texts", "input should be a valid"),
    (corrected(texts=[{**DRAFT, "role": "judge"}]), "texts.0.role", "input should be"),
    (corrected(texts=[{**DRAFT, "rond": 1}]), "texts.0.rond", "extra inputs are not permitted"),
    (corrected(texts=[{**DRAFT, "parents": [0]}]), "", "text 0 follows one that does not come before it"),
    (corrected(texts=[{**DRAFT, "round": -1}]), "texts.0.round", "input should be greater than or equal to 0"),
    (corrected(texts=[{**DRAFT, "tokens": [{"id": 2**31, "text": "12"}]}]), "texts.0.tokens.0.id", "input should be"),
    (
        corrected(texts=[{**DRAFT, "tokens": [{"id": 1, "text": "12", "logprob": 0.5}]}]),
        "texts.0.tokens.0.logprob",
        "",
    ),
    (corrected(chosen=3), "", "chosen is 3, but there are 3 texts"),
    (corrected(seed=2**63), "seed", "input should be less than"),
    (corrected(seed=1.5), "seed", "input should be a valid integer"),
    (corrected(seed=True), "seed", "input should be a valid integer"),
    (corrected(cost={"seconds": -1}), "cost.seconds", "input should be greater than or equal to 0"),
    (corrected(scores={"reward": "high"}), "scores.reward", "input should be a valid number"),
    (corrected(params=[]), "params", "input should be an object"),
    (corrected(unknown=None), "unknown", "extra inputs are not permitted"),
]


@pytest.mark.parametrize(("row", "field", "reason"), GARBAGE)
async def test_garbage_is_refused_with_its_place_and_its_neighbours_are_kept(
    database: Database, tmp_path: Path, row: object, field: str, reason: str
) -> None:
    path = write_lines(tmp_path / "runs.jsonl", [corrected(seed=1), row, b"", corrected(seed=2)])
    report, stored = await imported(database, path)
    assert [each.run.seed for each in stored] == [1, 2]
    assert (report.imported, report.refused) == (2, 1)
    [refusal] = report.refusals
    assert (refusal.place, refusal.field) == ("line 2", field)
    assert refusal.reason.startswith(reason) and str(refusal).endswith(".")


async def test_characters_that_cannot_be_stored_are_replaced_and_flagged(database: Database, tmp_path: Path) -> None:
    row = corrected(
        problem={**LEGS, "question": "How\0many?"},
        model="m\0",
        texts=[{"role": "draft", "text": "\ud800 12"}, {"role": "revision", "text": "12"}],
        params={"stop\0": "\udfff", "top_p": float("nan"), "n": 10**400},
    )
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [row]))
    assert stored.run.problem.question == "How\ufffdmany?" and stored.run.model.id == "m\ufffd"
    assert [(g.text, g.replaced) for g in stored.generations] == [("\ufffd 12", True), ("12", False)]
    assert stored.run.params == {"stop\ufffd": "\ufffd", "top_p": None, "n": 10**400}


async def test_a_line_longer_than_a_row_may_be_is_skipped_whole(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "LARGEST_ROW", 2_000)
    long = corrected(texts=[{**DRAFT, "text": "12 " * 3_000}])
    path = write_lines(tmp_path / "runs.jsonl", [long, corrected(seed=2), long])
    report, [stored] = await imported(database, path)
    assert stored.run.seed == 2
    assert [str(refusal) for refusal in report.refusals] == [
        "line 1: it is longer than 2,000 bytes.",
        "line 3: it is longer than 2,000 bytes.",
    ]


async def test_files_that_cannot_be_read_are_refused_in_a_sentence(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImportRefused, match=r"cannot be read \(no such file or directory\)\."):
        await imported(database, tmp_path / "nothing.jsonl")
    with pytest.raises(ImportRefused, match="is no file"):
        await imported(database, tmp_path)
    path = write_lines(tmp_path / "runs.jsonl", [corrected()])
    with pytest.raises(ImportRefused, match="There is no format 'csv'"):
        await imported(database, path, format="csv")
    monkeypatch.setattr(rows_module, "LARGEST_FILE", 10)
    monkeypatch.setattr(rows_module.check_size, "__defaults__", (10,))
    with pytest.raises(ImportRefused, match="a file of this kind may have 10"):
        await imported(database, path)


@pytest.mark.parametrize("seed", range(8))
async def test_any_damage_is_refused_or_imported_and_nothing_is_lost(
    database: Database, tmp_path: Path, seed: int
) -> None:
    """Of each row either everything is stored or nothing, and the counts add up to the rows of the file."""
    draw = random.Random(seed)
    whole = [corrected(seed=n) for n in range(20)]
    mixed: list[object] = [*whole, *(cut_or_damaged(draw, corrected(seed=100 + n)) for n in range(40))]
    draw.shuffle(mixed)
    report, stored = await imported(database, write_lines(tmp_path / "runs.jsonl", mixed))
    assert report.imported == len(stored) and report.imported + report.refused == 60
    assert report.refused == len(report.refusals) <= TOLD and all(refusal.reason for refusal in report.refusals)
    assert {each.run.seed for each in stored} >= set(range(20))
    assert all(each.generations and each.run.outcome.chosen_generation for each in stored if each.run.seed < 20)
