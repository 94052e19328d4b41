"""The reliability diagram and what stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.calibration import brier, calibration_error, equal_count_bins, equal_width_bins
from webapp.charts.reliability import calibration_scores, reliability

P = np.linspace(0.02, 0.98, 40)
RIGHT = (np.arange(40) % 3 == 0).astype(float)


def test_both_kinds_of_bins_are_drawn_and_listed() -> None:
    found = reliability(P, RIGHT, 5)
    for name, bins in (
        ("equal count", equal_count_bins(P, RIGHT, 5)),
        ("equal width", equal_width_bins(P, RIGHT, 5)),
    ):
        drawn = trace(found, f"bins of {name}")
        assert drawn["x"] == pytest.approx([b.predicted for b in bins], abs=1e-5)
        assert drawn["y"] == pytest.approx([b.observed for b in bins], abs=1e-5)
        assert drawn["customdata"] == [b.size for b in bins]
        listed = [row for row in rows(found) if row[0] == name]
        assert [row[4] for row in listed] == [b.size for b in bins]
        assert listed[0][3] == pytest.approx(bins[0].observed - bins[0].predicted)


def test_the_histogram_holds_every_answer_right_ones_up_and_wrong_ones_down() -> None:
    found = reliability(P, RIGHT)
    assert sum(trace(found, "right")["y"]) == RIGHT.sum()
    assert sum(trace(found, "wrong")["y"]) == RIGHT.sum() - 40
    assert trace(found, "wrong")["marker"]["pattern"]["shape"], "told apart without colour"


def test_the_reading_has_the_errors_of_both() -> None:
    found = reliability(P, RIGHT)
    assert f"ECE {calibration_error(equal_count_bins(P, RIGHT, 10)):.3f} over bins of equal count" in found.reading
    assert f"{calibration_error(equal_width_bins(P, RIGHT, 10)):.3f} over bins of equal width" in found.reading
    assert "40 answers, 35.0 % of them right" in found.reading
    assert figure(found)["layout"]["barmode"] == "relative"


def test_the_brier_score_stands_with_its_parts() -> None:
    found = {str(row[0]): row[1] for row in rows(calibration_scores(P, RIGHT))}
    assert found["Brier score"] == pytest.approx(brier(P, RIGHT))
    parts = [found[name] for name in ("its reliability", "its uncertainty", "within bins")]
    assert sum(float(part or 0) for part in parts) - float(found["its resolution"] or 0) == pytest.approx(
        brier(P, RIGHT)
    )
    alike = {str(row[0]): row[1] for row in rows(calibration_scores(P, np.ones(40)))}
    assert alike["AUROC, mostly right against the rest"] is None
