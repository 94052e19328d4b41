"""The mixtures of a text's thinking, their entropies, and the cold-stop counter."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from tests.charts.evidence_run import run, score
from webapp.charts import soft_thinking
from webapp.charts.evidence import evidence_of

STEPS: list[dict[str, Any]] = [
    {"entropy": 0.9, "mixture": [("So", 0.5), ("<b>", 0.3), ("\n", 0.2)], "cold": 0},
    {"entropy": 0.001, "mixture": [(" the", 1.0)], "cold": 1},
]
THINKING: dict[str, Any] = {
    "branch": 0, "steps": STEPS, "left": "marker", "aborted": False, "marker": "Answer:", "cold": 0.01,
    "patience": 256, "plain": 9,
}  # fmt: skip


def test_every_step_is_a_bar_of_its_tokens_over_its_entropy() -> None:
    [found] = evidence_of(run(), [], [score("soft_steps", None, 2.0, **THINKING)])
    assert found.title == "Thoughts, sample 1"
    assert "completed “Answer:”" in found.reading and "2 soft steps; the plain text took 9 tokens" in found.reading
    assert found.figure is not None and found.table is not None
    drawn = [(type(each), each.name, list(each.y)) for each in found.figure.data]
    assert drawn == [
        (go.Bar, "rank 1", [0.5, 1.0]), (go.Bar, "rank 2", [0.3, 0.0]), (go.Bar, "rank 3", [0.2, 0.0]),
        (go.Scatter, "entropy", [0.9, 0.001]), (go.Scatter, "sure in a row", [0, 1]),
    ]  # fmt: skip
    assert list(found.figure.data[1].hovertext) == ["“&lt;b&gt;”", "“”"]
    assert found.table.rows == (
        (1, "“So”", 0.5, "“<b>” 30.0%, “↵” 20.0%", 0.9, 0),
        (2, "“ the”", 1.0, "", 0.001, 1),
    )


def test_many_steps_are_drawn_as_areas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soft_thinking, "BARS", 5)
    [found] = evidence_of(run(), [], [score("soft_steps", None, 2.0, **THINKING)])
    assert found.figure is not None
    assert [each.stackgroup for each in found.figure.data[:3]] == ["mixture"] * 3


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"left": "cold"}, "It ended by the cold stop."),
        ({"left": "longest", "plain": None}, "the plain text never reached “Answer:”"),
        ({"left": "end"}, "so the answer was asked for"),
        ({"left": None}, "ended before its answer began"),
        ({"left": "cold", "aborted": True}, "The answer was ended after as many sure tokens"),
    ],
)
def test_how_the_thinking_ended_is_told(changed: dict[str, Any], sentence: str) -> None:
    [found] = evidence_of(run(), [], [score("soft_steps", None, 2.0, **THINKING | changed)])
    assert sentence in found.reading


def test_a_text_that_thought_nothing_shows_nothing() -> None:
    assert evidence_of(run(), [], [score("soft_steps", None, 0.0, **THINKING | {"steps": []})]) == []
