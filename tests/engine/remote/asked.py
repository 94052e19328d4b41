"""What tests ask of a remote engine, and how they put together what it tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from storage.trace import TokenTrace, concatenate
from webapp.engine.protocol import EngineEvent, Generated, Prompt, Sampling, TokenBatch
from webapp.engine.remote.engine import RemoteEngine

QUESTION = Prompt.user("Which animals live in the sea? Name three.")
GREEDY = Sampling(temperature=0.0, max_tokens=12)
WARM = Sampling(temperature=1.0, max_tokens=8, seed=3)


async def told(
    events: AsyncIterator[EngineEvent],
) -> tuple[dict[tuple[int, int], Generated], dict[tuple[int, int], TokenTrace]]:
    """Return what ended, and what was streamed of each text, whose batches follow one another without a gap."""
    ended: dict[tuple[int, int], Generated] = {}
    streamed: dict[tuple[int, int], list[TokenTrace]] = defaultdict(list)
    async for event in events:
        match event:
            case TokenBatch(prompt, sample, start, trace):
                assert start == sum(map(len, streamed[prompt, sample]))
                assert (prompt, sample) not in ended
                streamed[prompt, sample].append(trace)
            case Generated(prompt, sample):
                ended[prompt, sample] = event
    return ended, {place: concatenate(parts) for place, parts in streamed.items()}


async def drawn(engine: RemoteEngine, prompt: Prompt, sampling: Sampling, n: int = 1) -> list[Generated]:
    """Return n finished texts; what was streamed of each is what it ended with."""
    ended, streamed = await told(engine.generate([prompt], sampling, n=n))
    for place, text in ended.items():
        assert streamed[place].ids.tolist() == text.trace.ids.tolist()
    return [ended[0, i] for i in range(n)]


def ids(texts: Sequence[Generated]) -> list[list[int]]:
    """Return the token ids of each."""
    return [text.trace.ids.tolist() for text in texts]
