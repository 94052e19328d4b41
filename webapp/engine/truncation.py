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
from webapp.engine.signals import LOWEST, entropy

NUCLEUS = 1024  # tokens ordered before all of them are: ordering 50,000 costs half a forward pass
REPO_TOKENS = 100  # of which the authors' code of top-H keeps some


class Bound(NamedTuple):
    """How far the kept tokens of R rows may be undecided, by top-H."""

    alpha: Tensor  # [R], 0 where the rule is off
    repo: Tensor  # [R] bool: the authors' code instead of the paper's algorithm
    entropy: Tensor  # [R] of the whole distribution, nats


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
    """Return [R, V] which tokens top-H and eta allow, from tempered logits [R, V]; sums are in double precision."""
    wide = exact(tempered.device)
    logprobs = tempered.to(wide).log_softmax(-1)
    probabilities = logprobs.exp()
    entropies = entropy(probabilities, logprobs)

    def column(values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=wide, device=tempered.device)

    alpha, eta = column([s.top_h for s in settings]), column([s.eta for s in settings])
    allowed = _eta(probabilities, entropies, eta)
    if any(s.top_h for s in settings):
        repo = torch.tensor([s.top_h_variant == "repo" for s in settings], device=tempered.device)
        allowed &= _top_h(logprobs, Bound(alpha, repo, entropies)) | (alpha == 0)[:, None]
    return allowed


def _eta(probabilities: Tensor, entropies: Tensor, epsilon: Tensor) -> Tensor:
    """Return [R, V] what is at least min(epsilon, sqrt(epsilon) exp(-H)) probable, and the most probable token."""
    threshold = torch.minimum(epsilon, epsilon.sqrt() * (-entropies).exp())
    return (probabilities >= threshold[:, None]) | (probabilities == probabilities.amax(-1, keepdim=True))


def _top_h(logprobs: Tensor, bound: Bound) -> Tensor:
    """Return [R, V] the tokens that top-H keeps, by ordering as few as will do; of equals the lower ids go first."""
    vocabulary = logprobs.shape[-1]
    for size in (min(NUCLEUS, vocabulary), vocabulary):
        ordered, order = _ordered(logprobs, size)
        counts = _prefix(ordered, bound, min(REPO_TOKENS, vocabulary))[:, None]
        # beyond the last one ordered there may be more to keep, or equals of it with lower ids
        if size == vocabulary or bool((ordered.gather(1, counts - 1) > ordered[:, -1:]).all()):
            break
    within = torch.arange(size, device=logprobs.device) < counts
    return torch.zeros_like(logprobs, dtype=torch.bool).scatter(1, order, within)


def _ordered(logprobs: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return the `size` largest [R, size] of each row, equals in the order of their ids, and those ids."""
    ids = logprobs.topk(size).indices.sort(-1).values
    ordered, place = logprobs.gather(1, ids).sort(dim=-1, descending=True, stable=True)
    return ordered, ids.gather(1, place)


def _prefix(ordered: Tensor, bound: Bound, among: int) -> Tensor:
    """Return [R] how many of the first tokens [R, k] top-H keeps: those before the first that goes too far.

    The paper compares the entropy of the kept tokens, renormalised, with alpha times that of all. The authors' code
    takes the first `among` tokens alone and compares sums of -p log p that are not renormalised.
    """
    probabilities = ordered.exp()
    mass, partial = probabilities.cumsum(-1), (-probabilities * ordered.clamp_min(LOWEST)).cumsum(-1)
    limit = torch.where(bound.repo, partial[:, among - 1], bound.entropy) * bound.alpha
    undecided = torch.where(bound.repo[:, None], partial, partial / mass + mass.log())
    beyond = bound.repo[:, None] & (torch.arange(ordered.shape[-1], device=ordered.device) >= among)
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
