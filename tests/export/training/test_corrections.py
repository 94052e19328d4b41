"""Builders of corrections: first against corrected answers, second turns, logged rollouts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.records import VerdictValue
from tests.export.training.cases import LEGS, built, case, replies, revision, rows, text, told, trained, within
from webapp.export.training.builders.first_vs_corrected import FIRST_VS_CORRECTED
from webapp.export.training.builders.two_turn import SCORE_ROLLOUTS, TWO_TURN
from webapp.export.training.chains import chains
from webapp.export.training.examples import Online, Pair, written
from webapp.export.training.formats.prompt_completion import SFT
from webapp.export.training.material import Judged, Told, plain

KINDS: list[tuple[VerdictValue, VerdictValue]] = [
    ("incorrect", "correct"),
    ("correct", "incorrect"),
    ("correct", "correct"),
    ("incorrect", "incorrect"),
]


def corrected(first: VerdictValue, last: VerdictValue, name: str = "run") -> Told:
    draft = text(f"first {first}", first)
    return told(draft, revision(f"then {last}", last, draft), id=name)


def test_there_is_a_pair_for_every_flip_and_it_prefers_the_right_answer() -> None:
    of = case(*(corrected(*kind, name=f"run {at}") for at, kind in enumerate(KINDS)))
    made, refused = built(FIRST_VS_CORRECTED, of)
    pairs = [each for each in made if isinstance(each, Pair)]
    assert [(written(pair.chosen), written(pair.rejected)) for pair in pairs] == [
        ("then correct", "first incorrect"),
        ("first correct", "then incorrect"),
    ]
    assert [pair.meta.kind for pair in pairs] == ["fixed", "broken"]
    assert refused == ["the correction did not flip the outcome"] * 2


@pytest.mark.parametrize(("bare", "prompt"), [(True, (("user", LEGS.question),)), (False, plain(LEGS))])
def test_the_draft_never_stands_in_the_prompt(bare: bool, prompt: object) -> None:
    [pair], _ = built(FIRST_VS_CORRECTED, case(corrected("incorrect", "correct")), bare_question=bare)
    assert pair.prompt == prompt


def test_a_reply_that_contains_its_own_draft_is_no_pair() -> None:
    draft = text("They have 10.", "incorrect")
    made, refused = built(FIRST_VS_CORRECTED, case(told(draft, within(" No: 12.", "correct", draft))))
    assert (made, refused) == ([], ["the corrected answer goes on after the first one in the same reply"])


@pytest.mark.parametrize("method", ["srgen", "soft_thinking", "power_metropolis"])
def test_a_text_that_is_only_drawn_in_another_way_corrects_nothing(method: str) -> None:
    draft = text("They have 10.", "incorrect")
    redrawn = told(draft, revision("They have 12.", "correct", draft), method=method)
    goes_on = told(draft, within(" No: 12.", "correct", draft), method=method)
    assert chains(case(redrawn)) == []
    assert [chain.within for chain in chains(case(goes_on))] == [True]


@pytest.mark.parametrize(
    ("kept", "kinds"),
    [("improving", ["cst"]), ("non-decreasing", ["cst", "clt"]), ("all", ["cst", "broken", "clt", "still-wrong"])],
)
def test_second_turns_are_learnt_by_their_transition(kept: str, kinds: list[str]) -> None:
    of = case(*(corrected(*kind, name=f"run {at}") for at, kind in enumerate(KINDS)))
    assert [reply.meta.kind for reply in replies(TWO_TURN, of, corrections=kept)] == kinds


def test_only_the_last_turn_is_learnt() -> None:
    [reply] = replies(TWO_TURN, case(corrected("incorrect", "correct")))
    assert trained(reply) == "then correct"
    [row] = rows(SFT, reply)
    assert [message["role"] for message in row["prompt"]] == ["user", "assistant", "user"]
    assert row["completion"] == [{"role": "assistant", "content": "then correct"}]


@pytest.mark.parametrize(
    ("first", "last", "reward"),
    [
        ("incorrect", "incorrect", 0.0),
        ("incorrect", "correct", 11.0),
        ("correct", "incorrect", -10.0),
        ("correct", "correct", 1.0),
    ],
)
def test_logged_rollouts_carry_scores_rewards(first: VerdictValue, last: VerdictValue, reward: float) -> None:
    [rollout], _ = built(SCORE_ROLLOUTS, case(corrected(first, last)))
    assert isinstance(rollout, Online)
    assert (rollout.answer, rollout.extra["turn2_reward"]) == ("12", reward)
    assert "12" not in str(rollout.prompt)


def test_a_corrected_answer_that_is_no_turn_is_refused() -> None:
    draft = text("10", "incorrect")
    alone = revision("12", "correct", draft).with_(messages=(("user", "Here is a solution: 10. Revise it."),))
    assert built(TWO_TURN, case(told(draft, alone)))[1] == [
        "the corrected answer does not follow the first one in a conversation"
    ]


def test_a_critique_between_the_answers_is_no_second_turn() -> None:
    draft = text("10", "incorrect")
    said = revision("12", "correct", draft)
    longer = said.with_(messages=(*said.messages, ("assistant", "Four legs each."), ("user", "Improve it.")))
    reason = "between the first and the corrected answer stands more, or less, than one request"
    for builder in (TWO_TURN, SCORE_ROLLOUTS):
        assert built(builder, case(told(draft, longer))) == ([], [reason])


def test_another_sample_on_a_branch_of_the_same_number_corrects_nothing() -> None:
    draft, particle = text("10", "incorrect"), text("12", "correct", round=1)
    assert built(FIRST_VS_CORRECTED, case(told(draft, particle))) == ([], [])


def test_people_outrank_the_grader_unless_told_otherwise() -> None:
    draft = text("first", "correct", id="draft")
    of = case(told(draft, revision("then", "correct", draft)), judged={"draft": Judged(right=False)})
    assert [each.meta.kind for each in built(FIRST_VS_CORRECTED, of)[0]] == ["fixed"]
    assert built(FIRST_VS_CORRECTED, replace(of, people_first=False))[0] == []
