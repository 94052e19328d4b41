"""Which tokens may be drawn: every rule keeps the most probable ones, and they differ in how many.

Top-H: Potraghloo et al. 2025 (arXiv 2509.02510, algorithm 1, and the authors' code, which differs). Eta: Hewitt et
al. 2022. All rules see the distribution at the sampling temperature; top-H and eta see all of it, the others what
those leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from webapp.engine.device import exact
from webapp.engine.protocol import Sampling
from webapp.engine.signals import LOWEST

NUCLEUS = 1024  # tokens ordered before all of them are: ordering 50,000 costs half a forward pass
REPO_TOKENS = 100  # of which the authors' code of top-H keeps some


class Whole(NamedTuple):
    """What the entropy rules need of R whole distributions, in double precision: weights add up to `total`."""

    weights: Tensor  # [R, V], 1 for the most probable token
    total: Tensor  # [R]
    entropy: Tensor  # [R] nats

    @staticmethod
    def of(tempered: Tensor) -> Whole:
        """Return the distributions of tempered logits [R, V]; new memory costs more here than the sums."""
        shifted = tempered.to(exact(tempered.device), copy=True)
        shifted -= shifted.amax(-1, keepdim=True)
        weights = shifted.exp()
        total = weights.sum(-1)
        surprise = shifted.clamp_min_(LOWEST).mul_(weights)
        return Whole(weights, total, total.log() - surprise.sum(-1) / total)


def truncate(tempered: Tensor, logprobs: Tensor, settings: Sequence[Sampling]) -> Tensor:
    """Set what each row's rules drop to minus infinity; the most probable token always stays.

    `logprobs` [B, V] are those of the tempered logits [B, V]. Rows without truncation, and greedy ones, are
    untouched.
    """
    kept = logprobs.clone()
    rows = [i for i, s in enumerate(settings) if s.temperature and (s.top_h or s.eta)]
    if rows:
        allowed = _by_entropy(tempered[rows], [settings[i] for i in rows])
        kept[rows] = kept[rows].masked_fill(~allowed, -torch.inf)
    for row in (i for i, s in enumerate(settings) if s.temperature and (s.top_k or s.top_p < 1 or s.min_p)):
        kept[row] = _truncate_row(kept[row], settings[row])
    return kept


def _by_entropy(tempered: Tensor, settings: Sequence[Sampling]) -> Tensor:
    """Return [R, V] which tokens top-H and eta allow, from tempered logits [R, V]."""
    whole = Whole.of(tempered)

    def column(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=whole.total.dtype, device=tempered.device)

    allowed = torch.ones_like(tempered, dtype=torch.bool)
    if any(s.eta for s in settings):
        allowed &= _eta(whole, column([s.eta for s in settings]))
    if any(s.top_h for s in settings):
        alpha = column([s.top_h for s in settings])
        repo = torch.tensor([s.top_h_variant == "repo" for s in settings], device=tempered.device)
        allowed &= _top_h(tempered, whole, alpha, repo) | (alpha == 0)[:, None]
    return allowed


def _eta(whole: Whole, epsilon: Tensor) -> Tensor:
    """Return [R, V] what is at least min(epsilon, sqrt(epsilon) exp(-H)) probable, and the most probable token."""
    threshold = torch.minimum(epsilon, epsilon.sqrt() * (-whole.entropy).exp())
    return whole.weights >= (threshold * whole.total).clamp_max(1)[:, None]


def _top_h(tempered: Tensor, whole: Whole, alpha: Tensor, repo: Tensor) -> Tensor:
    """Return [R, V] the tokens that top-H keeps, by ordering as few as will do; of equals the lower ids go first."""
    vocabulary = tempered.shape[-1]
    for size in (min(NUCLEUS, vocabulary), vocabulary):
        order = _ordered(tempered, size)
        ordered = whole.weights.gather(1, order) / whole.total[:, None]
        counts = _prefix(ordered, whole.entropy, alpha, repo)[:, None]
        # beyond the last one ordered there may be more to keep, or equals of it with lower ids
        if size == vocabulary or bool((ordered.gather(1, counts - 1) > ordered[:, -1:]).all()):
            break
    within = torch.arange(size, device=tempered.device) < counts
    return torch.zeros_like(tempered, dtype=torch.bool).scatter(1, order, within)


def _ordered(values: Tensor, size: int) -> Tensor:
    """Return [R, size] where the largest values of each row are, equals in the order of their ids."""
    ids = values.topk(size).indices.sort(-1).values
    return ids.gather(1, values.gather(1, ids).sort(dim=-1, descending=True, stable=True).indices)


def _prefix(probabilities: Tensor, entropies: Tensor, alpha: Tensor, repo: Tensor) -> Tensor:
    """Return [R] how many of the first tokens [R, k] top-H keeps: those before the first that goes too far.

    The paper compares the entropy of the kept tokens, renormalised, with alpha times that of all. The authors' code
    takes the first 100 tokens alone and compares sums of -p log p that are not renormalised.
    """
    among = min(REPO_TOKENS, probabilities.shape[-1])
    mass, partial = probabilities.cumsum(-1), torch.special.entr(probabilities).cumsum(-1)
    limit = torch.where(repo, partial[:, among - 1], entropies) * alpha
    undecided = torch.where(repo[:, None], partial, partial / mass + mass.log())
    beyond = repo[:, None] & (torch.arange(probabilities.shape[-1], device=probabilities.device) >= among)
    over = (undecided > limit[:, None]) | beyond | (probabilities == 0)
    over[:, 0] = False
    return (over.cumsum(-1) == 0).sum(-1)


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
