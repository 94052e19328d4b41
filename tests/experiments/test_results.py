"""Tables and charts of an experiment: equal to what its export says when it is counted again."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from sqlalchemy import event

from storage import archive
from storage.database import Database
from storage.repositories import runs as run_store
from tests.experiments.grids import arm, created, ended, spec
from tests.runs.puppet import Puppet
from webapp.engine.protocol import Prompt
from webapp.experiments.export import COLUMNS
from webapp.experiments.names import arm_names
from webapp.experiments.results import Result
from webapp.experiments.service import ExperimentService
from webapp.runs.request import BadRequest


def script(prompt: Prompt, sample: int) -> str:
    """Answer even questions wrongly and the third not at all; revise all to the right answer but question 1."""
    question = prompt.messages[0].content
    number = int(question.split()[1].rstrip("?"))
    if len(prompt.messages) > 3:
        return "Answer: 1" if number == 1 else "Answer: 0"
    return "I do not know." if number == 3 else f"Answer: {(number + 1) % 2}"


@pytest.fixture
async def done(service: ExperimentService, puppet: Puppet) -> str:
    """Return an experiment of six problems that is finished: drafts alone, and drafts that are revised."""
    puppet.script = script
    made = await created(service, arm(), arm(method="scene_revise", title="Revised"), count=6)
    await service.start(made)
    await ended(service, made)
    return made


Read = Callable[[Path], list[dict[str, Any]]]


def read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def read_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


@pytest.mark.parametrize(("ending", "read"), [(".csv", read_csv), (".jsonl", read_lines), (".parquet", read_parquet)])
async def test_the_results_are_those_that_the_export_adds_up_to(
    service: ExperimentService, done: str, tmp_path: Path, ending: str, read: Read
) -> None:
    await service.export(done, tmp_path / f"cells{ending}")
    rows = read(tmp_path / f"cells{ending}")
    assert len(rows) == 12 and list(rows[0]) == list(COLUMNS)
    for result in await service.results(done):
        own = [row for row in rows if row["title"] == result.name]
        assert result.done == len(own) == 6
        assert_adds_up(result, own)
    assert json.loads(rows[0]["params"])["max_tokens"] == 100
    assert {row["question"] for row in rows} == {f"Question {i}?" for i in range(6)}


def assert_adds_up(result: Result, rows: list[dict[str, Any]]) -> None:
    right = [(row["first_verdict"] == "correct", row["verdict"] == "correct") for row in rows]
    found = result.correction
    assert found is not None
    assert found.first == pytest.approx(sum(first for first, _ in right) / len(rows))
    assert found.last == pytest.approx(sum(last for _, last in right) / len(rows))
    counted = Counter(f"{'right' if a else 'wrong'}->{'right' if b else 'wrong'}" for a, b in right)
    assert {name: count for name, count in result.transitions.items() if count} == counted
    assert result.unparsed == sum(row["verdict"] == "unparsed" for row in rows) / len(rows)
    for mean, name in ((result.tokens, "generated_tokens"), (result.calls, "calls"), (result.seconds, "seconds")):
        assert mean == pytest.approx(sum(float(row[name]) for row in rows) / len(rows))


async def test_what_was_broken_and_mended_is_told_apart(service: ExperimentService, done: str) -> None:
    drafts, revised = await service.results(done)
    assert drafts.correction is not None and revised.correction is not None
    assert (drafts.correction.first, drafts.correction.last, drafts.unparsed) == (2 / 6, 2 / 6, 1 / 6)
    assert revised.transitions == {"right->right": 1, "right->wrong": 1, "wrong->right": 4, "wrong->wrong": 0}
    assert (revised.name, revised.oracle, revised.failed, revised.left) == ("Revised", 0, 0, 0)


async def test_results_open_no_trace(service: ExperimentService, done: str, database: Database) -> None:
    said: list[str] = []
    event.listen(database._reader, "before_cursor_execute", lambda *given: said.append(given[2]))
    await service.results(done)
    await service.standing(done)
    assert said and not [each for each in said if "token_traces" in each or "generations" in each]


async def test_of_cells_that_are_not_done_nothing_is_said(service: ExperimentService) -> None:
    made = await created(service)
    assert [(r.done, r.left, r.correction, r.tokens) for r in await service.results(made)] == [(0, 3, None, None)] * 2


async def test_cells_without_a_run_are_exported_as_unknown(service: ExperimentService, tmp_path: Path) -> None:
    made = await created(service, arm(2, title="Two"), count=2)
    for ending, read in ((".csv", read_csv), (".jsonl", read_lines), (".parquet", read_parquet)):
        await service.export(made, tmp_path / f"x{ending}")
        row = read(tmp_path / f"x{ending}")[1]
        assert (row["state"], row["title"], json.loads(row["params"])) == (
            "waiting",
            "Two",
            {"samples": 2, "max_tokens": 100},
        )
        assert not row["verdict"] and row["generated_tokens"] in (None, "")


async def test_a_file_that_cannot_be_written_is_named(service: ExperimentService, tmp_path: Path) -> None:
    made = await created(service)
    with pytest.raises(BadRequest, match=r"x.xlsx: the file must end in one of .csv, .jsonl, .parquet"):
        await service.export(made, tmp_path / "x.xlsx")
    with pytest.raises(BadRequest, match=r"cannot be written \(no such file or directory\)"):
        await service.export(made, tmp_path / "nowhere" / "x.csv")


def test_arms_are_told_apart_by_what_was_set(methods_of_tests: None) -> None:
    wanted = spec(arm(), arm(3, temperature=0.2), arm(title="Mine"), arm(title="Mine"), {"method": "scene_draft"})
    assert arm_names(wanted) == [
        "Scene draft (max tokens 100)", "Scene draft (samples 3, max tokens 100, temperature 0.2)",
        "Mine #3", "Mine #4", "Scene draft",
    ]  # fmt: skip


async def test_the_session_of_an_experiment_travels_with_all_its_runs(
    service: ExperimentService, done: str, database: Database, tmp_path: Path
) -> None:
    session = (await service.get(done)).session_id
    first, again = tmp_path / "first.stz", tmp_path / "again.stz"
    await archive.export_session(database, session, first)
    elsewhere = Database.open(tmp_path / "elsewhere.db")
    copy = await archive.import_session(elsewhere, first, "local")
    await archive.export_session(elsewhere, copy, again)
    assert first.read_bytes() == again.read_bytes()
    assert len(await elsewhere.read(lambda s: run_store.of_session(s, copy))) == 12
    await elsewhere.close()
