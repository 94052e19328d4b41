"""The chart of weighted particles: lives, copies, the effective size and what is left."""

from __future__ import annotations

import json
from typing import Any

from tests.charts.evidence_run import run, score, text
from webapp.charts.evidence import Evidence, evidence_of

LIVES = [
    {"generation": "a", "place": 0, "start": 0, "stop": 13, "parent": None, "pruned": False},
    {"generation": "b", "place": 1, "start": 0, "stop": 4, "parent": None, "pruned": True},
    {"generation": "c", "place": 2, "start": 0, "stop": 9, "parent": None, "pruned": False},
    {"generation": "d", "place": 1, "start": 4, "stop": 12, "parent": 0, "pruned": False},
]
LEFT = [
    {"life": 0, "share": 0.25, "count": 1, "log_probabilities": [-2.0, -3.0]},
    {"life": 3, "share": 0.75, "count": 2, "log_probabilities": [-1.0, -1.5]},
]
FOUND: dict[str, Any] = {
    "particles": 3, "lives": LIVES, "sizes": [3.0, 2.5, 2.0, 1.4, 3.0], "effective": 1.6,
    "resamplings": [{"token": 4, "size": 1.4, "shares": [0.8, 0.1, 0.1], "before": [0, 1, 2], "after": [0, 3, 2]}],
    "left": LEFT, "laws": ["as it is ^ 0.5", "<b>step</b> ^ 0.5"], "threshold": 0.5,
}  # fmt: skip


def shown(**changes: Any) -> Evidence:
    texts = [text("a", 0), text("d", 1, answer="41", verdict="incorrect")]
    [_, found] = evidence_of(run(), texts, [score("log_z", None, -1.5, **FOUND | changes)])
    return found


def traces(**changes: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    figure = shown(**changes).figure
    assert figure is not None
    drawn = json.loads(figure.to_json())
    return drawn["data"], drawn["layout"]


def test_every_text_is_a_line_in_its_place_as_wide_as_it_is_heavy():
    gone, *left = [each for each in traces()[0] if each["mode"] == "lines"][:3]
    assert (gone["x"], gone["y"]) == ([0, 4, None, 0, 9, None], [2, 2, None, 3, 3, None])
    assert [(line["x"], line["y"]) for line in left] == [([0, 13, None], [1, 1, None]), ([4, 12, None], [2, 2, None])]
    assert gone["line"]["width"] < left[0]["line"]["width"] < left[1]["line"]["width"]
    assert gone["line"]["dash"] != left[0]["line"]["dash"]


def test_a_copy_is_tied_to_what_it_was_copied_from():
    [copies] = [each for each in traces()[0] if each["mode"] == "lines+markers"]
    assert (copies["x"], copies["y"]) == ([4, 4, None], [1, 2, None])


def test_ends_say_what_became_of_a_text():
    ends = next(each for each in traces()[0] if each["mode"] == "markers")
    assert ends["marker"]["symbol"] == ["circle", "x", "circle-open", "circle"]
    assert ends["hovertext"] == [
        "particle 1: 25.0 % of the weight, 13 tokens",
        "particle 2 was dropped after 4 tokens",
        "particle 3: ended, and dropped later, 9 tokens",
        "particle 2: 75.0 % of the weight, 12 tokens",
    ]


def test_the_effective_size_with_its_bound_and_the_resamplings():
    data, layout = traces()
    sizes, events = data[-2:]
    assert (sizes["x"], sizes["y"]) == ([1, 2, 3, 4, 5], FOUND["sizes"])
    assert (events["x"], events["y"]) == ([4], [1.4])
    [bound] = layout["shapes"]
    assert (bound["y0"], bound["y1"]) == (1.5, 1.5)


def test_the_heaviest_text_comes_first_in_the_table():
    found = shown()
    assert found.table is not None
    assert [column.head for column in found.table.columns][-2:] == [
        "ln p, as it is ^ 0.5",
        "ln p, &lt;b&gt;step&lt;/b&gt; ^ 0.5",
    ]
    assert found.table.rows == (
        (1, "41", "incorrect", 0.75, 2, -1.0, -1.5),
        (0, "42", "correct", 0.25, 1, -2.0, -3.0),
    )


def test_the_reading_tells_ln_z_and_how_often_it_was_resampled():
    assert shown().reading.startswith("Particles were resampled once. ln of the estimated normaliser is -1.50.")
    assert shown(resamplings=[]).reading.startswith("Particles were resampled never.")


def test_a_life_that_is_not_there_is_not_drawn():
    for changes in ({"left": [LEFT[0] | {"life": 9}]}, {"lives": [LIVES[0] | {"parent": 7}], "left": [LEFT[0]]}):
        found = shown(**changes)
        assert found.figure is None and "not drawn" in found.reading
