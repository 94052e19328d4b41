"""How far a model's logits move when the same text is decoded alone and in a batch of eight.

    python -m tests.bench.batch_difference [--dtypes float32,auto,int8,bfloat16] [--steps 32]

Reads eight prompts of different lengths, decodes greedily in a batch and prints for each number format the largest
difference to the same tokens decoded alone, and at how many of the positions the likeliest token is another.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import torch

from tests.bench.model import folder, machine
from tests.bench.workloads import SUBJECTS
from webapp.engine.forward import Forward
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two ways to compute the same logits."""

    largest: float
    other_token: int
    positions: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dtypes", default="float32,auto,int8,bfloat16")
    parser.add_argument("--steps", type=int, default=32)
    given = parser.parse_args()
    print(machine())
    for dtype in given.dtypes.split(","):
        engine = LocalEngine.from_pretrained(folder(), device="cpu", dtype=dtype)
        prompts = [engine.chat.ids(Prompt.user(f"Explain {subject}.")) for subject in SUBJECTS]
        found = difference(engine._forward, prompts, given.steps)
        print(
            f"{dtype} ({engine.info.record.kernel}): at most {found.largest:.2g}; another likeliest token at "
            f"{found.other_token} of {found.positions} positions",
            flush=True,
        )


@torch.inference_mode()
def difference(forward: Forward, prompts: list[list[int]], steps: int) -> Difference:
    """Decode prompts together and alone, reading the tokens that the batch finds likeliest, and compare."""
    largest, other = 0.0, 0
    forward.reset()
    logits = torch.stack([forward.chunk(slot, ids, 0) for slot, ids in enumerate(prompts)])
    lengths, together, read = [len(ids) for ids in prompts], [], []
    for _ in range(steps):
        read.append(logits.argmax(-1).tolist())
        logits = forward.step(read[-1], lengths)
        lengths = [length + 1 for length in lengths]
        together.append(logits)
    for row, ids in enumerate(prompts):
        forward.reset()
        forward.chunk(0, ids, 0)
        for i in range(steps):
            alone = forward.step([read[i][row]], [len(ids) + i])[0]
            largest = max(largest, float((alone - together[i][row]).abs().max()))
            other += int(alone.argmax() != together[i][row].argmax())
    forward.reset()
    return Difference(largest, other, steps * len(prompts))


if __name__ == "__main__":
    main()
