"""Prompts for reinforcement learning: the answer is a column that only the reward function is given."""

from __future__ import annotations

from webapp.export.training.examples import Online
from webapp.export.training.formats.format import Format, Row, Way, meta_row
from webapp.export.training.formats.prompt_completion import PROMPT, prompt_of


def write(example: Online, way: Way) -> list[Row]:
    """Return the prompt, the answer to reward by, and what was logged."""
    content = {"prompt": prompt_of(example.prompt, way), "answer": example.answer}
    return [{**content, **example.extra, "meta": meta_row(example.meta)}]


ONLINE = Format(
    "online", "Prompts with answers for GRPO (TRL)", frozenset({Online}),
    {
        "prompt": PROMPT, "answer": "the reference answer, handed to reward functions and to nothing else",
        "request": "what asks for the second turn", "y1": "the logged first turn", "y2": "the logged second turn",
        "r1": "1 if the first turn is right", "r2": "1 if the second is", "turn2_reward": "shaped, stage II",
    },
    "`GRPOTrainer` or `RLOOTrainer` with a `rollout_func` for the second turn; rewards of single turns need its "
    "per-token advantages. Drop `meta` first: extra columns reach the reward functions.",
    write,
)  # fmt: skip
