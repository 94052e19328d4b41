"""Token traces of texts of a small language, as an engine would keep them with a temperature grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import logsumexp, softmax

from storage.trace import TokenTrace
from tests.enumeration import VOCABULARY, Language
from webapp.analysis.reweighting import Attempt

Text = tuple[int, ...]


def trace_of(language: Language, text: Text, temperature: float, grid: Sequence[float]) -> TokenTrace:
    logits = np.array([language.logits(text[:i]) for i in range(len(text))])
    chosen = logits[np.arange(len(text)), list(text)]
    return TokenTrace(
        ids=np.array(text, np.int32),
        pieces={i: b"%d" % i for i in range(VOCABULARY)},
        vocab_size=VOCABULARY,
        logprob=(chosen - logsumexp(logits, axis=1)).astype(np.float32),
        sampled_logprob=(chosen / temperature - logsumexp(logits / temperature, axis=1)).astype(np.float32),
        logsumexp=logsumexp(logits, axis=1).astype(np.float32),
        candidates=np.full(len(text), VOCABULARY, np.int32),
        grid={
            t: (
                logsumexp(logits / t, axis=1).astype(np.float32),
                (softmax(logits / t, axis=1) * logits).sum(axis=1).astype(np.float32),
            )
            for t in grid
        },
    )


def right(text: Text) -> bool:
    """What counts as right in the small language: a text whose tokens sum to an even number."""
    return sum(text) % 2 == 0


def drawn_at(language: Language, temperature: float, n: int, grid: Sequence[float], seed: int) -> list[Attempt]:
    """Draw n texts at a temperature."""
    texts = list(language.texts())
    p = np.exp([sum(language.path(text, temperature)) for text in texts])
    chosen = np.random.default_rng(seed).choice(len(texts), size=n, p=p / p.sum())
    made = {i: trace_of(language, texts[i], temperature, grid) for i in {*chosen.tolist()}}
    return [Attempt(made[i], temperature, right(texts[i])) for i in chosen.tolist()]


def accuracy_at(language: Language, temperature: float) -> float:
    """Return the accuracy at a temperature, by listing all texts."""
    texts = list(language.texts())
    return float(sum(np.exp(sum(language.path(text, temperature))) for text in texts if right(text)))
