"""The charts of untargeted refinement: one run's rounds, and models over many runs."""

from __future__ import annotations

import json

from tests.charts.evidence_run import run, score, text
from webapp.analysis.refinement_score import Weights, refinement_score
from webapp.charts.evidence import evidence_of
from webapp.charts.refinement import refinement
from webapp.runs.refinement import Contender, NotYet, Ranking

MODELS = (Contender("<b>small</b>", 0.2, 0.5, 3.0, 100.0), Contender("large", 0.8, 0.7, 9.0, 90.0))


def ranked(*models: Contender, cost_in: str = "seconds") -> Ranking:
    columns = ([getattr(each, name) for each in models] for name in ("base", "refined", cost_in))
    weights = Weights(gain=2.0)
    return Ranking(models, refinement_score(*columns, weights), weights, cost_in, 7)


def test_rounds_stand_with_answers_verdicts_and_the_preference():
    draft, critique = (
        text("d", answer="5", verdict="incorrect"),
        text("c", role="critique", text="Count.", answer=None),
    )
    texts = [
        draft,
        critique,
        text("r", role="revision", answer="4"),
        text("open", role="revision", verdict="ungraded"),
    ]
    rounds = [
        {"before": "d", "critique": "c", "after": "r"}, {"before": "r", "critique": "gone", "after": "open"},
    ]  # fmt: skip
    scores = [
        score("untargeted_rounds", None, 2.0, samples=[{"branch": 1, "rounds": rounds}]),
        score("p_refined_better", "open", 0.5, orders=[0.2, 0.8]),
    ]
    found = next(each for each in evidence_of(run(), texts, scores) if each.title.startswith("Answer, critique"))
    assert found.table is not None
    assert found.table.rows == (
        (1, "1", "5", "incorrect", "Count.", "4", "correct", "wrong→right", None, None),
        (1, "2", "4", "correct", None, "42", None, None, 0.5, "0.20 and 0.80"),
    )


def test_models_stand_by_cost_and_refined_accuracy_with_a_bubble_for_the_gain():
    found = refinement(ranked(*MODELS))
    assert found.figure is not None and found.table is not None
    [dots] = json.loads(found.figure.to_json())["data"]
    assert (dots["x"], dots["y"]) == ([3.0, 9.0], [0.5, 0.7])
    assert dots["text"][0] == "&lt;b&gt;small&lt;/b&gt;"
    assert dots["marker"]["symbol"] == ["circle", "circle-open"], "a loss is seen without colour"
    assert dots["marker"]["size"] == [16.0, 12.0]
    assert [row[:2] for row in found.table.rows] == [("<b>small</b>", 2.0), ("large", -2.0)]


def test_the_formula_is_shown_with_its_weights_under_a_name_of_ours():
    found = refinement(ranked(*MODELS))
    assert "1 z(base) + 2 z(refined − base) − 1 z(seconds)" in found.reading
    assert found.title == "Cost-adjusted refinement score (ours)" and "PeRFICS" not in found.title + found.reading
    assert "Of two models" in found.reading
    assert "Of two models" not in refinement(ranked(*MODELS, Contender("mid", 0.5, 0.5, 4.0, 95.0))).reading


def test_the_cost_may_be_tokens():
    found = refinement(ranked(*MODELS, cost_in="tokens"))
    assert found.figure is not None
    assert json.loads(found.figure.to_json())["data"][0]["x"] == [100.0, 90.0]


def test_what_it_needs_is_said():
    assert refinement(NotYet("Two models.")).reading == "Two models."
