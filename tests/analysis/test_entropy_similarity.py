"""Similarity of entropy sequences against independent numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.runs.puppet import rows
from webapp.analysis.entropy_similarity import length_ratio, similarity, token_entropies

E1 = [0.12, 0.85, 0.4, 1.3, 0.05, 0.66]
E2 = [0.1, 0.9, 0.35, 1.1]
E3 = [1.0, 0.02, 0.75, 0.01, 1.4, 0.3, 0.22]


@pytest.mark.parametrize(
    ("second", "expected"), [(E2, 0.613179406848), (E3, 0.18492318997), (E1, 1.0)], ids=["shorter", "other", "same"]
)
def test_it_is_the_padded_cosine_times_the_ratio_of_the_lengths(second: list[float], expected: float) -> None:
    assert similarity(E1, second) == pytest.approx(expected, abs=1e-11)
    assert similarity(second, E1) == pytest.approx(expected, abs=1e-11)


def test_the_ratio_is_at_most_one() -> None:
    assert length_ratio(E1, E2) == length_ratio(E2, E1) == pytest.approx(4 / 6)


@pytest.mark.parametrize("other", [[], [0.0, 0.0]])
def test_nothing_to_compare_is_not_a_number(other: list[float]) -> None:
    assert similarity(E1, other) is None and similarity(other, E1) is None


def test_the_ratio_of_an_empty_text_is_unknown() -> None:
    assert length_ratio([], E1) is None


def test_entropies_are_those_of_the_trace_without_tokens_that_nothing_scored() -> None:
    trace = replace(rows([97, 98, 99]), entropy=np.array([0.5, np.nan, 2.0], dtype=np.float32))
    found = token_entropies(trace)
    assert found is not None and found.tolist() == [0.5, 2.0]
    assert token_entropies(replace(trace, entropy=None)) is None
