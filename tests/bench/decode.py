"""Our decode with its signals, beside `generate` of transformers with logits and the same signals afterwards.

python -m tests.bench.decode [--samples 1 8] [--tokens 64] [--repeats 3]
"""

from __future__ import annotations

import argparse
import asyncio

import torch

from tests.bench.model import QUESTION, load, machine
from tests.bench.timing import interleaved, line, ratio
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Generated, Sampling
from webapp.engine.signals import signals


async def ours(engine: LocalEngine, n: int, tokens: int) -> None:
    """Draw n samples of a prompt."""
    sampling = Sampling(temperature=1.0, max_tokens=tokens)
    done = [e async for e in engine.generate([QUESTION], sampling, n=n) if isinstance(e, Generated)]
    assert all(len(sample.trace) == tokens for sample in done)


@torch.inference_mode()
def theirs(engine: LocalEngine, n: int, tokens: int) -> None:
    """Draw n samples of the same prompt, then compute the statistics of every token."""
    ids = torch.tensor([engine.chat.ids(QUESTION)])
    output = engine._forward.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=True, temperature=1.0, top_k=0, top_p=1.0,
        num_return_sequences=n, max_new_tokens=tokens, min_new_tokens=tokens, output_logits=True,
        return_dict_in_generate=True, pad_token_id=0,
    )  # fmt: skip
    for logits in output.logits:
        signals(logits.float(), 10)


async def measure(engine: LocalEngine, n: int, tokens: int, repeats: int) -> None:
    """Print both sides for one number of samples."""
    sides = {
        "ours": lambda: ours(engine, n, tokens),
        "transformers": lambda: asyncio.to_thread(theirs, engine, n, tokens),
    }
    spent = await interleaved(sides, repeats)
    print(f"\n{n} sample(s) of {tokens} tokens, {repeats} interleaved repetitions; a ratio below 1 is in our favour")
    for kind in ("clock", "processor"):
        values = {name: getattr(side, kind) for name, side in spent.items()}
        for name, seconds in values.items():
            print(line(f"{name}, {kind}", seconds))
        print(ratio(values["ours"], values["transformers"]), flush=True)


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    engine = load()
    engine.chat.end_ids = frozenset()  # every text has the same length
    print(machine())
    for n in given.samples:
        await measure(engine, n, given.tokens, given.repeats)
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
