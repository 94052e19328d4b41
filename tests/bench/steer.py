"""What a walk costs beside the running batch: the same texts through both, in turn.

python -m tests.bench.steer [--rows 8] [--tokens 48] [--repeats 5]
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

from tests.bench.model import QUESTION, load, machine
from tests.bench.timing import interleaved, line, ratio
from webapp.engine.policies.settings import Unsteered
from webapp.engine.protocol import Sampling, SteerEvent


async def to_the_end(stream: AsyncIterator[SteerEvent]) -> None:
    """Hear every event."""
    async for _ in stream:
        pass


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    engine = load()
    engine.chat.end_ids = frozenset()
    sampling = Sampling(temperature=1.0, max_tokens=given.tokens)
    spent = await interleaved(
        {
            "generate": lambda: to_the_end(engine.generate([QUESTION], sampling, n=given.rows)),
            "steer": lambda: to_the_end(engine.steer([QUESTION], Unsteered(), sampling, n=given.rows)),
        },
        given.repeats,
    )
    print(machine())
    for name, seconds in spent.items():
        print(line(f"{name}, processor", seconds.processor))
    print(ratio(spent["steer"].processor, spent["generate"].processor), "(steer / generate)")
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
