from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storage.database import Database
from storage.records import StoredRun
from storage.repositories import runs
from tests.export.files import corrected, imported, write_lines
from tests.models.tiny import write_folder
from tests.runs.puppet import Puppet
from webapp.engine.protocol import Message, Prompt
from webapp.export.__main__ import DONE, main
from webapp.export.scoring import RETOKENISED, NotScored, Scored, prompt_of, score_session

ASKED = [{"role": "user", "content": "Check it."}]


async def scored(database: Database, path: Path, engine: Puppet) -> tuple[Scored, StoredRun]:
    report, [before] = await imported(database, path)
    assert report.session is not None
    done = await score_session(database, engine, report.session)
    after = await database.read(lambda s: runs.load(s, before.run.id))
    assert after is not None
    return done, after


async def test_texts_are_read_by_the_model_and_marked(database: Database, tmp_path: Path) -> None:
    row = corrected()
    row["texts"][1]["prompt"] = ASKED
    engine = Puppet()
    done, stored = await scored(database, write_lines(tmp_path / "runs.jsonl", [row]), engine)
    draft, critique, revision = stored.generations
    assert (done.texts, done.skipped) == (2, {"what it answered is not in the file": 1})
    assert set(stored.traces) == {draft.id, critique.id}
    trace = stored.traces[draft.id]
    assert trace.text()[0] == draft.text
    np.testing.assert_array_equal(trace.logprob, np.full(len(draft.text), -0.25, np.float32))
    assert trace.sampled_logprob is None and trace.candidates is None and trace.sampled_entropy is None
    assert draft.summary is not None and draft.summary.mean_logprob == -0.25
    assert (draft.verdict, draft.answer, draft.parents) == ("incorrect", "10", ())
    assert revision.summary is None
    marks = {score.generation_id: score for score in stored.scores if score.name == RETOKENISED}
    assert marks[draft.id].value == -0.25
    assert marks[draft.id].how.endswith("after the question alone, as the file has no prompt")
    assert marks[critique.id].details["prompt"] == "stated"
    assert marks[draft.id].details["model"]["id"] == "puppet"


async def test_texts_with_tokens_of_their_own_keep_them(database: Database, tmp_path: Path) -> None:
    texts = [{"role": "draft", "text": "12", "tokens": [{"id": 5, "text": "12"}]}]
    done, stored = await scored(database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts)]), Puppet())
    assert (done.texts, stored.scores) == (0, ())
    assert stored.traces[stored.generations[0].id].ids.tolist() == [5]


async def test_prompts_are_never_guessed(database: Database, tmp_path: Path) -> None:
    row = corrected()
    row["texts"][0]["prompt"] = [{"role": "tool", "content": "4"}]
    _, [stored] = await imported(
        database,
        write_lines(
            tmp_path / "runs.jsonl",
            [
                row,
            ],
        ),
    )
    draft, critique, revision = stored.generations
    bare = draft.with_(messages=())
    assert prompt_of(stored.run.problem, bare) == Prompt((Message("user", stored.run.problem.question),))
    with pytest.raises(NotScored, match="neither of a person nor of an assistant"):
        prompt_of(stored.run.problem, draft)
    for text in (critique, revision, bare.with_(round=1)):
        with pytest.raises(NotScored, match="not in the file"):
            prompt_of(stored.run.problem, text)


def test_a_model_scores_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.export.__main__.go_offline", lambda: None)  # it changes the whole process
    model = write_folder(tmp_path / "model")
    long = corrected(texts=[{"role": "draft", "text": "cat " * 400}])
    path = write_lines(tmp_path / "runs.jsonl", [corrected(), long])
    words = [str(path), "--data-dir", str(tmp_path), "--score", "--model", str(model), "--device", "cpu"]
    assert main(["import", *words]) == DONE
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "1 texts scored."
    assert sorted(line.split(" not scored: ")[0] for line in told[1:3]) == ["1", "2"]
    assert told[3].startswith("jsonl: 2 imported")
