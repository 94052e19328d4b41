"""How one text is asked for, and what its parts say: the difference between servers, behind one protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from storage.records import FinishReason
from webapp.engine.plain import PLAIN_STOP, encodable
from webapp.engine.protocol import EngineError, Message, Prompt, Sampling
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.rows import Seen

SEEDS = 1 << 31
MOST_STOPS = 4
GIVEN_UP = frozenset({"abort", "error"})
BYTES_A_TOKEN = 3
AROUND_A_TURN = 8


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for `n` texts that go on after `said`; text i is drawn with the seed `seed + i`."""

    prompt: Prompt
    said: tuple[int, ...]
    n: int
    seed: int
    max_tokens: int
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Part:
    """What a piece of a streamed answer adds to one text, and why the text ends, if it does."""

    index: int
    rows: tuple[Seen, ...] = ()
    end: FinishReason | None = None


class Wire(Protocol):
    """One way of asking a server for texts."""

    async def request(self, ask: Ask) -> tuple[str, dict[str, Any], int]:
        """Return the path, the body, and how many tokens the prompt takes (0 where only the answer tells)."""
        ...

    def parts(self, chunk: dict[str, Any], stopping: bool) -> Iterator[Part]:
        """Yield what a piece of the answer says; `stopping` is whether stop strings were asked for.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: for what is no piece of an answer.

        """
        ...

    def count(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes, estimated where the server was not asked yet."""
        ...


def estimate(messages: Sequence[Message]) -> int:
    """Return about how many tokens a conversation takes: rather too many, so that what is asked for fits."""
    return sum(len(m.content.encode("utf-8", "replace")) // BYTES_A_TOKEN + AROUND_A_TURN for m in messages)


def stops(sampling: Sampling, facts: Facts) -> tuple[str, ...]:
    """Return the strings that end a text: those asked for, and that of the format of a model without a template."""
    return (*(s for s in sampling.stop if s), *(() if facts.template else PLAIN_STOP))


def sent_stops(sampling: Sampling, facts: Facts) -> list[str]:
    """Return the strings that the server is asked to end a text at: no more than servers take.

    Whatever it is asked, a text ends where a `StopWatch` sees one of them; then nobody listens any longer.
    """
    return [encodable(s) for s in stops(sampling, facts)[:MOST_STOPS]]


def ending(choice: Mapping[str, Any], stopping: bool) -> FinishReason | None:
    """Return why a text ends, if it does; `stopping` is whether stop strings were asked for.

    Servers that do not say what stopped a text (`stop_reason`) leave a stop string and the end of the text alike.

    Raises:
        ValueError: where the server gave up on the text.

    """
    said = choice.get("finish_reason")
    if said is None or said == "length":
        return said
    if said in GIVEN_UP:
        raise ValueError(said)
    if said != "stop":  # a filter, a call of a tool: not the model's own end
        return "stop"
    by_string = isinstance(choice["stop_reason"], str) if "stop_reason" in choice else stopping
    return "stop" if by_string else "eos"


def seed_of(sampling: Sampling, begun: int) -> int:
    """Return the seed of sample 0 of a call: a hash of what keys its noise; further samples count on from it.

    A message that has begun with so many tokens draws the rest with other noise than its beginning was drawn with.
    """
    key = (sampling.seed, sampling.problem, sampling.label, sampling.redraw, begun)
    digest = hashlib.blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") % SEEDS + sampling.first_sample) % SEEDS


def drawing(ask: Ask, facts: Facts) -> dict[str, Any]:
    """Return the fields that say how tokens are drawn, which all kinds of requests share."""
    sampling = ask.sampling
    body: dict[str, Any] = {
        "model": facts.model,
        **facts.extras,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        facts.limit: ask.max_tokens,
    }
    if ask.n > 1:
        body["n"] = ask.n
    if facts.seeds:
        body["seed"] = ask.seed
    if sampling.top_k:
        body["top_k"] = sampling.top_k
    if sampling.min_p:
        body["min_p"] = sampling.min_p
    return body


def check_drawing(sampling: Sampling, facts: Facts) -> None:
    """Refuse ways of drawing that the server does not know.

    Raises:
        EngineError: naming the setting.

    """
    asked: Sequence[tuple[str, bool]] = (
        ("top-k", bool(sampling.top_k) and "top_k" not in facts.truncations),
        ("min-p", bool(sampling.min_p) and "min_p" not in facts.truncations),
        ("top-H", bool(sampling.top_h)),
        ("eta sampling", bool(sampling.eta)),
        ("a grid of temperatures", bool(sampling.temperature_grid)),
    )
    unknown = [name for name, missing in asked if missing]
    if unknown:
        raise EngineError(f"The server of {facts.model} cannot do {' or '.join(unknown)}; leave it off.")
