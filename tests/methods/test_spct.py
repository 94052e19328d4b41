"""SPCT by prompting: judgements of all samples in shuffled order, points summed, unsound ones filtered."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.registry import methods
from webapp.methods.spct import EXAMPLES, NO, OPENED, SOUND_PREFIX, YES, judging, read_points, read_principles
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
PAPER = [(1, 5), (5, 6), (4, 8), (7, 6)]  # the four judgements of two responses in the paper's figure
DRAFTS = ["Answer: 4", "Answer: 5", "Answer: 6", "Answer: 7", "Answer: 8", "Answer: 9"]


def judges(prompt: Prompt) -> bool:
    return "Response 1:" in said_to(prompt)


def shown(prompt: Prompt) -> list[str]:
    """Return the answers a judge is shown, in its order."""
    return [line for line in said_to(prompt).splitlines() if line.startswith("Answer: ") and line[8:].isdigit()]


def judging_by(model: Judge, votes: list[tuple[int, ...] | None], drafts: list[str] = DRAFTS) -> None:
    """Let judgement j give these points to the samples, whatever order it sees them in (None: no points)."""
    samples = len(next(vote for vote in votes if vote))

    def script(prompt: Prompt, sample: int) -> str:
        if not judges(prompt):
            return drafts[sample]
        if (vote := votes[sample - samples]) is None:
            return "I cannot decide."
        points = dict(zip(drafts, vote, strict=False))
        return f"Principle (weight 100%): Truth.\n[[{', '.join(str(points[line]) for line in shown(prompt))}]]"

    model.script = script


def named(stored: StoredRun, name: str) -> list[Score]:
    return [score for score in stored.scores if score.name == name]


def votes(stored: StoredRun) -> dict[str, Any]:
    [score] = named(stored, "judge_votes")
    assert score.generation_id is None
    return dict(score.details)


async def test_points_are_summed_over_the_judgements_and_the_most_win(play: Play, model: Judge) -> None:
    judging_by(model, list(PAPER))
    stored = await play("spct", samples=2, judgements=4)
    scores = named(stored, "judge_points")
    assert [score.value for score in scores] == [17, 25]
    assert [score.generation_id for score in scores] == [g.id for g in first_drafts(stored)]
    assert [score.details["points"] for score in scores] == [[1, 5, 4, 7], [5, 6, 8, 6]]
    assert (stored.run.outcome.answer, votes(stored)["totals"]) == ("5", [17, 25])
    assert stored.run.outcome.chosen_generation == first_drafts(stored)[1].id


async def test_every_judgement_is_one_text_over_all_samples(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2), (3, 4)])
    stored = await play("spct", samples=2, judgements=2)
    judgements = of_role(stored, "evaluation")
    assert [(g.branch, g.round, g.label) for g in judgements] == [(2, 1, "judge"), (3, 1, "judge")]
    by_id = {g.id: g.text for g in stored.generations}
    for judgement in judgements:
        seen = [by_id[parent] for parent in judgement.parents]
        assert turns(judgement) == [m.content for m in judging(QUESTION, seen, examples=True).messages]
    assert stored.run.cost.calls == 4


def test_the_judge_is_asked_for_principles_critiques_and_points() -> None:
    [message] = judging(QUESTION, ["Answer: 4\n", "{five}"], examples=False).messages
    assert message.content.startswith("Question: What is 2 + 2?\n\nResponse 1:\nAnswer: 4\n\nResponse 2:\n{five}\n\n")
    assert message.content.endswith("[[response 1, response 2]]")
    assert "principles" in message.content and "weight" in message.content and "from 1" in message.content
    assert read_points(message.content, 2) is None and not read_principles(message.content)[1:]


async def test_orders_are_shuffled_and_points_find_their_samples(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2, 3, 4, 5, 6)] * 5)
    stored = await play("spct", samples=6, judgements=5)
    told = votes(stored)["judgements"]
    orders = {tuple(judgement["shown"]) for judgement in told}
    assert len(orders) > 3 and all(sorted(order) == list(range(6)) for order in orders)
    assert [judgement["points"] for judgement in told] == [[1, 2, 3, 4, 5, 6]] * 5
    assert votes(stored)["totals"] == [5, 10, 15, 20, 25, 30]


async def test_the_order_is_the_same_every_time(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2, 3, 4, 5, 6)] * 3)
    runs = [await play("spct", samples=6, judgements=3, seed=seed) for seed in (0, 1)]
    first, second = ([j["shown"] for j in votes(stored)["judgements"]] for stored in runs)
    assert first == second


async def test_a_judgement_without_readable_points_is_dropped_and_said_to_be(play: Play, model: Judge) -> None:
    judging_by(model, [(2, 9), None, (8, 3)])
    stored = await play("spct", samples=2, judgements=3)
    assert [score.value for score in named(stored, "judge_points")] == [10, 12]
    assert [score.value for score in named(stored, "judge_readable")] == [1, 0, 1]
    assert [j["used"] for j in votes(stored)["judgements"]] == [True, False, True]
    note = stored.run.outcome.note
    assert note.startswith("1 of 3 judgements state no readable points. Plain majority: 4.")


async def test_without_any_points_the_first_sample_stands(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Hm." if judges(prompt) else DRAFTS[sample]
    outcome = (await play("spct", samples=3, judgements=2)).run.outcome
    assert outcome.answer == "4" and outcome.note.startswith("2 of 2 judgements state no readable points.")


async def test_equal_points_go_to_the_earliest_sample(play: Play, model: Judge) -> None:
    judging_by(model, [(3, 9, 9), (3, 9, 9)])
    assert (await play("spct", samples=3, judgements=2)).run.outcome.answer == "5"


async def test_one_sample_gets_one_number(play: Play, model: Judge) -> None:
    judging_by(model, [(7,), (8,)])
    stored = await play("spct", samples=1, judgements=2)
    assert [score.value for score in named(stored, "judge_points")] == [15]


async def test_the_filter_sums_the_more_trusted_half(play: Play, model: Judge) -> None:
    judging_by(model, list(PAPER))
    trusted = iter([0.9, 0.2, 0.8, 0.4])
    model.odds = lambda asked: (share := next(trusted), 1 - share)
    stored = await play("spct", samples=2, judgements=4, meta_filter=True)
    assert [score.value for score in named(stored, "judge_points")] == [5, 13]
    assert [score.value for score in named(stored, "p_sound")] == pytest.approx([0.9, 0.2, 0.8, 0.4])
    assert [score.generation_id for score in named(stored, "p_sound")] == [
        g.id for g in of_role(stored, "evaluation")
    ]
    assert [j["used"] for j in votes(stored)["judgements"]] == [True, False, True, False]
    assert stored.run.outcome.answer == "5"


async def test_the_filter_asks_about_request_and_judgement(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2)])
    stored = await play("spct", samples=2, judgements=1, meta_filter=True)
    [(asked, begun)] = model.judged
    [judgement] = of_role(stored, "evaluation")
    assert f"{turns(judgement)[-1]}\n\nJudgement:\n{judgement.text}\n\n" in asked and begun == SOUND_PREFIX
    assert model.options == [(YES, NO)] and SOUND_PREFIX.endswith("(")


async def test_nothing_is_filtered_and_nobody_asked_unless_it_is_wanted(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2), (2, 1)])
    await play("spct", samples=2, judgements=2)
    assert not model.judged


async def test_unreadable_judgements_are_not_asked_about(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2), None, None, None])
    stored = await play("spct", samples=2, judgements=4, meta_filter=True)
    assert len(model.judged) == 1 and [s.value for s in named(stored, "judge_points")] == [1, 2]


async def test_the_judge_has_settings_of_its_own(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2)])
    stored = await play("spct", samples=2, judgements=1, judge_temperature=1.2, judge_tokens=90, temperature=0.1)
    [judgement] = of_role(stored, "evaluation")
    assert (judgement.sampling["temperature"], judgement.sampling["max_tokens"]) == (1.2, 90)


async def test_responses_that_do_not_fit_keep_their_ends(play: Play, model: Judge) -> None:
    model.limit(1400)
    judging_by(model, [(2, 1)], [f"{'a' * 450}\nAnswer: 4", f"{'b' * 450}\nAnswer: 5"])
    model_script = model.script
    model.script = lambda prompt, sample: "[[1, 1]]" if judges(prompt) else model_script(prompt, sample)
    stored = await play("spct", samples=2, judgements=1, judge_tokens=300, max_tokens=500, examples=False)
    [asked] = turns(of_role(stored, "evaluation")[0])
    assert 1095 <= len(asked.encode()) <= 1100
    assert "\n…a" in asked and "\n…b" in asked and "a\nAnswer: 4\n" in asked and "b\nAnswer: 5\n" in asked


@pytest.mark.parametrize("settings", [{"insist": True}, {"meta_filter": True}, {"insist": True, "meta_filter": True}])
async def test_what_follows_a_judgement_of_full_length_has_room_too(
    play: Play, model: Judge, settings: dict[str, Any]
) -> None:
    model.limit(1400)
    end = OPENED + "2, 1]]"
    whole = "x" * 300 + end if "insist" in settings else "x" * (300 - len(end)) + end
    model.script = lambda prompt, sample: whole if judges(prompt) else "a" * 450
    await play("spct", samples=2, judgements=2, judge_tokens=300, max_tokens=500, examples=False, **settings)
    needed = [model.count_tokens(prompt) + sampling.max_tokens for prompt, sampling, _ in model.calls]
    asked = [len(request.encode()) + len(begun.encode()) for request, begun in model.judged]
    assert max(needed + asked) <= 1400
    assert len(needed) == 3 + 2 * ("insist" in settings) and len(asked) == 2 * ("meta_filter" in settings)


async def test_missing_points_can_be_asked_for_once(play: Play, model: Judge) -> None:
    def script(prompt: Prompt, sample: int) -> str:
        if not judges(prompt):
            return DRAFTS[sample]
        return f"I cannot decide.{OPENED}2, 9]]" if prompt.prefix else "I cannot decide."

    model.script = script
    stored = await play("spct", samples=2, judgements=1, insist=True)
    first, second = of_role(stored, "evaluation")
    assert (second.label, second.branch, second.parents) == ("points", first.branch, (first.id,))
    assert {span.origin for span in second.spans} == {"model", "injected"}
    [told] = votes(stored)["judgements"]
    assert (told["judgement"], sorted(told["points"])) == (second.id, [2, 9])
    assert stored.run.outcome.note == "Plain majority: 4. 2 answers tie; the earliest sample among them decides."


async def test_points_that_stay_missing_are_dropped(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Hm." if judges(prompt) else DRAFTS[sample]
    stored = await play("spct", samples=2, judgements=2, insist=True)
    assert len(of_role(stored, "evaluation")) == 4 and votes(stored)["totals"] == [0, 0]


async def test_the_worked_examples_come_first_or_not_at_all(play: Play, model: Judge) -> None:
    judging_by(model, [(1, 2)])
    with_them, without = [
        of_role(await play("spct", samples=2, judgements=1, examples=on), "evaluation")[0] for on in (True, False)
    ]
    assert turns(with_them) == [*(text for example in EXAMPLES for text in example), *turns(without)]


def test_the_worked_examples_keep_to_the_form_and_prefer_no_place() -> None:
    points = [read_points(judgement, 3) for _, judgement in EXAMPLES]
    assert all(points) and len({each.index(max(each)) for each in points if each}) == len(EXAMPLES)
    assert [sum(p["weight"] for p in read_principles(judgement)) for _, judgement in EXAMPLES] == [100, 100]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("[[3, 10]]", (3, 10)),
        ("Scores: [[ 1,2 ]] done", (1, 2)),
        ("First [[9, 9]], no:\n[[1, 2]]", (1, 2)),
        ("[[response 1, response 2]]\n[[7, 4]]", (7, 4)),
        ("So: [10, 3]", (10, 3)),
    ],
)
def test_the_last_double_brackets_count(text: str, points: tuple[int, ...]) -> None:
    assert read_points(text, 2) == points


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3, 4",
        "(3, 4)",
        "[[3]]",
        "[[3, 4, 5]]",
        "[[0, 4]]",
        "[[3, 11]]",
        "[[3.5, 4]]",
        "[[7, 4]] then [[3]]",
        "[[a, b]]",
    ],
)
def test_points_that_cannot_be_read(text: str) -> None:
    assert read_points(text, 2) is None


def test_principles_come_with_their_weights() -> None:
    judgement = (
        "Principle (weight 60%): Is the sum right?\n- **Principle 2 (weight: 37.5 %)**: Short.\n"
        "principle (2%) Polite\nPrinciple: without weight\n[[1, 2]]"
    )
    assert read_principles(judgement) == [
        {"name": "Is the sum right?", "weight": 60.0},
        {"name": "Short.", "weight": 37.5},
        {"name": "Polite", "weight": 2.0},
    ]


def test_it_is_called_an_emulation_of_what_is_trained() -> None:
    spec = methods()["spct"]
    assert spec.faithful == "prompted emulation"
    assert "trains" in spec.faithful_note and "emulated" in spec.faithful_note
