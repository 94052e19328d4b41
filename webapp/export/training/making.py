"""From a selection of stored runs to rows: build, check, write, choose; every refusal is counted with its reason."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from random import Random

from storage.database import Database
from storage.repositories.selected import Wanted
from webapp.engine.protocol import Engine
from webapp.export.selection import BadExport
from webapp.export.training.builder import Builder
from webapp.export.training.checks import checked
from webapp.export.training.choose import Candidate, chosen
from webapp.export.training.examples import Refusal
from webapp.export.training.formats.format import CannotSay, Format, Way
from webapp.export.training.material import Case
from webapp.export.training.ordering import typed_first
from webapp.export.training.reading import cases, selected_runs
from webapp.export.training.registry import BUILDERS, FORMATS, formats_of
from webapp.export.training.settings import TrainingSettings
from webapp.export.training.template import Template

AT_ONCE = 16  # problems whose texts are drawn together


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be exported: runs, by a builder, in a format, with settings."""

    wanted: Wanted
    builder: Builder
    format: Format
    settings: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(slots=True)
class Export:
    """Rows with what became of everything that was looked at.

    Attributes:
        order: what was asked for.
        rows: that were kept, with where they come from.
        refused: how many rows or texts were refused, or left out, for which reason.
        runs: how many finished runs were looked at.
        problems: how many problems these are about.
        models: [(id, revision)] of the models that made them.
        template: the model whose tokenizer and template were used, empty without.
        drawn_by: the model that drew what no run holds, empty without.

    """

    order: Order
    rows: list[Candidate] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    problems: int = 0
    models: set[tuple[str, str]] = field(default_factory=set)
    template: str = ""
    drawn_by: str = ""

    @property
    def kinds(self) -> Counter[str]:
        """How many rows there are of every kind."""
        return Counter(each.meta.kind for each in self.rows)


def order(wanted: Wanted, builder: str, format: str, settings: TrainingSettings) -> Order:
    """Return an order by names.

    Raises:
        BadExport: for a name that does not exist, a format that cannot say what the builder makes, and an empty
            selection.

    """
    if not wanted:
        raise BadExport("Name what to export: runs, sessions or an experiment.")
    if builder not in BUILDERS:
        raise BadExport(f"There is no builder {builder!r}; there are {', '.join(BUILDERS)}.")
    if format not in FORMATS:
        raise BadExport(f"There is no format {format!r}; there are {', '.join(FORMATS)}.")
    if format not in (fitting := formats_of(BUILDERS[builder])):
        raise BadExport(f"{BUILDERS[builder].title} cannot be written as {format}, only as {', '.join(fitting)}.")
    return Order(wanted, BUILDERS[builder], FORMATS[format], settings)


async def make(
    database: Database, order: Order, template: Template | None = None, engine: Engine | None = None
) -> Export:
    """Make the rows of an order.

    Args:
        database: where the runs are.
        order: what is wanted.
        template: of the model that is to be trained; formats with token ids need it.
        engine: draws the texts that a builder needs and no run holds; without it these are left out.

    Raises:
        BadExport: where the format needs a template and there is none.
        NothingSelected: where no selected run is finished.
        DatabaseError: with a sentence.

    """
    if order.format.needs_template and template is None:
        raise BadExport(f"{order.format.title} needs the model that is to be trained: name it.")
    found = await selected_runs(database, order.wanted)
    made = Export(order, runs=len(found), template=template.name if template else "")
    way = Way(order.settings.style, template)
    candidates: list[Candidate] = []
    async for few in _few(cases(database, found, order.settings)):
        made.problems += len(few)
        made.models |= {(each.run.model.id, each.run.model.revision) for case in few for each in case.told}
        ready = await asyncio.gather(*(_with_drawn(case, made, engine) for case in few))  # one batch of the engine
        candidates += await asyncio.to_thread(lambda ready=ready: [row for c in ready for row in _rows(c, made, way)])  # type: ignore[misc]
    kept, left = chosen(candidates, order.settings, order.format.columns)
    made.rows = typed_first(kept)
    made.refused += left
    return made


async def _few(found: AsyncIterator[Case]) -> AsyncIterator[list[Case]]:
    held: list[Case] = []
    async for case in found:
        held.append(case)
        if len(held) == AT_ONCE:
            yield held
            held = []
    if held:
        yield held


async def _with_drawn(case: Case, made: Export, engine: Engine | None) -> Case:
    draw = made.order.builder.draw
    if draw is None or engine is None:
        return case
    made.drawn_by = engine.info.record.id
    drawn = await draw(engine, case, made.order.settings, _random(case, made.order, "draw"))
    return dataclasses.replace(case, drawn=tuple(drawn))


def _rows(case: Case, made: Export, way: Way) -> Iterator[Candidate]:
    order = made.order
    for found in order.builder.build(case, order.settings, _random(case, order, "build")):
        if not isinstance(found, Refusal) and type(found) not in order.format.takes:
            continue  # of what the builder makes, another format says this
        fine = found if isinstance(found, Refusal) else checked(found, case, order.settings, masks=order.format.masks)
        if isinstance(fine, Refusal):
            made.refused[fine.reason] += 1
            continue
        try:
            yield from (Candidate(fine.meta, row) for row in order.format.write(fine, way))
        except CannotSay as reason:
            made.refused[str(reason)] += 1


def _random(case: Case, order: Order, what: str) -> Random:
    return Random(f"{order.settings.seed}/{order.builder.name}/{case.problem.id}/{what}")
