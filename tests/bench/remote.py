"""What the remote engine adds to a bare stream of the same server: by the clock, and in this process's own time.

python -m tests.bench.remote --at http://127.0.0.1:8000#MODEL [--key KEY] [--repeats 5] [-n 8] [--tokens 64]
"""

from __future__ import annotations

import argparse
import asyncio
import time

import httpx

from tests.bench.model import QUESTION
from tests.bench.timing import interleaved, line, ratio
from webapp.engine.protocol import Generated, Sampling
from webapp.engine.remote.address import parse_address
from webapp.engine.remote.client import Client
from webapp.engine.remote.connect import connected
from webapp.engine.remote.engine import RemoteEngine

ALTERNATIVES = 10


async def ours(engine: RemoteEngine, n: int, tokens: int) -> None:
    """Draw texts with traces."""
    sampling = Sampling(temperature=1.0, max_tokens=tokens, alternatives=ALTERNATIVES)
    ended = [e async for e in engine.generate([QUESTION], sampling, n=n) if isinstance(e, Generated)]
    assert len(ended) == n


async def bare(http: httpx.AsyncClient, model: str, n: int, tokens: int) -> None:
    """Read the stream of the same texts with the same log-probabilities, and throw it away."""
    body = {
        "model": model, "messages": [{"role": "user", "content": QUESTION.messages[-1].content}], "n": n,
        "stream": True, "temperature": 1.0, "max_tokens": tokens, "logprobs": True, "top_logprobs": ALTERNATIVES,
    }  # fmt: skip
    async with http.stream("POST", "/chat/completions", json=body) as answer:
        answer.raise_for_status()
        async for _ in answer.aiter_lines():
            pass


async def measure(args: argparse.Namespace, asked: RemoteEngine) -> None:
    """Print both sides."""
    address = parse_address(args.at)
    engine = RemoteEngine(Client(address, args.key), asked.facts, asked.vocabulary)
    headers = {"Authorization": f"Bearer {args.key}"} if args.key else {}
    async with httpx.AsyncClient(base_url=address.base, headers=headers, timeout=600, trust_env=False) as http:
        sides = {
            "remote engine": lambda: ours(engine, args.n, args.tokens),
            "bare stream": lambda: bare(http, asked.facts.model, args.n, args.tokens),
        }
        spent = await interleaved(sides, args.repeats)
    await engine.close()
    for kind in ("clock", "processor"):
        values = {name: getattr(each, kind) for name, each in spent.items()}
        for name, seconds in values.items():
            print(line(f"{name}, {kind}", seconds))
        print(f"{kind}, {ratio(*values.values())}")


def main() -> None:
    """Read the command line, connect and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--at", required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("-n", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    args = parser.parse_args()
    began = time.perf_counter()
    asked = connected(parse_address(args.at), args.key, progress=print)
    print(f"connected in {time.perf_counter() - began:.2f} s: {asked.info.record.kernel}")
    asyncio.run(measure(args, asked))


if __name__ == "__main__":
    main()
