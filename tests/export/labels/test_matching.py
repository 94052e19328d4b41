"""Labels find the stored texts they are about, and come out and in again as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import Adjudication, Annotation, Label, Step
from storage.database import Database
from storage.repositories import annotations, queue_items, runs
from storage.repositories.selected import Wanted
from tests.export.files import write_lines
from tests.export.labels.stored import Said, everything, labelled
from tests.export.labels.test_benchmarks import mr_gsm8k
from tests.export.training.stored import RUNS, store
from webapp.export.labels.exporting import export_labels
from webapp.export.training.making import make, order
from webapp.export.training.settings import TrainingSettings

DRAFT = RUNS[0]["texts"][0]["text"]  # "A cat has 4.\nAnswer: 10"


def about_the_draft(**changes: Any) -> dict[str, Any]:
    return mr_gsm8k(model_output_steps=DRAFT.split("\n"), model_output_solution_first_error_step=2, **changes)


async def test_labels_go_onto_the_stored_text_that_says_the_same(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)
    report, [said] = await labelled(database, write_lines(tmp_path / "labels.jsonl", [about_the_draft()]))
    assert (report.matched, report.session) == (1, None), "no run was made"
    assert (said.run.session_id, said.texts[0].text, said.run.seed) == (session, DRAFT, 0)
    assert said.steps() == ["A cat has 4.", "Answer: 10"]


async def test_spaces_do_not_matter_unless_stretches_are_counted(database: Database, tmp_path: Path) -> None:
    await store(database, tmp_path)
    data = {"question": RUNS[0]["problem"]["question"], "answer": DRAFT.replace("\n", "  \n")}
    value = {"start": 0, "end": 5, "labels": ["x"]}
    spans = {"type": "labels", "from_name": "spans", "value": value}
    choice = {"type": "choices", "from_name": "outcome", "value": {"choices": ["wrong"]}}
    tasks = [{"data": data, "annotations": [{"result": [each]}]} for each in (choice, spans)]
    report, _ = await labelled(database, write_lines(tmp_path / "tasks.jsonl", tasks))
    assert (report.imported, report.matched) == (2, 1)


async def test_what_is_here_already_is_not_stored_again(database: Database, tmp_path: Path) -> None:
    await store(database, tmp_path)
    spaced = mr_gsm8k(question=" How many\nlegs have 7 cats?\n")
    path = write_lines(tmp_path / "labels.jsonl", [about_the_draft(), mr_gsm8k(), spaced])
    first, before = await labelled(database, path)
    again, after = await labelled(database, path)
    assert (first.imported, again.imported, again.repeated) == (3, 0, 3)
    assert (after, again.queues) == (before, [])


async def test_another_person_s_texts_are_not_labelled(database: Database, tmp_path: Path) -> None:
    await store(database, tmp_path)
    from storage import tables
    from webapp.export.labels.importing import import_labels

    await database.write(lambda s: s.add(tables.Person(id="other", name="Other")))
    path = write_lines(tmp_path / "labels.jsonl", [about_the_draft()])
    report = await import_labels(database, path, person="other")
    assert (report.imported, report.matched) == (1, 0)
    [said] = await database.read(everything)
    assert said.run.session_id == report.session


def _annotate(s: OrmSession, said: Said) -> None:
    """Add what our own page stores: spans, a suggestion that was not confirmed, a second annotator, a decision."""
    now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    steps = ((Step(0, 12), Step(13, 23)),)
    labels = (
        Label("first_error", "step", step=1), Label("note", "Grüße"),
        Label("outcome", "wrong", source="suggestion", confirmed=False),
    )  # fmt: skip
    item = said.labelled.item
    version = Annotation("a2", item.id, "Ada", "local", 1, "submitted", now, labels, steps, 9.5, True)
    draft = replace(version, id="a3", version=2, state="draft")
    annotations.add_all(s, [version, draft])
    queue_items.put_standing(s, item.id, submitted=2, disputed=True)
    decided = Adjudication("d1", item.id, "local", now, labels[:1], steps, "Ada is right.")
    annotations.decide_all(s, [decided])
    queue_items.put_adjudicated(s, item.id)


def _bare(said: list[Said]) -> list[object]:
    """Return what was said without the ids that storing it gives."""
    found: list[object] = []
    for each in said:
        for one in each.labelled.annotations:
            found.append((each.texts[0].text, replace(one, id="", item_id="")))
        decided = each.labelled.adjudication
        found.append(None if decided is None else replace(decided, id="", item_id=""))
        found.append((each.queue.name, each.queue.schema.fields, each.labelled.item.disputed))
    return found


async def test_our_own_export_comes_back_as_it_was(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)
    _, [said] = await labelled(database, write_lines(tmp_path / "labels.jsonl", [about_the_draft()]))
    await database.write(lambda s: _annotate(s, said))
    before = await database.read(everything)
    path = tmp_path / "own.jsonl"
    assert await export_labels(database, Wanted(sessions=(session,)), path) == 3
    again, same = await labelled(database, path)
    assert (again.imported, again.repeated, same) == (0, 3, before)

    other = Database.open(tmp_path / "other.db")
    try:
        report, elsewhere = await labelled(other, path)
        assert (report.imported, report.refused) == (3, 0)
        assert _bare(elsewhere) == _bare(before)
        (tmp_path / "2").mkdir()
        await store(other, tmp_path / "2")
    finally:
        await other.close()


async def test_lines_that_were_tampered_with_are_refused(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)
    await labelled(database, write_lines(tmp_path / "labels.jsonl", [about_the_draft()]))
    await export_labels(database, Wanted(sessions=(session,)), tmp_path / "own.jsonl")
    line = json.loads((tmp_path / "own.jsonl").read_text("utf-8"))
    bad = [
        line | {"labels": [{"field": "colour", "value": "red"}]},
        line | {"labels": [{"field": "first_error", "value": "step", "step": 7}]},
        line | {"labels": [{"field": "outcome", "value": "splendid"}]},
        line | {"labels": "none"},
        line | {"steps": [[[0, 1_000]]]},
        line | {"texts": []},
        line | {"schema": {}},
    ]
    report, _ = await labelled(database, write_lines(tmp_path / "bad.jsonl", bad))
    assert (report.imported, report.refused) == (0, len(bad))


async def test_imported_labels_make_training_data(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)
    await labelled(database, write_lines(tmp_path / "labels.jsonl", [about_the_draft()]))
    wanted = Wanted(sessions=(session,))
    steps = await make(database, order(wanted, "step-labels", "stepwise", TrainingSettings()))
    assert [(each.row["completions"], each.row["labels"]) for each in steps.rows] == [
        (["A cat has 4.", "Answer: 10"], [True, False])
    ]
    assert steps.rows[0].meta.labelled_by == ("mr-gsm8k",)
    fixed = await make(database, order(wanted, "lemma-fix", "sft", TrainingSettings()))
    assert fixed.rows[0].row["completion"][0]["content"].startswith(f"{DRAFT}\n\n")
    assert "Added instead of multiplied." in fixed.rows[0].row["completion"][0]["content"]
    records = await make(database, order(wanted, "step-labels", "prm800k", TrainingSettings()))
    assert [step["completions"][0]["rating"] for step in records.rows[0].row["label"]["steps"]] == [1, -1]
    path = write_lines(tmp_path / "prm.jsonl", [each.row for each in records.rows])
    report, _ = await labelled(database, path)
    assert (report.format, report.imported, report.matched) == ("prm800k", 1, 1)


async def test_runs_that_are_gone_take_no_labels(database: Database, tmp_path: Path) -> None:
    session = await store(database, tmp_path)
    for run in await database.read(lambda s: runs.of_session(s, session)):
        await database.write(lambda s, id=run.id: runs.delete(s, id))  # type: ignore[misc]
    report, _ = await labelled(database, write_lines(tmp_path / "labels.jsonl", [about_the_draft()]))
    assert (report.imported, report.matched) == (1, 0)
