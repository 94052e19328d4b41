"""What waits and runs: a request of several prompts, and its rows, one a sample."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from webapp.engine.columns import Columns
from webapp.engine.protocol import Caller, EngineEvent, Sampling
from webapp.engine.sequences import Kept
from webapp.engine.stops import StopWatch


@dataclass(eq=False, slots=True)
class PromptIds:
    """One prompt of a request as token ids; `logits` [V] follow its last token once it was read.

    `kept` holds what was read of it while samples wait for it and none that has a slot holds it.
    """

    ids: tuple[int, ...]
    prefix_length: int
    logits: Tensor | None = None
    kept: Kept | None = None


@dataclass(eq=False, slots=True)
class Request:
    """A call of generate; `emit` may be called from the model's thread."""

    prompts: list[PromptIds]
    sampling: Sampling
    n: int
    caller: Caller
    emit: Callable[[EngineEvent | Exception], None]
    submitted: float = field(default_factory=time.monotonic)
    cancelled: bool = False
    unfinished: int = 0
    retried: bool = False
    position: int | None = None

    @property
    def longest(self) -> int:
        """How many tokens its longest text may come to have, prompt included."""
        return max((len(prompt.ids) for prompt in self.prompts), default=0) + self.sampling.max_tokens


@dataclass(eq=False, slots=True)
class Row:
    """One sample: waiting, or running in a slot."""

    request: Request
    prompt_index: int
    sample: int
    columns: Columns
    stop: StopWatch
    slot: int | None = None
    read: int = 0  # tokens of the prompt already in the cache
    admitted: float = 0.0
    kept: Kept | None = None  # what it had read when it gave way to another row

    @property
    def prompt(self) -> PromptIds:
        """The prompt it answers."""
        return self.request.prompts[self.prompt_index]

    @property
    def background(self) -> bool:
        """Whether it goes behind what a person waits for."""
        return self.request.caller.background

    @property
    def to_read(self) -> tuple[int, ...]:
        """What its slot must hold before its next step: the prompt, and on a second try what it already said."""
        said = [int(token["ids"]) for token in self.columns.rows[:-1]]
        return (*self.prompt.ids, *said)

    def restart(self, kept: Kept | None = None) -> None:
        """Forget the slot, so that the row can wait for another; `kept` spares it the reading."""
        self.slot, self.read, self.kept = None, 0, kept

    @property
    def length(self) -> int:
        """How many tokens of it stand in the cache once its last drawn token was not yet read."""
        return len(self.prompt.ids) + max(len(self.columns) - 1, 0)

    @property
    def longest(self) -> int:
        """How many tokens it may come to have, prompt included."""
        return len(self.prompt.ids) + self.request.sampling.max_tokens

    @property
    def noise_index(self) -> int:
        """The index of its next token in the assistant's message, prefix included."""
        return self.prompt.prefix_length + len(self.columns)
