"""The chart of self-repellent samples: the tree, p against p', coverage and shares."""

from __future__ import annotations

import json
from typing import Any

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import Evidence, evidence_of


def draw(index: int, visits: int, p: float, drawn_with: float, text: str = "<b>") -> dict[str, Any]:
    seen = [
        {"token": 1, "text": "a\n", "count": visits, "p": 0.6, "drawn_with": 0.3},
        {"token": 2, "text": text, "count": 0, "p": p, "drawn_with": drawn_with},
    ]
    return {"index": index, "visits": visits, "log_weight": -0.5, "seen": seen}


def sample(branch: int, answer: str | None, tokens: str, *draws: dict[str, Any]) -> dict[str, Any]:
    ids = [ord(token) for token in tokens]
    return {
        "branch": branch, "answer": answer, "log_weight": -0.1 * branch, "tokens": list(tokens), "ids": ids,
        "draws": list(draws),
    }  # fmt: skip


SAMPLES = [
    sample(0, "4", "abx"),
    sample(1, "5", "acx", draw(0, 1, 0.6, 0.4, "a"), draw(1, 1, 0.2, 0.5, "c")),
    sample(2, None, "dxx", draw(0, 2, 0.1, 0.3, "d")),
]
ANSWERS = [
    {"answer": "5", "share": 0.3, "error": 0.1, "repelled": 1, "plain": 0},
    {"answer": "4", "share": 0.4, "error": 0.2, "repelled": 1, "plain": 3},
]
FOUND: dict[str, Any] = {"samples": SAMPLES, "drafts": ["4", "4", "4"], "answers": ANSWERS, "alpha": 1.0}


def shown(**changes: Any) -> Evidence:
    [found] = evidence_of(run(), [], [score("effective_samples", None, 2.5, **FOUND | changes)])
    return found


def traces() -> list[dict[str, Any]]:
    figure = shown().figure
    assert figure is not None
    data: list[dict[str, Any]] = json.loads(figure.to_json())["data"]
    return data


def test_the_tree_has_every_shared_beginning_and_where_samples_part():
    edges, dots = traces()[:2]
    assert sorted(zip(dots["x"], dots["y"], strict=True)) == [(1, 0.5), (1, 2.0), (2, 0.0), (2, 1.0)]
    assert len(edges["x"]) == 3 * 4
    sizes = dict(zip(zip(dots["x"], dots["y"], strict=True), dots["marker"]["size"], strict=True))
    assert sizes[1, 0.5] > sizes[1, 2.0], "more samples took it"


def test_hovering_tells_p_and_what_it_was_drawn_with():
    dots = traces()[1]
    about = dict(zip(zip(dots["x"], dots["y"], strict=True), dots["hovertext"], strict=True))
    assert about[2, 1.0] == "“a” → “c”<br>taken by 1 of 2 samples<br>p 0.2000, p' 0.5000 after 1 earlier: “a↵” 1×"
    assert about[2, 0.0] == "“a” → “b”<br>taken by 1 of 2 samples"
    assert about[1, 0.5].startswith("“” → “a”<br>taken by 2 of 3 samples<br>p 0.6000, p' 0.4000")


def test_repelled_and_favoured_tokens_differ_without_colour():
    dots = traces()[1]
    symbols = dict(zip(zip(dots["x"], dots["y"], strict=True), dots["marker"]["symbol"], strict=True))
    assert (symbols[1, 0.5], symbols[2, 1.0], symbols[2, 0.0]) == ("triangle-down", "square", "circle")


def test_coverage_with_repulsion_and_without():
    repelled, plain = traces()[2:]
    assert (repelled["name"], repelled["x"], repelled["y"]) == ("with repulsion", [1, 2, 3], [1, 2, 2])
    assert (plain["name"], plain["y"]) == ("without", [1, 1, 1])
    assert repelled["line"]["dash"] != plain["line"]["dash"]


def test_the_table_has_the_answers_by_their_weighted_share():
    found = shown()
    assert found.table is not None and found.table.chosen == 0
    assert found.table.rows == (("4", 0.4, 0.2, 1.0, 3.0), ("5", 0.3, 0.1, 1.0, 0.0))
    assert found.reading.startswith("Weighted, 3 samples are worth 2.5.")
    assert shown(answers=[]).table is None


def test_tokens_without_ids_are_not_drawn():
    found = shown(samples=[SAMPLES[0] | {"ids": [1]}])
    assert found.figure is None and "not drawn" in found.reading
