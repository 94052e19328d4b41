"""What the decoding panel draws: a cut a rule, the token that stands in the text, and lines along the text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from webapp.analysis.truncation import Cut, Rules
from webapp.charts.decoding import TITLES, along_data, inspection_data
from webapp.runs.inspection import Along, Inspection, Listed

CUTS = {name: Cut(2, 0.75, 0.5) for name in TITLES} | {"top_p": Cut(None), "eta": Cut(900, 0.99, 4.0)}
FOUND = Inspection(
    index=4, token=7, temperature=1.5, unknown="", entropy=2.0, probability=0.25, rank=1,
    listed=Listed((5, 7, 9), ("<b>", " a", "\n"), (0.5, 0.25, 0.0), 997, 0.25), cuts=CUTS, rules=Rules(),
)  # fmt: skip


def lines(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in data["figure"]["data"]}


def test_each_rule_is_told_with_its_setting_and_its_bound() -> None:
    rules = {rule["name"]: rule for rule in inspection_data(FOUND)["rules"]}
    assert list(rules) == list(TITLES)
    told = rules["top_h"]
    assert (told["title"], told["setting"], told["kept"], told["mass"]) == ("Top-H", "α 0.4", 2, 0.75)
    assert told["bound"] == pytest.approx(0.8)
    assert [rule["bound"] for name, rule in rules.items() if name != "top_h"] == [None] * 5
    assert inspection_data(FOUND)["settings"] == {
        "alpha": 0.4, "top_p": 0.9, "min_p": 0.1, "top_k": 20, "eta": 0.0002,
    }  # fmt: skip
    assert (rules["top_p"]["kept"], rules["eta"]["setting"]) == (None, "ε 0.0002")


def test_tokens_are_told_in_order_and_the_one_in_the_text_is_marked() -> None:
    data = inspection_data(FOUND)
    assert [(t["id"], t["text"], t["chosen"]) for t in data["tokens"]] == [
        (5, "<b>", False), (7, " a", True), (9, "\n", False),
    ]  # fmt: skip
    assert data["others"] == {"count": 997, "mass": 0.25}


def test_a_cut_stands_behind_the_last_kept_token_and_an_unknown_one_nowhere() -> None:
    drawn = lines(inspection_data(FOUND))
    assert drawn["Top-H 2"]["x"] == [2.5, 2.5] and drawn["Eta 900"]["x"] == [900.5, 900.5]
    assert not [name for name in drawn if name.startswith("Top-p")]
    assert drawn["in the text"]["x"] == [2]
    assert drawn["tokens"]["text"] == ["&lt;b&gt;", " a", "↵"]
    assert min(drawn["tokens"]["y"]) > 0, "the axis is logarithmic"


def test_a_token_that_is_not_listed_is_not_marked() -> None:
    for found in (replace(FOUND, rank=500), replace(FOUND, rank=None), replace(FOUND, probability=None)):
        assert "in the text" not in lines(inspection_data(found))


def test_without_the_entropy_there_is_no_bound() -> None:
    rules = inspection_data(replace(FOUND, entropy=None))["rules"]
    assert {rule["bound"] for rule in rules} == {None}


def test_along_the_text_a_line_a_rule_with_gaps_and_the_entropy() -> None:
    found = Along(1.0, "why", {name: [1, None, 3] for name in TITLES}, [0.5, None, 1.5])
    data = along_data(found)
    drawn = lines(data)
    assert drawn["Top-H"]["y"] == [1, None, 3] and drawn["entropy"]["yaxis"] == "y2"
    assert list(drawn) == ["entropy", *TITLES.values()]
    looks = [line["line"]["color"] + line["line"].get("dash", "") for line in drawn.values()]
    assert len(set(looks)) == len(looks)
    assert data["unknown"] == "why" and data["figure"]["layout"]["yaxis"]["type"] == "log"
