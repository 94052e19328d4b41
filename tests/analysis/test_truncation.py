"""The kept sets of every rule: published ones, small ones by hand, and what few known tokens decide."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from webapp.analysis.truncation import (
    Distribution,
    Rules,
    cuts,
    entropy,
    eta,
    kept_along,
    min_p,
    softmax,
    top_h,
    top_h_repo,
    top_k,
    top_p,
)

LOGITS = {
    "mid": [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5],
    "flat": [0.6, 0.5, 0.9, 0.2, -0.1, 0.7, -0.4, 1.0],
    "peaked": [6.3, 0.1, -1.0, 0.5, -0.7, -0.2, -1.8, 0.4],
}
# Kept by the paper's algorithm and by the authors' code, at alpha 0.2, 0.4 and 0.7; of no published vector more.
PUBLISHED: dict[tuple[str, float], tuple[tuple[int, int], ...]] = {
    ("mid", 1.0): ((1, 1), (1, 1), (3, 3)),
    ("mid", 2.0): ((1, 1), (2, 2), (4, 4)),
    ("flat", 1.0): ((1, 1), (2, 2), (4, 4)),
    ("flat", 2.0): ((1, 1), (2, 2), (4, 5)),
    ("peaked", 1.0): ((1, 1), (2, 2), (4, 3)),
    ("peaked", 2.0): ((1, 1), (2, 2), (4, 4)),
}
OTHERS = {  # kept by min-p 0.1 and top-p 0.9, and the entropy in bits
    ("mid", 1.0): (5, 5, 2.29130282338),
    ("mid", 2.0): (8, 7, 2.79797661037),
    ("flat", 1.0): (8, 7, 2.87744410771),
    ("flat", 2.0): (8, 7, 2.96559091096),
    ("peaked", 1.0): (1, 1, 0.115713202438),
    ("peaked", 2.0): (1, 4, 1.30932511584),
}
ZIPF = 1 / np.arange(1, 201)
SPIKE = np.array([0.6, *[0.4 / 199] * 199])


def whole(name: str, temperature: float) -> Distribution:
    return Distribution.of(np.array(LOGITS[name]), temperature)


def of(weights: NDArray[np.float64]) -> Distribution:
    return Distribution.of(np.log(weights))


def known(d: Distribution, count: int) -> Distribution:
    """Return what is known of a distribution from its likeliest tokens and its entropy."""
    return Distribution(d.probabilities[:count], d.entropy, whole=False)


@pytest.mark.parametrize(("name", "temperature"), PUBLISHED)
def test_top_h_keeps_the_published_sets(name: str, temperature: float) -> None:
    d = whole(name, temperature)
    found = tuple((top_h(d, alpha), top_h_repo(d, alpha)) for alpha in (0.2, 0.4, 0.7))
    assert found == PUBLISHED[name, temperature]


@pytest.mark.parametrize(("name", "temperature"), OTHERS)
def test_the_other_rules_keep_the_published_sets(name: str, temperature: float) -> None:
    d = whole(name, temperature)
    least, nucleus, bits = OTHERS[name, temperature]
    assert (min_p(d, 0.1), top_p(d, 0.9)) == (least, nucleus)
    assert d.entropy is not None and d.entropy / np.log(2) == pytest.approx(bits)


def test_paper_and_code_differ_where_they_are_known_to() -> None:
    assert (top_h(of(ZIPF), 0.4), top_h_repo(of(ZIPF), 0.4)) == (6, 10)
    assert (top_h(of(SPIKE), 0.4), top_h_repo(of(SPIKE), 0.4)) == (59, 25)


def test_top_h_is_the_largest_set_within_its_bound() -> None:
    d = of(np.random.default_rng(0).exponential(size=300))
    for alpha in (0.1, 0.4, 0.9):
        kept = top_h(d, alpha)
        assert kept is not None and d.entropy is not None

        def undecided(count: int, of_all: Distribution = d) -> float:
            return entropy(of_all.probabilities[:count] / of_all.probabilities[:count].sum())

        assert undecided(kept) <= alpha * d.entropy < undecided(kept + 1)


def test_eta_keeps_what_is_above_its_threshold_and_falls_with_the_entropy() -> None:
    flat, peaked = of(np.ones(1000)), of(np.array([0.9, *[0.1 / 999] * 999]))
    assert eta(peaked, 0.0002) == 1, "0.0001 each is below the threshold, which is epsilon itself"
    assert eta(flat, 0.0002) == 1000, "0.001 each, against a threshold of sqrt(0.0002) / 1000"
    assert eta(of(np.array([0.5, 0.3, 0.2])), 0.36) == 2, "above 0.6 exp(-1.03) = 0.214"


def test_top_k_keeps_equals_of_the_last() -> None:
    d = of(np.array([4, 2, 2, 2, 1.0]))
    assert [top_k(d, count) for count in (1, 2, 5, 50)] == [1, 4, 5, 5]


def test_every_rule_keeps_the_likeliest_token_and_nothing_without_weight() -> None:
    certain = Distribution.of(np.array([0.0, -2000.0, -2000.0]))
    rules = Rules(alpha=0.9, top_p=0.1, min_p=1.0, top_k=1, eta=0.9)
    assert {cut.kept for cut in cuts(certain, rules).values()} == {1}


def test_a_cut_tells_mass_and_entropy_of_what_is_kept() -> None:
    found = cuts(of(np.array([4, 2, 1, 1.0])), Rules(top_p=0.7))["top_p"]
    assert found.kept == 2 and found.mass == pytest.approx(0.75)
    assert found.entropy == pytest.approx(entropy(np.array([2 / 3, 1 / 3])))


@pytest.mark.parametrize("weights", [ZIPF, SPIKE, 0.5 ** np.arange(60.0), np.ones(40)], ids="zspu")
@pytest.mark.parametrize("count", [2, 10, 39])
def test_what_few_known_tokens_decide_is_what_all_would(weights: NDArray[np.float64], count: int) -> None:
    d = of(weights)
    rules = Rules(alpha=0.3, top_p=0.5, min_p=0.4, top_k=3, eta=0.01)
    all_known, few = cuts(d, rules), cuts(known(d, count), rules)
    assert all(cut.kept is None or cut == pytest.approx(all_known[name]) for name, cut in few.items())


def test_few_known_tokens_decide_most_where_the_model_is_sure() -> None:
    few = cuts(known(of(0.3 ** np.arange(200.0)), 10), Rules(top_k=5))
    assert [name for name, cut in few.items() if cut.kept is None] == []
    flat = cuts(known(of(np.ones(200)), 5), Rules(top_k=20))
    assert {cut.kept for cut in flat.values()} == {None}


def test_without_the_entropy_only_rules_that_do_not_need_it_are_decided() -> None:
    d = Distribution(np.array([0.75, 0.2, 0.03, 0.01]), None, whole=False)
    found = cuts(d, Rules(top_k=3))
    assert {name for name, cut in found.items() if cut.kept is None} == {"top_h", "top_h_repo", "eta"}
    assert [found[name].kept for name in ("top_p", "min_p", "top_k")] == [2, 2, 3]


def test_kept_along_a_text_has_a_number_a_position() -> None:
    rows = [whole("mid", 1.0), known(whole("flat", 1.0), 2), None]
    found = kept_along(rows, Rules())
    assert found["top_p"] == [5, None, None] and found["top_h"] == [1, None, None]


@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0])
def test_kept_along_is_what_the_whole_distribution_says_however_many_are_kept(spread: float) -> None:
    d = Distribution.of(np.random.default_rng(1).normal(size=5000).astype(np.float32) * spread)
    rules = Rules(top_k=1500)
    assert kept_along([d], rules) == {name: [cut.kept] for name, cut in cuts(d, rules).items()}


def test_temperatures_far_apart_stay_finite() -> None:
    for temperature in (1e-3, 1e3):
        assert softmax(np.array([[1e3, 0.0, -1e3]]), temperature).sum() == pytest.approx(1.0)
