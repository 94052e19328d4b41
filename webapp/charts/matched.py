"""How much better methods are than a vote of samples that costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from webapp.analysis.bootstrap import LEVEL, Interval
from webapp.analysis.refusal import Refusal
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.forest import forest

TITLE = "At the same number of tokens"
READING = (
    "How much more accurate each method is than {baseline}, a vote of as many of its samples as cost the same on "
    "average, on the same problems, in points of a percent, with a {level:g} % interval that draws problems. Between "
    "two sizes of a vote the budget buys the larger one for some of the problems. Filled: the interval leaves 0 out."
)
COLUMNS = (
    Column("Method"), Column("tokens", "number", "its mean cost of a problem, the budget of both"),
    Column("problems", "number", "that both have"), Column("points", "number"), Column("from", "number"),
    Column("to", "number"), Column("note"),
)  # fmt: skip


class Against(NamedTuple):
    """A method, the tokens it generates for a problem, shared problems, and its lead over a vote at that cost."""

    name: str
    tokens: float
    problems: int
    lead: Interval | Refusal


def matched(baseline: str, found: Sequence[Against]) -> Evidence:
    """Draw the lead of each method that can be matched as a point with its interval; the others are in the table."""
    leads = {each.name: each.lead for each in found if isinstance(each.lead, Interval)}
    told = [lead.low > 0 or lead.high < 0 for lead in leads.values()]
    figure = forest(
        list(leads), list(leads.values()), told, x="lead at the same tokens (points)", uirevision="matched"
    )  # fmt: skip
    reading = READING.format(baseline=baseline, level=100 * LEVEL)
    return Evidence(TITLE, reading, figure if leads else None, Table(COLUMNS, tuple(map(_row, found))))


def _row(each: Against) -> tuple[Cell, ...]:
    if isinstance(each.lead, Refusal):
        return each.name, each.tokens, each.problems, None, None, None, each.lead.why
    return each.name, each.tokens, each.problems, *(100 * end for end in each.lead), ""
