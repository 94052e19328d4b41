"""What the benchmark asks of an engine, whoever wrote it."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from webapp.engine.chat import Chat
from webapp.engine.protocol import Prompt
from webapp.methods.p_true import FALSE, TRUE

ALTERNATIVES = 20
TEMPERATURE = 1.0

Texts: TypeAlias = list[str]
Step: TypeAlias = Callable[[Texts], Prompt]  # what is asked next of a branch that has said these texts


class Cannot(Exception):
    """An engine has no way to do what is asked, as a sentence."""


class Side(ABC):
    """An engine under measurement. Every text it draws has exactly the length asked for: end tokens are ignored."""

    name: str
    about: str

    def clock(self) -> float:
        """Return seconds on the clock that this engine is measured by; only differences mean something."""
        return time.perf_counter()

    @abstractmethod
    async def texts(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        """Draw n texts of each prompt with the log-probabilities of 20 alternatives a token, in prompt order."""

    @abstractmethod
    async def judge(self, prompts: Sequence[Prompt]) -> list[float | None]:
        """Return P(True) after each prompt; None where the engine does not tell the probability of either letter."""

    async def first_token(self, prompt: Prompt) -> None:
        """Return when the first token has arrived."""
        await self.texts([prompt], 1, 1)

    async def two_people(self, first: Prompt, second: Prompt, n: int, tokens: int) -> None:
        """Serve two people who ask at the same moment; one after the other where it takes one request at a time."""
        await self.texts([first], n, tokens)
        await self.texts([second], n, tokens)

    async def chains(self, prompt: Prompt, n: int, tokens: int, steps: Sequence[Step]) -> None:
        """Draw n drafts and take each through the steps; round by round where branches cannot go on alone."""
        said = [[text] for text in await self.texts([prompt], n, tokens)]
        for step in steps:
            answers = await self.texts([step(texts) for texts in said], 1, tokens)
            for texts, answer in zip(said, answers, strict=True):
                texts.append(answer)

    async def settle(self) -> None:  # noqa: B027 - most rest as soon as they have answered
        """Wait until it uses no processor, so that the next one has all of it."""

    @abstractmethod
    async def close(self) -> None:
        """Free what it holds."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The model's own tokens, so that every engine reads the same ones."""

    chat: Chat

    def ids(self, prompt: Prompt) -> list[int]:
        """Return the token ids of a prompt."""
        return list(self.chat.ids(prompt))

    def text(self, ids: Sequence[int]) -> str:
        """Return what ids spell, without special tokens."""
        return str(self.chat.tokenizer.decode(list(ids), skip_special_tokens=True))

    def odds(self, logprobs: Mapping[int, float]) -> float | None:
        """Return P(True) from the log-probabilities of next tokens; None when no spelling of a letter is there."""
        true, false = (
            sum(math.exp(logprobs[i]) for i in self._letters(option) if i in logprobs) for option in (TRUE, FALSE)
        )
        return true / (true + false) if true + false else None

    def _letters(self, option: Sequence[str]) -> set[int]:
        spelled = [self.chat.text_ids(variant) for variant in option]
        if any(len(ids) > 1 for ids in spelled):
            raise Cannot("it reads one next token, and this model spells an option with several")
        return {ids[0] for ids in spelled}
