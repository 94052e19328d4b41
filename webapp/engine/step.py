"""What one step says of each of its rows: signals of the logits, and the token drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from webapp.engine.protocol import Sampling
from webapp.engine.sampling import Draw, draw
from webapp.engine.signals import Signals, at_temperature, signals


class Step(NamedTuple):
    """Of B rows, on the device."""

    logits: Tensor  # [B, V]
    seen: Signals
    drawn: Draw

    def of(self, rows: Sequence[int]) -> Step:
        """Return some of the rows."""
        if list(rows) == list(range(self.logits.shape[0])):
            return self
        seen = Signals(*(column[rows] for column in self.seen))
        return Step(self.logits[rows], seen, Draw(*(column[rows] for column in self.drawn)))


def step(logits: Tensor, settings: Sequence[Sampling], noise: Sequence[float]) -> Step:
    """Return what logits [B, V] say, and a token drawn from each row."""
    seen = signals(logits, max((s.alternatives for s in settings), default=0))
    return Step(logits, seen, draw(logits, settings, noise))


def on_host(result: Step, settings: Sequence[Sampling]) -> list[dict[str, Any]]:
    """Return each row's numbers by the names of a trace's columns; one copy from the device for all of a kind."""
    seen, drawn = result.seen, result.drawn
    numbers = {
        "logprob": seen.logprobs.gather(1, drawn.ids[:, None])[:, 0],
        "sampled_logprob": drawn.logprobs,
        "entropy": seen.entropy,
        "sampled_entropy": drawn.entropy,
        "logsumexp": seen.logsumexp,
        "mean_logit": seen.mean_logit,
        "sum_p2": seen.sum_p2,
    }
    grid = sorted({t for s in settings for t in s.temperature_grid})
    for t in grid:
        numbers[f"lse@{t}"], numbers[f"mean@{t}"] = at_temperature(result.logits, t)
    floats = torch.stack(list(numbers.values()), 1).tolist()
    whole = torch.stack([drawn.ids, drawn.candidates], 1).tolist()
    top_ids, top_logprobs = seen.top_ids.cpu().numpy(), seen.top_logprobs.float().cpu().numpy()
    rows = []
    for i, asked in enumerate(settings):
        row: dict[str, Any] = dict(zip(numbers, floats[i], strict=True))
        for t in (t for t in grid if t not in asked.temperature_grid):
            del row[f"lse@{t}"], row[f"mean@{t}"]
        row["ids"], row["candidates"] = whole[i]
        row["top_ids"], row["top_logprobs"] = top_ids[i, : asked.alternatives], top_logprobs[i, : asked.alternatives]
        rows.append(row)
    return rows
