"""How a token is drawn from raw logits: temperature, truncation, inverse of the cumulative distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from webapp.engine.device import exact
from webapp.engine.protocol import EngineError, Sampling

NUCLEUS = 1024  # tokens ordered for top-p before all of them are: ordering 50,000 costs half a forward pass
COLDEST = 1e-6  # a temperature between 0 and this is this one: its quotients still fit fp32


class Draw(NamedTuple):
    """One drawn token a row, with what is known of the distribution it was drawn from."""

    ids: Tensor  # [B] int64
    logprobs: Tensor  # [B] log-probability after temperature and truncation
    entropy: Tensor  # [B] at the sampling temperature, before truncation
    candidates: Tensor  # [B] tokens left after truncation


def check(sampling: Sampling, n: int) -> None:
    """Refuse settings that mean nothing.

    Raises:
        EngineError: with a sentence that names the setting, its value and what is allowed.

    """
    rules = [
        (n >= 1, f"The number of samples is {n}; it must be at least 1."),
        (
            0 <= sampling.temperature < math.inf,
            f"The temperature is {sampling.temperature}; it must be 0 or more, and finite.",
        ),
        (0 < sampling.top_p <= 1, f"Top-p is {sampling.top_p}; it must be above 0 and at most 1."),
        (sampling.top_k >= 0, f"Top-k is {sampling.top_k}; it must be 0 (off) or more."),
        (0 <= sampling.min_p <= 1, f"Min-p is {sampling.min_p}; it must be between 0 and 1."),
        (sampling.max_tokens >= 1, f"The longest text is {sampling.max_tokens} tokens; it must be at least 1."),
        (0 <= sampling.alternatives <= 20, f"{sampling.alternatives} alternatives were asked for; 0 to 20 are kept."),
        (all(0 < t < math.inf for t in sampling.temperature_grid), "Every temperature of the grid must be above 0."),
    ]
    for allowed, sentence in rules:
        if not allowed:
            raise EngineError(sentence)


def draw(logits: Tensor, settings: Sequence[Sampling], noise: Sequence[float]) -> Draw:
    """Draw one token from each row of logits [B, V]; a temperature of 0 takes the most probable token.

    Ties of a greedy row go to the lowest id. Noise in [0, 1) picks by inverting the cumulative distribution in
    the order of the token ids.
    """
    temperature = logits.new_tensor([max(s.temperature, COLDEST) if s.temperature else 1.0 for s in settings])
    scaled = torch.log_softmax(logits / temperature[:, None], dim=-1)
    entropy = torch.special.entr(scaled.exp()).sum(-1)
    kept = _truncate(scaled, settings)
    probabilities = kept.to(exact(kept.device)).exp()
    greedy = torch.tensor([s.temperature == 0 for s in settings], device=logits.device)
    ids = torch.where(greedy, logits.argmax(-1), _invert(probabilities, noise))
    chosen = kept.gather(1, ids[:, None])[:, 0] - probabilities.sum(-1).log().to(kept.dtype)
    return Draw(
        ids=ids,
        logprobs=torch.where(greedy, torch.zeros_like(chosen), chosen),
        entropy=torch.where(greedy, torch.zeros_like(entropy), entropy),
        candidates=torch.where(greedy, torch.ones_like(ids), (kept > -torch.inf).sum(-1)),
    )


def _invert(weights: Tensor, noise: Sequence[float]) -> Tensor:
    """Return [B] the index at which each row's cumulative weights [B, V] pass its noise; its weight is above 0."""
    cumulative = weights.cumsum(-1)
    target = weights.new_tensor(noise)[:, None] * cumulative[:, -1:]
    found = torch.searchsorted(cumulative, target, right=True).clamp_(max=weights.shape[-1] - 1)
    # The product can round up to the whole sum, and a parallel sum need not rise evenly: never take an index
    # that truncation left without weight.
    indices = torch.arange(weights.shape[-1], device=weights.device)
    last = torch.where(weights > 0, indices, 0).amax(-1, keepdim=True)
    return torch.where(weights.gather(1, found) > 0, found, last)[:, 0]


def _truncate(logprobs: Tensor, settings: Sequence[Sampling]) -> Tensor:
    """Set what each row's top-k, top-p and min-p drop to minus infinity; rows without truncation are untouched."""
    rows = [i for i, s in enumerate(settings) if s.top_k or s.top_p < 1 or s.min_p]
    if not rows:
        return logprobs
    kept = logprobs.clone()
    for row in rows:
        kept[row] = _truncate_row(logprobs[row], settings[row])
    return kept


def _truncate_row(logprobs: Tensor, sampling: Sampling) -> Tensor:
    """Keep the tokens that min-p, then top-k, then top-p allow; the most probable one always stays."""
    keep = torch.ones_like(logprobs, dtype=torch.bool)
    if sampling.min_p:
        keep &= logprobs >= logprobs.max() + torch.log(logprobs.new_tensor(sampling.min_p))
    if sampling.top_k:
        keep &= logprobs >= torch.topk(logprobs, min(sampling.top_k, logprobs.shape[-1])).values[-1]
    kept = logprobs.masked_fill(~keep, -torch.inf)
    return _nucleus(kept, sampling.top_p) if sampling.top_p < 1 else kept


def _nucleus(logprobs: Tensor, top_p: float) -> Tensor:
    """Keep the fewest most probable tokens whose share of the mass reaches top-p, by ordering as few as will do."""
    total = logprobs.logsumexp(-1)
    for size in (min(NUCLEUS, logprobs.shape[-1]), logprobs.shape[-1]):
        ordered, order = logprobs.topk(size)
        probabilities = (ordered - total).exp()
        cumulative = probabilities.cumsum(-1)
        if float(cumulative[-1]) >= top_p:
            break
    dropped = torch.ones_like(logprobs, dtype=torch.bool)
    dropped[order[cumulative - probabilities < top_p]] = False
    return logprobs.masked_fill(dropped, -torch.inf)
