"""Experiments in words, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from storage.experiments import ExperimentRow
from webapp.experiments.estimate import Estimate, Range
from webapp.experiments.results import Result
from webapp.experiments.standing import Standing

BAR = 24  # characters
NEVER = "–"


def listed(rows: Sequence[ExperimentRow]) -> str:
    """Return a table of experiments."""
    head = ("id", "status", "done", "failed", "cells", "created", "name")
    body = [
        (
            row.experiment.id, row.experiment.status, str(row.cells.get("done", 0)), str(row.cells.get("failed", 0)),
            str(row.total), f"{row.experiment.created_at:%Y-%m-%d %H:%M}", row.experiment.name,
        )
        for row in rows
    ]  # fmt: skip
    return table([head, *body]) if body else "There are no experiments yet."


def results_table(results: Sequence[Result]) -> str:
    """Return what each method came to with each model."""
    head = ("method", "model", "done", "first", "last", "fixed", "broken", "no answer", "tokens", "calls", "seconds")
    return table([head, *(_result(each) for each in results)])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows with their columns aligned, the last one as it is."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    return "\n".join("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]).rstrip() for row in rows)


def progress(found: Standing) -> str:
    """Return a line that says how far an experiment is."""
    share = found.ended / found.total if found.total else 1.0
    bar = "#" * round(share * BAR)
    failed = found.cells.get("failed", 0)
    facts = [
        f"[{bar:<{BAR}}] {found.ended:,} of {found.total:,} cells",
        f"{failed:,} failed" if failed else "",
        f"{found.per_minute:.3g} a minute" if found.per_minute else "",
        f"about {duration(found.seconds_left)} left" if found.seconds_left else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def estimated(found: Estimate) -> str:
    """Return what is left to do, in a sentence or two."""
    if found.tokens is None:
        return f"{found.cells:,} cells are left; none was tried yet."
    told = f"{found.cells:,} cells are left: {_range(found.tokens)} generated tokens, {found.calls or 0:,.0f} calls"
    if found.seconds is not None:
        spread = f"{duration(found.seconds.low)} to {duration(found.seconds.high)}"
        told += f", {duration(found.seconds.expected)} ({spread})"
    told += f", judged by {found.tried:,} cells"
    if found.at_once is not None:
        told += f", {found.at_once:.1f} at once"
    return told + "." + (f" {', '.join(found.models)} was not tried." if found.models else "")


def duration(seconds: float) -> str:
    """Return a length of time for people: "45 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    days, hours = divmod(hours, 24)
    return f"{days} d" + (f" {hours} h" if hours else "")


def _result(each: Result) -> tuple[str, ...]:
    found = each.correction
    shares = [found.first, found.last, found.fixed, found.broken, each.unparsed] if found else [None] * 5
    means = [each.tokens, each.calls, each.seconds]
    return (
        each.name + (" (oracle)" if each.oracle else ""), each.model, str(each.done),
        *(NEVER if share is None else f"{share:.1%}" for share in shares),
        *(NEVER if mean is None else f"{mean:,.1f}" for mean in means),
    )  # fmt: skip


def _range(found: Range) -> str:
    return f"{found.expected:,.0f} ({found.low:,.0f} to {found.high:,.0f})"
