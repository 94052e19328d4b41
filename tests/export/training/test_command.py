"""Training data, traces and labels from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from storage.database import Database
from tests.export.training.stored import store
from webapp.export.__main__ import DONE, REFUSED, main


@pytest.fixture
def session(tmp_path: Path) -> str:
    async def stored() -> str:
        database = Database.open(tmp_path / "second_thoughts.db")
        try:
            return await store(database, tmp_path)
        finally:
            await database.close()

    return asyncio.run(stored())


def run(tmp_path: Path, *arguments: str) -> int:
    return main([*arguments, "--data-dir", str(tmp_path)])


def test_a_file_and_its_card_are_written(tmp_path: Path, session: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "pairs.jsonl"
    chosen = ("--sessions", session, "--out", str(out), "--set", "bare_question=false", "--set", "style=standard")
    assert run(tmp_path, "training", "first-vs-corrected", *chosen) == DONE
    told, refusals = capsys.readouterr()
    assert told.startswith("3 rows (2 fixed, 1 broken) of 4 runs on 2 problems: ")
    assert refusals == "1 refused or left out: the correction did not flip the outcome.\n"
    assert [json.loads(line)["chosen"][-2:] for line in out.read_text().splitlines()] == ["12", "12", " 8"]
    assert (tmp_path / "pairs.card.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["training", "isc", "--out", "x"], "Name one of --runs, --sessions and --experiment."),
        (["training", "isc", "--runs", "a", "--sessions", "b", "--out", "x"], "Name one of"),
        (["training", "isc", "--runs", "a", "--out", "x", "--set", "seed=much"], "Setting seed: input should be"),
        (["training", "isc", "--runs", "a", "--out", "x", "--set", "colour=red"], "Setting colour: extra inputs"),
        (["training", "isc", "--runs", "a", "--out", "x"], "No run of these is finished"),
        (["traces", "--runs", "a", "--out", "x"], "No run of these is finished"),
        (["labels"], "Name either a file to import, or with --out one to write."),
        (["labels", "nothing.json"], "cannot be read (no such file or directory)."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    tmp_path: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, *arguments) == REFUSED
    assert says in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_traces_hold_every_text_token_and_signal(tmp_path: Path, session: str) -> None:
    out = tmp_path / "all.jsonl"
    assert run(tmp_path, "traces", "--sessions", session, "--out", str(out)) == DONE
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [row["run"]["outcome"]["verdict"] for row in rows] == ["correct", "incorrect", "correct", "correct"]
    first = rows[0]["texts"][0]
    assert "".join(first["tokens"]["text"]) == first["text"]
    assert first["tokens"]["logprob"] == [-0.5] * len(first["text"])
    assert first["tokens"]["entropy"] is None
    assert rows[0]["texts"][1]["tokens"] is None
    assert (rows[0]["labels"], rows[0]["scores"]) == ([], [])


def test_its_help_lists_builders_formats_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["training", "--help"])
    told = capsys.readouterr().out
    assert "first-vs-corrected" in told
    assert "dpo, reward, kto" in told
    assert "length_ratio=0.0" in told
