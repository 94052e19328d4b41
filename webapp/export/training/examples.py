"""What builders make: examples of five shapes, independent of the format they are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from storage.records import Origin

Messages: TypeAlias = tuple[tuple[str, str], ...]  # (role, content)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a reply; `trained` says whether it carries loss.

    `joined` marks a sentence that the builder itself puts between two texts, as its method wants it; it is not
    subject to what the settings say about inserted text, and is listed with its origin like any other.
    """

    text: str
    trained: bool = True
    origin: Origin = "model"
    joined: bool = False


Pieces: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Meta:
    """Where an example comes from; written into every row.

    `kind` is what balancing looks at, `reason` why the row was made, `reference_seen` that whoever wrote a part of
    it had the reference answer in view.
    """

    problem: str
    source: str
    kind: str
    reason: str
    runs: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    model: str = ""
    revision: str = ""
    seed: int = 0
    temperature: float | None = None
    oracle: bool = False
    reference_seen: bool = False
    labelled_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A prompt and the reply to learn; `ends` says that the reply is complete, so that it is followed by its end."""

    meta: Meta
    prompt: Messages
    reply: Pieces
    ends: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt with a better and a worse reply; both follow `begun`, the beginning of the same reply."""

    meta: Meta
    prompt: Messages
    chosen: Pieces
    rejected: Pieces
    begun: str = ""
    ends: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graded:
    """A prompt and a reply that is good or not."""

    meta: Meta
    prompt: Messages
    reply: Pieces
    good: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """The labelled steps of a solution: [n] steps, [n] ratings 1, 0 (neutral) or -1, and [n] whether each is good.

    Attributes:
        meta: where it comes from.
        prompt: what was answered, which is looked at for leaks.
        question: as it is stated, which rows hold.
        whole: all steps of the solution, of which the first n are labelled.
        steps: the labelled ones by who wrote what.
        ratings: of people, or by rollouts.
        good: what a model is to say of each.
        reference: the reference answer.
        concludes: that all of the solution is labelled and without an error, and that it is not known to be wrong.
        labelled_by: who rated the steps, nobody for rollouts.
        seconds: how long that took.
        labelled_at: when, in ISO 8601.

    """

    meta: Meta
    prompt: Messages
    question: str
    whole: tuple[str, ...]
    steps: tuple[Pieces, ...]
    ratings: tuple[int | None, ...]
    good: tuple[bool, ...]
    reference: str | None
    concludes: bool = False
    labelled_by: tuple[str, ...] = ()
    seconds: float = 0.0
    labelled_at: str = ""


@dataclass(frozen=True, slots=True)
class Online:
    """A prompt for reinforcement learning: the answer is for the reward alone; `extra` logs what happened before."""

    meta: Meta
    prompt: Messages
    answer: str
    extra: Mapping[str, Any] = field(default_factory=dict)


Example: TypeAlias = Reply | Pair | Graded | Steps | Online


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something no row was made of, with the reason; equal reasons are counted together."""

    reason: str


Made: TypeAlias = Example | Refusal


def written(pieces: Pieces) -> str:
    """Return the text of a reply."""
    return "".join(piece.text for piece in pieces)


def said(text: str, *, trained: bool = True) -> Pieces:
    """Return a text of the model's as a reply."""
    return (Piece(text, trained),)


def joint(text: str) -> Piece:
    """Return a sentence that the builder puts between two texts."""
    return Piece(text, True, "injected", True)
