"""Coverage, selection and the law, drawn and listed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.coverage import coverage_curve, curve
from webapp.analysis.power_law import fit
from webapp.charts.coverage import coverage

K = [1, 4, 20]
RIGHT = np.random.default_rng(0).binomial(20, 0.3, size=50)
COVERAGE = coverage_curve(np.full(50, 20), RIGHT, K)
VOTE = curve(K, np.tile([0.3, 0.35, 0.4], (50, 1)))


def test_curves_with_bands_on_a_log_scale() -> None:
    found = coverage({"coverage": COVERAGE, "vote": VOTE})
    assert trace(found, "coverage")["x"] == K
    assert trace(found, "vote")["y"] == [0.3, 0.35, 0.4]
    assert figure(found)["layout"]["xaxis"]["type"] == "log"
    bands = [t for t in figure(found)["data"] if t.get("fill") == "toself"]
    assert [t["legendgroup"] for t in bands] == ["coverage", "vote"]
    assert rows(found)[1] == ("coverage", 4, COVERAGE.mean[1], COVERAGE.low[1], COVERAGE.high[1])
    assert len(rows(found)) == 6
    assert "of votes over 100 random ones" in found.reading


def test_the_law_is_drawn_ten_times_as_far_as_the_samples_and_no_further() -> None:
    law = fit([1, 10, 100], [0.449328964117, 0.699529807139, 0.85246682529])
    assert law is not None
    found = coverage({"coverage": COVERAGE}, law)
    drawn = trace(found, "power law")
    assert drawn["x"][0] == pytest.approx(1) and drawn["x"][-1] == pytest.approx(1000)
    assert drawn["y"][-1] == pytest.approx(0.931182425586, abs=1e-6)
    assert "exp(-0.800 k^-0.350)" in found.reading
    assert "exp(" not in coverage({"coverage": COVERAGE}).reading
