"""Which sampling settings mean something; said before anything is asked of a model."""

from __future__ import annotations

import math

from webapp.engine.protocol import EngineError, Sampling

MOST_ALTERNATIVES = 20


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
        (0 <= sampling.top_h < 1, f"The alpha of top-H is {sampling.top_h}; it must be 0 (off) or more, below 1."),
        (
            0 <= sampling.eta < 1,
            f"The epsilon of eta-sampling is {sampling.eta}; it must be 0 (off) or more, below 1.",
        ),
        (sampling.max_tokens >= 1, f"The longest text is {sampling.max_tokens} tokens; it must be at least 1."),
        (
            0 <= sampling.alternatives <= MOST_ALTERNATIVES,
            f"{sampling.alternatives} alternatives were asked for; 0 to {MOST_ALTERNATIVES} are kept.",
        ),
        (all(0 < t < math.inf for t in sampling.temperature_grid), "Every temperature of the grid must be above 0."),
    ]
    for allowed, sentence in rules:
        if not allowed:
            raise EngineError(sentence)
