"""What a policy is given to steer: texts drawn side by side from a cache of their own, pass by pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from storage.records import FinishReason, Origin
from webapp.engine.batch import NOT_FINITE
from webapp.engine.columns import Columns
from webapp.engine.forward import Forward
from webapp.engine.head import Head
from webapp.engine.lives import Forked, Noted
from webapp.engine.noise import uniform
from webapp.engine.particles import Emit, Particle
from webapp.engine.pieces import Pieces
from webapp.engine.protocol import EngineError, Sampling
from webapp.engine.request import PromptIds
from webapp.engine.sampling import Draw, draw
from webapp.engine.scoring import Passes
from webapp.engine.signals import Signals, signals
from webapp.engine.step import Step, on_host
from webapp.engine.stops import StopWatch
from webapp.engine.tracks import Track


class Walk:
    """Draws n texts behind the same prompts, stepped together.

    A policy is a generator over its passes; the plainest one:

        yield from walk.read()
        while walk.running:
            walk.append(walk.draw())
            yield from walk.advance()

    Attributes:
        particles: the n texts by their places; one that has ended may stand in several of them.
        running: those that have not ended, in the order of the rows of every tensor. It changes in `read`, `advance`
            and `resample` only: a text that ends keeps its row until the next pass.
        tracks: one a prompt, with the logits [B, V] and states [B, D] that follow each row.
        seen: the signals of the first track's logits.

    """

    seen: Signals

    def __init__(
        self,
        forward: Forward,
        pieces: Pieces,
        prompts: Sequence[PromptIds],
        sampling: Sampling,
        n: int,
        stop: Callable[[], StopWatch],
        emit: Emit,
    ) -> None:
        self.forward, self.pieces, self.sampling = forward, pieces, sampling
        self.tracks = [Track(forward, prompt.ids, n) for prompt in prompts]
        self.lives = n
        self.particles = [
            Particle(i, i, Columns(pieces, forward.vocabulary, sampling.temperature_grid), stop()) for i in range(n)
        ]
        self.running: list[Particle] = []
        self._prefix = prompts[0].prefix_length
        self._emit = emit

    @property
    def logits(self) -> Tensor:
        """[B, V] the raw logits that follow the first prompt and each running text, fp32."""
        return self.tracks[0].logits

    @property
    def states(self) -> Tensor:
        """[B, D] the last hidden states of the first track."""
        return self.tracks[0].states

    @property
    def head(self) -> Head:
        """The output projection; a gradient through it needs `torch.inference_mode(False)`, without a pass within."""
        return self.forward.head

    @cached_property
    def weight(self) -> Tensor:
        """[V, D] the weight of the output projection for a gradient; to unpack a packed one takes a while."""
        return self.head.weight()

    @property
    def end_ids(self) -> frozenset[int]:
        """The tokens that end a text."""
        return self.particles[0].stop.end_ids

    def embed(self, ids: Tensor) -> Tensor:
        """Return the vectors [..., D] that the layers are given for ids."""
        return self.forward.embed(ids)

    def text(self, token: int) -> str:
        """Return what a token spells, for evidence."""
        return self.pieces[token].decode("utf-8", errors="replace")

    def read(self, *, states: bool = False) -> Passes[None]:
        """Read the prompts; `states` keeps the last hidden states of all their tokens."""
        for track in self.tracks:
            yield from track.read(self.sampling.max_tokens, states=states)
        self.running = list(self.particles)
        self._look()

    def noise(self) -> list[float]:
        """Return the number in [0, 1) that each running text's next token is drawn with."""
        return [uniform(self.sampling, p.index, self._prefix + len(p.ids)) for p in self.running]

    def chance(self, purpose: str, particle: Particle | None = None, index: int | None = None) -> float:
        """Return a number in [0, 1) for another purpose, keyed by it, a text's place and an index (its length)."""
        written = len((particle or self._longest).ids) if index is None else index
        keyed = replace(self.sampling, label=f"{self.sampling.label}: {purpose}")
        return uniform(keyed, 0 if particle is None else particle.index, self._prefix + written)

    def draw(self, logits: Tensor | None = None, sampling: Sampling | None = None) -> Draw:
        """Draw a token for each running text, from the raw logits or from others [B, V]."""
        settings = [sampling or self.sampling] * len(self.running)
        return draw(self.logits if logits is None else logits, settings, self.noise())

    def append(self, drawn: Draw, origins: Sequence[Origin] | None = None) -> None:
        """Add a token to each running text; what the raw model said of it is recorded beside how it was drawn."""
        rows = on_host(Step(self.logits, self.seen, drawn), [self.sampling] * len(self.running))
        for i, (particle, row) in enumerate(zip(self.running, rows, strict=True)):
            if particle.ended is not None:  # by the policy, since the last pass
                continue
            reason = particle.add(row, "model" if origins is None else origins[i])
            if reason is None:
                particle.tell(self._emit)
            else:
                self.end(particle, reason)

    def advance(self, vectors: Tensor | None = None) -> Passes[None]:
        """Have each running text read its last token, or an input vector [B, D] instead; drop those that ended."""
        rows = _closed_up([p.ended is None for p in self.running])
        if vectors is None:
            vectors = torch.tensor([p.ids[-1] for p in self.running], device=self.forward.device)
        self._keep(rows, [self.running[row] for row in rows])
        if not rows:
            return
        for track in self.tracks:
            yield from track.advance(vectors[rows])
        self._look()

    def resample(self, ancestors: Sequence[int]) -> list[int]:
        """Replace the n texts by those at the places `ancestors`, and return at which place each stood before.

        A text that goes on keeps its place; the copies beyond the first take the places of those that are dropped,
        whose lives end there. A text that has ended is not copied, but stands in several places.
        """
        places = _settled(ancestors)
        row_of = {particle: row for row, particle in enumerate(self.running)}
        before = list(self.particles)
        for place, source in enumerate(places):
            if place != source:
                self._replace(place, before[source], before[place])
        running, rows = [], []
        for place, source in enumerate(places):
            if self.particles[place].ended is None:
                running.append(self.particles[place])
                rows.append(row_of[before[source]])
        self._keep(rows, running)
        return places

    def end(self, particle: Particle, reason: FinishReason = "pruned") -> None:
        """End a text, if it has not ended."""
        if particle.ended is None:
            particle.finish(reason, self._emit, sum(len(track.ids) for track in self.tracks))

    def note(self, kind: str, data: Mapping[str, Any], particle: Particle | None = None) -> None:
        """Tell evidence: JSON data about a text, or about all, at its next token."""
        index = len((particle or self._longest).ids)
        self._emit(Noted(None if particle is None else particle.life, index, kind, data))

    @property
    def _longest(self) -> Particle:
        return max(self.particles, key=lambda particle: len(particle.ids))

    def _replace(self, place: int, ancestor: Particle, dropped: Particle) -> None:
        if ancestor.ended is not None:
            self.particles[place] = ancestor
        else:
            ancestor.tell(self._emit, now=True)
            copied = self.particles[place] = ancestor.copied(place, self.lives)
            self.lives += 1
            self._emit(Forked(copied.life, ancestor.life, len(copied.ids), dropped.life))
        self.end(dropped)

    def _keep(self, rows: Sequence[int], running: list[Particle]) -> None:
        unmoved = list(rows) == list(range(len(self.running)))
        self.running = running
        if unmoved:
            return
        for track in self.tracks:
            track.keep(rows)
        self.seen = Signals(*(column[list(rows)] for column in self.seen))

    def _look(self) -> None:
        self.seen = signals(self.logits, self.sampling.alternatives)
        if not bool(self.seen.logsumexp.isfinite().all()):
            raise EngineError(NOT_FINITE)


def _closed_up(stays: Sequence[bool]) -> list[int]:
    """Return the rows that stay, with the last of them in the places of those that go, so that few are moved."""
    kept = [row for row, stay in enumerate(stays) if stay]
    inside = [row for row in kept if row < len(kept)]
    moved = iter([row for row in kept if row >= len(kept)])
    return [row if row in inside else next(moved) for row in range(len(kept))]


def _settled(ancestors: Sequence[int]) -> list[int]:
    """Return the same ancestors with each that survives in its own place once."""
    surplus = list(ancestors)
    for place in set(ancestors):
        surplus.remove(place)
    rest = iter(sorted(surplus))
    survivors = set(ancestors)
    return [place if place in survivors else next(rest) for place in range(len(ancestors))]
