"""Tables as files: CSV with every digit, read back exactly by any program."""

from __future__ import annotations

import csv
import io

from webapp.charts.evidence import Table


def as_csv(table: Table) -> str:
    """Return a table as CSV (RFC 4180, UTF-8): numbers with all their digits, nothing where a cell is unknown."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([column.head for column in table.columns])
    writer.writerows([["" if cell is None else cell for cell in row] for row in table.rows])
    return file.getvalue()
