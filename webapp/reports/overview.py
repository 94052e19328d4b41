"""What the sides of a comparison came to: accuracy and cost of each, transitions, differences, Pareto front."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from webapp.analysis.refusal import Refusal
from webapp.analysis.transitions import measure
from webapp.charts.cost import Priced
from webapp.charts.cost import cost as cost_chart
from webapp.charts.differences import Versus
from webapp.charts.differences import differences as differences_chart
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.reports.part import Part, noted, part
from webapp.runs.selected.compared import SEVERAL, accuracy, compared
from webapp.runs.selected.outcomes import Floats, Outcomes, paired, ungraded
from webapp.runs.selected.service import Selected
from webapp.runs.selected.sides import Side

UNITS: Final = {"generated_tokens": "generated tokens", "calls": "calls", "seconds": "seconds"}
SIDES_READING = (
    "A side is one method with its settings and one model. First: the share of problems whose first attempt is "
    "right; last: that of the answer, with its 95 % interval over problems. An answer that could not be read counts "
    "as wrong. Left out: runs that are not finished, that a person branched, or that a later run of the same problem "
    "and seed stands for. Costs are means of a problem."
)
SIDES_COLUMNS = (
    Column("Side"), Column("problems", "number", "with a graded run"), Column("runs", "number", "graded"),
    Column("first", "bar", "right at the first attempt", 1.0), Column("last", "bar", "right in the end", 1.0),
    Column("from", "number", "lower end of the interval of last"),
    Column("to", "number", "upper end of the interval of last"),
    Column("change", "number", "last - first, points of a percent"),
    Column("unread", "number", "answers that could not be read"),
    Column("ungraded", "number", "finished runs without a verdict"),
    Column("left out", "number", "unfinished, branched or repeated runs"),
    Column("tokens", "number", "generated"), Column("calls", "number"), Column("seconds", "number"), Column("notes"),
)  # fmt: skip
STEPS = ("right → right", "right → wrong", "wrong → right", "wrong → wrong")
TRANSITIONS_READING = (
    "Graded runs by their first attempt and their answer. Fixed: of the runs that were wrong at first, the share "
    "that ended right; broken: of those that were right, the share that ended wrong."
)
TRANSITIONS_COLUMNS = (
    Column("Side"), *(Column(step, "number") for step in STEPS),
    Column("fixed", "bar", "of the wrong first attempts", 1.0),
    Column("broken", "bar", "of the right first attempts", 1.0),
)  # fmt: skip


def overview(selected: Selected, unit: str) -> list[Part]:
    """Return the parts that need the runs alone; costs in a unit of `UNITS`."""
    return [_sides(selected), _transitions(selected), _differences(selected), _cost(selected, unit)]


def _sides(selected: Selected) -> Part:
    dropped = f"{selected.dropped} more sides with fewer runs are not shown." if selected.dropped else ""
    waiting = f"{selected.waiting} cells of the experiment are not done." if selected.waiting else ""
    rows = tuple(map(_side, selected.sides, selected.outcomes))
    return part("sides", noted(Evidence("Sides", SIDES_READING, table=Table(SIDES_COLUMNS, rows)), dropped, waiting))


def _side(side: Side, found: Outcomes) -> tuple[Cell, ...]:
    first, last = accuracy(found.first, found), accuracy(found.last, found)
    shares: tuple[Cell, ...] = (None,) * 5
    if first is not None and last is not None:
        shares = (first.estimate, last.estimate, last.low, last.high, 100 * (last.estimate - first.estimate))
    unread = sum(run.last == "unparsed" for run in side.runs)
    left_out = side.unfinished + side.branched + side.repeated
    costs = (problem_mean(getattr(found, name), found) for name in UNITS)
    return (
        side.name,
        found.problems,
        len(found.last),
        *shares,
        unread,
        ungraded(side),
        left_out,
        *costs,
        _notes(side),
    )


def _notes(side: Side) -> str:
    left = {"unfinished": side.unfinished, "branched by a person": side.branched, "repeated": side.repeated}
    words = [f"{count} {word}" for word, count in left.items() if count]
    if side.oracle:
        words.insert(0, f"oracle: the reference was looked at in {side.oracle}")
    return "; ".join(words)


def problem_mean(values: Floats, found: Outcomes) -> float | None:
    """Return the mean over problems of the mean over their runs; None without a run."""
    return float(found.by_problem(values).mean()) if len(values) else None


def _transitions(selected: Selected) -> Part:
    rows = tuple(map(_transition, selected.sides, selected.outcomes))
    shown = Evidence("Transitions", TRANSITIONS_READING, table=Table(TRANSITIONS_COLUMNS, rows))
    return part("transitions", shown)


def _transition(side: Side, found: Outcomes) -> tuple[Cell, ...]:
    if not len(found.last):
        return (side.name, 0, 0, 0, 0, None, None)
    measured = measure(found.first, found.last)
    return (side.name, *measured.counts.values(), measured.correction_rate, measured.misjudge_rate)


def _differences(selected: Selected) -> Part:
    graded = [(side, found) for side, found in zip(selected.sides, selected.outcomes, strict=True) if len(found.last)]
    versus, several, apart = [], False, []
    for (b, of_b), (a, of_a) in combinations(graded, 2):  # what comes later is compared with what came before
        pair = paired(of_a, of_b)
        if not pair.problems:
            apart.append(f"{a.name} and {b.name} share no graded problem.")
            continue
        several |= not pair.single
        versus.append(Versus(a.name, b.name, compared(pair)))
    if not versus:
        count = "One side has" if graded else "No side has"
        why = " ".join(apart) or f"{count} graded runs; a difference needs two that have."
        return Part("differences", "Paired differences", Refusal(why))
    shown = noted(differences_chart(versus), SEVERAL if several else "", *apart)
    return part("differences", shown, _in_words(shown))


def _in_words(shown: Evidence) -> list[str]:
    """Return the readings of all comparisons, which stand last in their rows."""
    return [] if shown.table is None else [str(row[-1]) for row in shown.table.rows]


def _cost(selected: Selected, unit: str) -> Part:
    priced, free = [], []
    for side, found in zip(selected.sides, selected.outcomes, strict=True):
        price, right = problem_mean(getattr(found, unit), found), accuracy(found.last, found)
        if price is None or right is None:
            continue
        if price > 0:
            priced.append(Priced(side.name, price, right))
        else:
            free.append(f"{side.name} cost no {UNITS[unit]} and has no place on a log scale.")
    if not priced:
        why = " ".join(free) or "No run is graded, so there is no accuracy to set against a cost."
        return Part("cost", "Accuracy against cost", Refusal(why))
    return part("cost", noted(cost_chart(priced, UNITS[unit]), *free))
