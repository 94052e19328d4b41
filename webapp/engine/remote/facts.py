"""What a server was found to be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from webapp.engine.protocol import Capability

Speech: TypeAlias = Literal["ids", "text"]
Continuation: TypeAlias = Literal["ids", "message", "template", "none"]
Truncation: TypeAlias = Literal["top_k", "min_p"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What asking a server showed.

    Attributes:
        model: the name it is asked under.
        software: what it says it is, or an empty text.
        context: how many tokens the model reads; 0 where it does not say.
        speech: whether prompts and answers travel as token ids or as text.
        template: whether the model has a chat template.
        logprobs: whether it tells the log-probability of the tokens it draws, before the temperature.
        top: how many of the most probable tokens it tells with each.
        many: whether it draws several samples in a request.
        continues: how an assistant message that has begun is gone on with.
        scores: whether it tells the log-probabilities of a given text.
        truncations: the ways of cutting the distribution that it was seen to follow.
        seeds: whether the same seed gave the same text.
        usage: whether it counts the tokens of a streamed answer's prompt when asked to.
        limit: the name of the field that holds the longest answer.
        extras: further fields of every request, which keep the server's own defaults out.
        absent: why capabilities are not there.

    """

    model: str
    software: str = ""
    context: int = 0
    speech: Speech = "text"
    template: bool = True
    logprobs: bool = False
    top: int = 0
    many: bool = False
    continues: Continuation = "none"
    scores: bool = False
    truncations: frozenset[Truncation] = frozenset()
    seeds: bool = False
    usage: bool = False
    limit: str = "max_tokens"
    extras: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[Capability, str] = field(default_factory=dict)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What an engine on this server offers."""
        offered: dict[Capability, bool] = {
            "generate": True, "chat": self.template, "continue": self.continues != "none",
            "top_k": self.top > 0, "choose": self.top > 0, "score": self.scores,
        }  # fmt: skip
        return frozenset(name for name, there in offered.items() if there)
