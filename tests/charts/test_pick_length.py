"""The chart of Sharpening: whether picks get shorter with more samples."""

from __future__ import annotations

import json

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import evidence_of

EXPECTED = {"sum_logprob": [30.0, 25.0, 22.5], "mean_logprob": [30.0, 31.0, 33.0]}


def test_every_reward_has_a_line_from_one_sample_to_all():
    [found] = evidence_of(run(), [], [score("pick_length", None, 0.8, expected=EXPECTED)])
    assert found.figure is not None
    first, second = json.loads(found.figure.to_json())["data"]
    assert (first["name"], first["x"], first["y"]) == ("sum logprob", [1, 2, 3], [30.0, 25.0, 22.5])
    assert second["y"] == [30.0, 31.0, 33.0]
    assert first["marker"]["symbol"] != second["marker"]["symbol"], "they differ without colour"


def test_a_single_sample_makes_no_line():
    assert evidence_of(run(), [], [score("pick_length", None, 1.0, expected={"sum_logprob": [30.0]})]) == []
