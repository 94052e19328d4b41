"""What a builder is: a function from the runs of one problem to examples, and what is known of it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from webapp.engine.protocol import Engine
from webapp.export.training.examples import Example, Made
from webapp.export.training.material import Case, Drawn
from webapp.export.training.settings import TrainingSettings

Build: TypeAlias = Callable[[Case, TrainingSettings, Random], Iterable[Made]]
Draw: TypeAlias = Callable[[Engine, Case, TrainingSettings, Random], Awaitable[list[Drawn]]]


@dataclass(frozen=True, slots=True)
class Builder:
    """One way of making examples.

    Attributes:
        name: as the command line takes it.
        title: as people call it.
        source: paper and section of the document of methods.
        shapes: what it makes.
        build: makes it; has to give the same examples for the same case, settings and random state.
        draw: draws texts that it needs and that no run holds, with a model; None where it needs none.
        uses: the settings that only it and few others look at.
        masks: that what it teaches needs stretches without loss, so that only formats that can say these fit.

    """

    name: str
    title: str
    source: str
    shapes: frozenset[type[Example]]
    build: Build
    draw: Draw | None = None
    uses: tuple[str, ...] = ()
    masks: bool = False

    @property
    def description(self) -> str:
        """What it makes of what, in words."""
        return inspect.cleandoc(self.build.__doc__ or "")
