"""Tables as files that are read back exactly: CSV with every digit, Parquet with the numbers as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pyarrow as pa
from pyarrow import parquet

from webapp.charts.evidence import Cell, Table


def as_csv(table: Table) -> str:
    """Return a table as CSV (RFC 4180, UTF-8): numbers with all their digits, nothing where a cell is unknown."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([column.head for column in table.columns])
    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
    return file.getvalue()


def as_parquet(table: Table) -> bytes:
    """Return a table as Parquet; a column of numbers alone is one of float64, every other one of texts."""
    columns = [_column([row[place] for row in table.rows]) for place in range(len(table.columns))]
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(columns, [column.head for column in table.columns]), file)
    return file.getvalue()


def _column(cells: Sequence[Cell]) -> pa.Array:
    known = [cell for cell in cells if cell is not None]
    if known and not any(isinstance(cell, str) for cell in known):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())
