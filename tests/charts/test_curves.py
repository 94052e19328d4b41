"""Lines that are told apart without colour, and what of a long curve is sent to the page."""

from __future__ import annotations

import numpy as np

from webapp.charts.curves import DRAWN, band, beyond, dots, line, numbers, thinned


def test_lines_differ_by_dash_and_mark() -> None:
    looks = {(each.line.dash, each.marker.symbol) for each in (line("a", [1], [1], i) for i in range(24))}
    assert len(looks) == 24


def test_a_band_goes_there_and_back_and_belongs_to_its_line() -> None:
    found = band("a", [1, 2], [0.1, 0.2], [0.3, np.nan], 1)
    assert (found.x, found.y) == ((1, 2, 2, 1), (0.3, None, 0.2, 0.1))
    assert found.legendgroup == line("a", [1], [1], 1).legendgroup
    assert found.fillcolor.startswith("rgba(213,94,0,")


def test_long_curves_are_thinned_to_their_ends() -> None:
    places = thinned(100_000)
    assert len(places) == DRAWN and places[0] == 0 and places[-1] == 99_999
    assert thinned(3) == [0, 1, 2] and thinned(1) == [0]


def test_numbers_and_arms() -> None:
    assert numbers([1 / 3, np.nan, np.inf]) == [0.33333, None, None]
    arms = beyond([0.5], [0.2], [0.9])
    assert (arms["array"], arms["arrayminus"]) == ([0.4], [0.3])
    assert dots([True, False])["symbol"] == ["circle", "circle-open"]
