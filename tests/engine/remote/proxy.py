"""A proxy of ours in front of a real server that does what networks and busy servers do: cut, stall, refuse,
garble.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

EVENT = b"data: {"


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with a status instead of passing the request on."""

    code: int
    headers: str = ""
    body: str = '{"error": {"message": "busy"}}'


@dataclass(frozen=True, slots=True)
class Cut:
    """Pass on so many events of a stream, then close the connection."""

    events: int


@dataclass(frozen=True, slots=True)
class Stall:
    """Pass on so many events of a stream, then nothing, with the connection open."""

    events: int


@dataclass(frozen=True, slots=True)
class Garble:
    """Pass on so many events of a stream, then one that is none."""

    events: int


Fault = Status | Cut | Stall | Garble


class Proxy:
    """Passes HTTP on in a thread of its own; `faults` are what the next completions meet, in order.

    `closed` counts the requests whose caller went away before the answer's end.
    """

    def __init__(self, root: str) -> None:
        parts = urlsplit(root)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self.faults: deque[Fault] = deque()
        self.asked = 0
        self.closed = threading.Event()
        self.dead = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        self.root = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head, body = await _request(reader)
            completion = b"completions HTTP" in head.split(b"\r\n", 1)[0]
            self.asked += completion
            if self.dead:
                return
            fault = self.faults.popleft() if completion and self.faults else None
            if isinstance(fault, Status):
                writer.write(_answer(fault))
                await writer.drain()
            else:
                await self._pass_on(head, body, reader, writer, fault)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed.set()
        finally:
            writer.close()

    async def _pass_on(
        self,
        head: bytes,
        body: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        fault: Fault | None,
    ) -> None:
        upstream, sender = await asyncio.open_connection(self._host, self._port)
        sender.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1) + body)
        gone = asyncio.create_task(reader.read())  # ends when the caller does
        relay = asyncio.create_task(self._relay(upstream, writer, fault))
        try:
            await asyncio.wait({gone, relay}, return_when=asyncio.FIRST_COMPLETED)
            if not relay.done():
                self.closed.set()
            else:
                relay.result()
        finally:
            gone.cancel()
            relay.cancel()
            sender.close()

    async def _relay(self, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        events = 0
        while line := await upstream.readline():
            if line.startswith(EVENT):
                events += 1
                if isinstance(fault, Garble) and events == fault.events + 1:
                    line = EVENT + b"?" * (len(line) - len(EVENT) - 1) + b"\n"
                elif isinstance(fault, Stall) and events > fault.events:
                    await asyncio.Event().wait()
                elif isinstance(fault, Cut) and events > fault.events:
                    return
            if self.dead:
                return
            writer.write(line)
            await writer.drain()


def _answer(fault: Status) -> bytes:
    body = fault.body.encode()
    head = f"HTTP/1.1 {fault.code} Fault\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{fault.headers}Connection: close\r\n\r\n".encode() + body


async def _request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head, await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
