"""The chart of Metropolis-Hastings chains: what was proposed, taken and rewritten."""

from __future__ import annotations

import json
from typing import Any

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import Evidence, evidence_of


def move(**changes: Any) -> dict[str, Any]:
    fields = {
        "generation": "g", "limit": 10, "start": 2, "length": 8, "odds": 1.0, "taken": True, "proposed": -4.0,
        "current": -4.0,
    }  # fmt: skip
    return fields | changes


CHAINS: list[dict[str, Any]] = [
    {
        "branch": 0, "began": -6.0,
        "moves": [move(), move(start=5, odds=0.25, taken=False, proposed=-9.0), move(limit=20, length=18, start=0)],
    },
    {"branch": 1, "began": -7.0, "moves": [move(odds=0.0, taken=False, current=-7.0)]},
]  # fmt: skip


def shown(**changes: Any) -> Evidence:
    [found] = evidence_of(
        run(), [], [score("acceptance_rate", None, 0.5, **{"chains": CHAINS, "alpha": 4.0} | changes)]
    )
    return found


def traces() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    figure = shown().figure
    assert figure is not None
    drawn = json.loads(figure.to_json())
    return drawn["data"], drawn["layout"]


def test_the_likelihood_of_each_chain_goes_from_where_it_began():
    lines = [each for each in traces()[0] if each.get("mode") == "lines"]
    assert [(line["x"], line["y"]) for line in lines] == [
        ([0, 1, 2, 3], [-6.0, -4.0, -4.0, -4.0]),
        ([0, 1], [-7.0, -7.0]),
    ]
    assert lines[0]["line"]["color"] != lines[1]["line"]["color"]


def test_what_was_taken_and_what_not_differ_without_colour():
    marks = [each for each in traces()[0] if each.get("mode") == "markers"]
    assert [(mark["x"], mark["y"], mark["marker"]["symbol"]) for mark in marks] == [
        ([1, 3], [-4.0, -4.0], "circle"),
        ([2], [-9.0], "circle-open"),
        ([1], [-4.0], "circle-open"),
    ]
    assert marks[1]["hovertext"] == ["chain 1, proposal 2: not taken, odds 0.250<br>tokens 5 to 8 anew, ln p -9.00"]


def test_a_bar_is_the_stretch_that_was_written_anew():
    bars = [each for each in traces()[0] if each["type"] == "bar"]
    assert [(bar["base"], bar["x"], bar["y"]) for bar in bars] == [
        ([2, 5, 0], [6, 3, 18], [1, 2, 3]),
        ([2], [6], [4]),
    ]
    filled = [colour != "rgba(0,0,0,0)" for colour in bars[0]["marker"]["color"]]
    assert filled == [True, False, True]


def test_a_block_begins_where_the_limit_grows():
    [line] = traces()[1]["shapes"]
    assert (line["x0"], line["x1"]) == (2.5, 2.5)


def test_every_proposal_has_a_row():
    found = shown()
    assert found.table is not None and found.reading.startswith("50 % of the proposals were taken.")
    assert [row[:4] for row in found.table.rows] == [(0, 1, 2, 8), (0, 2, 5, 8), (0, 3, 0, 18), (1, 1, 2, 8)]
    assert [row[-1] for row in found.table.rows] == ["yes", "no", "yes", "no"]


def test_a_proposal_that_writes_nothing_is_not_drawn():
    found = shown(chains=[{"branch": 0, "began": -1.0, "moves": [move(start=8)]}])
    assert found.figure is None and "not drawn" in found.reading
