"""Iterative deepening: triggers in one message at growing budgets, provisional answers, and whose words are whose."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from storage.records import Generation, StoredRun
from tests.export.files import imported, write_lines
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role
from tests.methods.signalled import failed, score_of
from webapp.charts.evidence import evidence_of
from webapp.engine.protocol import Prompt
from webapp.methods.iterative_deepening import TRIGGER, IterativeDeepeningParams
from webapp.runs.request import BadRequest, RunRequest

WAIT = "\nWait.\n"  # 7 tokens of the puppet, which are bytes
SHORT: dict[str, Any] = {"samples": 1, "first_boundary": 12, "trigger": WAIT, "max_tokens": 60}
WITHOUT_END = "x" * 200


def going_on(*stretches: str) -> Callable[[Prompt, int], str]:
    """Say one stretch after another: the first, and after so many triggers the next one."""

    def script(prompt: Prompt, sample: int) -> str:
        begun = bytes(prompt.prefix).decode()
        return begun + stretches[min(begun.count(WAIT), len(stretches) - 1)]

    return script


def stretches(stored: StoredRun) -> list[Generation]:
    return of_role(stored, "revision")


def triggers(stored: StoredRun, sample: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = score_of(stored, "answers_changed").details["samples"][sample]["triggers"]
    return found


async def test_triggers_stand_in_one_message_at_growing_boundaries(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    stored = await play("iterative_deepening", **SHORT)
    [draft] = first_drafts(stored)
    assert draft.text == "x" * 60, "the first attempt is written without triggers"
    assert [g.text for g in stretches(stored)] == [
        f"{'x' * 12}{WAIT}{'x' * 5}",
        f"{'x' * 12}{WAIT}{'x' * 5}{WAIT}{'x' * 17}",
        f"{'x' * 12}{WAIT}{'x' * 5}{WAIT}{'x' * 17}{WAIT}{'x' * 5}",
    ]
    assert [each["at"] for each in triggers(stored)] == [12, 24, 48]
    assert all(g.messages == draft.messages for g in stretches(stored)), "no new turn"
    assert [(g.role, g.branch, g.round) for g in stretches(stored)] == [("revision", 0, n) for n in (1, 2, 3)]
    assert [g.parents for g in stretches(stored)] == [(g.id,) for g in stored.generations[:3]]


async def test_what_was_put_in_is_marked_and_is_not_generated(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    stored = await play("iterative_deepening", **SHORT)
    *_, last = stretches(stored)
    assert [(s.start, s.end, s.origin) for s in last.spans] == [
        (0, 12, "model"), (12, 19, "injected"), (19, 24, "model"), (24, 31, "injected"), (31, 48, "model"),
        (48, 55, "injected"), (55, 60, "model"),
    ]  # fmt: skip
    whole = last.text.encode()
    assert {whole[s.start : s.end].decode() for s in last.spans if s.origin == "injected"} == {WAIT}
    assert [g.cost.generated_tokens for g in stored.generations] == [60, 5, 17, 5]
    assert stored.run.cost.generated_tokens == 87
    assert len(stored.traces[last.id]) == 60


async def test_a_trigger_is_marked_even_where_the_draft_went_on_in_its_words(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: f"{'x' * 12}{WAIT}{'y' * 200}"
    stored = await play("iterative_deepening", **SHORT)
    first = stretches(stored)[0]
    assert first.text == f"{'x' * 12}{WAIT}{'y' * 5}"
    assert [(s.start, s.end, s.origin) for s in first.spans] == [
        (0, 12, "model"), (12, 19, "injected"), (19, 24, "model"),
    ]  # fmt: skip
    rows = stored.traces[first.id]
    assert rows.logprob is not None and [i for i, p in enumerate(rows.logprob) if isnan(p)] == [*range(12, 19)]


async def test_a_draft_that_ends_before_the_first_boundary_gets_no_trigger(play: Play, model: Judge) -> None:
    stored = await play("iterative_deepening", **SHORT)
    assert [g.text for g in stored.generations] == ["Answer: 0"]
    assert (stored.run.outcome.answer, triggers(stored)) == ("0", [])
    assert stored.run.outcome.note == "0 triggers were put into 1 texts."


async def test_a_text_that_the_model_ends_is_complete(play: Play, model: Judge) -> None:
    model.script = going_on("It may be 5, I think", "no 4")
    stored = await play("iterative_deepening", **SHORT)
    assert [g.text for g in stretches(stored)] == [f"It may be 5,{WAIT}no 4"]
    assert stretches(stored)[0].finish_reason == "eos"


async def test_an_early_end_can_get_a_trigger_instead(play: Play, model: Judge) -> None:
    model.script = going_on("Is it 5?", "Yes.", "No, 4.", "Yes.")
    stored = await play("iterative_deepening", **SHORT, early_end="gets a trigger")
    last = stretches(stored)[-1]
    assert last.text == f"Is it 5?{WAIT}Yes.{WAIT}No, 4.{WAIT}Yes.{WAIT}Yes."
    assert [each["at"] for each in triggers(stored)] == [8, 19, 32, 43]
    assert len(stored.traces[last.id]) <= 60 + 1
    assert {s.origin for s in last.spans} == {"model", "injected"}


async def test_boundaries_can_count_the_next_stretch(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    stored = await play("iterative_deepening", **SHORT, counts="the next stretch", growth=1.0)
    assert [each["at"] for each in triggers(stored)] == [12, 31, 50]
    assert len(stretches(stored)[-1].text) == 60


async def test_a_trigger_after_which_nothing_could_follow_is_not_put_in(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    stored = await play("iterative_deepening", **(SHORT | {"max_tokens": 31}))
    assert [each["at"] for each in triggers(stored)] == [12]
    assert stretches(stored)[-1].text == f"{'x' * 12}{WAIT}{'x' * 12}"


async def test_provisional_answers_are_read_from_the_text_so_far(play: Play, model: Judge) -> None:
    model.script = going_on("Hm, let me think about it", "Answer: 5\n\n\n", "Answer: 5.0\n", "Answer: 4")
    every = {"counts": "the next stretch", "growth": 1.0, "max_tokens": 120}
    stored = await play("iterative_deepening", **(SHORT | every))
    told = [(each["before"], each["after"], each["changed"]) for each in triggers(stored)]
    assert told == [(None, "5", True), ("5", "5", False), ("5", "4", True)]
    assert score_of(stored, "answers_changed").value == pytest.approx(1 / 2), "no answer before is no answer changed"
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict, outcome.first_verdict) == ("4", "correct", "unparsed")


async def test_samples_vote_with_their_last_texts(play: Play, model: Judge) -> None:
    def script(prompt: Prompt, sample: int) -> str:
        begun = bytes(prompt.prefix).decode()
        return f"{begun}Answer: {[4, 9, 4][sample]}" if WAIT in begun else f"It is {sample}. Answer: {sample}"

    model.script = script
    stored = await play("iterative_deepening", **(SHORT | {"samples": 3, "growth": 10.0}))
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.first_answer) == ("4", "0")
    assert [(v.answer, v.branches) for v in outcome.votes] == [("4", (0, 2)), ("9", (1,))]
    assert outcome.note.startswith("3 triggers were put into 3 texts. Plain majority: 0.")


async def test_what_the_drafts_took_beyond_the_samples_is_told(play: Play, model: Judge) -> None:
    model.script = going_on("It may be 5, I think", "no 4")
    stored = await play("iterative_deepening", **SHORT)
    details = score_of(stored, "answers_changed").details
    assert (details["spare"], details["trigger"]) == (len("It may be 5, I think") + 1 - 12, 7)


async def test_drafts_of_another_run_take_nothing_beyond_the_samples(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    source = await play("self_consistency", samples=2, max_tokens=60)
    stored = await play("iterative_deepening", source=source, **(SHORT | {"samples": 2}))
    assert score_of(stored, "answers_changed").details["spare"] == 0
    titles = {e.title: e for e in evidence_of(stored.run, stored.generations, stored.scores)}
    reading = titles["Triggers along the texts"].reading
    assert stored.run.cost.generated_tokens == 2 * (5 + 17 + 5)
    assert "0 more tokens of these were drawn for the first attempts alone, 54 for the samples." in reading


async def test_what_another_model_wrote_is_not_gone_on_from(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    source = await play("self_consistency", samples=2, max_tokens=60)
    model.name = "another"
    model.__post_init__()
    stored = await failed(play, RunRequest(SUM, "iterative_deepening", SHORT, input_run=source.run.id))
    assert stored.run.error.startswith("Another model wrote these samples: its tokens mean nothing to the one that")
    assert [g.text for g in stored.generations] == [g.text for g in source.generations], "they are kept all the same"


async def test_samples_without_tokens_are_refused_with_a_sentence(play: Play, tmp_path: Path) -> None:
    row = {
        "problem": {"question": SUM.question, "kind": "numeric"}, "model": "m", "method": "x",
        "texts": [{"role": "draft", "text": "Answer: 4"}],
    }  # fmt: skip
    _, [source] = await imported(play.database, write_lines(tmp_path / "runs.jsonl", [row]))
    request = RunRequest(source.run.problem, "iterative_deepening", SHORT, input_run=source.run.id)
    assert "The tokens of these samples are not known" in (await failed(play, request)).run.error


async def test_the_noise_after_a_trigger_is_that_of_the_sample(play: Play, model: Judge) -> None:
    model.script = going_on(WITHOUT_END)
    stored = await play("iterative_deepening", **(SHORT | {"samples": 2}), seed=4, temperature=0.9)
    keys = {tuple(g.sampling[k] for k in ("seed", "label", "first_sample", "temperature")) for g in stretches(stored)}
    assert keys == {(4, "deepening", 0, 0.9), (4, "deepening", 1, 0.9)}


async def test_its_evidence_is_a_ruler_and_a_row_a_trigger(play: Play, model: Judge) -> None:
    model.script = going_on("Answer: 4", "Answer: 5", "Answer: 4")
    stored = await play("iterative_deepening", **SHORT, growth=10.0, early_end="gets a trigger")
    titles = {e.title: e for e in evidence_of(stored.run, stored.generations, stored.scores)}
    table = titles["Triggers along the texts"].table
    assert table is not None
    assert [row[3:] for row in table.rows[:2]] == [
        ("4", "5", "right→wrong", "correct", "incorrect"),
        ("5", "4", "wrong→right", "incorrect", "correct"),
    ]


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"growth": 1.0}, "With a growth of 1 the boundaries must count the next stretch"),
        ({"trigger": "  \n"}, "The trigger is empty"),
        ({"growth": 0.5}, "Growth must be at least 1"),
    ],
)
async def test_settings_without_sense_are_refused_with_a_sentence(
    play: Play, params: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await play.service.launch([RunRequest(SUM, "iterative_deepening", params)], person="local")


def test_the_settings_say_how_many_triggers_to_expect_and_that_they_are_ours() -> None:
    fields = IterativeDeepeningParams.model_fields
    assert "3, after 64, 128, 256 tokens" in str(fields["growth"].description)
    assert all("ot the paper's" in str(fields[name].description) for name in ("first_boundary", "growth", "samples"))
    assert IterativeDeepeningParams().trigger == TRIGGER
