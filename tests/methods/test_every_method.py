"""The rules that hold for every method, whatever it does."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from storage.records import Cost, Generation, Problem, ProblemKind, StoredRun
from storage.repositories import runs as run_store
from tests.export.files import imported, write_lines
from tests.methods.playing import (
    ALL_DRAWN,
    IN_ONE_MESSAGE,
    REFERENCE,
    SUM,
    Judge,
    Play,
    counted,
    first_drafts,
    of_role,
)
from webapp.engine.protocol import Prompt
from webapp.methods.interface import Answer
from webapp.methods.registry import methods
from webapp.runs.request import RunRequest, typed_problem
from webapp.tasks.question import Question

ALL = [name for name, spec in methods().items() if spec.run.__module__.startswith("webapp.")]
TAKING = [name for name in ALL if methods()[name].takes_inputs]
PAIRED = [name for name in ALL if name not in IN_ONE_MESSAGE]  # they start from the answers to the plain question
SAMPLING = {"power_metropolis", "power_smc", "prompt_product", "self_repellent"}  # from laws of their own
# They are about how samples are drawn, or begin with a method that may be.
DRAWING = {
    "self_consistency", "adaptive_sampling", "early_pruning", "decoding_rules", "mixture", "srgen", "soft_thinking",
    *SAMPLING,
}  # fmt: skip
REVISING = [name for name in ALL if methods()[name].family == "revise" and name not in IN_ONE_MESSAGE]
SYSTEM = {"super_correct"}  # they begin with a system prompt
SECRET = typed_problem("Which number do I think of?", "numeric", REFERENCE)
WHOLE: dict[str, Any] = {"top_p": 1.0, "top_k": 0, "min_p": 0.0, "top_h": 0.0, "eta": 0.0}
ALL_TOKENS: dict[str, Any] = WHOLE | {"max_tokens": 16}
# What texts of these labels are drawn with instead of the run's settings.
OWN: dict[str, dict[str, Any]] = {
    "idea": {"temperature": 1.0},
    "aggregate": {"temperature": 0.0},
    "judge": {"temperature": 0.7, "max_tokens": 600},
    "confidence": {"max_tokens": 6},
    "another-way": {"max_tokens": 60},
    "greedy": ALL_TOKENS | {"temperature": 0.0},
    "product particle": {"temperature": 1.0},
    "pure sampling": ALL_TOKENS | {"temperature": 1.0},
    "top-k 50": ALL_TOKENS | {"temperature": 1.0, "top_k": 50},
    "top-p 0.95": ALL_TOKENS | {"temperature": 1.0, "top_p": 0.95},
    "top-H 0.4": WHOLE | {"top_h": 0.4},
    "top-H by code 0.4": WHOLE | {"top_h": 0.4},
    "top-p 0.9": WHOLE | {"top_p": 0.9},
    "min-p 0.1": WHOLE | {"min_p": 0.1},
    "top-k 20": WHOLE | {"top_k": 20},
    "eta 0.0002": WHOLE | {"eta": 0.0002},
}
# Settings with which a method revises, whatever the texts say.
REVISED: dict[str, dict[str, Any]] = {
    "cove": {"reading": "CorrectBench"},
    "magicore": {"quality_below": 10.0, "confidence_below": 1.0},
}
# Their texts are drawn in parts, which only together may be as long as the longest.
IN_PARTS = {"early_pruning", "iterative_deepening", "power_metropolis", *IN_ONE_MESSAGE}
PROBLEMS: dict[ProblemKind, Problem] = {
    "numeric": SUM,
    "math": typed_problem("What is 1/2 + 1/2?", "math", "1"),
    "choice": typed_problem("Which is a bird?", "choice", "B", ("cat", "owl")),
    "yesno": typed_problem("Is water wet?", "yesno", "yes"),
    "text": typed_problem("What is the capital of Spain?", "text", "Madrid"),
    "procedural": typed_problem("Sort 2 1 3.", "procedural", "1 2 3"),
    "none": typed_problem("Write a line on rain."),
}


def numbers(prompt: Prompt, sample: int) -> str:
    """Say another number in every turn of every sample."""
    return f"Answer: {10 * sample + len(prompt.messages)}"


def said(stored: StoredRun) -> list[tuple[int, int, str, str]]:
    """Return the texts of every branch; branches that go on side by side begin theirs in any order."""
    return sorted((g.branch, g.round, g.label, g.text) for g in stored.generations)


def what_was_drawn(generation: Generation, *but: str) -> tuple[Any, ...]:
    sampling = {name: value for name, value in generation.sampling.items() if name not in but}
    return generation.messages, generation.text, generation.branch, sampling


def test_all_but_those_that_decide_how_to_draw_take_samples_of_another_run() -> None:
    assert set(ALL) - set(TAKING) == (DRAWING | IN_ONE_MESSAGE) & set(ALL)


def test_a_question_has_no_reference_and_an_answer_no_verdict() -> None:
    assert {f.name for f in dataclasses.fields(Question)} == {"problem_id", "text", "kind", "choices", "earlier"}
    assert REFERENCE not in repr(Question.of(SECRET))
    assert {f.name for f in dataclasses.fields(Answer)} == {"value", "chosen", "votes", "note"}


@pytest.mark.parametrize("name", ALL)
async def test_the_reference_reaches_no_prompt(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    stored = await play(name, SECRET, samples=2)
    read = [content for g in stored.generations for _, content in g.messages]
    asked = [request + begun for request, begun in model.judged]
    assert read and not [text for text in [*read, *asked] if REFERENCE in text]
    assert stored.run.problem.reference == REFERENCE and not stored.run.oracle


@pytest.mark.parametrize("name", ALL)
async def test_the_reference_changes_nothing_but_the_verdicts(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    with_it, other = [await play(name, dataclasses.replace(SECRET, reference=r), samples=2) for r in ("1", "11")]
    assert said(with_it) == said(other)
    assert with_it.run.outcome.answer == other.run.outcome.answer


@pytest.mark.parametrize("name", ALL)
async def test_the_first_attempts_are_kept_and_come_first(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    stored = await play(name, samples=2, **ALL_DRAWN.get(name, {}))
    drafts = first_drafts(stored)
    assert [(g.branch, g.label, g.status) for g in drafts] == [(0, "draft", "finished"), (1, "draft", "finished")]
    later = [g.ordinal for g in stored.generations if g.role not in ("draft", "search")]
    assert max(g.ordinal for g in drafts) < min([*later, 10**6])
    asked = [len(g.messages) for g in drafts]
    assert asked == [1 + (name in SYSTEM)] * 2
    assert [(g.answer, g.verdict) for g in drafts] == [(f"{10 * i + n}", "incorrect") for i, n in enumerate(asked)]
    assert [g.text for g in drafts] == [f"Answer: {g.answer}" for g in drafts]
    assert stored.run.outcome.first_answer == drafts[0].answer


async def test_all_methods_with_one_seed_start_from_the_same_drafts(play: Play, model: Judge) -> None:
    model.script = numbers
    settings: dict[str, Any] = {"samples": 2, "temperature": 0.8, "top_p": 1.0}
    requests = [RunRequest(SUM, name, settings | ALL_DRAWN.get(name, {}), seed=11) for name in PAIRED]
    runs = await play.together(*requests)
    drafts = [[what_was_drawn(g, "max_tokens") for g in first_drafts(stored)] for stored in runs]
    assert all(drawn == drafts[0] for drawn in drafts)
    assert drafts[0][1][3]["seed"] == 11
    assert len({stored.run.launch_id for stored in runs}) == 1
    assert [stored.run.column for stored in runs] == list(range(len(PAIRED)))


@pytest.mark.parametrize("name", TAKING)
async def test_the_samples_of_an_earlier_run_can_be_its_drafts(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    source = await play("self_consistency", samples=3, temperature=1.0)
    stored = await play(name, source=source, temperature=1.0)
    drafts = first_drafts(stored)
    assert [g.copied_from for g in drafts] == [g.id for g in source.generations]
    assert [(g.cost, g.finish_reason) for g in drafts] == [(Cost(), "given")] * 3
    assert [(g.text, g.branch) for g in drafts] == [(g.text, g.branch) for g in source.generations]
    assert {g.label for g in stored.generations if g.copied_from is None} & {"draft"} == set()


@pytest.mark.parametrize("name", TAKING)
async def test_taken_samples_end_as_samples_of_its_own_would(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    settings: dict[str, Any] = {"samples": 3, "temperature": 1.0, "top_p": 1.0, "max_tokens": 100}
    own = await play(name, **settings)
    taken = await play(name, source=await play("self_consistency", **settings), **settings)
    assert [what_was_drawn(g) for g in taken.generations] == [what_was_drawn(g) for g in own.generations]
    assert [s.value for s in taken.scores] == [s.value for s in own.scores]
    assert (taken.run.outcome.answer, taken.run.outcome.votes) == (own.run.outcome.answer, own.run.outcome.votes)
    saved = own.run.cost.generated_tokens - taken.run.cost.generated_tokens
    assert saved == sum(g.cost.generated_tokens for g in first_drafts(own))


@pytest.mark.parametrize("name", TAKING)
async def test_the_samples_of_an_imported_file_are_taken_or_refused_with_a_sentence(
    play: Play, tmp_path: Path, name: str
) -> None:
    tokens = [{"id": c, "text": chr(c), "logprob": -0.1, "entropy": 0.3} for c in b"Answer: 4"]
    drafts = [{"role": "draft", "branch": i, "text": "Answer: 4", "tokens": tokens} for i in range(2)]
    row = {"problem": {"question": SUM.question, "kind": "numeric"}, "model": "m", "method": "x", "texts": drafts}
    _, [source] = await imported(play.database, write_lines(tmp_path / "runs.jsonl", [row]))
    [run_id] = await play.service.launch(
        [RunRequest(source.run.problem, name, input_run=source.run.id)], person="local"
    )
    await play.service.wait(run_id)
    stored = await play.database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None and [g.text for g in first_drafts(stored)] == ["Answer: 4"] * 2
    assert stored.run.status == "finished" or "is not known" in stored.run.error


@pytest.mark.parametrize("name", ALL)
async def test_what_a_run_cost_is_the_sum_of_its_parts(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    stored = await play(name, samples=3)
    parts, whole = counted(stored), stored.run.cost
    assert (parts.generated_tokens, parts.prompt_tokens, parts.calls) == (
        whole.generated_tokens,
        whole.prompt_tokens,
        whole.calls,
    )
    drawn = sum(len(stored.traces[g.id]) - len(g.prefix) for g in stored.generations)
    assert whole.generated_tokens == drawn > 0


@pytest.mark.parametrize("name", ALL)
async def test_what_cannot_be_parsed_is_no_answer_and_not_right(play: Play, model: Judge, name: str) -> None:
    model.script = lambda prompt, sample: "Hm, let me think."
    for samples in (1, 3):
        outcome = (await play(name, samples=samples)).run.outcome
        assert (outcome.answer, outcome.verdict, outcome.first_verdict) == (None, "unparsed", "unparsed")
        assert outcome.chosen_generation is not None


@pytest.mark.parametrize("name", ALL)
async def test_it_takes_every_kind_of_problem(play: Play, name: str) -> None:
    runs = await play.together(*(RunRequest(problem, name, {"samples": 2}) for problem in PROBLEMS.values()))
    assert {stored.run.problem.kind for stored in runs if stored.run.outcome.verdict == "ungraded"} == {"none"}


@pytest.mark.parametrize("name", REVISING)
async def test_samples_are_revised_side_by_side(play: Play, model: Judge, name: str) -> None:
    under_way: list[int] = []

    def script(prompt: Prompt, sample: int) -> str:
        under_way.append(model.open)
        return f"Answer: {sample}"

    model.script = script
    await play(name, samples=3, **REVISED.get(name, {}))
    assert under_way[3:6] == [1, 2, 3], "what follows the drafts is asked at once, so that the engine can batch it"


@pytest.mark.parametrize("name", REVISING)
async def test_revisions_ask_for_the_answer_line_again(play: Play, model: Judge, name: str) -> None:
    model.script = numbers
    revisions = of_role(await play(name, samples=2, **REVISED.get(name, {})), "revision")
    assert revisions
    assert all(g.messages[-1][1].endswith(Question.of(SUM).answer_format()) for g in revisions)


@pytest.mark.parametrize("name", ALL)
async def test_settings_reach_every_text_it_draws(play: Play, name: str) -> None:
    settings: dict[str, Any] = {"top_p": 0.9, "top_k": 40, "min_p": 0.05, "top_h": 0.5, "eta": 0.01, "max_tokens": 30}
    stored = await play(name, samples=2, temperature=0.4, **ALL_DRAWN.get(name, {}) | settings)
    for generation in stored.generations:
        expected = settings | {"temperature": 0.4} | OWN.get(generation.label, {})
        if name in IN_PARTS:
            del expected["max_tokens"]
        assert {key: generation.sampling[key] for key in expected} == expected
