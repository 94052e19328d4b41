"""Paired differences between methods, with intervals: which of them n problems can tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from webapp.analysis.detectable import detectable_difference
from webapp.analysis.holm import holm
from webapp.analysis.paired import Comparison
from webapp.analysis.reading import apart, reading
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.forest import forest

READING = (
    "How much more accurate the first method of each row is than the second on the same problems, in points of a "
    "percent, with its {level:g} % interval. Filled: the interval leaves 0 out and McNemar's mid-p, corrected for "
    "{many} (Holm), is below {alpha:.2g}. Hollow: these problems do not tell them apart, which is not to say that "
    "they are equal: the column detectable says what difference so many problems would show four times in five."
)
COLUMNS = (
    Column("Comparison"), Column("fixes", "number", "right only by the first"),
    Column("breaks", "number", "right only by the second"), Column("points", "number"), Column("from", "number"),
    Column("to", "number"), Column("mid-p", "number", "McNemar's"), Column("Holm", "number", "mid-p, corrected"),
    Column("detectable", "number", "points that so many problems show with a power of 0.8"), Column("in words"),
)  # fmt: skip


class Versus(NamedTuple):
    """Method `a` against method `b`."""

    a: str
    b: str
    found: Comparison


def differences(comparisons: Sequence[Versus]) -> Evidence:
    """Draw each comparison as a point with its interval, one a row; all are corrected for each other."""
    adjusted = holm([each.found.p.mid for each in comparisons]).tolist()
    told = [apart(each.found, p) for each, p in zip(comparisons, adjusted, strict=True)]
    level = comparisons[0].found.level if comparisons else 0.95
    many = "one comparison" if len(comparisons) == 1 else f"{len(comparisons)} comparisons"
    figure = forest(
        [f"{each.a} - {each.b}" for each in comparisons], [each.found.difference for each in comparisons], told,
        x="difference (points)", uirevision="differences",
    )  # fmt: skip
    rows = tuple(_row(each, p) for each, p in zip(comparisons, adjusted, strict=True))
    text = READING.format(level=100 * level, alpha=1 - level, many=many)
    return Evidence("Paired differences", text, figure, Table(COLUMNS, rows))


def _row(each: Versus, adjusted: float) -> tuple[Cell, ...]:
    found = each.found
    detectable = None if found.shares else detectable_difference(found.n, found.discordant)
    return (
        f"{each.a} - {each.b}", found.fixes, found.breaks, *(100 * end for end in found.difference), found.p.mid,
        adjusted, None if detectable is None else 100 * detectable, reading(found, each.a, each.b, adjusted=adjusted),
    )  # fmt: skip
