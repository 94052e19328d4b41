"""What a walk has read behind one of its prompts: a cache of its own with a row for each running text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from webapp.engine.cache import SlotCache
from webapp.engine.forward import Forward
from webapp.engine.scoring import Passes, read, read_on


class Track:
    """Rows behind one prompt, all of one length, and what follows them.

    Attributes:
        logits: [B, V] fp32, of the token that follows each row.
        states: [B, D] the last hidden states that they were projected from, after the last norm.
        prompt_states: [T, D] those of all tokens of the prompt, where the policy asked for them.

    """

    logits: Tensor
    states: Tensor
    prompt_states: Tensor

    def __init__(self, forward: Forward, ids: Sequence[int], rows: int) -> None:
        self.forward, self.ids, self.length = forward, tuple(ids), len(ids)
        self.cache: SlotCache = forward.scratch(rows)
        self.rows = rows

    def read(self, room: int, *, states: bool = False) -> Passes[None]:
        """Read the prompt once, and give each row what was read, with room for so many more tokens."""
        parts: list[Tensor] = []
        if states:  # what was read before is remembered without its states
            yield from read(self.forward, self.cache, self.ids, 0, lambda _, hidden: parts.append(hidden))
            self.prompt_states = torch.cat(parts)
        else:
            yield from read_on(
                self.forward, self.cache, self.ids, self.length - 1, lambda _, hidden: parts.append(hidden[-1:])
            )
        self.cache.reserve(self.rows, self.length + room)  # now, so that memory runs out before any token is told
        self.cache.arrange([0] * self.rows, self.length)
        self._reached(parts[-1][-1:].expand(self.rows, -1).contiguous())

    def keep(self, sources: Sequence[int]) -> None:
        """Let row i hold what row sources[i] held; rows beyond them are free."""
        self.cache.arrange(sources, self.length)
        self.logits, self.states = self.logits[list(sources)], self.states[list(sources)]

    def advance(self, inputs: Tensor) -> Passes[None]:
        """Read a token [B] or an input vector [B, D] into each row."""
        states, at = [], 0
        while at < inputs.shape[0]:
            size = yield
            states.append(self.forward.advance(self.cache, inputs[at : at + size], at, self.length))
            at += size
        self.length += 1
        self._reached(torch.cat(states))

    def _reached(self, states: Tensor) -> None:
        self.states, self.logits = states, self.forward.logits(states)
