"""What a row of logits says about the model's uncertainty: pure functions of raw fp32 logits."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

LOWEST = -1e4  # a log-probability that stands for minus infinity where it is multiplied by a probability of 0
BLOCK = 64


class Signals(NamedTuple):
    """Full-vocabulary statistics at temperature 1, in nats; B rows, V logits, k alternatives."""

    logprobs: Tensor  # [B, V]
    logsumexp: Tensor  # [B]
    mean_logit: Tensor  # [B]
    entropy: Tensor  # [B]
    sum_p2: Tensor  # [B]
    top_ids: Tensor  # [B, k]
    top_logprobs: Tensor  # [B, k]


def signals(logits: Tensor, alternatives: int) -> Signals:
    """Compute the statistics of raw logits [B, V] in fp32 (float64 stays float64)."""
    logsumexp = torch.logsumexp(logits, dim=-1)
    logprobs = logits - logsumexp[:, None]
    probabilities = logprobs.exp()
    top_logprobs, top_ids = top(logprobs, min(alternatives, logits.shape[-1]))
    return Signals(
        logprobs=logprobs,
        logsumexp=logsumexp,
        mean_logit=logits.mean(-1),
        entropy=entropy(probabilities, logprobs),
        sum_p2=torch.linalg.vecdot(probabilities, probabilities),
        top_ids=top_ids,
        top_logprobs=top_logprobs,
    )


def entropy(probabilities: Tensor, logprobs: Tensor) -> Tensor:
    """Return -sum p log p in nats, [B] of two [B, V]; one product instead of a special function for each p."""
    negative: Tensor = torch.linalg.vecdot(probabilities, logprobs.clamp_min(LOWEST))
    return -negative


def top(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest values [B, k] of each row, best first, and where they are.

    On a CPU only the blocks with the k largest maxima are ordered; the k largest values can stand nowhere else.
    """
    rows, size = values.shape
    if values.device.type != "cpu" or size % BLOCK or size < BLOCK * BLOCK or not k:
        return torch.topk(values, k, dim=-1)
    blocks = values.view(rows, size // BLOCK, BLOCK)
    which = torch.topk(blocks.amax(-1), k).indices
    candidates = blocks.gather(1, which[:, :, None].expand(-1, -1, BLOCK)).view(rows, k * BLOCK)
    best, place = torch.topk(candidates, k)
    return best, which.gather(1, place // BLOCK) * BLOCK + place % BLOCK


def at_temperature(logits: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return lse(l / T) and the mean of l under softmax(l / T), [B] each."""
    scaled = logits / temperature
    logsumexp = torch.logsumexp(scaled, dim=-1)
    return logsumexp, ((scaled - logsumexp[:, None]).exp() * logits).sum(-1)
