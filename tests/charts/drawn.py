"""A figure as the page gets it, and the table behind it, for tests of charts."""

from __future__ import annotations

import json
from typing import Any

from webapp.charts.evidence import Cell, Evidence


def figure(found: Evidence) -> dict[str, Any]:
    assert found.figure is not None
    data: dict[str, Any] = json.loads(found.figure.to_json())
    layout = data["layout"]
    assert "paper_bgcolor" not in layout and "plot_bgcolor" not in layout, "the page decides about paper and ink"
    assert layout["uirevision"], "zooming survives new data"
    return data


def trace(found: Evidence, name: str) -> dict[str, Any]:
    """Return the visible trace of that name."""
    named = [t for t in figure(found)["data"] if t.get("name") == name]
    assert len(named) == 1, f"{len(named)} traces are called {name}"
    only: dict[str, Any] = named[0]
    return only


def rows(found: Evidence) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows of the table; each has a cell a column, and JSON can say all of them."""
    table = found.as_data()["table"]
    json.dumps(table, allow_nan=False)
    assert found.table is not None and all(len(row) == len(found.table.columns) for row in found.table.rows)
    return found.table.rows
