"""Builders that need a model: near misses by its own edits, explanations of an answer that it was given."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from storage.records import Problem
from tests.export.training.cases import LEGS, built, case, replies, rows, text, told
from tests.runs.puppet import Puppet
from webapp.export.training.builders import expo, near_misses
from webapp.export.training.builders.expo import EXPO
from webapp.export.training.builders.near_misses import NEAR_MISSES, complaint
from webapp.export.training.drawing import TEMPERATURE
from webapp.export.training.examples import Pair, Reply, written
from webapp.export.training.formats.format import CannotSay, Way
from webapp.export.training.formats.preference import DPO
from webapp.export.training.leaks import leaks
from webapp.export.training.material import Case, Drawn
from webapp.export.training.settings import TrainingSettings

RIGHT = text("Cats have 4 legs.\nThat makes 3 × 4 = 12.\nAnswer: 12", "correct", id="right")
WRONG = text("That is 10.\nAnswer: 10", "incorrect", id="wrong", branch=1)


def test_a_near_miss_follows_the_same_beginning_and_ends_in_no_end_of_text() -> None:
    edit = Drawn("edit", "right", 1, "That makes 3 × 4 = 13.", "puppet", "1")
    whole, step = built(NEAR_MISSES, replace(case(told(RIGHT, WRONG)), drawn=(edit,)))[0]
    assert isinstance(whole, Pair)
    assert isinstance(step, Pair)
    assert (written(whole.chosen), written(whole.rejected), whole.ends) == (RIGHT.text, WRONG.text, True)
    [row] = rows(DPO, step, Way("standard"))
    before = "Cats have 4 legs.\n"
    assert (row["chosen"], row["rejected"]) == ("That makes 3 × 4 = 12.", "That makes 3 × 4 = 13.")
    assert row["prompt"].endswith(before)
    assert (row["initial_reason_steps"], row["append_eos"]) == (before, False)
    with pytest.raises(CannotSay, match="within a reply"):
        rows(DPO, step)


async def test_the_model_is_shown_one_step_and_drawn_from_by_the_seed() -> None:
    engine = Puppet(lambda prompt, i: "Cats have 5 legs.")
    of = case(told(RIGHT))
    first = await near_misses.draw(engine, of, TrainingSettings(seed=3), Random(3))
    again = await near_misses.draw(engine, of, TrainingSettings(seed=3), Random(3))
    assert first == again != []
    (prompt, sampling, caller), _ = engine.calls
    assert sum(line in prompt.messages[0].content for line in RIGHT.text.splitlines()) == 1
    assert (sampling.seed, sampling.problem, caller.background) == (3, "legs", True)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ("It is 3 × 4 = 13.", None),
        ("It is  3 × 4 = 12.", "nothing"),
        ("It is 3 × 4 = 13, a mistake.", "gives itself away"),
        ("It is 3 × 4 = 13, since a cat has 4 legs and there are 3 of them.", "more than a detail"),
    ],
)
def test_edits_that_are_no_near_misses_are_refused(edit: str, why: str | None) -> None:
    found = complaint("It is 3 × 4 = 12.", edit)
    assert (found is None) if why is None else (found is not None and why in found)


def test_without_a_model_there_are_whole_solutions_only() -> None:
    assert [
        each.extra["step"] for each in built(NEAR_MISSES, case(told(RIGHT, WRONG)))[0] if isinstance(each, Pair)
    ] == [-1]


async def explained(says: str, *texts: object) -> Case:
    of = case(told(*texts)) if texts else case(told(WRONG))  # type: ignore[arg-type]
    engine = Puppet(lambda prompt, i: says)
    drawn = await expo.draw(engine, of, TrainingSettings(), Random(0))
    assert all("12" in call[0].messages[0].content for call in engine.calls), "the model sees the answer"
    return replace(of, drawn=tuple(drawn))


async def test_an_explanation_is_learnt_without_the_answer_in_its_prompt() -> None:
    of = await explained("Each cat has four legs, and there are three cats.")
    reply, pair = built(EXPO, of)[0]
    assert isinstance(reply, Reply)
    assert isinstance(pair, Pair)
    assert written(reply.reply) == "Each cat has four legs, and there are three cats.\n\nAnswer: 12"
    assert written(pair.rejected) == WRONG.text
    assert not leaks(reply.prompt, of, reply.meta.texts)
    assert "12" not in str(reply.prompt)
    assert reply.meta.reference_seen and pair.meta.reference_seen
    assert (reply.meta.model, reply.reply[1].origin) == ("puppet", "injected")


async def test_only_what_a_row_holds_taints_it() -> None:
    oracle = told(WRONG, id="oracle", oracle=True)
    clean = told(text("Two each.\nAnswer: 6", "incorrect", id="other"), id="clean")
    says = "Each cat has four legs, and there are three cats."
    for runs in ((oracle, clean), (clean, oracle)):
        of = replace(case(*runs), drawn=(Drawn("explanation", "", 0, says, "puppet", "1"),))
        seen = set()
        for seed in range(8):
            reply, pair = EXPO.build(of, TrainingSettings(seed=seed), Random(seed))
            assert isinstance(reply, Reply) and isinstance(pair, Pair)
            assert (reply.meta.oracle, reply.meta.runs) == (False, ())
            assert (reply.meta.seed, reply.meta.temperature) == (seed, TEMPERATURE)
            assert (pair.meta.oracle, *pair.meta.runs) in {(True, "oracle"), (False, "clean")}
            seen.add(pair.meta.oracle)
        assert seen == {True, False}


async def test_of_several_accepted_answers_one_is_explained() -> None:
    salt = Problem("salt", "What is salt?", "text", "NaCl | sodium chloride")
    of = case(told(WRONG), problem=salt)
    engine = Puppet(lambda prompt, i: "It is made of two elements.")
    drawn = await expo.draw(engine, of, TrainingSettings(), Random(0))
    assert "The answer is NaCl. Write" in engine.calls[0][0].messages[0].content
    reply = built(EXPO, replace(of, drawn=tuple(drawn)))[0][0]
    assert isinstance(reply, Reply)
    assert written(reply.reply).endswith("\n\nAnswer: NaCl")


async def test_a_bar_within_a_formula_parts_no_answers() -> None:
    of = case(told(WRONG), problem=Problem("root", "What is the root of x squared?", "math", "|x|"))
    explained = Drawn("explanation", "", 0, "It is never negative.", "puppet", "1")
    assert written(replies(EXPO, replace(of, drawn=(explained,)))[0].reply).endswith("\n\nAnswer: |x|")


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("As given, it is 12.", "the explanation says that it was given the answer"),
        ("So it must be.\nAnswer: 13", "the explanation ends in another answer"),
    ],
)
async def test_explanations_that_give_themselves_away_are_refused(says: str, why: str) -> None:
    assert built(EXPO, await explained(says)) == ([], [why])


async def test_an_explanation_that_ends_in_the_answer_stays_as_it_is() -> None:
    [reply, _] = built(EXPO, await explained("Count them.\nAnswer: 12"))[0]
    assert isinstance(reply, Reply)
    assert written(reply.reply) == "Count them.\nAnswer: 12"


async def test_only_what_no_sample_solves_is_explained() -> None:
    of = await explained("Never asked.", RIGHT, WRONG)
    assert (of.drawn, built(EXPO, of)[1]) == ((), ["a stored sample solves the problem, so it needs no explanation"])
    unknown = case(told(WRONG), problem=replace(LEGS, reference=None))
    assert built(EXPO, unknown)[1] == ["the problem has no reference answer to explain"]
    assert built(EXPO, replace(unknown, drawn=(Drawn("edit", "wrong", 0, "x", "m", "r"),)))[0] == []
