"""The chart of a Borda vote: what other powers would have chosen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.evidence_run import drawn, run, score
from webapp.charts.borda import LINES_AT_MOST, POWERS
from webapp.charts.evidence import Evidence, evidence_of


def row(branch: int, rank: int, answer: str | None) -> dict[str, Any]:
    return {"branch": branch, "rank": rank, "self_certainty": 10.0 - rank, "points": float(rank), "answer": answer}


RANKING = [row(0, 3, "5"), row(1, 1, "4"), row(2, 4, None), row(3, 2, "5"), row(4, 5, "5")]


def shown(ranking: list[dict[str, Any]], power: float = 1.0) -> Evidence:
    [found] = evidence_of(run(), [], [score("borda_share", None, 0.5, ranking=ranking, power=power)])
    return found


def test_shares_go_from_the_plain_vote_to_the_surest():
    lines = {line["name"]: dict(zip(line["x"], line["y"], strict=True)) for line in drawn(shown(RANKING))["data"]}
    assert set(lines) == {"4", "5"}
    assert (lines["5"][0.0], lines["4"][0.0]) == (0.75, 0.25)
    assert lines["5"][1.0] == pytest.approx((3 + 4 + 1) / 13, abs=1e-4)
    assert lines["4"][4.0] == pytest.approx(5**4 / (5**4 + 3**4 + 4**4 + 1), abs=1e-4)
    assert len(POWERS) == len(lines["4"])


def test_the_power_of_the_run_is_marked_where_the_chart_reaches_it():
    near, far = shown(RANKING, 0.3), shown(RANKING, 50.0)
    [line] = drawn(near)["layout"]["shapes"]
    assert line["x0"] == 0.3 and near.reading.endswith("; the dashed line is the p of this run.")
    assert "shapes" not in drawn(far)["layout"]
    assert far.reading.endswith("; the p of this run, 50, lies further right.")


def test_answers_are_no_markup_and_only_the_leading_ones_have_lines():
    names = [line["name"] for line in drawn(shown([row(i, i + 1, f"<i>{i}") for i in range(12)]))["data"]]
    assert len(names) == LINES_AT_MOST and names[0] == "&lt;i&gt;0"


def test_samples_are_listed_by_rank_also_those_without_an_answer():
    table = shown(RANKING).table
    assert table is not None
    assert [cells[:3] for cells in table.rows] == [(1, 1, "4"), (2, 3, "5"), (3, 0, "5"), (4, 2, None), (5, 4, "5")]


def test_without_any_answer_there_is_a_table_and_an_empty_figure():
    found = shown([row(0, 1, None), row(1, 2, None)])
    assert drawn(found)["data"] == [] and found.table is not None and len(found.table.rows) == 2
