from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storage.database import Database
from storage.repositories import sessions
from tests.export.files import LEGS, corrected, imported, write_lines
from webapp.runs.rebuild import rebuild


async def test_a_run_is_stored_as_it_is_told_and_marked_as_foreign(database: Database, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "theirs.jsonl", [corrected()])
    report, [stored] = await imported(database, path)
    run = stored.run
    assert (report.format, report.imported, report.refused, report.repeated) == ("jsonl", 1, 0, 0)
    assert (run.method, run.method_version, run.tags) == ("imported:self_refine", "jsonl", ("imported",))
    assert run.notes == "Imported from theirs.jsonl, line 1 (jsonl)."
    assert (run.model.id, run.model.source, run.model.device) == ("some-model", "imported", "unknown")
    assert (run.status, run.seed, run.params) == ("finished", 7, {"max_rounds": 1})
    assert (run.started_at, run.finished_at, run.cost.seconds, run.cost.calls) == (None, None, 0, 0)
    draft, critique, revision = stored.generations
    assert [g.role for g in stored.generations] == ["draft", "critique", "revision"]
    assert revision.parents == (draft.id, critique.id)
    assert (draft.finish_reason, revision.finish_reason) == ("eos", "given")
    assert (draft.answer, draft.verdict, draft.grader) == ("10", "incorrect", "numeric")
    assert (critique.answer, critique.verdict) == (None, "ungraded")
    assert draft.summary is None and stored.traces == {}
    outcome = run.outcome
    assert (outcome.first_answer, outcome.first_verdict) == ("10", "incorrect")
    assert (outcome.answer, outcome.verdict, outcome.chosen_generation) == ("12", "correct", revision.id)


async def test_the_page_can_show_it(database: Database, tmp_path: Path) -> None:
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [corrected()]))
    assert len(rebuild(stored, None)) >= 2 * len(stored.generations)


async def test_the_session_is_named_after_the_file_or_as_asked(database: Database, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "runs.jsonl", [corrected()])
    names = []
    for options in ({}, {"session": "Theirs"}):
        report, _ = await imported(database, path, **options)
        assert report.session is not None
        kept = await database.read(lambda s, key=report.session: sessions.get(s, key))  # type: ignore[misc]
        names.append(kept.name if kept else None)
    assert names == ["runs.jsonl", "Theirs"]


async def test_a_question_alone_is_a_problem_that_nobody_can_grade(database: Database, tmp_path: Path) -> None:
    row = corrected(problem="Why is the sky blue?", texts=[{"role": "draft", "text": "Air.", "answer": "air"}])
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [row]))
    assert (stored.run.problem.kind, stored.run.problem.reference) == ("none", None)
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("air", "ungraded")


async def test_a_problem_with_choices_and_tags(database: Database, tmp_path: Path) -> None:
    problem = {"question": "Legs?", "choices": ["10", "12"], "reference": "12", "tags": ["easy"]}
    row = corrected(problem=problem, texts=[{"role": "draft", "text": "The answer is (B)."}])
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [row]))
    kept = stored.run.problem
    assert (kept.kind, kept.choices, kept.reference, kept.tags) == ("choice", ("10", "12"), "B", ("easy",))
    assert stored.run.outcome.verdict == "correct"


async def test_a_kind_may_be_given_for_problems_that_state_none(database: Database, tmp_path: Path) -> None:
    bare = {name: value for name, value in LEGS.items() if name != "kind"}
    path = write_lines(
        tmp_path / "runs.jsonl", [corrected(problem=bare), corrected(problem={**LEGS, "kind": "text"})]
    )
    _, stored = await imported(database, path, kind="numeric")
    assert [each.run.problem.kind for each in stored] == ["numeric", "text"]
    assert stored[0].run.outcome.verdict == "correct"


async def test_samples_vote_on_the_first_attempt(database: Database, tmp_path: Path) -> None:
    texts = [{"role": "draft", "branch": i, "text": f"The answer is {n}."} for i, n in enumerate((10, 12, 12))]
    _, [stored] = await imported(
        database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts, answer="12")])
    )
    assert (stored.run.outcome.first_answer, stored.run.outcome.first_verdict) == ("12", "correct")
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("12", "correct")


async def test_stated_answers_are_judged_by_our_graders(database: Database, tmp_path: Path) -> None:
    texts = [{"role": "draft", "text": "No number here.", "answer": "12.0"}]
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts)]))
    assert stored.generations[0].verdict == "correct"


async def test_repetitions_without_a_seed_are_told_apart(database: Database, tmp_path: Path) -> None:
    rows = [corrected(seed=None), corrected(seed=None), corrected(seed=None, model="another")]
    _, stored = await imported(database, write_lines(tmp_path / "runs.jsonl", rows))
    assert sorted((each.run.model.id, each.run.seed) for each in stored) == [
        ("another", 0), ("some-model", 0), ("some-model", 1),
    ]  # fmt: skip
    assert all(each.run.notes.endswith("Its seed is not known.") for each in stored)


async def test_scores_costs_and_errors_are_kept(database: Database, tmp_path: Path) -> None:
    row = corrected(
        scores={"reward": 0.25, "lost": None},
        cost={"generated_tokens": 30, "prompt_tokens": 90, "calls": 3, "seconds": 1.5},
        error="out of memory",
    )
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [row]))
    assert {score.name: score.value for score in stored.scores} == {"imported:reward": 0.25, "imported:lost": None}
    assert (stored.run.cost.generated_tokens, stored.run.cost.calls, stored.run.cost.seconds) == (30, 3, 1.5)
    assert (stored.run.status, stored.run.error) == ("failed", "out of memory")


async def test_tokens_with_ids_are_a_trace_of_what_is_known(database: Database, tmp_path: Path) -> None:
    tokens = [
        {"id": 5, "text": "The answer ", "logprob": -0.5, "entropy": 1.25},
        {"id": 9, "bytes": [195], "logprob": None},
        {"id": 8, "bytes": [169], "logprob": -2.0},
    ]
    texts = [{"role": "draft", "text": "The answer é", "tokens": tokens}]
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts)]))
    [generation] = stored.generations
    trace = stored.traces[generation.id]
    assert trace.ids.tolist() == [5, 9, 8] and trace.text() == ("The answer é", False)
    np.testing.assert_array_equal(trace.logprob, np.array([-0.5, np.nan, -2.0], np.float32))
    np.testing.assert_array_equal(trace.entropy, np.array([1.25, np.nan, np.nan], np.float32))
    assert trace.sampled_logprob is None and trace.logsumexp is None and trace.top_ids is None
    assert generation.summary is not None
    assert (generation.summary.tokens, generation.summary.mean_logprob) == (3, -1.25)
    assert generation.summary.self_certainty is None


async def test_tokens_without_ids_leave_their_sums(database: Database, tmp_path: Path) -> None:
    tokens = [{"text": "12", "logprob": -0.5}, {"text": "!", "logprob": -1.5}]
    texts = [{"role": "draft", "text": "12!", "tokens": tokens}]
    _, [stored] = await imported(database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts)]))
    assert stored.traces == {}
    summary = stored.generations[0].summary
    assert summary is not None
    assert (summary.tokens, summary.sum_logprob, summary.mean_entropy) == (2, -2.0, None)


@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        ([{"id": 1, "text": "13"}], "the tokens do not add up to the text"),
        ([{"id": 1}], "a token has no text, or two tokens of one id have different texts"),
        ([{"id": 1, "text": "1"}, {"id": 1, "text": "2"}], "a token has no text, or two tokens of one id have"),
    ],
)
async def test_tokens_that_do_not_fit_are_refused(
    database: Database, tmp_path: Path, tokens: list[object], reason: str
) -> None:
    texts = [{"role": "draft", "text": "12", "tokens": tokens}]
    report, stored = await imported(database, write_lines(tmp_path / "runs.jsonl", [corrected(texts=texts)]))
    assert (stored, report.session) == ([], None)
    [refusal] = report.refusals
    assert (refusal.place, refusal.field) == ("line 1", "texts.0.tokens") and refusal.reason.startswith(reason)
