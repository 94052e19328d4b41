"""Prompts and answers as text, through chat completions: what any OpenAI-compatible server offers.

Token ids are then of our own (see `vocabulary`), and a message that has begun is handed over as text, which the
server tokenizes again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webapp.engine.plain import begins_with_system, encodable, without_system
from webapp.engine.protocol import EngineError, Message, Prompt
from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import Refused
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.rows import Seen, seen
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.remote.wire import Ask, Part, drawing, ending, estimate, sent_stops

CONTINUE = {"add_generation_prompt": False, "continue_final_message": True}


class TextWire:
    """Chat completions, and for a message that has begun whichever way the server knows."""

    def __init__(self, client: Client, facts: Facts, vocabulary: Vocabulary) -> None:
        self._client = client
        self._facts = facts
        self._vocabulary = vocabulary

    async def request(self, ask: Ask) -> tuple[str, dict[str, Any], int]:
        """Return what to ask of chat completions, or of completions; see `wire.Wire`."""
        begun = self._begun((*ask.prompt.prefix, *ask.said))
        body = drawing(ask, self._facts)
        if strings := sent_stops(ask.sampling, self._facts):
            body["stop"] = strings
        if self._facts.usage:
            body["stream_options"] = {"include_usage": True}
        top = min(ask.sampling.alternatives, self._facts.top)
        if begun and self._facts.continues == "template":
            rendered = await apply_template(self._client, self._facts.model, ask.prompt.messages)
            listed = {"logprobs": max(top, 1)} if self._facts.logprobs else {}
            return "/completions", body | {"prompt": rendered + begun} | listed, 0
        if begun and self._facts.continues != "message":
            raise EngineError(f"The server of {self._facts.model} cannot go on with a text that has begun.")
        messages = turns(ask.prompt.messages)
        if begun:
            body |= CONTINUE
            messages.append({"role": "assistant", "content": begun})
        listed = {"logprobs": True, "top_logprobs": top} if self._facts.logprobs else {}
        return "/chat/completions", body | {"messages": messages} | listed, 0

    def parts(self, chunk: dict[str, Any], stopping: bool) -> Iterator[Part]:
        """Yield what a piece of a chat completion, or of a completion, says; see `wire.Wire`."""
        for choice in chunk["choices"]:
            delta = choice.get("delta")
            text = (delta.get("content") if isinstance(delta, dict) else choice.get("text")) or ""
            rows = tuple(self._rows(choice.get("logprobs") or {}, text))
            yield Part(int(choice["index"]), rows, ending(choice, stopping))

    def count(self, prompt: Prompt) -> int:
        """Return about how many tokens a prompt takes."""
        return estimate(prompt.messages) + len(prompt.prefix)

    def _begun(self, ids: Sequence[int]) -> str:
        try:
            return b"".join(map(self._vocabulary.text_bytes, ids)).decode("utf-8")
        except UnicodeDecodeError:
            raise EngineError(
                f"The server of {self._facts.model} reads text only, and the token to go on from ends inside a "
                "character. Choose the one after it."
            ) from None

    def _rows(self, told: Mapping[str, Any], text: str) -> Iterator[Seen]:
        if told.get("content"):
            yield from (self._token(entry) for entry in told["content"])
        elif told.get("tokens"):
            tops = told.get("top_logprobs") or [None] * len(told["tokens"])
            for token, logprob, top in zip(told["tokens"], told["token_logprobs"], tops, strict=True):
                listed = {self._vocabulary.own(str(name).encode()): float(v) for name, v in (top or {}).items()}
                yield seen(self._vocabulary.own(str(token).encode()), logprob, listed)
        elif text:
            yield Seen(self._vocabulary.own(encodable(text).encode()), math.nan)

    def _token(self, entry: Mapping[str, Any]) -> Seen:
        top = {self._id(each): float(each["logprob"]) for each in entry.get("top_logprobs") or ()}
        return seen(self._id(entry), entry.get("logprob"), top)

    def _id(self, entry: Mapping[str, Any]) -> int:
        exact = entry.get("bytes")
        return self._vocabulary.own(bytes(exact) if exact is not None else encodable(str(entry["token"])).encode())


def turns(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    """Return messages as the protocol writes them."""
    return [{"role": m.role, "content": encodable(m.content)} for m in messages]


async def apply_template(client: Client, model: str, messages: tuple[Message, ...]) -> str:
    """Return a conversation as the text that the model reads, as llama.cpp's server renders it.

    Raises:
        EngineError: where the server cannot.

    """
    try:
        answer = await client.ask(
            f"{client.address.root}/apply-template", {"model": model, "messages": turns(messages)}
        )
    except Refused:
        if not begins_with_system(messages):
            raise
        return await apply_template(client, model, without_system(messages))
    return str(answer["prompt"])
