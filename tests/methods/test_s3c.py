"""S3c-Math's format: corrections are found in one ordinary answer, and the answer is written again without them."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, turns
from tests.methods.signalled import score_of
from webapp.engine.protocol import Prompt
from webapp.methods.s3c import INVITE, phrases
from webapp.tasks.question import Question

PLAIN = Question.of(SUM).prompt().messages[-1].content
WRONG = "2 + 2 = 5.\n"
CORRECTED = f"{WRONG}Wait, that is wrong.\n2 + 2 = 4.\nAnswer: 4"


def says(model: Judge, whole: str, rest: str = "ero.\nAnswer: 5") -> None:
    """Let it say a text, and something else once another token was put into it (the puppet's other token is a z)."""

    def script(prompt: Prompt, sample: int) -> str:
        begun = bytes(prompt.prefix).decode()
        return whole if whole.startswith(begun) else begun + rest

    model.script = script


def rows_of(stored: StoredRun) -> list[dict[str, Any]]:
    [sample] = score_of(stored, "spontaneous_corrections").details["samples"]
    return list(sample["reversals"])


async def test_one_ordinary_answer_is_searched_and_nobody_asks_for_a_check(play: Play, model: Judge) -> None:
    says(model, CORRECTED)
    stored = await play("s3c", counterfactuals=0)
    [draft] = stored.generations
    assert turns(draft) == [PLAIN]
    assert (stored.run.outcome.answer, stored.run.outcome.chosen_generation) == ("4", draft.id)
    [row] = rows_of(stored)
    cut = {name: draft.text.encode()[slice(*row[name])].decode() for name in ("before", "words", "after")}
    assert cut == {"before": WRONG.strip(), "words": "Wait, that is wrong.", "after": "2 + 2 = 4."}
    assert (row["why"], score_of(stored, "spontaneous_corrections").value) == ("corrects", 1.0)


async def test_what_another_model_wrote_is_searched_but_not_written_again(play: Play, model: Judge) -> None:
    says(model, CORRECTED)
    source = await play("self_consistency", samples=1)
    model.name = "another"
    model.__post_init__()
    stored = await play("s3c", source=source)
    [row] = rows_of(stored)
    assert row["why"] == "corrects" and "Another model wrote these samples" in row["why_not"]
    assert [g.text for g in stored.generations] == [CORRECTED] and stored.run.outcome.answer == "4"


async def test_the_counterfactual_goes_on_from_right_before_the_correction(play: Play, model: Judge) -> None:
    says(model, CORRECTED)
    stored = await play("s3c", max_tokens=80)
    draft, without = stored.generations
    assert (without.role, without.round, without.label, without.parents) == ("draft", 1, "without-1", (draft.id,))
    assert bytes(without.prefix).decode() == f"{WRONG}z"
    assert [(s.origin, without.text.encode()[s.start : s.end].decode()) for s in without.spans] == [
        ("model", WRONG), ("injected", "z"), ("model", "ero.\nAnswer: 5"),
    ]  # fmt: skip
    assert without.sampling["max_tokens"] == 80 - len(WRONG) - 1
    [row] = rows_of(stored)
    assert (row["without"], row["answer"], row["changed"], row["again"]) == (without.id, "5", True, False)
    assert [g.id for g in first_drafts(stored)] == [draft.id], "it is no attempt of the run"
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("4", "correct")


async def test_a_text_that_corrects_itself_again_says_so(play: Play, model: Judge) -> None:
    says(model, CORRECTED, ".\nThat's not right.\n2 + 2 = 4.\nAnswer: 4")
    [row] = rows_of(await play("s3c"))
    assert (row["changed"], row["again"]) == (False, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2 + 2 = 4. Wait, is it? 2 + 2 = 4.\nAnswer: 4", "same result"),
        ("2 + 2 = 4. Wait, the rest.\nIt is 9 o'clock.", "goes on"),
        ("Wait, that is wrong. 2 + 2 = 4.", "nothing before it"),
    ],
)
async def test_not_every_wait_is_a_correction(play: Play, model: Judge, text: str, why: str) -> None:
    says(model, text)
    stored = await play("s3c")
    assert len(stored.generations) == 1, "there is nothing to write again"
    assert [row["why"] for row in rows_of(stored)] == [why]
    assert score_of(stored, "spontaneous_corrections").value == 0.0


async def test_only_so_many_corrections_are_tried(play: Play, model: Judge) -> None:
    says(model, f"{WRONG}Wait, 2 + 2 = 6.\n3 * 2 = 5.\nThat is wrong: 3 * 2 = 6.\nAnswer: 6")
    stored = await play("s3c", counterfactuals=1)
    assert [g.label for g in stored.generations] == ["draft", "without-1"]
    assert ["without" in row for row in rows_of(stored)] == [True, False]
    assert score_of(stored, "spontaneous_corrections").value == 2.0


async def test_the_words_are_settings(play: Play, model: Judge) -> None:
    says(model, f"{WRONG}Scratch that.\n2 + 2 = 4.")
    assert rows_of(await play("s3c")) == []
    assert [row["why"] for row in rows_of(await play("s3c", takes_back="scratch that"))] == ["corrects"]
    assert phrases(" wait ;\nhold  on;;") == ("wait", "hold on")


async def test_it_may_be_invited_within_the_same_request(play: Play, model: Judge) -> None:
    says(model, CORRECTED)
    [draft, *_] = (await play("s3c", invited=True)).generations
    assert turns(draft) == [f"{SUM.question}\n\n{INVITE}\n\n{Question.of(SUM).answer_format()}"]


async def test_without_room_the_reason_is_kept(play: Play, model: Judge) -> None:
    says(model, CORRECTED)
    source = await play("self_consistency", samples=1)
    stored = await play("s3c", source=source, max_tokens=5)
    assert [row["why_not"] for row in rows_of(stored)] == ["no tokens are left"]
