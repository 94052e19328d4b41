"""How a token is drawn from raw logits: temperature, truncation, inverse of the cumulative distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from webapp.engine.device import exact
from webapp.engine.protocol import Sampling
from webapp.engine.signals import BLOCK, entropy
from webapp.engine.truncation import truncate

COLDEST = 1e-6  # a temperature between 0 and this is this one: its quotients still fit fp32


class Draw(NamedTuple):
    """One drawn token a row, with what is known of the distribution it was drawn from."""

    ids: Tensor  # [B] int64
    logprobs: Tensor  # [B] log-probability after temperature and truncation
    entropy: Tensor  # [B] at the sampling temperature, before truncation
    candidates: Tensor  # [B] tokens left after truncation


class Knobs(NamedTuple):
    """How each of B rows is drawn, truncation apart, where the device can read it."""

    temperature: Tensor  # [B], 1 where the row is greedy
    greedy: Tensor  # [B] bool
    noise: Tensor  # [B] in [0, 1), in the widest float of the device

    @staticmethod
    def of(settings: Sequence[Sampling], noise: Sequence[float], device: torch.device) -> Knobs:
        """Return the settings of rows and the noise that each of them draws with."""
        temperatures = [max(s.temperature, COLDEST) if s.temperature else 1.0 for s in settings]
        return Knobs(
            torch.tensor(temperatures, device=device),
            torch.tensor([s.temperature == 0 for s in settings], device=device),
            torch.tensor(noise, dtype=exact(device), device=device),
        )

    @staticmethod
    def neutral(rows: int, device: torch.device) -> Knobs:
        """Return knobs for rows of which nothing is known yet."""
        return Knobs.of([Sampling(temperature=1.0)] * rows, [0.0] * rows, device)


def draw(logits: Tensor, settings: Sequence[Sampling], noise: Sequence[float]) -> Draw:
    """Draw one token from each row of logits [B, V]; a temperature of 0 takes the most probable token.

    Ties of a greedy row go to the lowest id. Noise in [0, 1) picks by inverting the cumulative distribution in
    the order of the token ids.
    """
    knobs = Knobs.of(settings, noise, logits.device)
    if not any(s.truncates for s in settings):
        return draw_untruncated(logits, knobs)
    tempered = logits / knobs.temperature[:, None]
    scaled = torch.log_softmax(tempered, dim=-1)
    kept = truncate(tempered, scaled, settings)
    weights = kept.exp()
    total = weights.sum(-1, dtype=exact(weights.device)).to(weights.dtype)
    ids = _invert(weights, knobs.noise)
    logprobs = kept.gather(1, ids[:, None])[:, 0] - total.log()
    candidates = (kept > -torch.inf).sum(-1)
    return _greedily(logits, knobs, Draw(ids, logprobs, entropy(scaled.exp(), scaled), candidates))


def law(logits: Tensor, sampling: Sampling) -> Tensor:
    """Return [B, V] the log-probabilities that `draw` draws from; minus infinity where truncation leaves no token."""
    tempered = logits / max(sampling.temperature, COLDEST)
    scaled = torch.log_softmax(tempered, dim=-1)
    if not sampling.truncates:
        return scaled
    return truncate(tempered, scaled, [sampling] * len(logits)).log_softmax(-1)


def draw_untruncated(logits: Tensor, knobs: Knobs) -> Draw:
    """Draw from the whole of each row [B, V]; no step of it waits for the device."""
    scaled = torch.log_softmax(logits / knobs.temperature[:, None], dim=-1)
    weights = scaled.exp()
    ids = _invert(weights, knobs.noise)
    logprobs = scaled.gather(1, ids[:, None])[:, 0]
    everything = torch.full_like(ids, scaled.shape[-1])
    return _greedily(logits, knobs, Draw(ids, logprobs, entropy(weights, scaled), everything))


def _greedily(logits: Tensor, knobs: Knobs, drawn: Draw) -> Draw:
    """Return the draw with the most probable token in the rows that are greedy, which are sure of it."""
    if logits.device.type == "cpu" and not knobs.greedy.any():
        return drawn
    return Draw(
        ids=torch.where(knobs.greedy, logits.argmax(-1), drawn.ids),
        logprobs=torch.where(knobs.greedy, 0.0, drawn.logprobs),
        entropy=torch.where(knobs.greedy, 0.0, drawn.entropy),
        candidates=torch.where(knobs.greedy, 1, drawn.candidates),
    )


def _invert(weights: Tensor, noise: Tensor) -> Tensor:
    """Return [B] the index at which each row's cumulative weights [B, V] pass its noise; its weight is above 0.

    Sums are taken over blocks first, and then within the block that holds the index: a tenth of the additions in
    double precision that one long sum takes.
    """
    rows, size = weights.shape
    padded = torch.nn.functional.pad(weights, (0, -size % BLOCK)) if size % BLOCK else weights
    blocks = padded.view(rows, padded.shape[-1] // BLOCK, BLOCK)
    sums = blocks.sum(-1).to(exact(weights.device)).cumsum(-1)
    target = noise[:, None] * sums[:, -1:]
    block = _passed(blocks.sum(-1), sums, target)
    before = torch.where(block > 0, sums.gather(1, (block - 1).clamp_min(0)), 0.0)
    within = blocks.gather(1, block[:, :, None].expand(-1, -1, BLOCK))[:, 0]
    place = _passed(within, within.to(sums.dtype).cumsum(-1), target - before)
    return (block * BLOCK + place)[:, 0]


def _passed(weights: Tensor, cumulative: Tensor, target: Tensor) -> Tensor:
    """Return [B, 1] the first index whose cumulative weight is above the target, and whose own weight is not 0.

    The target can round up to the whole sum, and a parallel sum need not rise evenly: what truncation left without
    weight is never taken.
    """
    found = torch.searchsorted(cumulative, target, right=True).clamp_(max=weights.shape[-1] - 1)
    indices = torch.arange(weights.shape[-1], device=weights.device)
    last = torch.where(weights > 0, indices, 0).amax(-1, keepdim=True)
    return torch.where(weights.gather(1, found) > 0, found, last)
