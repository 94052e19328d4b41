"""What is thought instead of a token: a weighted mean of the input vectors of several."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from webapp.engine.policies.settings import SoftThinking
from webapp.engine.signals import entropy


class Mixtures(NamedTuple):
    """Of B rows: up to k tokens each, the largest share first; a share of 0 is none."""

    ids: Tensor  # [B, k]
    shares: Tensor  # [B, k], 1 in sum
    entropy: Tensor  # [B] nats, of softmax(l / temperature) before anything was left out


def filtered(logits: Tensor, policy: SoftThinking) -> Mixtures:
    """Mix what top-k, then top-p, then min-p, then the widest mixture leave of softmax(l / T), each normalised.

    The rules of Soft Thinking (2505.15778), in the order of its code.
    """
    logprobs = torch.log_softmax(logits / policy.temperature, dim=-1)
    size = logits.shape[-1]
    shares, ids = logprobs.exp().topk(min(policy.top_k or size, size))
    shares = _whole(shares)
    shares = _whole(shares.where(shares.cumsum(-1) - shares < policy.top_p, 0.0))
    shares = _whole(shares.where(shares >= policy.min_p * shares[:, :1], 0.0))
    shares = _whole(shares[:, : policy.widest])
    return Mixtures(ids[:, : policy.widest], shares, entropy(logprobs.exp(), logprobs))


def of_draws(logits: Tensor, drawn: Tensor, policy: SoftThinking) -> Mixtures:
    """Mix K drawn tokens [B, K] evenly (MTS of CoT2, 2505.23648); the more probable of equal shares goes first."""
    logprobs = torch.log_softmax(logits / policy.temperature, dim=-1)
    ids, shares = torch.zeros_like(drawn), torch.zeros(drawn.shape, dtype=logits.dtype, device=logits.device)
    for row, tokens in enumerate(drawn):
        found, counts = tokens.unique(return_counts=True)
        order = logprobs[row, found].argsort(descending=True)
        order = order[counts[order].argsort(descending=True, stable=True)]
        ids[row, : len(found)] = found[order]
        shares[row, : len(found)] = counts[order].to(shares.dtype) / drawn.shape[1]
    return Mixtures(ids, shares, entropy(logprobs.exp(), logprobs))


def mixed(shares: Tensor, vectors: Tensor) -> Tensor:
    """Return the sums [B, D] of vectors [B, k, D] by shares [B, k]."""
    return torch.einsum("bk,bkd->bd", shares.to(vectors.dtype), vectors)


def _whole(shares: Tensor) -> Tensor:
    return shares / shares.sum(-1, keepdim=True)
