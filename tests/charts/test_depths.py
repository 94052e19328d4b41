"""The table of what each depth says."""

from __future__ import annotations

from typing import Any

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import evidence_of


def said(*values: str | None, **numbers: Any) -> dict[str, Any]:
    return {"values": list(values), "neg_entropy": -1.0, "neg_variance": None, "majority_share": 0.5} | numbers


def test_every_depth_that_was_measured_has_a_row_layers_first() -> None:
    scores = [
        score("response_consistency", **said("4", None, "3", neg_variance=-0.25)),
        score("decoding_consistency", **said("4", "3")),
    ]
    [found] = evidence_of(run(), [], scores)
    assert found.table is not None
    assert found.table.rows == (
        ("direct answers, by decoder", "4, 3", -1.0, None, 0.5),
        ("answers with reasoning", "4, –, 3", -1.0, -0.25, 0.5),
    )


def test_the_layers_are_listed_beside_their_hourglass() -> None:
    latent = said("4") | {"layers": [1], "agreement": [1.0], "entropy": [0.0]}
    table, hourglass = evidence_of(
        run(), [], [score("response_consistency", **said("4")), score("latent_consistency", **latent)]
    )
    assert table.table is not None and len(table.table.rows) == 2
    assert table.table.rows[0][0] == "direct answers, one head kept in one layer"
    assert hourglass.figure is not None
