"""Rewards of resampling, with the best number of attempts."""

from __future__ import annotations

import pytest

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.flaws import Values, Verifier, model
from webapp.charts.curves import DRAWN
from webapp.charts.rewards import rewards

ATTEMPTS = model([0.87, 0.13], [0.58, 0.42], Verifier(1.0, 0.75), 15)
VALUES = [Values(wrong=-0.7), Values(wrong=-2), Values(wrong=-6, cost=0.1)]


def test_each_penalty_has_a_line_and_a_star_where_it_is_best() -> None:
    found = rewards(ATTEMPTS, VALUES)
    assert trace(found, "wrong: -0.7")["y"][:2] == pytest.approx([0.48206, 0.523874], abs=1e-5)
    stars = [t for t in figure(found)["data"] if t["marker"]["symbol"] == "star"]
    assert [t["x"] for t in stars] == [[3], [1]], "at a penalty of 6 no attempt is worth it"
    assert figure(found)["layout"]["xaxis"]["type"] == "log"
    assert trace(found, "right of what is shipped")["y"] == pytest.approx(ATTEMPTS.precision.tolist(), abs=1e-5)


def test_the_table_says_what_the_best_is_and_what_it_ships() -> None:
    [mild, harsh, never] = rows(rewards(ATTEMPTS, VALUES))
    assert mild[:3] == ("wrong: -0.7", 3, pytest.approx(0.524567101625))
    assert mild[5] == pytest.approx(ATTEMPTS.precision[2], abs=1e-5)
    assert harsh[1] == 1 and harsh[2] == harsh[3] == pytest.approx(0.3388)
    assert never[:3] == ("wrong: -6, attempt: -0.1", 0, 0.0) and never[5] is None


def test_many_attempts_are_drawn_as_few_points() -> None:
    many = model([0.5, 0.01], [0.5, 0.5], Verifier(1.0, 0.9), 5000)
    drawn = trace(rewards(many, VALUES[:1]), "wrong: -0.7")
    assert len(drawn["x"]) <= DRAWN and drawn["x"][-1] == 5000 and drawn["mode"] == "lines"
