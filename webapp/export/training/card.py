"""The data card of a training file: what is in it, what was left out and why, and every choice behind it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from webapp.export.training.making import Export
from webapp.export.training.registry import BUILDERS
from webapp.export.training.settings import TrainingSettings

_ROW = re.compile(r":\d+$| (?:row|doc|sample) \S+$|, item \d+(?=,|$)| [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def card(export: Export, name: str, content: bytes) -> str:
    """Return the card of a file as Markdown; the same rows and settings give the same card."""
    order = export.order
    parts = [
        f"# {name}",
        f"{order.builder.title}: {' '.join(order.builder.description.split())}",
        f"Source: {order.builder.source}.",
        _section("File", _facts(export, content)),
        _section(
            "Columns", dict(order.format.columns) | {"meta": "where the row comes from; drop it before training"}
        ),
        f"## Training\n\n{order.format.training}",
        _section("Rows by kind", export.kinds),
        _section("Refused and left out", export.refused) if export.refused else "Nothing was refused or left out.",
        _section("Who wrote what", _origins(export)),
        _section("Settings", _settings(order.settings, order.builder.uses)),
    ]
    return "\n\n".join(parts) + "\n"


def encoded(export: Export) -> bytes:
    """Return the rows as JSON Lines."""
    return "".join(json.dumps(each.row, ensure_ascii=False) + "\n" for each in export.rows).encode("utf-8", "replace")


def _facts(export: Export, content: bytes) -> dict[str, object]:
    order, wanted = export.order, export.order.wanted
    metas = [each.meta for each in export.rows]
    where = (
        f"experiment {wanted.experiment}" if wanted.experiment
        else f"sessions {', '.join(wanted.sessions)}" if wanted.sessions else f"{len(wanted.runs)} runs by their ids"
    )  # fmt: skip
    return {
        "rows": len(export.rows),
        "SHA-256": hashlib.sha256(content).hexdigest(),
        "format": f"{order.format.name}: {order.format.title}",
        "made by": order.builder.name,
        "selection": f"{where}; {export.runs} finished runs on {export.problems} problems",
        "models of the selected runs": ", ".join(
            sorted(f"{model} ({revision[:12]})" for model, revision in export.models)
        ),
        "methods": ", ".join(sorted({method for meta in metas for method in meta.methods})) or "none",
        "problem sources": ", ".join(sorted({_data_set(meta.source) for meta in metas})) or "none",
        "tokenizer and template": export.template or "none",
        "texts drawn for this file": export.drawn_by or "none",
        "rows of oracle runs": sum(meta.oracle for meta in metas),
        "rows written with the reference answer in view": sum(meta.reference_seen for meta in metas),
        "labelled by": ", ".join(sorted({name for meta in metas for name in meta.labelled_by})) or "nobody",
    }


def _origins(export: Export) -> dict[str, object]:
    if not all("meta" in each.row for each in export.rows):
        return {"not known": "rows of this format do not say"}
    counts: Counter[str] = Counter()
    for each in export.rows:
        for reply in each.row.get("meta", {}).get("origins", []):
            counts.update({span["origin"] for span in reply})
    named: dict[str, object] = {
        f"replies or steps with a stretch of origin {origin}": count for origin, count in sorted(counts.items())
    }
    return named or {"replies or steps with a stretch that is not the model's": 0}


def _settings(settings: TrainingSettings, uses: Iterable[str]) -> dict[str, object]:
    special = {name for builder in BUILDERS.values() for name in builder.uses}
    shown = {name: value for name, value in settings.model_dump().items() if name not in special or name in uses}
    titles = {name: field.title or name for name, field in TrainingSettings.model_fields.items()}
    defaults = {name: field.default for name, field in TrainingSettings.model_fields.items()}
    return {
        f"{titles[name]} (`{name}`)": f"{value}{'' if value == defaults[name] else ' (changed)'}"
        for name, value in shown.items()
    }


def _section(title: str, facts: Mapping[str, object]) -> str:
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in facts.items()]
    return "\n".join([f"## {title}", "", "| | |", "|---|---|", *rows])


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _data_set(source: str) -> str:
    """Return the source of a problem without what tells its row from others of the same data set."""
    return _ROW.sub("", source) or "unknown"
