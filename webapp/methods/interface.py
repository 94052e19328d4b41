"""The contract between a method and whatever runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from storage.records import Generation, Role, Vote
from storage.trace import TokenTrace
from webapp.engine.lives import Noted
from webapp.engine.policies.settings import Policy
from webapp.engine.protocol import Capability, OptionProbabilities, Prompt, TopH
from webapp.tasks.question import Question

Family: TypeAlias = Literal["sample", "judge", "revise", "search", "decode", "probe"]
Faithful: TypeAlias = Literal["full", "prompted emulation", "variant"]


class CannotGoOn(Exception):
    """A method cannot do what it was asked to, as a sentence that says why and what to do instead."""


class MethodParams(BaseModel):
    """Settings every method has: how many branches it starts from, and how its texts are drawn.

    A setting with a unit names it in its schema: `json_schema_extra={"unit": "tokens"}`; whole numbers without one
    are counts. Every method's card lists them with range, default and unit.

    Two methods with the same settings and seed start from the same first drafts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(1, ge=1, le=64, title="Samples", description="First drafts, each a branch of its own.")
    temperature: float = Field(0.7, ge=0.0, le=5.0, title="Temperature", description="0 is greedy.")
    top_p: float = Field(1.0, gt=0.0, le=1.0, title="Top-p", description="1 keeps everything.")
    top_k: int = Field(0, ge=0, le=100_000, title="Top-k", description="0 keeps everything.")
    min_p: float = Field(0.0, ge=0.0, le=1.0, title="Min-p", description="0 keeps everything.")
    top_h: float = Field(
        0.0, ge=0.0, lt=1.0, title="Top-H",
        description="Alpha: the kept tokens may be so undecided, as a share of all (paper: 0.4). 0 keeps everything.",
    )  # fmt: skip
    top_h_variant: TopH = Field(
        "paper", title="Top-H as in",
        description="paper: its algorithm. repo: what the authors' code computes instead, of the first 100 tokens.",
    )  # fmt: skip
    eta: float = Field(
        0.0, ge=0.0, lt=1.0, title="Eta", description="Epsilon of eta-sampling (0.0002). 0 keeps everything."
    )
    max_tokens: int = Field(
        200, ge=1, le=32_768, title="Longest text", description="New tokens a text may have.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip

    def demands(self) -> Mapping[str, frozenset[Capability]]:
        """Return what these settings ask of a model beyond what their method needs, by what it is that asks."""
        return {}


@dataclass(frozen=True, slots=True)
class Truncation:
    """Which tokens may be drawn, where a method needs others than its settings say; by default all of them."""

    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    top_h: float = 0.0
    top_h_variant: TopH = "paper"
    eta: float = 0.0


@dataclass(frozen=True, slots=True)
class Steered:
    """What a policy drew: every text by its number, the dropped ones too, and the evidence that the policy noted."""

    texts: tuple[Generation, ...]
    notes: tuple[Noted, ...] = ()

    @property
    def kept(self) -> list[Generation]:
        """The texts that were not dropped."""
        return [text for text in self.texts if text.finish_reason != "pruned"]

    def noted(self, kind: str, life: int | None = None) -> list[Noted]:
        """Return the notes of a kind about one text, or (None) about all."""
        return [note for note in self.notes if (note.kind, note.life) == (kind, life)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method concludes: the extracted answer, the generation it stands in, and the vote if there was one."""

    value: str | None
    chosen: Generation | None = None
    votes: tuple[Vote, ...] = ()
    note: str = ""


class Oracle(Protocol):
    """The single door to the reference answer; opening it marks the run `oracle` wherever it is shown."""

    def correct(self, answer: str | None, *, why: Literal["stop", "label", "route"]) -> bool:
        """Say whether an answer is right, and mark the run; no answer is not right.

        Raises:
            CannotGoOn: if the question has no reference answer.

        """
        ...


class RunContext(Protocol):
    """What a method may do. Every generation is streamed, stored, counted and charged to the budget."""

    @property
    def oracle(self) -> Oracle:
        """The door to the reference answer."""
        ...

    def stage(self, params: MethodParams, *, name: str = "", after: Generation | None = None) -> RunContext:
        """Return this run for a method that is a part of it, with settings of its own.

        A part that comes `after` a text is kept apart from what was before: its labels begin with `name`, its rounds
        come later, and its first drafts are revisions of that text instead of first attempts.
        """
        ...

    async def drafts(self, question: Question, *, temperature_grid: Sequence[float] = ()) -> list[Generation]:
        """Return the first drafts: `samples` fresh ones (label "draft"), or those of the input run, copied."""
        ...

    async def sample(
        self,
        prompt: Prompt,
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        truncation: Truncation | None = None,
        noise_of: Generation | None = None,
        temperature_grid: Sequence[float] = (),
    ) -> Generation:
        """Draw one text; what is not given comes from the run's parameters.

        `label` and `branch` key the noise, or those of another text of the run, whose noise is then used again. The
        trace gets the columns of further temperatures where a grid asks for them.
        """
        ...

    async def sample_many(
        self,
        prompt: Prompt,
        n: int,
        *,
        role: Role,
        label: str,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        temperature_grid: Sequence[float] = (),
    ) -> list[Generation]:
        """Draw n texts of one prompt, as branches 0 to n - 1."""
        ...

    async def continue_from(
        self,
        generation: Generation,
        ids: Sequence[int],
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        redraw: int = 0,
        truncation: Truncation | None = None,
        own: int | None = None,
    ) -> Generation:
        """Continue inside the same assistant message after the given ids (a prefix of `generation`, then others).

        `max_tokens` counts the new tokens only. With the label and branch of `generation` a prefix of it goes on as
        it did; with another redraw number it goes on anew. `parents` are what it comes from besides `generation`,
        which the model of this run must have written (else CannotGoOn). `own` is how long the prefix is, where what
        is put after it may begin as `generation` went on.
        """
        ...

    async def steer(
        self,
        prompts: Prompt | Sequence[Prompt],
        policy: Policy,
        n: int = 1,
        *,
        role: Role,
        label: str,
        branch: int = 0,
        round: int = 0,
        parents: Sequence[Generation] = (),
        drafts: Sequence[Generation] = (),
        temperature: float | None = None,
        max_tokens: int | None = None,
        stop: Sequence[str] = (),
        truncation: Truncation | None = None,
    ) -> Steered:
        """Draw n texts as a policy says (needs "steer"), as branches from `branch` on.

        A policy may look at several prompts before the same text; the first is the one that a text answers. The
        i-th of `drafts` is a parent of text i, `parents` are those of all. A text that the policy copies goes on as
        one of its own, whose parent is the one that it begins with, in the branch whose text it takes the place of.
        """
        ...

    async def choose(
        self, prompt: Prompt, options: Sequence[Sequence[str]], *, prefix: str = ""
    ) -> OptionProbabilities:
        """Return the mass of each option after the prompt and `prefix` inside the assistant's message."""
        ...

    async def score(self, prompt: Prompt, generation: Generation) -> TokenTrace:
        """Teacher-force a generation's tokens after another prompt."""
        ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return [N, D] mean-pooled hidden states."""
        ...

    async def hidden(self, prompt: Prompt, *, layer: int) -> NDArray[np.float32]:
        """Return [D] the state of the prompt's last token after so many layers (-1: the last; needs "hidden")."""
        ...

    async def lens(
        self,
        prompt: Prompt,
        options: Sequence[Sequence[str]],
        *,
        prefix: str = "",
        head: tuple[int, int] | None = None,
    ) -> NDArray[np.float64]:
        """Return [L + 1, options] what each layer would answer after the prompt and `prefix` (needs "hidden").

        Each variant of an option is a single token. `head` (layer, number) keeps one attention head of a layer and
        silences its others.
        """
        ...

    async def record_score(
        self,
        name: str,
        value: float | None,
        *,
        how: str,
        about: Generation | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep a named number about a generation, or about the run."""
        ...

    async def earlier(self, name: str) -> list[float]:
        """Return the known values of a score in earlier runs of this method and model on other problems.

        What a method decides by them depends on what the database held, so it records what it used.
        """
        ...

    def trace(self, generation: Generation) -> TokenTrace:
        """Return the token trace of a generation of this run; CannotGoOn where its tokens are not known."""
        ...

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Return the token ids of text as it stands inside an assistant message, to continue after it."""
        ...

    async def restate(
        self,
        generation: Generation,
        *,
        role: Role,
        label: str,
        round: int = 0,
        parents: Sequence[Generation] = (),
    ) -> Generation:
        """Say a text of this run again in another role, at no cost: what a method settled on among many."""
        ...

    def chance(self, label: str, *, branch: int = 0, number: int = 0) -> float:
        """Return a number in [0, 1) for a decision of the method itself, from seed, problem and these names alone."""
        ...

    def room(self, prompt: Prompt) -> int:
        """Return how many tokens the model's context has left after a prompt; negative when it does not fit."""
        ...

    def length(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes."""
        ...

    def extract(self, text: str) -> str | None:
        """Return the canonical answer that a text states, or None (counts as wrong, reported apart)."""
        ...

    def same(self, a: str, b: str) -> bool:
        """Say whether two extracted answers mean the same (the grader's equivalence, without the reference)."""
        ...

    def doing(self, what: str) -> None:
        """Tell the page what the method is doing now, in a few words."""
        ...


MethodFunction: TypeAlias = Callable[[RunContext, Question, Any], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A registered method. `version` is the hash of its prompts and code-level constants.

    `cost`, `reported` and `unverified` are sentences for its card; an empty one is not stated.
    """

    name: str
    title: str
    family: Family
    paper: str
    needs: frozenset[Capability]
    faithful: Faithful
    faithful_note: str
    params: type[MethodParams]
    run: MethodFunction
    description: str
    version: str
    takes_inputs: bool
    cost: str = ""
    reported: str = ""
    unverified: str = ""
