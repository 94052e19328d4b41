"""SPOC: solutions and verifications alternate inside one message, which ends with the model's own yes."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, of_role, turns
from tests.methods.signalled import score_of
from webapp.methods.spoc import ALTERNATE, CLOSE, OPEN, verdict
from webapp.tasks.question import Question

LINE = "Verification: Is the previous solution correct?"
NO, YES, MUTE = (f"{OPEN}Hm.\n{said}{CLOSE}" for said in (f"{LINE} No", f"{LINE} Yes", "I wonder."))
TWICE = f"Answer: 5\n{NO}\nAnswer: 4\n{YES}"


def says(model: Judge, *texts: str) -> None:
    """Let sample i say the i-th text, whatever comes first in it."""
    model.script = lambda prompt, sample: texts[sample]


def samples_of(stored: StoredRun) -> list[dict[str, Any]]:
    return list(score_of(stored, "spoc_turns").details["samples"])


def said(stored: StoredRun) -> list[bool | None]:
    return [b["says"] for b in samples_of(stored)[0]["blocks"] if b["kind"] == "verification"]


async def test_turns_alternate_in_one_message_until_it_says_yes(play: Play, model: Judge) -> None:
    says(model, f"{TWICE}\nAnswer: 9\n{NO}")
    stored = await play("spoc")
    assert [(g.role, g.round) for g in stored.generations] == [
        ("draft", 0), ("verification", 1), ("revision", 1), ("verification", 2),
    ]  # fmt: skip
    assert (stored.run.outcome.answer, stored.run.outcome.first_answer) == ("4", "5")
    assert (stored.run.outcome.verdict, stored.run.outcome.first_verdict) == ("correct", "incorrect")
    assert stored.run.outcome.chosen_generation == of_role(stored, "revision")[0].id
    assert stored.generations[-1].text == TWICE.removesuffix(CLOSE), "nothing is drawn after the yes"
    assert samples_of(stored)[0]["ending"] == "yes" and stored.run.outcome.note == ""


async def test_a_solution_comes_from_the_reflection_and_the_solution_that_it_replaces(
    play: Play, model: Judge
) -> None:
    says(model, TWICE)
    draft, reflection, solution, _ = (await play("spoc")).generations
    assert (reflection.parents, solution.parents) == ((draft.id,), (reflection.id, draft.id))


async def test_nobody_asks_for_a_check(play: Play, model: Judge) -> None:
    """Every call has one user turn and goes on inside the same assistant message; no word is put between."""
    says(model, TWICE)
    stored = await play("spoc")
    asked = f"{SUM.question}\n\n{ALTERNATE}\n\n{Question.of(SUM).answer_format()}"
    assert [turns(g) for g in stored.generations] == [[asked]] * 4
    assert {span.origin for g in stored.generations for span in g.spans} == {"model"}
    drawn = [bytes(i for i in g.prefix).decode() for g in stored.generations]
    assert drawn == ["", f"Answer: 5\n{OPEN}", f"Answer: 5\n{NO}", f"Answer: 5\n{NO}\nAnswer: 4\n{OPEN}"]
    assert {(g.sampling["label"], g.sampling["first_sample"]) for g in stored.generations} == {("draft", 0)}


async def test_it_is_greedy_and_has_no_limit_on_turns(play: Play, model: Judge) -> None:
    says(model, "".join(f"Answer: {i}\n{NO}\n" for i in range(9)) + f"Answer: 4\n{YES}")
    stored = await play("spoc", max_tokens=2000)
    assert (len(of_role(stored, "revision")), stored.run.outcome.answer) == (9, "4")
    assert score_of(stored, "spoc_turns").value == 10
    assert {g.sampling["temperature"] for g in stored.generations} == {0.0}


async def test_all_turns_together_have_the_tokens_of_one_message(play: Play, model: Judge) -> None:
    says(model, "".join(f"Answer: {i}\n{NO}\n" for i in range(9)))
    stored = await play("spoc", max_tokens=200)
    assert sum(g.cost.generated_tokens for g in stored.generations) == 200
    assert samples_of(stored)[0]["ending"] == "cut"
    assert stored.run.outcome.note == "1 of 1 messages had all their tokens before a verdict of yes."


async def test_a_solution_that_was_cut_does_not_count(play: Play, model: Judge) -> None:
    whole = f"Answer: 5\n{NO}\nAnswer: 4"
    says(model, f"{whole}2 and more")
    stored = await play("spoc", max_tokens=len(whole))
    assert of_role(stored, "revision")[0].finish_reason == "length"
    assert (stored.run.outcome.answer, stored.run.outcome.chosen_generation) == ("5", of_role(stored, "draft")[0].id)


async def test_tokens_that_end_at_a_marker_end_the_message(play: Play, model: Judge) -> None:
    says(model, TWICE)
    stored = await play("spoc", max_tokens=len(f"Answer: 5\n{NO}"))
    assert [g.finish_reason for g in stored.generations] == ["stop", "stop"]
    assert (samples_of(stored)[0]["ending"], said(stored)) == ("cut", [False])


@pytest.mark.parametrize(
    ("text", "verdicts", "answer", "calls"),
    [
        ("Answer: 5", [], "5", 1),  # never reflects
        (f"Answer: 5\n{MUTE}\nAnswer: 4\n{YES}", [None], "5", 2),  # no verdict stops it
        (f"Answer: 5\n{OPEN}{LINE} No", [False], "5", 2),  # ends inside the reflection
        (f"Answer: 5\n{NO}\nAnswer: 4", [False], "4", 3),  # ends after a solution that it does not verify
        (f"Answer: 5\n{NO}\nI give up.", [False], "5", 3),  # its last solution states no answer
    ],
)
async def test_without_a_yes_the_last_complete_solution_stands(
    play: Play, model: Judge, text: str, verdicts: list[bool | None], answer: str, calls: int
) -> None:
    says(model, text)
    stored = await play("spoc")
    assert (said(stored), stored.run.outcome.answer, stored.run.cost.calls) == (verdicts, answer, calls)
    assert samples_of(stored)[0]["ending"] == "stopped"
    assert stored.run.outcome.note == "1 of 1 messages ended without a verdict of yes."


async def test_the_last_turn_counts_and_not_the_best(play: Play, model: Judge) -> None:
    says(model, f"Answer: 4\n{NO}\nAnswer: 5\n{YES}")
    outcome = (await play("spoc")).run.outcome
    assert (outcome.first_verdict, outcome.answer, outcome.verdict) == ("correct", "5", "incorrect")


async def test_messages_of_several_samples_vote(play: Play, model: Judge) -> None:
    says(model, TWICE, f"Answer: 7\n{YES}", f"Answer: 4\n{YES}")
    stored = await play("spoc", samples=3, temperature=0.8)
    assert [(v.answer, v.branches) for v in stored.run.outcome.votes] == [("4", (0, 2)), ("7", (1,))]
    assert [len(sample["blocks"]) for sample in samples_of(stored)] == [4, 2, 2]


async def test_blocks_are_the_ends_of_their_texts(play: Play, model: Judge) -> None:
    says(model, f"Zwölf.\nAnswer: 5\n{NO}\nAnswer: 4\n{YES}")
    stored = await play("spoc")
    texts = {g.id: g.text.encode() for g in stored.generations}
    [sample] = samples_of(stored)
    assert [texts[b["generation"]][b["start"] : b["end"]].decode() for b in sample["blocks"]] == [
        "Zwölf.\nAnswer: 5\n", f"Hm.\n{LINE} No", "\nAnswer: 4\n", f"Hm.\n{LINE} Yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reflection", "found"),
    [
        (f"Fine.\n{LINE} Yes", True),
        (f"Off by one.\n{LINE} no.", False),
        (f"**{LINE}** (No)", False),
        (f"{LINE}\nYes", True),
        ("Verification: No, the sum is wrong.", False),
        ("verification - ** yes", None),
        (f"{LINE} No\nStill:\n{LINE} Yes", True),  # the last one counts
        (f"{LINE} (Yes/No)", None),  # the form repeated
        (f"{LINE} Yes or No", None),
        ("Yes, this is correct.", None),  # a verdict stands in its line
        (f"{LINE} Nothing to say", None),
        ("", None),
    ],
)
def test_a_verdict_is_read_from_its_line_alone(reflection: str, found: bool | None) -> None:
    assert verdict(reflection) is found
