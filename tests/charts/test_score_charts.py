"""The charts of single scores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.evidence_run import drawn, run, score
from webapp.charts.evidence import Evidence, evidence_of


def shown(name: str, **details: Any) -> Evidence:
    [found] = evidence_of(run(), [], [score(name, None, 0.5, **details)])
    return found


def test_two_entropy_traces_lie_over_each_other():
    found = shown("entropy_similarity", first=[0.5, None, 2.0], second=[1.0], similarity=0.4321)
    first, second = drawn(found)["data"]
    assert (first["x"], first["y"], second["y"]) == ([1, 2, 3], [0.5, None, 2.0], [1.0])
    assert first["line"]["dash"] != second["line"]["dash"], "they differ without colour"
    assert "0.432" in found.reading and "relative" in found.reading


def test_which_sample_it_is_and_what_a_server_did_not_tell_is_said():
    found = shown("entropy_similarity", first=[0.5], second=[1.0], branch=1, lower_bound=True)
    assert found.title == "Entropy of both answers, sample 2"
    assert drawn(found)["layout"]["yaxis"]["title"]["text"] == "entropy (nats, at least)"
    assert "unknown" in found.reading


@pytest.mark.parametrize("key", ["points", "samples"])
def test_stated_confidence_stands_against_empirical(key: str):
    points = [
        {"branch": 0, "stated": 9, "empirical": 4, "rationale": "<b>sure</b>"},
        {"branch": 2, "stated": 9, "empirical": 4}, {"branch": 1, "stated": 0, "empirical": 4},
        {"branch": 3, "stated": None, "empirical": None},
    ]  # fmt: skip
    found = shown("stated_vs_empirical", **{key: points})
    guide, dots = drawn(found)["data"]
    assert guide["x"] == guide["y"] == [0, 10]
    assert (dots["x"], dots["y"], dots["hovertext"]) == ([4], [9], ["sample 1, 3"])
    assert found.table is not None
    assert found.table.rows == ((0, 9, 4, "<b>sure</b>"), (2, 9, 4, None), (1, None, 4, None), (3, None, None, None))


def test_an_hourglass_is_as_wide_as_there_is_disagreement():
    found = shown(
        "latent_consistency", layers=[1, 15, 30], agreement=[0.2, 0.6, 1.0], entropy=[3.0, 1.0, 0.0],
        samples=["4", "3", None, "4"],
    )  # fmt: skip
    shape, line = drawn(found)["data"]
    assert shape["y"] == ["layer 1", "layer 15", "layer 30", "answers"]
    assert shape["x"] == [0.8, 0.4, 0.0, 0.5] and shape["base"] == [-0.4, -0.2, 0.0, -0.25]
    assert line["x"] == [3.0, 1.0, 0.0] and line["y"] == shape["y"][:3]


def test_decoders_stand_between_layers_and_answers():
    found = shown(
        "latent_consistency",
        layers=[1],
        agreement=[0.2],
        entropy=[3.0],
        samples=["4"],
        decoding=["4", "4", None, "3"],
    )
    shape = drawn(found)["data"][0]
    assert (shape["y"], shape["x"]) == (["layer 1", "decoders", "answers"], [0.8, 0.5, 0.0])


@pytest.mark.parametrize("samples", [5, None, [None, None]])
def test_an_hourglass_without_answers_ends_at_the_last_layer(samples: Any):
    found = shown("latent_consistency", layers=[1, 2], agreement=[0.2, None], entropy=[3.0, None], samples=samples)
    assert drawn(found)["data"][0]["y"] == ["layer 1", "layer 2"]


def test_columns_of_different_lengths_are_not_drawn():
    assert shown("latent_consistency", layers=[1, 2], agreement=[0.2], entropy=[3.0, 1.0]).figure is None
