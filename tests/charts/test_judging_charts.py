"""The charts of methods that choose among samples in words, and of those that draw fewer."""

from __future__ import annotations

from typing import Any

from storage.records import Score
from tests.charts.evidence_run import drawn, run, score, table, text
from webapp.charts.evidence import Evidence, evidence_of

JUDGEMENTS = [
    {"judgement": "j1", "points": [1, 5], "used": True, "principles": [{"name": "<b>Truth</b>", "weight": 60}]},
    {"judgement": "j2", "points": None, "used": False, "principles": []},
    {"judgement": "j3", "points": [4, 8], "used": True},
]


def shown(name: str, value: float | None = 0.5, *beside: Score, **details: Any) -> Evidence:
    found = evidence_of(run(), [], [score(name, None, value, **details), *beside])
    return next(each for each in found if each.title != "Texts and scores")


def test_points_are_a_map_and_running_sums():
    found = shown("judge_votes", branches=[0, 2], totals=[5, 13], judgements=JUDGEMENTS)
    heat, first, second = drawn(found)["data"]
    assert heat["z"] == [[1, None, 4], [5, None, 8]]
    assert (heat["x"], heat["y"]) == (["1", "2 (left out)", "3"], ["sample 1", "sample 3"])
    assert "%{z}" in heat["texttemplate"], "points are read without their colour"
    assert (first["y"], second["y"], second["x"]) == ([1, 5], [5, 13], [1, 2])
    assert table(found).rows == (
        ("1", "<b>Truth</b> (60 %)", "1, 5", "yes"), ("2", None, None, "no"), ("3", None, "4, 8", "yes"),
    )  # fmt: skip


def test_what_the_model_thinks_of_a_judgement_stands_beside_it():
    sound = score("p_sound", "j3", 0.75)
    found = shown("judge_votes", 0.5, sound, branches=[0, 2], totals=[5, 13], judgements=JUDGEMENTS)
    assert [row[-1] for row in table(found).rows] == [None, None, 0.75]


def test_points_for_other_samples_are_not_drawn():
    assert shown("judge_votes", branches=[0], totals=[5], judgements=JUDGEMENTS).figure is None


def test_the_vote_before_and_after_the_check():
    found = shown(
        "check_kept", before=[{"answer": "5", "branches": [0, 1]}, {"answer": "4", "branches": [2]}],
        after=[{"answer": "4", "branches": [2]}], certainty={"top_share": 2 / 3, "margin": 1 / 3, "entropy": 0.579},
    )  # fmt: skip
    assert table(found).rows == (("5", 2, 0), ("4", 1, 1))
    assert "top share 0.67, margin 0.33, entropy 0.58" in found.reading
    assert "Certainty" not in shown("check_kept", before=[], after=[]).reading


def test_scores_stand_in_the_order_of_drawing_against_the_threshold():
    samples = [
        {"branch": 0, "temperature": 0.1, "p_no_better": 0.2, "tokens": 7},
        {"branch": 1, "temperature": 0.5, "p_no_better": 0.1, "tokens": 9},
        {"branch": 2, "temperature": 0.75, "p_no_better": 0.6, "tokens": 8},
    ]
    found = shown("tokens_saved", 104.0, samples=samples, most=16, threshold=0.5)
    assert "; at or above the dashed line" in found.reading
    figure = drawn(found)
    dots, bars, sweep = figure["data"]
    assert (dots["x"], dots["y"], dots["customdata"]) == ([1, 2, 3], [0.2, 0.1, 0.6], [0.1, 0.5, 0.75])
    assert bars["y"] == [0.5] * 5 and (bars["x"][0], bars["x"][-1]) == (0.5, 3.5)
    assert dict(zip(sweep["x"], sweep["y"], strict=True)) == {0.0: 1, 0.1: 1, 0.2: 1, 0.6: 3, 1.0: 3}
    assert found.reading.startswith("3 of at most 16 samples were drawn, which saved about 104 tokens.")
    assert table(found).rows[2] == (2, 0.75, 0.6, 8)


def test_where_ranks_stop_the_drawing_each_sample_has_a_bar_of_its_own():
    samples = [{"branch": i, "temperature": 0.7, "p_no_better": 0.4, "bar": bar} for i, bar in enumerate((0.5, 0.3))]
    found = shown("tokens_saved", 104.0, samples=samples, most=16, stop="rank")
    assert "; above the dashed line" in found.reading
    bars = drawn(found)["data"][1]
    assert bars["y"] == [0.5, 0.5, 0.3, 0.3]


def test_a_beginning_that_was_given_up_is_hollow():
    samples = [{"branch": 0, "begun": 0.4, "finished": 0.7}, {"branch": 1, "begun": 0.3, "finished": None}]
    found = shown("share_saved", 0.42, samples=samples, mean_begun=64, mean_length=400)
    begun, finished = drawn(found)["data"]
    assert (begun["y"], begun["marker"]["symbol"]) == ([0.4, 0.3], ["circle", "circle-open"])
    assert (finished["x"], finished["y"]) == ([1], [0.7])
    assert found.reading.startswith("Pruning saved about 42 % of the tokens.")
    assert table(found).rows == ((0, 0.4, 0.7), (1, 0.3, None))


def test_sentences_of_an_aggregate_are_listed_with_their_candidates():
    sentences = [
        {"start": 0, "end": 12, "branch": 1, "overlap": 1.0}, {"start": 13, "end": 18, "branch": None, "overlap": 0}
    ]  # fmt: skip
    aggregate = text("a", 3, role="aggregate", round=1, text="Vier Äpfel. Eins.")
    details = {"aggregate": "a", "sentences": sentences, "cut_to": 80}
    [found] = evidence_of(run(), [aggregate], [score("aggregate_overlap", None, 0.5, **details)])
    assert table(found).rows == (("Vier Äpfel.", 1, 1.0), ("Eins.", None, 0.0))
    assert "last 80 characters" in found.reading


def test_an_aggregate_that_is_not_there_has_no_sentences():
    details = {"aggregate": "gone", "sentences": [{"start": 0, "end": 1, "overlap": 0.0}]}
    assert evidence_of(run(), [], [score("aggregate_overlap", None, 0.5, **details)]) == []
