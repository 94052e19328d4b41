"""What the rest of the program may ask of a model: one protocol, whatever runs behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from storage.records import FinishReason, ModelRecord, Origin
from storage.trace import TokenTrace
from webapp.engine.lives import Forked, Noted
from webapp.engine.policies.settings import Policy

ChatRole: TypeAlias = Literal["system", "user", "assistant"]
TopH: TypeAlias = Literal["paper", "repo"]
Capability: TypeAlias = Literal[
    "generate", "continue", "score", "choose", "embed", "full_vocabulary", "top_k", "chat",
    "hidden", "steer", "vectors", "gradient",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn."""

    role: ChatRole
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Chat messages, and the token ids of an assistant message to continue inside (no new turn)."""

    messages: tuple[Message, ...]
    prefix: tuple[int, ...] = ()

    def then(self, assistant: str, user: str) -> Prompt:
        """Return the same conversation after the assistant answered and the user said more."""
        turns = (Message("assistant", assistant), Message("user", user))
        return Prompt(self.messages + turns)

    def continuing(self, prefix: Sequence[int]) -> Prompt:
        """Return the same conversation with the assistant's message begun by these token ids."""
        return replace(self, prefix=tuple(prefix))

    @staticmethod
    def user(text: str) -> Prompt:
        """Return a conversation of a single user turn."""
        return Prompt((Message("user", text),))


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; temperature 0 is greedy, top_p 1 and 0 for the other rules mean no truncation.

    `top_h` is the alpha of top-H, `eta` the epsilon of eta-sampling (see `engine.truncation`).

    The noise of a token is a function of (seed, problem, label, sample, redraw, token index) and of nothing
    else; the token index counts from the start of the assistant message, prefix included. Sample i of a call
    is keyed first_sample + i.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    top_h: float = 0.0
    top_h_variant: TopH = "paper"
    eta: float = 0.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    seed: int = 0
    problem: str = ""
    label: str = "draft"
    first_sample: int = 0
    redraw: int = 0
    alternatives: int = 10
    temperature_grid: tuple[float, ...] = ()

    @property
    def truncates(self) -> bool:
        """Whether some tokens may never be drawn."""
        return bool(self.top_k or self.top_p < 1 or self.min_p or self.top_h or self.eta)


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf a request runs: interactive requests go before background ones."""

    person: str = "local"
    background: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of the model behind an engine.

    `absent` says of capabilities that it does not offer why that is so, in a few words.
    """

    record: ModelRecord
    name: str
    parameters: int
    capabilities: frozenset[Capability]
    max_batch: int
    absent: Mapping[Capability, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; `position` counts the requests before it (0 is next)."""

    position: int


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """New tokens of one sample of one prompt; `start` is the index of the first among the generated ones.

    `origins` are those of the tokens where any of them is not the model's.
    """

    prompt: int
    sample: int
    start: int
    trace: TokenTrace
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """One finished sample.

    `trace` covers the generated tokens, the end-of-sequence token included when it was drawn; `text` is what
    they spell, cut before a stop string. `prompt_tokens` counts template and prefix.
    """

    prompt: int
    sample: int
    text: str
    replaced: bool
    trace: TokenTrace
    finish_reason: FinishReason
    prompt_tokens: int
    seconds: float


EngineEvent: TypeAlias = Queued | TokenBatch | Generated
SteerEvent: TypeAlias = EngineEvent | Forked | Noted


@dataclass(frozen=True, slots=True)
class OptionProbabilities:
    """Raw probability mass of each option (surface variants pooled) after a prompt, at temperature 1.

    `variants[i]` gives each surface variant of option i with its own probability.
    """

    options: tuple[str, ...]
    masses: tuple[float, ...]
    variants: tuple[tuple[tuple[str, float], ...], ...] = field(default=())
    prompt_tokens: int = 0
    seconds: float = 0.0

    @property
    def captured(self) -> float:
        """The mass that fell on any option; below 0.5 the normalised values say little."""
        return sum(self.masses)

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The masses normalised over the options (uniform when none was captured)."""
        total = self.captured
        n = len(self.masses)
        return tuple(m / total if total > 0 else 1 / n for m in self.masses)


class EngineError(Exception):
    """A request that the engine refuses or could not finish, as a sentence for the person who asked."""


class ContextOverflow(EngineError):
    """Prompt and new tokens do not fit the model's context."""


class EngineGone(EngineError):
    """What answers has gone away in the middle; what it said before stands."""


class OutOfMemory(EngineError):
    """The device ran out of memory even after the batch was halved."""


@runtime_checkable
class Engine(Protocol):
    """A model that can be asked from the event loop; no call blocks it."""

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        ...

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, caller: Caller = Caller()
    ) -> AsyncIterator[EngineEvent]:
        """Draw n samples of every prompt; closing the iterator cancels and frees the slots at the next step.

        Raises:
            EngineError: for impossible settings, a context that overflows, or a device failure.

        """
        ...

    async def score(
        self,
        prompts: Sequence[Prompt],
        continuations: Sequence[Sequence[int]],
        *,
        alternatives: int = 10,
        caller: Caller = Caller(),
    ) -> list[TokenTrace]:
        """Teacher-force each continuation after its prompt; nothing is sampled.

        Raises:
            EngineError: as `generate`, for this and the two below.

        """
        ...

    async def choose(
        self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]], *, caller: Caller = Caller()
    ) -> list[OptionProbabilities]:
        """Return the mass of each option after each prompt; an option is a list of its surface variants.

        The first variant names the option. Variants of one token read the next-token distribution; longer ones
        are scored as full strings; a variant whose tokens extend another of its option is dropped.
        """
        ...

    async def embed(self, texts: Sequence[str], *, caller: Caller = Caller()) -> NDArray[np.float32]:
        """Return [N, D] mean-pooled last hidden states."""
        ...

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Return the token ids of text as it stands inside an assistant message (no special tokens added)."""
        ...

    def piece(self, token: int) -> bytes:
        """Return the raw bytes of a token id (for a special token, its name)."""
        ...

    def count_tokens(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes, template and prefix included."""
        ...

    async def close(self) -> None:
        """Stop the model's thread and free its memory; requests in flight end with EngineError."""
        ...


@runtime_checkable
class OpenEngine(Engine, Protocol):
    """An engine that tells the whole distribution of any position (capability "full_vocabulary")."""

    async def logits(
        self, prompt: Prompt, said: Sequence[int], start: int, stop: int, *, caller: Caller = Caller()
    ) -> NDArray[np.float32]:
        """Return [stop - start, V] the raw logits that predict the tokens start to stop - 1 of what was said.

        Raises:
            EngineError: as `generate`.

        """
        ...


@runtime_checkable
class TaughtEngine(Engine, Protocol):
    """An engine that cannot read every token id by itself: what a stored text spells has to be told to it."""

    def learn(self, pieces: Mapping[int, bytes]) -> None:
        """Remember what token ids of stored texts spell, so that prompts may hold them."""
        ...


@runtime_checkable
class SteerableEngine(Engine, Protocol):
    """An engine whose model can be looked into ("hidden") and whose drawing a policy can steer ("steer").

    A policy may need more: input vectors that are no token's ("vectors"), a gradient through the output head
    ("gradient").
    """

    def steer(
        self, prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, *, n: int = 1, caller: Caller = Caller()
    ) -> AsyncIterator[SteerEvent]:
        """Draw n samples of one text as a policy says; closing the iterator ends them at the next pass.

        All prompts are read before the same text, for a policy that looks at several; what is recorded is what the
        model says after the first. Events name a text by its number, in the field `sample`: 0 to n - 1 are the
        samples, the copies that a policy makes of a running text are numbered on.

        Raises:
            EngineError: as `generate`, and for a policy whose settings mean nothing.

        """
        ...

    async def hidden(
        self, prompts: Sequence[Prompt], *, layer: int, caller: Caller = Caller()
    ) -> NDArray[np.float32]:
        """Return [N, D] the last token's state after so many layers (0: the embedding, -1: the last layer).

        Raises:
            EngineError: for a layer the model does not have, and as `generate`.

        """
        ...

    async def lens(
        self,
        prompts: Sequence[Prompt],
        options: Sequence[Sequence[str]],
        *,
        head: tuple[int, int] | None = None,
        caller: Caller = Caller(),
    ) -> NDArray[np.float64]:
        """Return [N, L + 1, options] what each layer's state says of the next token, through the last norm and head.

        An option is a list of surface variants, each of a single token. `head` (layer, number) keeps one attention
        head of a layer and silences the others.

        Raises:
            EngineError: for a variant of several tokens, a head the model does not have, and as `generate`.

        """
        ...
