"""One server, spoken to through the openai client: JSON in, JSON out, errors as sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import openai
from openai import AsyncStream, Omit

from webapp.engine.remote.address import Address
from webapp.engine.remote.errors import told, unreadable
from webapp.engine.remote.patience import Patience


class Client:
    """Knows the address and the key, which nothing else is given.

    Nothing of the environment but a proxy is used: neither the keys nor the organisation that the openai client
    would read there. Redirects are not followed, as they would carry the key elsewhere.
    """

    def __init__(self, address: Address, key: str = "", patience: Patience | None = None) -> None:
        self.address = address
        self.patience = patience or Patience()
        self._key = key
        nobody: Any = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
        self._options: Any = {} if key else {"headers": {"Authorization": Omit()}}
        self._openai = openai.AsyncOpenAI(
            base_url=address.base,
            api_key=key or "none",
            max_retries=0,
            default_headers=nobody,
            timeout=openai.Timeout(self.patience.silence, connect=self.patience.connect),
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False,
                trust_env=not address.on_this_machine,
            ),
        )

    async def get(self, path: str) -> dict[str, Any]:
        """Return the answer to a GET.

        Raises:
            EngineError: as `errors.told`, after as many attempts as patience allows.

        """
        return await self.patience.again(lambda: self._once("get", path, None))

    async def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a POST; raises as `get`."""
        return await self.patience.again(lambda: self._once("post", path, body))

    async def stream(self, path: str, body: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yield the parts of a streamed answer; closing the iterator closes the request. Nothing is asked twice.

        Raises:
            EngineError: as `errors.told`.

        """
        with told(self.address, self._key):
            stream: AsyncStream[object] = await self._openai.post(
                path,
                cast_to=object,
                body={**body, "stream": True},
                options=self._options,
                stream=True,
                stream_cls=AsyncStream[object],
            )
            async with stream:
                async for part in stream:
                    yield self._mapping(part)

    async def close(self) -> None:
        """Close every connection."""
        await self._openai.close()

    async def _once(self, verb: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        with told(self.address, self._key):
            if verb == "get":
                return self._mapping(await self._openai.get(path, cast_to=object, options=self._options))
            return self._mapping(await self._openai.post(path, cast_to=object, body=body, options=self._options))

    def _mapping(self, answer: object) -> dict[str, Any]:
        if isinstance(answer, dict):
            return answer
        raise unreadable(self.address)
