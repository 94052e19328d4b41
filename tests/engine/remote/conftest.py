"""One vLLM for this package, asked once what it can do; every test gets an engine of its own on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.remote import vllm
from tests.engine.remote.proxy import Proxy
from webapp.engine.local import LocalEngine
from webapp.engine.remote.address import Address
from webapp.engine.remote.client import Client
from webapp.engine.remote.connect import connected
from webapp.engine.remote.engine import RemoteEngine
from webapp.engine.remote.patience import Patience

QUICK = Patience(connect=5.0, silence=60.0, attempts=4, first=0.01, longest=0.05)


@dataclass(frozen=True, slots=True)
class Served:
    """A running vLLM, and an engine that has asked it."""

    address: Address
    asked: RemoteEngine

    def engine(self, base: str = "", patience: Patience = QUICK) -> RemoteEngine:
        """Return an engine for the running event loop, at another address if one is given."""
        address = Address(base, self.address.model) if base else self.address
        return RemoteEngine(Client(address, vllm.KEY, patience), self.asked.facts, self.asked.vocabulary, max_batch=8)


@pytest.fixture(scope="package")
def served(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with vllm.serving(embedded_model, tmp_path_factory.mktemp("vllm") / "log") as address:
        asked = connected(address, vllm.KEY)
        yield Served(address, asked)
        asyncio.run(asked.close())


@pytest.fixture
async def remote(served: Served) -> AsyncIterator[RemoteEngine]:
    engine = served.engine()
    yield engine
    await engine.close()


@pytest.fixture
def proxy(served: Served) -> Iterator[Proxy]:
    with Proxy(served.address.root) as made:
        yield made


@pytest.fixture
async def proxied(served: Served, proxy: Proxy) -> AsyncIterator[Callable[..., RemoteEngine]]:
    """Make engines behind the proxy; closed at the end."""
    made: list[RemoteEngine] = []

    def make(patience: Patience = QUICK) -> RemoteEngine:
        made.append(served.engine(f"{proxy.root}/v1", patience))
        return made[-1]

    yield make
    for engine in made:
        await engine.close()


@pytest.fixture(scope="package")
def exact(embedded_model: Path) -> Iterator[LocalEngine]:
    """The same model here, in the same number format."""
    made = LocalEngine.from_pretrained(embedded_model, device="cpu", dtype="float32", threads=1, max_batch=4)
    yield made
    asyncio.run(made.close())
