"""Power sampling by SMC: particles drawn at a low temperature, weighed towards p(text)^alpha (arXiv 2602.10273)."""

from __future__ import annotations

from dataclasses import replace

from webapp.engine.policies.population import Population, of_drawn, on_host
from webapp.engine.policies.settings import Power
from webapp.engine.policies.weights import ramped
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk


def walk(walk: Walk, policy: Power) -> Passes[None]:
    """Draw from the tempered law q and add alpha log p - log q, whatever token was drawn.

    With temperature 1 / alpha that is ln sum_v p(v)^alpha, which depends on the text before the token alone, and no
    other law that sees only that text has less variance. Along a ramp the target of every particle, ended or not,
    moves with the exponent: (alpha_t - alpha_(t-1)) ln p(text so far) is added, so that the sum ends at
    alpha ln p - ln q of the whole text.
    """
    yield from walk.read()
    population = Population(walk, policy.resampling)
    alpha = policy.alpha
    while walk.running:
        before, alpha = alpha, ramped(policy.alpha, len(population.sizes), policy.ramp)
        _raise(population, alpha - before)
        drawn = walk.draw(sampling=replace(walk.sampling, temperature=1 / alpha) if policy.follows else None)
        logp = of_drawn(walk.seen.logprobs, drawn.ids)
        population.weigh(alpha * logp - on_host(drawn.logprobs), logp[:, None])
        walk.append(drawn)
        population.resample()
        yield from walk.advance()
    _raise(population, policy.alpha - alpha)
    population.tell()


def _raise(population: Population, by: float) -> None:
    """Let the exponent of the target grow for what the particles have said so far."""
    population.log_weights += by * population.carried[:, 0]
