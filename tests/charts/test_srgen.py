"""The entropies of a corrected text, and what its corrections did."""

from __future__ import annotations

from typing import Any

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import evidence_of

SPIKE: dict[str, Any] = {
    "index": 2, "entropy": 3.5, "threshold": 3.0, "corrected": 2.25, "norm": 0.7, "seconds": 0.25, "token": "\n",
    "otherwise": "<b>", "losses": [(4.0, 3.5), (3.9, 2.25)], "before": [("<b>", 0.4), ("\n", 0.2)],
    "after": [("\n", 0.625)],
}  # fmt: skip
WATCHED = {"entropies": [1.0, 2.0, 3.5, 0.5], "thresholds": [3.0, 3.0, 3.0, 2.5]}


def test_the_entropies_stand_under_their_threshold_with_a_mark_at_each_spike() -> None:
    details = WATCHED | {"branch": 1, "spikes": [SPIKE], "seconds": 2.0}
    [found] = evidence_of(run(), [], [score("corrected_tokens", None, 1.0, **details)])
    assert found.title == "Entropy and threshold, sample 2"
    assert "1 of 4 tokens, 0.2 of 2.0 seconds" in found.reading
    assert found.figure is not None and found.table is not None
    drawn = [(line.name, list(line.x), list(line.y)) for line in found.figure.data]
    assert drawn == [
        ("entropy", [1, 2, 3, 4], WATCHED["entropies"]),
        ("threshold", [1, 2, 3, 4], WATCHED["thresholds"]),
        ("spike", [3], [3.5]),
        ("corrected", [3], [2.25]),
    ]
    assert found.table.rows == ((3, 3.5, 3.0, 2.25, "“↵”", "“<b>”", 0.7),)


def test_a_text_without_a_spike_shows_its_entropies_alone() -> None:
    [found] = evidence_of(run(), [], [score("corrected_tokens", None, 0.0, branch=0, spikes=[], **WATCHED)])
    assert found.table is None and found.figure is not None and "0 of 4 tokens" in found.reading


def test_a_text_that_nobody_watched_shows_nothing() -> None:
    assert evidence_of(run(), [], [score("corrected_tokens", None, 0.0, branch=0, spikes=[])]) == []


def test_each_correction_shows_its_losses_and_the_likeliest_tokens() -> None:
    [found] = evidence_of(run(), [], [score("entropy_drop", None, 1.25, branch=0, spikes=[SPIKE])])
    assert found.figure is not None and found.table is not None
    assert [(line.name, list(line.y)) for line in found.figure.data] == [
        ("token 3", [4.0, 3.9]), ("token 3", [3.5, 2.25]),
    ]  # fmt: skip
    assert found.table.rows == ((3, "“<b>” 40.0%, “↵” 20.0%", "“↵” 62.5%"),)


def test_what_an_imported_file_made_up_is_not_drawn() -> None:
    [found] = evidence_of(run(), [], [score("corrected_tokens", None, 0.0, branch=0, spikes=[{"index": -1}])])
    assert found.figure is None and "not in the form" in found.reading
