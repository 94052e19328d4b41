"""What a few log-probabilities say of a whole distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.engine.protocol import Sampling
from webapp.engine.remote.rows import Seen, entropy_bound, seen, trace_of
from webapp.engine.remote.vocabulary import Vocabulary

LETTERS = Vocabulary({i: bytes([97 + i]) for i in range(26)})


@given(st.lists(st.floats(-12, 12), min_size=3, max_size=60), st.integers(1, 10))
def test_the_bound_is_below_the_entropy_and_above_that_of_what_is_known(logits: list[float], k: int):
    p = np.exp(logits) / np.exp(logits).sum()
    best = np.sort(p)[::-1][:k]
    true = float(-(p * np.log(p)).sum())
    bound = entropy_bound(np.log(best).tolist(), math.log(best[-1]))
    assert bound <= true + 1e-6
    assert bound >= float(-(best * np.log(best)).sum()) - 1e-9


@pytest.mark.parametrize("size", [4, 10, 50])
def test_the_bound_is_the_entropy_where_all_are_alike(size: int):
    known = [-math.log(size)] * 3
    assert entropy_bound(known, known[-1]) == pytest.approx(math.log(size))
    assert entropy_bound([0.0], 0.0) == 0.0


def test_a_drawn_token_beyond_the_best_ones_is_known_but_bounds_nothing():
    row = seen(9, -6.0, {1: -0.5, 9: -6.0, 2: -1.5})
    assert row.top == ((1, -0.5), (2, -1.5), (9, -6.0))
    trace = trace_of([row], LETTERS, alternatives=2, known=True)
    assert trace.top_ids.tolist() == [[1, 2]]
    assert trace.entropy[0] == pytest.approx(entropy_bound([-0.5, -1.5, -6.0], -1.5))


def test_a_drawn_token_alone_does_not_bound_the_others():
    row = seen(9, math.log(0.1), {9: math.log(0.1)})  # the rest may all be one token
    trace = trace_of([row, Seen(3)], LETTERS, alternatives=0, known=True)
    assert trace.entropy[0] == pytest.approx(-(0.1 * math.log(0.1) + 0.9 * math.log(0.9)))
    assert np.isnan(trace.entropy[1]) and trace.top_ids is None


def test_what_is_not_known_is_null_or_nan():
    row = seen(3, -9999.0, {4: -9999.0, 5: -0.1})
    assert math.isnan(row.logprob) and row.top == ((5, -0.1),)
    trace = trace_of([row, Seen(3)], LETTERS, alternatives=3, known=True)
    assert trace.top_ids.tolist() == [[5, -1, -1], [-1, -1, -1]]
    assert np.isnan(trace.logprob).all() and np.isnan(trace.entropy[1])
    blind = trace_of([Seen(3)], LETTERS, alternatives=3, known=False)
    assert (blind.logprob, blind.entropy, blind.top_ids, blind.sampled_logprob) == (None,) * 4
    assert blind.candidates is None and blind.mean_logit is None and blind.sum_p2 is None


@pytest.mark.parametrize(
    ("sampling", "drawn_with"),
    [
        (Sampling(temperature=1.0), [-0.5]), (Sampling(temperature=0.0), [0.0]), (Sampling(temperature=0.7), None),
        (Sampling(temperature=1.0, top_p=0.9), None),
    ],
)  # fmt: skip
def test_the_probability_of_the_draw_is_known_where_nothing_changed_it(
    sampling: Sampling, drawn_with: list[float] | None
):
    trace = trace_of([seen(1, -0.5, {1: -0.5})], LETTERS, alternatives=1, known=True, sampling=sampling)
    assert (None if trace.sampled_logprob is None else trace.sampled_logprob.tolist()) == drawn_with
