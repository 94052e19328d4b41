"""A comparison as one HTML file that opens anywhere: plotly.js and all numbers are in it, nothing is loaded.

Every text of models and people is escaped, figures are JSON that no markup can end, and the page's own policy lets
no script run but the two of this module, by their hashes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from webapp.charts.evidence import Cell, Column, Table
from webapp.reports.comparison import Comparing, title
from webapp.reports.part import Part
from webapp.reports.problem_list import problem_list
from webapp.runs.selected.rows import rows_of
from webapp.runs.selected.service import Wanted

STATIC = Path(__file__).parent / "static"
MARKER = re.compile(r"{{(\w+)}}")
MOST_ROWS = 500  # problems that are listed
NUMERIC = frozenset({"number", "bar", "sample"})
DIGITS = 4  # after the point; a table's file has all of them


@dataclass(slots=True)
class _Written:
    """What is written of a report so far."""

    html: list[str] = field(default_factory=list)
    figures: list[Any] = field(default_factory=list)


async def report(comparing: Comparing, wanted: Wanted, unit: str, address: str) -> str:
    """Return the whole comparison as an HTML document; `address` is where the program shows it.

    Raises:
        BadRequest: where the comparison cannot be read.

    """
    selected, chapters = await comparing.everything(wanted, unit)
    rows = rows_of(selected.sides)
    listed = problem_list(selected, await comparing.listed(rows[:MOST_ROWS]), len(rows))
    return await asyncio.to_thread(document, title(selected), [*chapters, ("", [listed])], address)


def document(name: str, chapters: Sequence[tuple[str, Sequence[Part]]], address: str = "") -> str:
    """Return chapters of parts as an HTML document."""
    written = _Written()
    for head, parts in chapters:
        if head:
            written.html.append(f"<h2>{escape(head)}</h2>")
        for part in parts:
            _write(part, written)
    plotly, script = _plotly(), _read("report.js")
    return _filled(
        _read("report.html"),
        {
            "hashes": f"{_hash(plotly)} {_hash(script)}",
            "title": escape(name),
            "style": _read("report.css"),
            "about": escape(_about(address)),
            "body": "\n".join(written.html),
            "figures": _harmless(written.figures),
            "plotly": plotly,
            "script": script,
        },
    )


def _about(address: str) -> str:
    where = f" Address in the program: {address}." if address else ""
    return f"Written by Second Thoughts on {datetime.now(UTC):%d %B %Y, %H:%M} UTC.{where}"


def _write(part: Part, written: _Written) -> None:
    data = part.as_data()
    lines = [f"<section id='{escape(part.key)}'><h3>{escape(part.title)}</h3>"]
    lines += [f"<p>{escape(data['reading'])}</p>"] if data["reading"] else []
    lines += [f"<p class='why'>{escape(data['why'])}</p>"] if data["why"] else []
    if part.said:
        lines.append(f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in part.said)}</ul>")
    if data["figure"] is not None:
        lines.append(f"<div class='figure' data-figure='{len(written.figures)}'></div>")
        written.figures.append(data["figure"])
    if (table := part.as_table()) is not None:
        lines.append(_table(table))
    written.html += [*lines, "</section>"]


def _table(table: Table) -> str:
    heads = "".join(
        f"<th scope='col'{_class(column)} title='{escape(column.about)}'>{escape(column.head)}</th>"
        for column in table.columns
    )
    rows = "".join(f"<tr>{''.join(map(_cell, row, table.columns))}</tr>" for row in table.rows)
    return f"<div class='scroll'><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"


def _cell(value: Cell, column: Column) -> str:
    if value is None:
        return f"<td{_class(column)}>–</td>"
    if isinstance(value, str):
        return f"<td><div>{escape(value)}</div></td>"
    return f"<td{_class(column)}>{_number(value)}</td>"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.{DIGITS}f}"


def _class(column: Column) -> str:
    return " class='number'" if column.kind in NUMERIC else ""


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Put values in the places of the template; what looks like a place in a value stays as it is."""
    return MARKER.sub(lambda found: values[found[1]], template)


def _harmless(value: object) -> str:
    """Return JSON in which nothing can end the element that it is in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _plotly() -> str:
    """Return the plotly.js that fits the installed plotly. Found, not imported: figures are made elsewhere."""
    package = find_spec("plotly")
    if package is None or package.origin is None:
        raise RuntimeError("plotly is not installed: pip install -r requirements.txt")
    text = (Path(package.origin).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return text.replace("\r\n", "\n").replace("</script", "<\\/script")


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
