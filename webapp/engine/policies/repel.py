"""Self-repellent sampling: each text is drawn away from where those before it went (after arXiv 2305.05097).

The walk's kernel K(i, j) ∝ P(i, j) (x_j / mu_j)^-alpha with a prefix as the state, its next-token law as P(i, .) and
mu, and as x how often earlier texts took each token there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log
from typing import Any

import torch
from torch import Tensor

from webapp.engine.particles import Particle
from webapp.engine.policies.settings import Repel
from webapp.engine.sampling import Draw, draw, law
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

SHOWN = 4  # tokens of a visited prefix that are noted, the most visited first


def repelled(logprobs: Tensor, log_share: Tensor, log_target: Tensor, alpha: float) -> Tensor:
    """Return ln K: the laws [..., V] with every token weighed by (share / target)^-alpha, normalised.

    Tokens that a law does not have stay without probability.
    """
    ratio = torch.where(logprobs > -torch.inf, log_share - log_target, 0.0)
    return torch.log_softmax(logprobs - alpha * ratio, dim=-1)


def log_share(logprobs: Tensor, counts: Tensor, epsilon: float) -> Tensor:
    """Return ln xhat [V], xhat = (n + epsilon p) / (m + epsilon): shares of m visits, with a prior worth epsilon."""
    return torch.log(counts + epsilon * logprobs.exp()) - torch.log(counts.sum() + epsilon)


def walk(walk: Walk, policy: Repel) -> Passes[None]:
    """Draw n texts side by side as one after the other: text i sees what texts j < i took after the same prefix."""
    yield from walk.read()
    step = 0
    while walk.running:
        walk.append(_drawn(walk, policy) if step < policy.depth else walk.draw())
        yield from walk.advance()
        step += 1


def _drawn(walk: Walk, policy: Repel) -> Draw:
    """Draw a token for each running text; texts with the same prefix take their turns."""
    base = law(walk.logits, walk.sampling)
    plain = replace(walk.sampling, temperature=1.0, top_p=1.0, top_k=0, min_p=0.0, top_h=0.0, eta=0.0)
    noise, taken = walk.noise(), defaultdict[tuple[int, ...], Counter[int]](Counter)
    order, parts = list[int](), list[Draw]()
    for turn in _turns(walk.running):
        away = torch.stack([_away(base[row], taken[tuple(walk.running[row].ids)], policy) for row in turn])
        part = draw(away, [plain] * len(turn), [noise[row] for row in turn])
        drawn = zip(turn, part.ids.tolist(), part.logprobs.tolist(), away, strict=True)
        for row, token, logprob, law_then in drawn:
            particle = walk.running[row]
            counts = taken[tuple(particle.ids)]
            if counts:
                seen = _seen(walk, base[row], law_then, counts, token)
                walk.note("repelled", seen | {"log_weight": float(base[row, token]) - logprob}, particle)
            counts[token] += 1
        order += turn
        parts.append(part)
    back = torch.tensor(order).argsort().to(base.device)
    all_drawn = Draw(*(torch.cat(column)[back] for column in zip(*parts, strict=True)))
    return all_drawn._replace(candidates=(base > -torch.inf).sum(-1))


def _turns(running: Sequence[Particle]) -> Iterator[list[int]]:
    """Yield rows that may be drawn at once: the first text of every prefix by its place, then the second..."""
    groups = defaultdict[tuple[int, ...], list[int]](list)
    for row in sorted(range(len(running)), key=lambda row: running[row].index):
        groups[tuple(running[row].ids)].append(row)
    for turn in range(max(map(len, groups.values()))):
        yield [rows[turn] for rows in groups.values() if turn < len(rows)]


def _away(base: Tensor, counts: Counter[int], policy: Repel) -> Tensor:
    """Return the law [V] after a prefix that was gone on from so many times; unvisited, it is the base law.

    The kernel is worked out for the tokens that were taken there, and for all others together: as none of these was,
    all of them gain by the same factor.
    """
    if not counts:
        return base
    ids = torch.tensor(list(counts), device=base.device)
    taken = base[ids].double().exp().cpu()
    law_of_few = torch.cat([taken, (1 - taken.sum()).clamp_min(0)[None]]).log()
    visits = torch.tensor([*counts.values(), 0.0], dtype=torch.float64)
    share = log_share(law_of_few, visits, policy.epsilon)
    few = repelled(law_of_few, share, law_of_few, policy.alpha)
    never = log(policy.epsilon) - log(counts.total() + policy.epsilon)  # ln xhat / p of a token that was not taken
    gain = few[0] - law_of_few[0] + policy.alpha * (share[0] - law_of_few[0] - never)
    away = base + float(gain)
    away[ids] = few[:-1].to(away)
    return away


def _seen(walk: Walk, base: Tensor, away: Tensor, counts: Counter[int], token: int) -> dict[str, Any]:
    """Return what a draw at a visited prefix was made of: the tokens taken there before, and last the one now."""
    shown = [*(each for each, _ in counts.most_common(SHOWN) if each != token), token]
    laws = torch.stack([base[shown], away[shown]]).exp().tolist()
    return {
        "visits": counts.total(),
        "seen": [
            {"token": each, "text": walk.text(each), "count": counts[each], "p": p, "drawn_with": q}
            for each, p, q in zip(shown, *laws, strict=True)
        ],
    }
