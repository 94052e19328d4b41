"""Metropolis-Hastings on texts: the vector, and by enumeration that the target is left unchanged exactly."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.enumeration import LONGEST, Language
from webapp.analysis.metropolis import Path, climbing, exact, log_odds, probability, truncating

ALPHA, TAU = 2.5, 0.5  # tau is not 1 / alpha: what is proposed too often must be corrected for
Rule = Callable[[float, Path, Path, int], float]


def transitions(language: Language, rule: Rule) -> NDArray[np.float64]:
    """[N, N] how probably a move leads from each text to each, the position drawn uniformly in the current one."""
    texts = list(language.texts())
    paths = {text: Path.of(language.path(text), language.path(text, TAU)) for text in texts}
    matrix = np.zeros((len(texts), len(texts)))
    for i, old in enumerate(texts):
        for start in range(len(old)):
            for j, new in enumerate(texts):
                if new[:start] == old[:start] and len(new) > start:
                    proposed = exp(paths[new].between(start)[1]) / len(old)
                    matrix[i, j] += proposed * probability(rule(ALPHA, paths[old], paths[new], start))
        matrix[i, i] += 1 - matrix[i].sum()
    return matrix


def target(language: Language) -> NDArray[np.float64]:
    return np.array(list(language.law(ALPHA).values()))


def test_the_odds_of_a_proposal_and_of_its_reverse() -> None:
    new = Path.of([-0.4, -1.2, -0.3], [-0.05, -0.9, -0.02])
    old = Path.of([-0.7, -0.9, -0.6], [-0.2, -0.4, -0.1])
    there, back = (log_odds(4.0, a.between(0), b.between(0)) for a, b in ((new, old), (old, new)))
    assert (there, probability(there)) == (pytest.approx(1.47), 1.0)
    assert (back, probability(back)) == (pytest.approx(-1.47), pytest.approx(0.229925485187))


def test_with_tau_1_over_alpha_the_odds_are_sums_of_normalisers() -> None:
    language, alpha = Language(), 4.0
    old, new = (0, 1, 2), (0, 3, 1)

    def normalisers(text: tuple[int, ...]) -> float:
        return sum(log(np.exp(alpha * language.logprobs(text[:i])).sum()) for i in range(1, len(text)))

    paths = [Path.of(language.path(text), language.path(text, 1 / alpha)) for text in (old, new)]
    assert exact(alpha, *paths, 1) == pytest.approx(normalisers(new) - normalisers(old))


@pytest.mark.parametrize("seed", range(3))
def test_the_exact_rule_is_reversible_for_texts_of_any_length(seed: int) -> None:
    language = Language(seed)
    assert {len(text) for text in language.texts()} == set(range(1, LONGEST + 1))
    matrix, law = transitions(language, exact), target(language)
    flow = law[:, None] * matrix
    assert flow == pytest.approx(flow.T, abs=1e-15)
    assert law @ matrix == pytest.approx(law, abs=1e-14)


def test_from_any_text_the_chain_comes_to_the_target() -> None:
    language = Language()
    far = np.linalg.matrix_power(transitions(language, exact), 300)
    assert np.abs(far - target(language)).max() < 1e-9


def test_truncating_is_reversible_only_between_texts_of_one_length() -> None:
    language = Language()
    matrix, law = transitions(language, truncating), target(language)
    flow, lengths = law[:, None] * matrix, np.array([len(text) for text in language.texts()])
    alike = lengths[:, None] == lengths
    assert flow[alike] == pytest.approx(flow.T[alike], abs=1e-15)
    assert np.abs(flow - flow.T).max() > 1e-3
    assert np.abs(law @ matrix - law).sum() > 0.01, "so what it samples is not the target"


def test_truncating_compares_as_many_tokens_as_the_shorter_end_has() -> None:
    old, new = Path.of([-1.0, -2.0, -3.0], [-0.5, -0.5, -0.5]), Path.of([-1.0, -0.25], [-0.5, -0.125])
    assert truncating(2.0, old, new, 1) == pytest.approx(2.0 * (-0.25 + 2.0) - 0.5 + 0.125)
    assert truncating(2.0, new, old, 1) == pytest.approx(-truncating(2.0, old, new, 1))


def test_climbing_takes_what_is_likelier_and_nothing_else() -> None:
    low, high = Path.of([-1.0, -2.0], [0.0, 0.0]), Path.of([-1.0, -1.5], [0.0, 0.0])
    assert probability(climbing(low, high, 1)) == 1.0
    assert [probability(climbing(*pair, 1)) for pair in ((high, low), (low, low))] == [0.0, 0.0]
