"""How sure a model was of a text: self-certainty and its companions (Kang et al., arXiv 2502.18581).

All come from the raw logits at temperature 1 that a token trace keeps, in nats, as means over the tokens that were
scored. What a trace cannot give exactly is None: a column that its backend did not tell, an entropy of which only a
lower bound is known, a sum that is not finite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from storage.trace import TokenTrace


def certainty_of_tokens(trace: TokenTrace) -> NDArray[np.float64] | None:
    """[T] KL(U || p) = lse(l) - mean(l) - ln V: how far each next-token distribution is from the uniform one."""
    if trace.logsumexp is None or trace.mean_logit is None:
        return None
    lse, mean = (np.asarray(column, dtype=np.float64) for column in (trace.logsumexp, trace.mean_logit))
    certainty: NDArray[np.float64] = lse - mean - np.log(trace.vocab_size)
    return certainty


def self_certainty(trace: TokenTrace) -> float | None:
    """Return the mean of KL(U || p) over the tokens; higher is surer."""
    return _mean(certainty_of_tokens(trace))


def mean_logprob(trace: TokenTrace) -> float | None:
    """Return the mean log-probability of the tokens; higher is surer."""
    return _mean(trace.logprob)


def sum_logprob(trace: TokenTrace) -> float | None:
    """Return the log-probability of the whole text, ln p(y | x)."""
    return None if (mean := _mean(trace.logprob)) is None else mean * len(_known(trace.logprob))


def perplexity(trace: TokenTrace) -> float | None:
    """Return exp(-mean log-probability); lower is surer."""
    return None if (mean := mean_logprob(trace)) is None else float(np.exp(-mean))


def probability_per_token(trace: TokenTrace) -> float | None:
    """Return exp(mean log-probability), 1 / perplexity: that of a whole text vanishes with its length."""
    return None if (mean := mean_logprob(trace)) is None else float(np.exp(mean))


def mean_entropy(trace: TokenTrace) -> float | None:
    """Return the mean entropy of the next-token distributions; lower is surer."""
    return _mean(_exact_entropy(trace))


def gini(trace: TokenTrace) -> float | None:
    """Return the mean of sum p^2; higher is surer."""
    return _mean(trace.sum_p2)


def distribution_perplexity(trace: TokenTrace) -> float | None:
    """Return the mean of exp(entropy), the paper's DP without its sign; lower is surer."""
    return None if (entropy := _exact_entropy(trace)) is None else _mean(np.exp(entropy))


def _exact_entropy(trace: TokenTrace) -> NDArray[np.float64] | None:
    if trace.entropy is None or trace.entropy_is_lower_bound:
        return None
    return np.asarray(trace.entropy, dtype=np.float64)


def _mean(column: ArrayLike | None) -> float | None:
    known = _known(column)
    mean = float(known.mean()) if known.size else np.nan
    return mean if np.isfinite(mean) else None


def _known(column: ArrayLike | None) -> NDArray[np.float64]:
    """Return a column without the tokens that no forward pass scored."""
    values = np.asarray([] if column is None else column, dtype=np.float64)
    return values[~np.isnan(values)]
