"""Risk against coverage, drawn and listed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.risk_coverage import risk_coverage as measured
from webapp.charts.curves import DRAWN
from webapp.charts.risk_coverage import risk_coverage

RANDOM = np.random.default_rng(0)
RIGHT = RANDOM.random(5000) < 0.6
SCORE = RIGHT + RANDOM.normal(size=5000)


def test_every_score_has_a_line_of_few_points_and_a_row() -> None:
    found = risk_coverage({"p_true": SCORE, "noise": RANDOM.random(5000)}, RIGHT)
    curve = measured(SCORE, RIGHT)
    drawn = trace(found, "p_true")
    assert len(drawn["x"]) == DRAWN and drawn["x"][-1] == 1
    assert drawn["y"][-1] == pytest.approx(1 - RIGHT.mean(), abs=1e-5)
    name, area, excess, quarter, *_, all_of_them, at_5 = rows(found)[0]
    assert (name, area, excess) == ("p_true", curve.area, curve.excess)
    assert (quarter, all_of_them, at_5) == (curve.risk_at(0.25), curve.risk_at(1.0), curve.coverage_at(0.05))
    assert rows(found)[1][0] == "noise"


def test_the_best_order_is_drawn_once() -> None:
    found = risk_coverage({"a": SCORE, "b": -SCORE}, RIGHT)
    assert max(trace(found, "best order")["y"]) == pytest.approx(1 - RIGHT.mean(), abs=1e-5)
    dashes = {t["line"]["dash"] for t in figure(found)["data"] if t["name"] in ("a", "b")}
    assert dashes == {"solid", "dash"}


def test_no_score_makes_an_empty_figure() -> None:
    assert figure(risk_coverage({}, []))["data"] == []
