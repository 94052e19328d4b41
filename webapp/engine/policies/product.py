"""A product of prompts by SMC: tokens that all prompts agree on, weighed towards prod_k p(text | prompt k)^beta_k."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from webapp.engine.policies.population import Population, of_drawn, on_host
from webapp.engine.policies.settings import Product
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk


def walk(walk: Walk, policy: Product) -> Passes[None]:
    """Draw from q ∝ prod_k p_k^beta_k and add its normaliser, ln sum_v prod_k p_k(v)^beta_k.

    That is written as sum_k beta_k ln p_k - ln q of the drawn token, so that it also holds where truncation leaves
    some tokens out of q: the target is then the product over texts that survive it.
    """
    yield from walk.read()
    population = Population(walk, policy.resampling, len(walk.tracks))
    as_they_are = replace(walk.sampling, temperature=1.0)
    while walk.running:
        logprobs = [track.logits.log_softmax(-1) for track in walk.tracks]
        mixed = torch.stack([beta * each for beta, each in zip(policy.exponents, logprobs, strict=True)]).sum(0)
        drawn = walk.draw(mixed, as_they_are)
        each = np.stack([of_drawn(of_one, drawn.ids) for of_one in logprobs], axis=1)
        population.weigh(each @ policy.exponents - on_host(drawn.logprobs), each)
        walk.append(drawn)
        population.resample()
        yield from walk.advance()
    population.tell()
