"""Selection from k samples against trying all subsets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.coverage import pass_at_k
from webapp.analysis.selection import best_of_k, vote_of_k

SCORES = [0.3, 0.9, 0.3, 0.5, 0.9, 0.1]
RIGHT = [1, 0, 0, 1, 1, 0]
ANSWERS = [7, 3, -1, 7, 7, 3]
K = [1, 2, 3, 5, 6]


def over_subsets(chosen: Callable[[Sequence[int]], Sequence[int]], right: Sequence[int], k: int) -> float:
    """Return the mean over all subsets of k of the mean over the samples that are chosen from it; 0 for none."""
    picks = [chosen(subset) for subset in combinations(range(len(right)), k)]
    return float(np.mean([np.mean([right[i] for i in pick]) if pick else 0.0 for pick in picks]))


def best(scores: Sequence[float]) -> Callable[[Sequence[int]], Sequence[int]]:
    return lambda subset: [i for i in subset if scores[i] == max(scores[j] for j in subset)]


def voted(answers: Sequence[int], weights: Sequence[float]) -> Callable[[Sequence[int]], Sequence[int]]:
    def chosen(subset: Sequence[int]) -> Sequence[int]:
        counts = Counter[int]()
        for i in subset:
            if answers[i] != -1:
                counts[answers[i]] += weights[i]
        leading = [answer for answer, count in counts.items() if count == max(counts.values())]
        return [answers.index(answer) for answer in leading]

    return chosen


def test_the_best_of_k_is_the_mean_over_all_subsets() -> None:
    assert best_of_k(SCORES, RIGHT, K) == pytest.approx([over_subsets(best(SCORES), RIGHT, k) for k in K])


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.integers(0, 1)), min_size=1, max_size=7), st.data())
def test_whatever_is_tied(samples: list[tuple[int, int]], data: st.DataObject) -> None:
    scores, right = zip(*samples, strict=True)
    k = data.draw(st.integers(1, len(right)))
    assert best_of_k(scores, right, [k])[0] == pytest.approx(over_subsets(best(scores), right, k))


def test_a_score_that_knows_reaches_the_coverage() -> None:
    assert best_of_k(RIGHT, RIGHT, K) == pytest.approx(pass_at_k(6, 3, K))


@pytest.mark.parametrize("weights", [None, [1, 5, 1, 2, 2, 1]], ids=["counted", "weighed"])
def test_votes_over_many_random_subsets_come_near_to_all(weights: list[float] | None) -> None:
    found = vote_of_k(ANSWERS, RIGHT_BY_ANSWER, K, weights=weights, subsets=20_000, seed=3)
    chosen = voted(ANSWERS, weights or [1] * 6)
    assert found == pytest.approx([over_subsets(chosen, RIGHT_BY_ANSWER, k) for k in K], abs=0.015)
    assert found[-1] == pytest.approx(over_subsets(chosen, RIGHT_BY_ANSWER, 6))


RIGHT_BY_ANSWER = [1, 0, 0, 1, 1, 0]


def test_tied_answers_share_and_a_vote_of_nobody_is_wrong() -> None:
    assert vote_of_k([4, 5], [1, 0], [2]).tolist() == [0.5]
    assert vote_of_k([-1, -1], [0, 0], [1, 2]).tolist() == [0, 0]
    assert vote_of_k([-1, 4], [0, 1], [2]).tolist() == [1]


def test_weights_that_only_rounding_tells_apart_are_a_tie() -> None:
    assert vote_of_k([1, 1, 1, 2], [1, 1, 1, 0], [4], weights=[0.1, 0.1, 0.1, 0.3]).tolist() == [0.5]


def test_subsets_are_the_same_at_every_call_with_a_seed() -> None:
    first, again, other = (vote_of_k(ANSWERS, RIGHT_BY_ANSWER, K, seed=seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_the_order_in_which_k_are_asked_does_not_matter() -> None:
    assert vote_of_k(ANSWERS, RIGHT_BY_ANSWER, [6, 1, 3]).tolist() == [
        vote_of_k(ANSWERS, RIGHT_BY_ANSWER, [1, 3, 6])[i] for i in (2, 0, 1)
    ]


@pytest.mark.parametrize("k", [0, 7])
def test_k_is_at_most_what_there_is(k: int) -> None:
    for select in (best_of_k, vote_of_k):
        with pytest.raises(ValueError, match="from 1 to 6"):
            select(SCORES, RIGHT, [k])
