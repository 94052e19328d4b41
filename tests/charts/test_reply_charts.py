"""The charts of corrections that happen inside one reply."""

from __future__ import annotations

import json
from typing import Any

from storage.records import Generation
from tests.charts.evidence_run import run, score, table, text
from webapp.charts.attempts import cut, stored_verdict
from webapp.charts.evidence import Evidence, evidence_of

RIGHT, WRONG = text("right", answer="4"), text("wrong", answer="5", verdict="incorrect")


def shown(name: str, generations: list[Generation], **details: Any) -> Evidence:
    [found] = [
        each for each in evidence_of(run(), generations, [score(name, None, 1.0, **details)])
        if each.title != "Texts and scores"
    ]  # fmt: skip
    return found


def test_a_verdict_belongs_to_an_answer_whichever_text_states_it():
    ungraded = text("none", answer="7", verdict="ungraded")
    assert [stored_verdict([ungraded, WRONG, RIGHT], answer) for answer in ("4", "5", "7", "8", None)] == [
        "correct", "incorrect", None, None, None,
    ]  # fmt: skip


def test_a_stretch_of_a_text_is_cut_in_bytes():
    umlauts = text("u", text="Zwölf Äpfel ")
    assert (cut([umlauts], "u", 7, 14), cut([umlauts], "gone", 0, 3)) == ("Äpfel", None)
    assert cut([umlauts], "u", 3, 99) == "\ufffdlf Äpfel", "what an imported file says of offsets is not trusted"


SPOKEN = {
    "branch": 0,
    "ending": "yes",
    "blocks": [
        {"kind": "solution", "generation": "wrong", "start": 0, "end": 9, "answer": "5"},
        {"kind": "verification", "generation": "v1", "start": 2, "end": 6, "says": True},
        {"kind": "solution", "generation": "right", "start": 0, "end": 4, "answer": "4"},
        {"kind": "verification", "generation": "v2", "start": 0, "end": 2, "says": None},
    ],
}
SILENT = {"branch": 2, "ending": "cut", "blocks": [SPOKEN["blocks"][0]]}  # type: ignore[index]


def test_turns_of_a_message_are_blocks_and_a_confusion():
    found = shown("spoc_turns", [RIGHT, WRONG], samples=[SPOKEN, SILENT])
    assert found.figure is not None
    *bars, heat = json.loads(found.figure.to_json())["data"]
    assert [(bar["y"], bar["x"], bar["text"]) for bar in bars] == [
        (["sample 1", "sample 3"], [9, 9], ["S1", "S1"]), (["sample 1"], [4], ["V1: yes"]),
        (["sample 1"], [4], ["S2"]), (["sample 1"], [2], ["V2: no verdict"]),
    ]  # fmt: skip
    assert (heat["x"], heat["y"]) == (["correct", "not correct"], ["says yes", "says no", "no verdict"])
    assert heat["z"] == [[0, 1], [0, 0], [1, 0]]
    assert "1 ended by its own yes, 1 ended cut short" in found.reading
    assert [row[1:5] for row in table(found).rows] == [
        ("S1", None, "5", "incorrect"), ("V1", "yes", None, None), ("S2", None, "4", "correct"),
        ("V2", "no verdict", None, None), ("S1", None, "5", "incorrect"),
    ]  # fmt: skip


def test_both_answers_of_a_reply_stand_beside_their_stored_verdicts():
    samples = [
        {"branch": 0, "first": "5", "verdicts": [False], "final": "4"},
        {"branch": 1, "first": "4", "verdicts": [False, True], "final": "5", "cut": True},
        {"branch": 2, "first": "4", "verdicts": [False], "final": None},
        {"branch": 3, "first": None, "verdicts": [], "final": None},
    ]
    found = shown("isc_changed", [RIGHT, WRONG], samples=samples)
    assert table(found).rows == (
        (0, "5", "incorrect", "incorrect", "4", "correct", "wrong→right", "no"),
        (1, "4", "correct", "incorrect, correct", "5", "incorrect", "right→wrong", "yes"),
        (2, "4", "correct", "incorrect", None, None, "right→wrong", "no"),
        (3, None, None, "no verdict", None, None, None, "no"),
    )


def test_chains_say_whether_they_agree_with_the_final_answer():
    chains = [{"answer": "5", "agrees": False, "text": "a"}, {"answer": None, "agrees": None, "text": "b"}]
    samples = [
        {"branch": 0, "chains": chains, "answer": "4", "concluded": True},
        {"branch": 1, "chains": [], "answer": None, "concluded": False},
    ]
    found = shown("dcot_agreeing", [RIGHT, WRONG], samples=samples)
    assert table(found).rows == ((0, "1", "5", "no", "incorrect", "a"), (0, "2", None, None, None, "b"))
    assert "sample 1: 4; sample 2: none (without the heading of a final answer)" in found.reading


def test_notes_stand_below_their_step():
    steps = [{"number": 1, "text": "a", "keys": ["k"]}, {"number": 2, "text": "b"}]
    found = shown("tagged_steps", [], samples=[{"branch": 1, "steps": steps, "answer": "4", "cut": True}])
    assert table(found).rows == (
        (1, "step 1", "a"), (1, "note on step 1", "k"), (1, "step 2", "b"), (1, "summary", None), (1, "answer", "4"),
    )  # fmt: skip
    assert found.reading.endswith("Cut short: sample 2.")


def test_what_replaced_what_stands_beside_the_answer_without_it():
    draft = text("d", answer="4", text="2 + 2 = 5.\nWait.\n2 + 2 = 4.")
    place = {"before": [0, 10], "words": [11, 16], "after": [17, 27], "why": "corrects"}
    changed = place | {"without": "wrong", "answer": "5", "changed": True, "again": True}
    doubt = {"before": None, "words": [11, 16], "after": None, "why": "nothing before it"}
    untried = place | {"why_not": "no tokens are left"}
    samples = [{"branch": 0, "text": "d", "reversals": [changed, doubt, untried]}]
    found = shown("spontaneous_corrections", [draft, WRONG], samples=samples)
    steps = ("2 + 2 = 5.", "Wait.", "2 + 2 = 4.")
    assert table(found).rows == (
        (0, *steps, "a correction", "5", "incorrect", "yes, it corrects itself again"),
        (0, None, "Wait.", None, "none: nothing before it", None, None, None),
        (0, *steps, "a correction", None, None, "no tokens are left"),
    )
    assert "2 of 3 are corrections" in found.reading
    assert shown("spontaneous_corrections", [], samples=[]).table is None
