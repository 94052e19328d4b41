"""Where a comparison comes from: the settings, seeds and models of its sides."""

from __future__ import annotations

import json
from collections.abc import Sequence

from webapp.charts.evidence import Column, Evidence, Table
from webapp.reports.part import Part, part
from webapp.runs.selected.sides import Side

MOST_SEEDS = 20  # that are written out

SETTINGS_COLUMNS = (
    Column("Side"), Column("method"), Column("version", about="hash of the method's prompts and numbers"),
    Column("model"), Column("settings"), Column("seeds"),
)  # fmt: skip
MODEL_COLUMNS = (
    Column("Model"), Column("source"), Column("revision"), Column("device"), Column("number format"),
    Column("kernel"), Column("tolerance", "number", "nats, on recomputed log-probabilities"),
    Column("vocabulary", "number"), Column("context", "number", "tokens"),
)  # fmt: skip


def provenance(sides: Sequence[Side]) -> list[Part]:
    """Return what makes each side what it is."""
    settings = tuple(
        (side.name, side.kind.method, side.kind.version, side.model.id, _settings(side), _seeds(side))
        for side in sides
    )
    models = tuple(
        (
            each.id, each.source, each.revision, each.device, each.dtype, each.kernel, each.tolerance,
            each.vocab_size, each.context_length,
        )
        for each in dict.fromkeys(side.model for side in sides)
    )  # fmt: skip
    return [
        part("settings", Evidence("Settings", "What each side is.", table=Table(SETTINGS_COLUMNS, settings))),
        part("models", Evidence("Models", "As the runs kept them.", table=Table(MODEL_COLUMNS, models))),
    ]


def _settings(side: Side) -> str:
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in side.params.items())


def _seeds(side: Side) -> str:
    seeds = sorted({run.seed for run in side.runs})
    more = f", … ({len(seeds)} in all)" if len(seeds) > MOST_SEEDS else ""
    return ", ".join(map(str, seeds[:MOST_SEEDS])) + more
