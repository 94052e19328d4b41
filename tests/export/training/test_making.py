"""From stored runs to a file with its card: the same bytes every time, every refusal counted."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from storage.database import Database
from storage.repositories.selected import Wanted
from tests.export.training.stored import REQUEST, RUNS, store
from webapp.export.selection import BadExport
from webapp.export.training import files
from webapp.export.training.card import card, encoded
from webapp.export.training.making import Export, make, order
from webapp.export.training.reading import NothingSelected
from webapp.export.training.settings import TrainingSettings


async def made(database: Database, session: str, builder: str, format: str, **settings: object) -> Export:
    wanted = Wanted(sessions=(session,))
    return await make(database, order(wanted, builder, format, TrainingSettings.model_validate(settings)))


async def test_pairs_of_stored_corrections(database: Database, tmp_path: Path) -> None:
    export = await made(database, await store(database, tmp_path), "first-vs-corrected", "dpo")
    assert [(each.row["chosen"][0]["content"][-2:], each.meta.kind) for each in export.rows] == [
        ("12", "fixed"),
        ("12", "broken"),
        (" 8", "fixed"),
    ]
    assert export.refused == {"the correction did not flip the outcome": 1}
    assert (export.runs, export.problems) == (4, 2)


async def test_the_same_runs_and_settings_give_the_same_bytes(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)

    async def packed(seed: int) -> bytes:
        return files.zipped(await made(database, session, "two-turn", "sft", seed=seed, per_problem=1), "it")

    assert await packed(1) == await packed(1)
    assert len({await packed(seed) for seed in range(3)}) > 1, "the card names the seed"


async def test_a_card_says_what_is_in_the_file_and_what_is_not(database: Database, tmp_path: Path) -> None:
    export = await made(database, await store(database, tmp_path), "two-turn", "sft", corrections="all", balance=True)
    beside = files.write(export, tmp_path / "rows.jsonl")
    card = beside.read_text("utf-8")
    assert beside.name == "rows.card.md"
    for said in (
        "Second turns",
        "`corrections`) | all (changed)",
        "`balance`) | True (changed)",
        "some-model",
        "legs",
    ):
        assert said in card
    assert f"| rows | {len((tmp_path / 'rows.jsonl').read_text().splitlines())} |" in card
    assert "its kind has enough rows" in card
    assert "`reward`" not in card, "settings of other builders are left out"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("gsm8k:17", "gsm8k"),
        ("openai/gsm8k:17", "openai/gsm8k"),
        ("legs row 1", "legs"),
        ("arc sample 3", "arc"),
        ("gsm8k_cot doc 12", "gsm8k_cot"),
        ("MR-Ben 4a9365b2-8056-4a99-ac15-c442dd2b76ed", "MR-Ben"),
        (
            'reasoning-gym 0.1.25: maze, seed 3, item 17, {"size": 4}',
            'reasoning-gym 0.1.25: maze, seed 3, {"size": 4}',
        ),
        ("typed", "typed"),
        ("", "imported"),
    ],
)
async def test_a_card_names_data_sets_not_rows(database: Database, tmp_path: Path, source: str, name: str) -> None:
    rows = [row | {"problem": row["problem"] | {"source": source}} for row in RUNS]
    export = await made(database, await store(database, tmp_path, rows), "graded", "sft")
    assert f"| problem sources | {name} |" in card(export, "rows.jsonl", b"")


async def test_records_without_origins_claim_none(database: Database, tmp_path: Path) -> None:
    settings = {"labels_from": "rollouts", "rollouts": 1}
    session = await store(database, tmp_path)
    told = {
        format: card(await made(database, session, "step-labels", format, **settings), "rows.jsonl", b"")
        for format in ("stepwise", "prm800k")
    }
    assert "| replies or steps with a stretch that is not the model's | 0 |" in told["stepwise"]
    assert "| not known | rows of this format do not say |" in told["prm800k"]


async def test_page_and_command_line_write_the_same_rows(database: Database, tmp_path: Path) -> None:
    export = await made(database, await store(database, tmp_path), "first-vs-corrected", "kto")
    with zipfile.ZipFile(io.BytesIO(files.zipped(export, "it"))) as packed:
        assert packed.namelist() == ["it.jsonl", "it.card.md"]
        assert packed.read("it.jsonl") == encoded(export)


async def test_a_prompt_with_the_answer_is_refused_and_counted(database: Database, tmp_path: Path) -> None:
    told = json.loads(json.dumps(RUNS[0]))
    told["texts"][1]["prompt"][2]["content"] = "No. The answer is 12."
    export = await made(database, await store(database, tmp_path, [told]), "two-turn", "sft")
    assert (export.rows, export.refused) == ([], {"the reference answer stands in the prompt": 1})


@pytest.mark.parametrize(
    ("builder", "format", "says"),
    [
        ("nothing", "sft", "There is no builder 'nothing'"),
        ("isc", "nothing", "There is no format 'nothing'"),
        ("isc", "dpo", "only as sft-spans, sft-tokens."),
        ("isc", "sft-tokens", "needs the model that is to be trained"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    database: Database, tmp_path: Path, builder: str, format: str, says: str
) -> None:
    session = await store(database, tmp_path)
    with pytest.raises(BadExport, match=says):
        await made(database, session, builder, format)


async def test_an_empty_selection_is_refused(database: Database) -> None:
    with pytest.raises(BadExport, match="Name what to export"):
        order(Wanted(), "isc", "sft-spans", TrainingSettings())
    with pytest.raises(NothingSelected, match="No run of these is finished"):
        await made(database, "nowhere", "isc", "sft-spans")


async def test_rows_say_where_they_come_from(database: Database, tmp_path: Path) -> None:
    [row, *_] = (await made(database, await store(database, tmp_path), "two-turn", "sft")).rows
    meta = row.row["meta"]
    assert row.row["prompt"][2]["content"] == REQUEST
    assert (meta["methods"], meta["model"], meta["source"], meta["oracle"]) == (
        ["imported:two_turn"], "some-model", "legs row 1", False,
    )  # fmt: skip
    assert len(meta["texts"]) == 2
