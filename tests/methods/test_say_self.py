"""SaySelf by prompting: a reason and a number in words for each answer, held against how the samples agree."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.registry import methods
from webapp.methods.say_self import APPENDED, EXAMPLES, NUMBER_TOKENS, REFLECT, confidence, rationale
from webapp.tasks.question import Question

FIRST = Question.of(SUM).prompt().messages[0].content
SHOWN = [text for example in EXAMPLES for text in example]
SURE = "Self-reflection: I know sums.\nConfidence: 9"


def saying(model: Judge, drafts: list[str], reflections: list[str]) -> None:
    """Draw these drafts, and reflect on each sample with the words at its place."""

    def script(prompt: Prompt, sample: int) -> str:
        return reflections[sample] if said_to(prompt).endswith(REFLECT) else drafts[sample]

    model.script = script


def values(stored: StoredRun, name: str) -> list[float | None]:
    return [score.value for score in stored.scores if score.name == name]


def gap(stored: StoredRun) -> Score:
    [found] = [score for score in stored.scores if score.name == "confidence_gap"]
    assert found.generation_id is None
    return found


async def test_each_sample_is_reflected_on_in_a_second_turn(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 4", "Answer: 5"], [SURE, SURE])
    stored = await play("say_self", samples=2)
    assert [turns(g) for g in of_role(stored, "evaluation")] == [
        [*SHOWN, FIRST, "Answer: 4", REFLECT],
        [*SHOWN, FIRST, "Answer: 5", REFLECT],
    ]
    drafts = of_role(stored, "draft")
    assert [(g.role, g.branch, g.round, g.label, g.parents) for g in stored.generations[2:]] == [
        ("evaluation", 0, 1, "reflection-1", (drafts[0].id,)),
        ("evaluation", 1, 1, "reflection-1", (drafts[1].id,)),
    ]


async def test_the_worked_examples_can_be_left_out(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 4"], [SURE])
    [reflection] = of_role(await play("say_self", samples=1, examples=False), "evaluation")
    assert turns(reflection) == [FIRST, "Answer: 4", REFLECT]
    assert [role for role, _ in reflection.messages] == ["user", "assistant", "user"]


def test_the_worked_examples_keep_to_the_form_and_differ() -> None:
    assert [confidence(said) for _, said in EXAMPLES] == [0, 10, 0, 2]
    assert all(rationale(said) for asked, said in EXAMPLES if asked == REFLECT)


async def test_stated_stands_against_empirical(play: Play, model: Judge) -> None:
    drafts = ["Answer: 4", "Answer: 5", "Answer: 4.0", "Hm."]
    saying(model, drafts, [SURE, "Confidence: 8/10", "Self-reflection: Maybe.\nConfidence: 2", SURE])
    stored = await play("say_self", samples=4)
    assert values(stored, "stated_confidence") == [9, 8, 2, 9]
    assert values(stored, "empirical_confidence") == [5, 2, 5, None]
    found = gap(stored)
    assert found.value == pytest.approx((4 + 6 - 3) / 3)
    shown = [(row["branch"], row["answer"], row["stated"], row["empirical"]) for row in found.details["samples"]]
    assert shown == [(0, "4", 9, 5), (1, "5", 8, 2), (2, "4", 2, 5), (3, None, 9, None)]
    assert [row["rationale"] for row in found.details["samples"]] == ["I know sums.", "", "Maybe.", "I know sums."]


async def test_the_majority_is_the_answer_whatever_the_numbers_say(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 5", "Answer: 4", "Answer: 4"], [SURE, "Confidence: 1", "Confidence: 1"])
    outcome = (await play("say_self", samples=3)).run.outcome
    assert (outcome.answer, [v.branches for v in outcome.votes]) == ("4", [(1, 2), (0,)])


async def test_without_a_number_it_is_asked_again(play: Play, model: Judge) -> None:
    asked: list[str] = []

    def script(prompt: Prompt, sample: int) -> str:
        if not said_to(prompt).endswith(REFLECT):
            return "Answer: 4"
        asked.append(said_to(prompt))
        return "I am not sure." if len(asked) < 3 else SURE

    model.script = script
    stored = await play("say_self", samples=1)
    assert [g.label for g in of_role(stored, "evaluation")] == ["reflection-1", "reflection-2", "reflection-3"]
    assert len(set(asked)) == 1, "the same request, with other noise"
    [told] = gap(stored).details["samples"]
    assert (told["stated"], told["asked"], told["appended"]) == (9, 3, False)
    assert told["text"] == of_role(stored, "evaluation")[2].id


async def test_after_the_last_try_the_label_is_appended_and_it_goes_on_from_there(play: Play, model: Judge) -> None:
    whole = f"I am not sure.{APPENDED} 3"

    def script(prompt: Prompt, sample: int) -> str:
        if not said_to(prompt).endswith(REFLECT):
            return "Answer: 4"
        return whole if prompt.prefix else "I am not sure."

    model.script = script
    stored = await play("say_self", samples=1, retries=1)
    first, second, last = of_role(stored, "evaluation")
    assert [g.label for g in (first, second, last)] == ["reflection-1", "reflection-2", "confidence"]
    assert (last.text, last.parents) == (whole, (second.id,))
    said = len("I am not sure.")
    assert [(s.start, s.end, s.origin) for s in last.spans][:2] == [
        (0, said, "model"),
        (said, said + len(APPENDED), "injected"),
    ]
    assert last.sampling["max_tokens"] == NUMBER_TOKENS
    [told] = gap(stored).details["samples"]
    assert (told["stated"], told["asked"], told["appended"], told["rationale"]) == (3, 2, True, "I am not sure.")


async def test_what_is_appended_settles_what_was_ambiguous(play: Play, model: Judge) -> None:
    unclear = "Confidence: 3\nConfidence: 7"
    saying(model, ["Answer: 4"], [f"{unclear}{APPENDED} 7"])
    plain = model.script
    model.script = lambda prompt, sample: (
        unclear if _reflects(prompt) and not prompt.prefix else plain(prompt, sample)
    )
    assert values(await play("say_self", samples=1, retries=0), "stated_confidence") == [7]


def _reflects(prompt: Prompt) -> bool:
    return said_to(prompt).endswith(REFLECT)


async def test_no_number_at_all_is_zero_and_in_no_gap(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 4"], ["I am not sure."])
    stored = await play("say_self", samples=1, retries=0)
    assert (values(stored, "stated_confidence"), values(stored, "empirical_confidence")) == ([0], [10])
    assert gap(stored).value is None


async def test_the_disagreement_is_reflected_on_once_with_other_answers_in_view(play: Play, model: Judge) -> None:
    drafts = ["Two.\nAnswer: 2", "Four.\nAnswer: 4", "Answer: 4", "Twice.\nAnswer: 2", "Answer: 4", "Answer: 9"]
    saying(model, drafts, [SURE] * 6)
    stored = await play("say_self", samples=6, reflection="the disagreement", minority=3)
    [reflection] = of_role(stored, "evaluation")
    *_, asked = turns(reflection)
    assert turns(reflection)[-2] == "Four.\nAnswer: 4", "the first sample of the majority"
    shown = "Answer 1:\nTwo.\nAnswer: 2\n\nAnswer 2:\nAnswer: 9\n\nAnswer 3:\nTwice.\nAnswer: 2"
    assert f":\n\n{shown}\n\n{REFLECT}" in asked, "one of each other answer first"
    assert reflection.branch == 1
    assert values(stored, "stated_confidence") == [9] and values(stored, "empirical_confidence") == [3, 5, 5, 3, 5, 2]
    assert gap(stored).value == 4


async def test_without_a_disagreement_there_are_no_others_to_show(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 4", "Hm."], [SURE, SURE])
    stored = await play("say_self", samples=2, reflection="the disagreement")
    assert [turns(g)[-3:] for g in of_role(stored, "evaluation")] == [[FIRST, "Answer: 4", REFLECT]]


async def test_others_that_do_not_fit_are_cut(play: Play, model: Judge) -> None:
    model.limit(1100)
    saying(model, ["Answer: 4", f"{'a' * 380}\nAnswer: 5"], [SURE, SURE])
    settings: dict[str, Any] = {"reflection": "the disagreement", "max_tokens": 400, "examples": False}
    stored = await play("say_self", samples=2, **settings)
    assert "…a" in turns(of_role(stored, "evaluation")[0])[-1]


async def test_what_is_appended_has_room_where_others_were_cut(play: Play, model: Judge) -> None:
    model.limit(1100)
    saying(model, ["Answer: 4", f"{'a' * 380}\nAnswer: 5"], ["x" * 400 + APPENDED + " 7"] * 2)
    settings: dict[str, Any] = {"reflection": "the disagreement", "max_tokens": 400, "examples": False, "retries": 0}
    stored = await play("say_self", samples=2, **settings)
    assert "…a" in turns(of_role(stored, "evaluation")[0])[-1]
    needed = [model.count_tokens(prompt) + sampling.max_tokens for prompt, sampling, _ in model.calls]
    assert len(needed) == 3 and max(needed) <= 1100


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Confidence: 7", 7),
        ("confidence : 10.", 10),
        ("**Confidence:** 1", 1),
        ("Confidence level: 6/10", 6),
        ("Confidence (1-10): 8 out of 10", 8),
        ("Self-reflection: fine\nConfidence:\n9", 9),
        ("Confidence: 4\nSo again, confidence: 4", 4),
        ("Confidence: ...\nConfidence: 5", 5),
    ],
)
def test_a_number_that_counts(text: str, number: int) -> None:
    assert confidence(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I am 9 of 10 sure.",
        "Confidence: high",
        "Confidence: 0",
        "Confidence: 11",
        "Confidence: 85%",
        "Confidence: 8.5",
        "Confidence: 1-10",
        "Confidence: 1 to 10",
        "Confidence: 3\nConfidence: 8",
        "Confidence: -",
    ],
)
def test_what_is_missing_or_ambiguous_is_zero(text: str) -> None:
    assert confidence(text) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Self-reflection: I guess.\nConfidence: 2", "I guess."),
        ("Sure.\n**Self reflection:** Two\nlines.\n\nConfidence: 2", "Two\nlines."),
        ("I guess.\nConfidence: 2", "I guess."),
        ("Self-reflection: cut of", "cut of"),
        ("Why so?\n**Confidence:** 2", "Why so?"),
        ("Confidence: 2", ""),
    ],
)
def test_the_reason_stands_between_its_labels(text: str, words: str) -> None:
    assert rationale(text) == words


def test_it_is_called_an_emulation_of_what_is_trained() -> None:
    spec = methods()["say_self"]
    assert spec.faithful == "prompted emulation" and "trains" in spec.faithful_note
