"""Walks over a language that can be listed: the real walk and the real policies, with tables for a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch

from tests.enumeration import END, VOCABULARY, Language
from webapp.engine.lives import Noted
from webapp.engine.particles import Particle
from webapp.engine.policies.registry import POLICIES
from webapp.engine.policies.settings import Policy
from webapp.engine.protocol import Sampling, SteerEvent
from webapp.engine.request import PromptIds
from webapp.engine.scoring import Passes
from webapp.engine.stops import StopWatch
from webapp.engine.walk import Walk


class Pieces(dict[int, bytes]):
    """Tokens spelled a, b, c..., one of them the end."""

    special = frozenset({END})

    def text_bytes(self, token: int) -> bytes:
        return b"" if token in self.special else self[token]


PIECES = Pieces({token: b"<end>" if token == END else bytes([ord("a") + token]) for token in range(26)})


class TableTrack:
    """What a track is to a walk: the logits that follow each row, looked up instead of computed."""

    ids = (0,)

    def __init__(self, language: Language, rows: int) -> None:
        self.language, self.texts = language, [()] * rows

    def read(self, room: int, *, states: bool = False) -> Passes[None]:
        yield from ()
        self._look_up()

    def keep(self, sources: Sequence[int]) -> None:
        self.texts = [self.texts[source] for source in sources]
        self._look_up()

    def advance(self, inputs: torch.Tensor) -> Passes[None]:
        yield from ()
        self.texts = [(*text, token) for text, token in zip(self.texts, inputs.tolist(), strict=True)]
        self._look_up()

    def _look_up(self) -> None:
        rows = [torch.from_numpy(self.language.logits(text)) for text in self.texts]
        self.logits = torch.stack(rows).float() if rows else torch.zeros(0, VOCABULARY)


@dataclass
class Walked:
    """What a policy did: the texts by their places at the end, and its notes."""

    particles: list[Particle]
    events: list[SteerEvent] = field(default_factory=list)

    @property
    def texts(self) -> list[tuple[int, ...]]:
        return [tuple(particle.ids) for particle in self.particles]

    def noted(self, kind: str) -> list[Noted]:
        return [event for event in self.events if isinstance(event, Noted) and event.kind == kind]

    def weights(self) -> dict[str, Any]:
        """Return the data of the only note of the final weights."""
        [note] = self.noted("weights")
        return dict(note.data)


def walked(policy: Policy, *languages: Language, n: int, seed: int = 0, **sampling: Any) -> Walked:
    """Carry a policy out over languages, one a prompt."""
    longest = languages[0].longest
    settings = Sampling(seed=seed, max_tokens=longest, **{"temperature": 1.0} | sampling)
    forward = SimpleNamespace(device=torch.device("cpu"), vocabulary=VOCABULARY, scratch=lambda rows: None)
    events: list[SteerEvent] = []
    stop = lambda: StopWatch(frozenset({END}), (), longest)  # noqa: E731
    prompts = [PromptIds((0,), 0)] * len(languages)
    walk = Walk(forward, PIECES, prompts, settings, n, stop, events.append)  # type: ignore[arg-type]
    walk.tracks = [TableTrack(language, n) for language in languages]  # type: ignore[misc]
    for _ in POLICIES[type(policy)](walk, policy):
        raise AssertionError("a table is read in no time")
    assert all(particle.ended for particle in walk.particles)
    return Walked(walk.particles, events)


def tally(texts: Sequence[tuple[int, ...]], weights: Sequence[float]) -> Counter[tuple[int, ...]]:
    """Return the summed weight of each text."""
    total: Counter[tuple[int, ...]] = Counter()
    for text, weight in zip(texts, weights, strict=True):
        total[text] += weight  # type: ignore[assignment]
    return total
