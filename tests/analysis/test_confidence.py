"""Confidence from token traces: against numbers that were derived independently in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import exp, inf, nan

import numpy as np
import pytest

from storage.trace import TokenTrace
from webapp.analysis import confidence

V = 8
LOGITS = {
    "y1": [
        [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5],
        [3.9, 0.2, -0.6, 0.1, -1.4, 0.3, -2.0, 0.9],
        [-0.5, 4.6, 0.3, -0.2, 0.8, -1.1, 0.0, 0.6],
        [0.1, 0.4, -0.7, 5.2, -0.9, 0.2, 1.3, -0.4],
    ],
    "y2": [
        [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5],
        [0.6, 0.5, 0.9, 0.2, -0.1, 0.7, -0.4, 1.0],
        [0.3, 1.2, 0.8, -0.6, 0.4, 0.9, 0.1, -0.2],
    ],
    "y3": [
        [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5],
        [6.3, 0.1, -1.0, 0.5, -0.7, -0.2, -1.8, 0.4],
        [0.2, -0.9, 5.8, 0.3, -1.3, 0.6, -0.5, 0.0],
        [-0.2, 1.9, 0.4, 2.2, 0.1, -0.8, 0.7, -1.5],
        [7.1, -0.4, 0.2, -1.6, 0.3, 0.8, -0.1, -0.9],
    ],
}
IDS = {"y1": [0, 0, 1, 3], "y2": [7, 2, 1], "y3": [0, 0, 2, 3, 0]}
PER_TOKEN = {
    "y1": [0.546124553657, 1.77925432127, 2.03685047458, 2.51933579223],
    "y2": [0.546124553657, 0.0952093045297, 0.147299430524],
    "y3": [0.546124553657, 3.78168713354, 3.21557780323, 0.653057527142, 4.3513015193],
}
# self-certainty, mean and summed log-probability, perplexity, entropy, Gini, distributional perplexity
EXPECTED = {
    "y1": (
        1.72039128544, -0.271707827115, -1.08683130846, 1.312203555, 0.712521144734, 0.701158563902, 2.37550693395,
    ),
    "y2": (
        0.262877762903, -1.50481930458, -4.51445791375, 4.5033398239, 1.84215908383, 0.192481741467, 6.40950656359,
    ),
    "y3": (
        2.50954970737, -0.348991249054, -1.74495624527, 1.41763678462, 0.675738535739, 0.696648243045, 2.55901106854,
    ),
}  # fmt: skip
MEASURES: Sequence[Callable[[TokenTrace], float | None]] = (
    confidence.self_certainty,
    confidence.mean_logprob,
    confidence.sum_logprob,
    confidence.perplexity,
    confidence.mean_entropy,
    confidence.gini,
    confidence.distribution_perplexity,
)


def trace_of(logits: Sequence[Sequence[float]], ids: Sequence[int]) -> TokenTrace:
    """Return the columns that an engine would keep of rows of logits, in float64."""
    rows = np.array(logits)
    lse = np.log(np.exp(rows).sum(-1))
    logp = rows - lse[:, None]
    return TokenTrace(
        ids=np.array(ids, dtype=np.int32),
        pieces={i: b"x" for i in range(V)},
        vocab_size=V,
        logprob=logp[np.arange(len(ids)), ids],
        entropy=-(np.exp(logp) * logp).sum(-1),
        logsumexp=lse,
        mean_logit=rows.mean(-1),
        sum_p2=(np.exp(logp) ** 2).sum(-1),
    )


@pytest.mark.parametrize("name", LOGITS)
def test_measures_are_those_of_the_full_distributions(name: str) -> None:
    trace = trace_of(LOGITS[name], IDS[name])
    assert confidence.certainty_of_tokens(trace) == pytest.approx(PER_TOKEN[name], rel=1e-9)
    assert [measure(trace) for measure in MEASURES] == pytest.approx(EXPECTED[name], rel=1e-9)
    assert confidence.probability_per_token(trace) == pytest.approx(1 / EXPECTED[name][3], rel=1e-9)


def test_it_is_the_divergence_from_the_uniform_distribution_by_its_definition() -> None:
    logp = np.array(LOGITS["y1"]) - np.log(np.exp(LOGITS["y1"]).sum(-1))[:, None]
    divergence = [sum(1 / V * (np.log(1 / V) - each) for each in row) for row in logp]
    trace = trace_of(LOGITS["y1"], IDS["y1"])
    assert confidence.certainty_of_tokens(trace) == pytest.approx(divergence, rel=1e-12)
    uniform = trace_of([[3.0] * V], [0])
    assert confidence.self_certainty(uniform) == pytest.approx(0.0, abs=1e-12)


def test_float32_columns_as_they_are_stored_are_averaged_in_float64() -> None:
    value = np.float32(0.1)
    trace = replace(trace_of([LOGITS["y1"][0]], [0]), sum_p2=np.full(100_000, value), logprob=None)
    assert confidence.gini(trace) == pytest.approx(float(value), rel=1e-12)


def test_tokens_that_no_pass_scored_are_left_out() -> None:
    trace = trace_of(LOGITS["y1"], IDS["y1"])
    gap = {name: np.where([True, False, True, True], getattr(trace, name), nan) for name in ("logprob", "logsumexp")}
    partly = replace(trace, **gap)
    assert confidence.mean_logprob(partly) == pytest.approx(np.mean(trace.logprob[[0, 2, 3]]))
    assert confidence.sum_logprob(partly) == pytest.approx(np.sum(trace.logprob[[0, 2, 3]]))
    assert confidence.self_certainty(partly) == pytest.approx(np.mean([PER_TOKEN["y1"][i] for i in (0, 2, 3)]))


def test_what_a_trace_does_not_give_exactly_is_not_known() -> None:
    trace = trace_of(LOGITS["y1"], IDS["y1"])
    bare = TokenTrace(ids=trace.ids, pieces=trace.pieces, vocab_size=V)
    assert [measure(bare) for measure in [*MEASURES, confidence.probability_per_token]] == [None] * 8
    assert confidence.self_certainty(replace(trace, mean_logit=None)) is None
    bound = replace(trace, entropy_is_lower_bound=True)
    assert confidence.mean_entropy(bound) is None and confidence.distribution_perplexity(bound) is None
    assert confidence.gini(bound) == confidence.gini(trace), "its own column is exact whatever the entropy is"


def test_a_masked_logit_makes_certainty_unknown_instead_of_infinite() -> None:
    trace = trace_of(LOGITS["y2"], IDS["y2"])
    masked = replace(trace, mean_logit=np.array([0.3, -inf, 0.3]))
    assert confidence.self_certainty(masked) is None
    assert confidence.perplexity(masked) == pytest.approx(exp(-EXPECTED["y2"][1]))


def test_a_text_without_a_scored_token_has_no_confidence() -> None:
    trace = replace(trace_of([LOGITS["y1"][0]], [0]), logprob=np.array([nan]))
    assert confidence.mean_logprob(trace) is None and confidence.sum_logprob(trace) is None
