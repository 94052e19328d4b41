"""The chart of RPC: what it draws is what was decided by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scipy.stats import weibull_min

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import Evidence, evidence_of

HIGH, LOW = {"weight": 0.7, "shape": 20.0, "scale": 0.9}, {"weight": 0.3, "shape": 4.0, "scale": 0.4}
PATHS = [
    {"branch": 0, "x": 0.9, "p_high": 0.99, "kept": True, "copy_of": None, "answer": "<b>4</b>"},
    {"branch": 1, "x": 0.3, "p_high": 0.01, "kept": False, "copy_of": None, "answer": None},
    {"branch": 2, "x": 0.9, "p_high": 0.99, "kept": True, "copy_of": 0, "answer": "<b>4</b>"},
]
ANSWERS = [
    {"answer": "5", "branches": [1], "sc": 0.6, "pc": 0.4, "rpc": 0.0},
    {"answer": "4", "branches": [0], "sc": 0.4, "pc": 0.6, "rpc": 1.0},
]
FITTED: dict[str, Any] = {
    "paths": PATHS, "mean": 0.7, "mixture": {"high": HIGH, "low": LOW}, "fitted_by": "L-BFGS-B", "not_pruned": "",
    "answers": ANSWERS,
}  # fmt: skip


def shown(**changes: Any) -> Evidence:
    [found] = evidence_of(run(), [], [score("rpc_confidence", None, 1.0, **(FITTED | changes))])
    return found


def lines(found: Evidence) -> dict[str, Any]:
    assert found.figure is not None
    return {line["name"]: line for line in json.loads(found.figure.to_json())["data"]}


def test_the_fitted_densities_are_drawn_by_their_weights():
    drawn = lines(shown())
    for name, part in (("high component", HIGH), ("low component", LOW)):
        expected = part["weight"] * weibull_min.pdf(drawn[name]["x"], part["shape"], scale=part["scale"])
        assert drawn[name]["y"] == pytest.approx(expected, abs=1e-3)
    assert drawn["high component"]["line"]["dash"] != drawn["low component"]["line"]["dash"]


def test_kept_dropped_and_repeated_samples_are_told_apart_without_colour():
    drawn = lines(shown())
    marks = [drawn[name] for name in ("kept", "copy of another", "dropped")]
    assert [mark["x"] for mark in marks] == [[0.9], [0.9], [0.3]]
    assert len({mark["marker"]["symbol"] for mark in marks}) == 3
    assert marks[0]["hovertext"] == ["sample 1: &lt;b&gt;4&lt;/b&gt;<br>0.900, P(high) 0.990"]
    assert marks[1]["hovertext"][0].endswith("the text of sample 1")
    assert marks[2]["hovertext"] == ["sample 2: no answer<br>0.300, P(high) 0.010"]


def test_a_component_narrower_than_a_step_has_its_peak():
    spike = {"weight": 0.8, "shape": 50_000.0, "scale": 0.51234}
    drawn = lines(shown(mixture={"high": HIGH, "low": spike}))["low component"]
    assert max(drawn["y"]) == pytest.approx(0.8 * 50_000 / 0.51234 * 0.3679, rel=0.01)


@pytest.mark.parametrize("low", [{"weight": 0.3, "shape": 1e300, "scale": 0.4}, LOW | {"scale": 1e300}])
def test_a_density_that_is_no_number_leaves_a_gap(low: dict[str, float]):
    drawn = lines(shown(mixture={"high": HIGH, "low": low}))
    assert all(value is None or value >= 0 for value in drawn["low component"]["y"])


def test_the_mean_that_no_dropped_sample_reaches_is_marked():
    figure = shown().figure
    assert figure is not None
    [line] = json.loads(figure.to_json())["layout"]["shapes"]
    assert (line["x0"], line["x1"]) == (0.7, 0.7)


def test_the_table_has_votes_and_both_confidences():
    table = shown().table
    assert table is not None
    assert [column.head for column in table.columns] == ["Answer", "votes", "PC", "RPC"]
    assert table.rows == (("5", 0.6, 0.4, 0.0), ("4", 0.4, 0.6, 1.0))
    assert table.chosen == 1
    assert shown(answers=[]).table is None


def test_without_a_fit_there_are_samples_and_the_reason():
    found = shown(mixture=None, fitted_by=None, not_pruned="there are fewer than 8 samples")
    assert set(lines(found)) == {"kept", "copy of another", "dropped"}
    assert "Nothing was fitted: there are fewer than 8 samples." in found.reading


def test_every_fallback_is_said():
    assert "failed" not in shown().reading and "undone" not in shown().reading
    assert "L-BFGS-B failed" in shown(fitted_by="EM").reading
    assert "Pruning was undone: no path would be left." in shown(not_pruned="no path would be left").reading
