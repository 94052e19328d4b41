"""The corrective vector of SRGen (2510.02919): learnt through the output projection alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from webapp.engine.head import Head
from webapp.engine.policies.settings import SRGen
from webapp.engine.scoring import Passes
from webapp.engine.signals import entropy

BETAS, EPSILON, DECAY = (0.9, 0.999), 1e-5, 1e-8  # of AdamW, as in the authors' code


@dataclass(frozen=True, slots=True)
class Correction:
    """What was learnt: the vector [D], and the logits [V] that it gives the next token.

    `losses` are the cross-entropy of what stands before and the entropy of what follows (nats), before each step and
    after the last.
    """

    delta: Tensor
    logits: Tensor
    losses: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Objective:
    """(1 - lambda) x mean cross-entropy of `said` [M] + lambda x entropy of what follows, as shifts [V] change both.

    A vector added to every state adds W times it, the shift, to the products [M + 1, V] of all states: these are
    computed once, and the gradient with respect to the vector is W^T times that with respect to the shift.
    """

    head: Head
    products: Tensor
    said: Tensor
    policy: SRGen
    temperature: float

    def at(self, shift: Tensor) -> Passes[tuple[tuple[float, float], Tensor]]:
        """Return both losses, and the gradient [V] of their mix."""
        fit, of_fit = yield from self._cross_entropy(shift)
        sure, of_sure = self._differentiated(self.products[-1:], shift, self._entropy)
        return (fit, sure), (1 - self.policy.balance) * of_fit + self.policy.balance * of_sure

    def _cross_entropy(self, shift: Tensor) -> Passes[tuple[float, Tensor]]:
        """Return the mean over what was said, and its gradient [V]; both are 0 where nothing was."""
        value, gradient, at = 0.0, torch.zeros_like(shift), 0
        while at < self.said.shape[0]:
            size = yield
            targets = self.said[at : at + size]
            products, loss = self.products[at : at + targets.shape[0]], partial(_surprise, targets)
            total, part = self._differentiated(products, shift, loss)
            value, gradient = value + total / len(self.said), gradient + part / len(self.said)
            at += size
        return value, gradient

    def _entropy(self, logits: Tensor) -> Tensor:
        return tempered_entropy(logits, self.temperature).sum()

    def _differentiated(
        self, products: Tensor, shift: Tensor, loss: Callable[[Tensor], Tensor]
    ) -> tuple[float, Tensor]:
        with torch.inference_mode(False), torch.enable_grad():
            added = shift.clone().requires_grad_()
            value = loss(self.head.finish(products.clone() + added))
            [gradient] = torch.autograd.grad(value, added)
        return float(value), gradient


def correct(
    head: Head, weight: Tensor, states: Tensor, said: Tensor, policy: SRGen, temperature: float
) -> Passes[Correction]:
    """Learn the vector that makes what follows surer and keeps what was said, by AdamW from 0.

    Of the last hidden states [M + 1, D], all but the last predict the tokens said [M]; `weight` is the head's.
    """
    objective = Objective(head, (yield from _projected(head, states)), said, policy, temperature)
    with torch.inference_mode(False):
        delta = torch.zeros(weight.shape[1], dtype=weight.dtype, device=weight.device)
        optimizer = torch.optim.AdamW([delta], lr=policy.rate, betas=BETAS, eps=EPSILON, weight_decay=DECAY)
    losses = []
    for _ in range(policy.steps):
        loss, gradient = yield from objective.at(weight @ delta)
        losses.append(loss)
        delta.grad = weight.T @ gradient
        optimizer.step()
    shift = weight @ delta
    loss, _ = yield from objective.at(shift)
    return Correction(delta, head.finish(objective.products[-1] + shift), [*losses, loss])


def tempered_entropy(logits: Tensor, temperature: float) -> Tensor:
    """Return [B] the entropy of softmax(l / T) of logits [B, V], in nats."""
    logprobs = torch.log_softmax(logits / temperature, dim=-1)
    return entropy(logprobs.exp(), logprobs)


def _projected(head: Head, states: Tensor) -> Passes[Tensor]:
    parts, at = [], 0
    while at < states.shape[0]:
        size = yield
        parts.append(head.product(states[at : at + size]))
        at += size
    return torch.cat(parts)


def _surprise(targets: Tensor, logits: Tensor) -> Tensor:
    return cross_entropy(logits, targets.clone(), reduction="sum")  # the clone is no tensor of inference mode
