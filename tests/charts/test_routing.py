"""Why a problem was routed as it was, its chains with their steps, and its votes."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Score
from tests.charts.evidence_run import drawn, run, score, table, text
from webapp.charts.evidence import Evidence, evidence_of

LIMITS = {"mean": 1.0, "deviation": 0.4, "quality_below": 0.0, "confidence_below": 0.5}
HARD = {
    "quality": -1.25, "outcome_entropy": 1.3863, "step_entropy": 1.04, "outcome_confidence": 0.4,
    "step_confidence": 0.52, "quality_low": True, "confidence_low": True, "hard": True, "majority": "5",
}  # fmt: skip
EASY = HARD | {"quality_low": False, "hard": False}
TEXTS = [
    text("a", 0, answer="5"), text("b", 1, answer="7"),
    text("ra", 0, role="critique", round=1, parents=("a",), text="The first step adds.", answer=None),
    text("c", 0, role="revision", round=1, parents=("a", "ra"), answer="4"),
]  # fmt: skip
STEPS = {
    "a": [{"text": "3 + <6>", "p": 0.26}, {"text": "Answer: 5", "p": 0.95}],
    "b": [{"text": "Hm.", "p": 0.04}],
    "c": [],
}


def shown(name: str, *beside: Score, **details: Any) -> Evidence:
    found = evidence_of(run(), TEXTS, [score(name, None, 0.5, **details), *beside])
    return next(each for each in found if each.title != "Texts and scores")


def scored() -> list[Score]:
    steps = [score("step_score", each, 0.25, steps=found) for each, found in STEPS.items()]
    return [*steps, score("outcome_score", "a", 0.5), score("outcome_score", "b", 0.75)]


def test_the_card_says_what_it_was_routed_by_and_why():
    found = shown("routing", limits=LIMITS, rounds=[HARD, EASY])
    assert found.title == "Routed as hard"
    first, second = table(found).rows
    assert first[:7] == ("first", "5", -1.25, 1.3863, 1.04, 0.4, 0.52)
    assert first[7:] == ("hard", "quality is low, and confidence is low")
    assert (second[0], second[7], second[8]) == ("round 1", "easy", "quality is not low, but confidence is low")
    assert "usual reward (1); both are settings, not measured on this run" in found.reading
    assert "low is below 0.5 (H above 1.10 nats)." in found.reading


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"confidence_low": False}, "quality is low, but confidence is not low"),
        ({"quality_low": False, "confidence_low": False}, "quality is not low, and confidence is not low"),
        ({"outcome_entropy": None}, "quality is low; no chain states an answer, so there is no confidence"),
    ],
)
def test_why_it_is_easy_or_hard(changes: dict[str, Any], why: str):
    assert table(shown("routing", limits=LIMITS, rounds=[EASY | {"quality_low": True} | changes])).rows[0][8] == why


def test_a_confidence_that_all_have_has_no_entropy():
    found = shown("routing", limits=LIMITS | {"confidence_below": 0.0}, rounds=[EASY])
    assert found.title == "Routed as easy" and "low is below 0." in found.reading


def test_chains_are_rows_of_scored_steps():
    found = shown("chain_rewards", *scored(), rounds=[["a", "b"], ["c", "gone"]], voting=["a", "c"])
    [heat] = drawn(found)["data"]
    assert heat["z"] == [[3, 9], [0, None], [None, None]]
    assert heat["y"] == ["sample 1", "sample 2", "sample 1, round 1"] and "%{z}" in heat["texttemplate"]
    assert heat["customdata"][0][0] == "3 + &lt;6&gt;", "a step is no markup"
    assert table(found).rows == (
        ("first", 0, "5", 0.5, 0.25, 0.75, "yes", "1 (3/10): 3 + <6>", "The first step adds."),
        ("first", 1, "7", 0.75, 0.25, 1.0, "no", "1 (0/10): Hm.", None),
        ("round 1", 0, "4", None, 0.25, None, "yes", None, None),
    )


def test_chains_that_are_not_there_are_not_drawn():
    found = evidence_of(run(), [], [score("chain_rewards", None, 0.5, rounds=[["gone"]], voting=[])])
    assert found == []


def test_the_vote_is_drawn_round_by_round():
    before = [{"answer": "5", "weight": 1.2, "chains": 2}, {"answer": "<b>", "weight": 0.5, "chains": 1}]
    found = shown("weighted_vote", rounds=[before, [{"answer": "4", "weight": 2.5}]], decisive=1)
    first, second = drawn(found)["data"]
    assert (first["name"], first["x"], first["y"]) == ("first", [1.2, 0.5, 0.0], ["5", "&lt;b&gt;", "4"])
    assert (second["name"], second["x"]) == ("round 1", [0.0, 0.0, 2.5])
    assert table(found).rows == (("5", 1.2, None), ("<b>", 0.5, None), ("4", None, 2.5))


def test_without_an_answer_there_is_no_vote():
    assert [e.title for e in evidence_of(run(), [], [score("weighted_vote", None, None, rounds=[[]])])] == []
