"""How long a person waits for a first token, idle and beside forty background requests.

python -m tests.bench.first_token [--requests 40] [--repeats 5]
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing

from tests.bench.model import QUESTION, load, machine
from tests.bench.timing import interleaved, line, ratio
from tests.engine.small import until
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Caller, Prompt, Sampling, TokenBatch

BEHIND = Caller("batch", background=True)
LONG = Prompt.user("Summarise: " + "the quick brown fox jumps over the lazy dog and goes home again. " * 20)


async def first_token(engine: LocalEngine) -> None:
    """Ask, and leave when the first token is there."""
    async with aclosing(engine.generate([QUESTION], Sampling(max_tokens=8))) as stream:  # type: ignore[type-var]
        async for event in stream:
            if isinstance(event, TokenBatch):
                return


async def keep_busy(engine: LocalEngine, number: int) -> None:
    """Ask one background request after another, half of them with a long prompt."""
    prompt = LONG if number % 2 else QUESTION
    while True:
        sampling = Sampling(temperature=1.0, max_tokens=64, seed=number)
        async for _ in engine.generate([prompt], sampling, caller=BEHIND):
            pass


async def beside(engine: LocalEngine, requests: int, repeats: int) -> list[float]:
    """Return the seconds to the first token while background requests run."""
    load = [asyncio.create_task(keep_busy(engine, i)) for i in range(requests)]
    await until(lambda: len(engine._worker.batch.rows) >= engine.info.max_batch // 2)
    seconds = (await interleaved({"beside": lambda: first_token(engine)}, repeats))["beside"].clock
    for task in load:
        task.cancel()
    await asyncio.gather(*load, return_exceptions=True)
    return seconds


async def main() -> None:
    """Measure in pairs of blocks and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    engine = load()
    print(machine())
    idle: list[float] = []
    busy: list[float] = []
    for _ in range(2):  # the load takes a while to build up, so blocks and not single pairs alternate
        idle += (await interleaved({"idle": lambda: first_token(engine)}, given.repeats))["idle"].clock
        busy += await beside(engine, given.requests, given.repeats)
    print(line("idle", idle), line(f"beside {given.requests} requests", busy), f"most {max(busy):.3f} s", sep="\n")
    print(ratio(busy, idle), "(beside / idle)")
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
