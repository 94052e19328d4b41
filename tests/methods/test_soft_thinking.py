"""Soft thinking on a scripted engine: the plain text first, how thoughts end, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import Judge, Play, first_drafts, of_role
from tests.runs.puppet import EOS, ended, rows, spoken
from webapp.engine.lives import Noted
from webapp.engine.policies.settings import Policy, SoftThinking
from webapp.engine.protocol import Prompt, Sampling, SteerEvent, TokenBatch
from webapp.methods.soft_thinking import tokens_before

STEP = {"entropy": 0.5, "mixture": [("H", 0.75), ("S", 0.25)], "cold": 0}


def thinking(*left: str | None, aborted: bool = False) -> Any:
    """Let text i think two steps and leave its thinking in the i-th way."""

    def steering(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
        for life in range(n):
            yield TokenBatch(0, life, 0, rows(list(b"Hm")), ("soft", "soft"))
            if left[life] == "marker":
                yield spoken(life, "Answer: 4", 2)
                yield ended(life, "HmAnswer: 4")
            elif left[life] is None:
                yield ended(life, "Hm", "length")
            else:
                yield TokenBatch(0, life, 2, rows(list(b"\n\nAnswer:")), ("injected",) * 9)
                yield spoken(life, " 7", 11)
                yield ended(life, "Hm\n\nAnswer: 7")
            note = {"steps": [STEP, STEP], "left": left[life], "aborted": aborted}
            yield Noted(life, 2, "thinking", note)

    return steering


def kept(stored: StoredRun, name: str) -> list[Score]:
    return [score for score in stored.scores if score.name == name]


async def test_the_soft_text_stands_beside_the_plain_one(play: Play, model: Judge) -> None:
    model.script, model.steering = (lambda prompt, sample: "Let me see. Answer: 5"), thinking("marker")
    stored = await play("soft_thinking", temperature=0.8)
    [draft], [text] = first_drafts(stored), of_role(stored, "revision")
    assert (text.text, text.parents, text.round) == ("HmAnswer: 4", (draft.id,), 1)
    assert [(span.start, span.end, span.origin) for span in text.spans] == [(0, 2, "soft"), (2, 11, "model")]
    [(prompts, _, sampling)] = model.steered
    assert prompts == (model.calls[0][0],)
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.8, 0.95, 30)
    assert (stored.run.outcome.first_answer, stored.run.outcome.answer) == ("5", "4")
    assert stored.run.outcome.note == "Thoughts ended: 1 by the marker."


async def test_steps_and_what_they_saved_are_kept(play: Play, model: Judge) -> None:
    model.script, model.steering = (lambda prompt, sample: "Let me see. Answer: 5"), thinking("marker", "cold", None)
    stored = await play("soft_thinking", samples=3, patience=9)
    assert [score.value for score in kept(stored, "soft_steps")] == [2, 2, 2]
    first = kept(stored, "soft_steps")[0].details
    assert (first["plain"], first["left"], first["patience"], len(first["steps"])) == (18, "marker", 9, 2)
    assert [score.value for score in kept(stored, "thinking_saved")] == [16, 16, None]
    note = stored.run.outcome.note
    assert note.startswith("Thoughts ended: 1 by the marker, 1 by the cold stop, 1 with the text, before an answer.")
    assert "Plain majority: 5." in note and "1 of 3 texts state no answer" in note


async def test_where_the_plain_text_has_no_answer_nothing_is_compared(play: Play, model: Judge) -> None:
    model.script, model.steering = (lambda prompt, sample: "I do not know."), thinking("longest")
    stored = await play("soft_thinking")
    assert [score.value for score in kept(stored, "thinking_saved")] == [None]
    assert kept(stored, "soft_steps")[0].details["plain"] is None
    assert stored.run.outcome.answer == "7"


async def test_what_was_put_in_costs_nothing(play: Play, model: Judge) -> None:
    model.steering = thinking("cold")
    stored = await play("soft_thinking")
    [text] = of_role(stored, "revision")
    assert text.cost.generated_tokens == len("Hm") + len(" 7")
    assert [span.origin for span in text.spans] == ["soft", "injected", "model"]


async def test_the_settings_are_those_of_the_policy(play: Play, model: Judge) -> None:
    await play("soft_thinking", thinking_top_k=5, widest=3, cold=0.1, patience=7, draws=2, max_tokens=100)
    closing = tuple(b"\n\nAnswer:")
    assert model.steered[0][1] == SoftThinking("Answer:", closing, 0.6, 5, 0.95, 0.001, 3, 0.1, 7, 60, 2, True)


@pytest.mark.parametrize(("longest", "steps"), [(10, 5), (50, 25), (100, 60), (1, 1)])
async def test_there_is_always_room_for_an_answer(play: Play, model: Judge, longest: int, steps: int) -> None:
    await play("soft_thinking", max_tokens=longest)
    policy = model.steered[0][1]
    assert isinstance(policy, SoftThinking) and policy.longest == steps


async def test_a_model_with_a_token_for_it_ends_its_thinking_by_that(play: Play, model: Judge) -> None:
    model.tokenize = lambda text: (EOS,) if text == "</think>" else tuple(text.encode())  # type: ignore[method-assign]
    await play("soft_thinking")
    await play("soft_thinking", marker="So:")
    own, given = (policy for _, policy, _ in model.steered)
    assert isinstance(own, SoftThinking) and isinstance(given, SoftThinking)
    assert (own.marker, own.closing, own.insists) == ("</think>", (EOS,), False)
    assert (given.marker, given.closing, given.insists) == ("So:", tuple(b"\n\nSo:"), True)


def test_the_tokens_before_a_marker_are_counted() -> None:
    trace = rows(list(b"Well. Answer: 4"))
    assert tokens_before("Answer:", trace) == len("Well. Answer:") - 1
    assert tokens_before("Question:", trace) is None
    assert tokens_before("<end>", rows([*b"ab", EOS])) == 2
