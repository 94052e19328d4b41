"""What a row of logits says about the model's uncertainty: pure functions of raw fp32 logits."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


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
    top = torch.topk(logprobs, min(alternatives, logits.shape[-1]), dim=-1)
    return Signals(
        logprobs=logprobs,
        logsumexp=logsumexp,
        mean_logit=logits.mean(-1),
        entropy=torch.special.entr(probabilities).sum(-1),
        sum_p2=probabilities.square().sum(-1),
        top_ids=top.indices,
        top_logprobs=top.values,
    )


def at_temperature(logits: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Return lse(l / T) and the mean of l under softmax(l / T), [B] each."""
    scaled = logits / temperature
    logsumexp = torch.logsumexp(scaled, dim=-1)
    return logsumexp, ((scaled - logsumexp[:, None]).exp() * logits).sum(-1)
