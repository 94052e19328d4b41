"""A chat server of ours without a model: it says scripted words, and can do as much as a test allows it to."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

WORDS = ("Blue", ",", " a", " caf\u00e9", " cat", " and", " Rome", ".", " Red", " dog", " Bonn", "!")
FULL = 8  # words of the whole answer
MOST_STOPS = 4
CLOSED_TURN = 5  # tokens that close a turn and open another


@dataclass
class Can:
    """What the server is able to do, and what it does wrong."""

    top: int = 20  # alternatives; 0: no log-probabilities; it refuses more
    many: bool = True
    continues: bool = False
    template: bool = False
    top_k: bool = True
    min_p: bool = False
    seeds: bool = True
    usage: bool = True
    limit: str = "max_tokens"
    strict: bool = False  # refuses fields it does not know
    key: str = ""
    cooled: bool = False  # tells probabilities after the temperature
    models: tuple[str, ...] = ("toy",)
    break_after: int = -1  # events of a stream
    dies: bool = False  # when a stream broke, it says nothing of use any more
    answer: str | None = None  # instead of JSON
    hold: threading.Event = field(default_factory=threading.Event)  # streams wait until it is set

    def __post_init__(self) -> None:
        self.hold.set()


@dataclass
class Fake:
    """Serves in a thread of its own; `bodies` are what it was asked, `headers` with what."""

    can: Can = field(default_factory=Can)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    most_at_once: int = 0  # texts
    _now: int = 0

    def __enter__(self) -> Self:
        routes = [
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/completions", self._completion, methods=["POST"]),
            Route("/apply-template", self._apply, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve()), daemon=True)
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{port}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join()

    async def _models(self, request: Request) -> Response:
        return self._wrong(request) or JSONResponse({"data": [{"id": name} for name in self.can.models]})

    async def _apply(self, request: Request) -> Response:
        if not self.can.template:
            return _refused("Not Found", 404)
        messages = (await request.json())["messages"]
        return JSONResponse({"prompt": "".join(f"<{m['role']}>{m['content']}" for m in messages) + "<assistant>"})

    async def _chat(self, request: Request) -> Response:
        body = await self._body(request)
        if wrong := self._wrong(request) or self._unknown(body):
            return wrong
        last = body["messages"][-1]
        begun = last["content"] if last["role"] == "assistant" and self._continued(body) else ""
        read = sum(len(m["content"].split()) + CLOSED_TURN for m in body["messages"]) - CLOSED_TURN * bool(begun)
        return self._answer(body, begun, read, chat=True)

    async def _completion(self, request: Request) -> Response:
        body = await self._body(request)
        if not self.can.template or not isinstance(body.get("prompt"), str):
            return _refused("Not Found", 404)
        begun = body["prompt"].rpartition("<assistant>")[2]
        return self._answer(body, begun, len(body["prompt"].split()), chat=False)

    async def _body(self, request: Request) -> dict[str, Any]:
        body = dict(await request.json())
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        return body

    def _continued(self, body: Mapping[str, Any]) -> bool:
        return self.can.continues and bool(body.get("continue_final_message"))

    def _wrong(self, request: Request) -> Response | None:
        if self.can.answer is not None:
            return Response(self.can.answer, media_type="application/json")
        if self.can.key and request.headers.get("authorization") != f"Bearer {self.can.key}":
            said = request.headers.get("authorization", "")
            return _refused(f"Incorrect API key provided: {said}", 401)
        return None

    def _unknown(self, body: Mapping[str, Any]) -> Response | None:
        limits = {"max_tokens", "max_completion_tokens"} - {self.can.limit}
        own = {"top_k", "min_p", "repetition_penalty", "continue_final_message", "add_generation_prompt"}
        if unknown := [name for name in body if name in limits or (self.can.strict and name in own)]:
            return _refused(f"Unrecognized request argument: {unknown[0]}", 400)
        if body.get("top_logprobs", 0) > self.can.top or (body.get("logprobs") and not self.can.top):
            return _refused("top_logprobs is too large", 400)
        if len(body.get("stop") or ()) > MOST_STOPS:
            return _refused("too many stop sequences", 400)
        if body.get("n", 1) > 1 and not self.can.many:
            return _refused("Only one completion is allowed", 400)
        return None

    def _answer(self, body: dict[str, Any], begun: str, read: int, *, chat: bool) -> Response:
        limit = int(body.get(self.can.limit) or body.get("max_tokens") or 16)
        sure = limit == 1  # whoever asks for one token wants to know what is likely
        texts = [self._tokens(body, begun, i, sure, chat) for i in range(body.get("n", 1))]
        cut = [(tokens[:limit], "length" if len(tokens) > limit else "stop") for tokens in texts]
        usage = {"prompt_tokens": read} if self.can.usage else None
        if body.get("stream"):
            counted = usage if (body.get("stream_options") or {}).get("include_usage") else None
            return StreamingResponse(self._stream(body, cut, counted, chat), media_type="text/event-stream")
        choices = [_choice(i, self._told(body, ts, chat), ts, end, chat) for i, (ts, end) in enumerate(cut)]
        return JSONResponse({"choices": choices, "usage": usage or {}})

    def _tokens(self, body: Mapping[str, Any], begun: str, index: int, sure: bool, chat: bool) -> list[bytes]:
        only_best = (body.get("top_k") == 1 and self.can.top_k) or (body.get("min_p") == 1.0 and self.can.min_p)
        words = list(WORDS[:FULL])
        if body.get("temperature", 1.0) > 0 and not only_best and not sure:
            seed = body["seed"] + index if "seed" in body and self.can.seeds else None
            words = random.Random(seed).choices(WORDS, k=FULL)
        text = "".join(words)
        left = text.removeprefix(begun) if text.startswith(begun) else text
        stops = [at for s in body.get("stop") or () if (at := left.find(s)) >= 0]
        raw = [word.encode() for word in _words(left[: min(stops, default=len(left))])]
        return [part for word in raw for part in (_halves(word) if chat and body.get("logprobs") else [word])]

    def _told(self, body: Mapping[str, Any], tokens: list[bytes], chat: bool) -> dict[str, Any] | None:
        if not body.get("logprobs"):
            return None
        top = body.get("top_logprobs", 0) if chat else int(body["logprobs"])
        heat = max(float(body.get("temperature", 1.0)), 0.1) if self.can.cooled else 1.0
        if chat:
            return {"content": [_entry(token, top, heat) for token in tokens]}
        names = [token.decode("utf-8", "replace") for token in tokens]
        values = [-0.25 / heat] * len(tokens)
        return {
            "tokens": names,
            "token_logprobs": values,
            "top_logprobs": [{n: -0.25 / heat, "x": -2.0} for n in names],
        }

    async def _stream(
        self, body: dict[str, Any], texts: list[tuple[list[bytes], str]], usage: dict[str, int] | None, chat: bool
    ) -> AsyncIterator[bytes]:
        self._now += len(texts)
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.to_thread(self.can.hold.wait)
        self._now -= len(texts)  # what it has to say, it says at once
        sent = 0
        for step in range(max(len(tokens) for tokens, _ in texts) + 1):
            for i, (tokens, end) in enumerate(texts):
                if step > len(tokens):
                    continue
                if sent == self.can.break_after:
                    self.can.answer = "gone" if self.can.dies else None
                    return
                sent += 1
                now = tokens[step : step + 1]
                choice = _choice(
                    i, self._told(body, now, chat) if now else None, now, None if now else end, chat, "delta"
                )
                yield f"data: {json.dumps({'choices': [choice]})}\n\n".encode()
        if usage:
            yield f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n".encode()
        yield b"data: [DONE]\n\n"


def _choice(
    index: int, told: dict[str, Any] | None, tokens: list[bytes], end: str | None, chat: bool, where: str = "message"
) -> dict[str, Any]:
    text = b"".join(tokens).decode("utf-8", "ignore")
    said = {where: {"content": text}} if chat else {"text": text}
    return {"index": index, "finish_reason": end, "logprobs": told, **said}


def _entry(token: bytes, top: int, heat: float) -> dict[str, Any]:
    def one(piece: bytes, value: float) -> dict[str, Any]:
        return {"token": piece.decode("utf-8", "replace"), "bytes": list(piece), "logprob": value / heat}

    others = [one(f"w{i}".encode(), -2.0 - i) for i in range(max(top - 1, 0))]
    return {**one(token, -0.25), "top_logprobs": [one(token, -0.25), *others][:top]}


def _words(text: str) -> list[str]:
    found: list[str] = []
    while text:
        word = next((w for w in WORDS if text.startswith(w)), text[:1])
        found.append(word)
        text = text[len(word) :]
    return found


def _halves(word: bytes) -> list[bytes]:
    at = next((i for i, byte in enumerate(word) if byte >= 0x80), len(word) - 1)
    return [word[: at + 1], word[at + 1 :]] if at + 1 < len(word) else [word]


def _refused(sentence: str, status: int) -> Response:
    return JSONResponse({"error": {"message": sentence}}, status)
