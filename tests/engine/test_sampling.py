"""Draws against brute force in numpy float64, and at the edges of the noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from webapp.engine.checking import check
from webapp.engine.protocol import EngineError, Sampling
from webapp.engine.sampling import draw

ALMOST_ONE = 1 - 2**-53
MID = [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5]
FLAT = [0.6, 0.5, 0.9, 0.2, -0.1, 0.7, -0.4, 1.0]
PEAKED = [6.3, 0.1, -1.0, 0.5, -0.7, -0.2, -1.8, 0.4]
SETTINGS = [
    {},
    {"temperature": 0.3},
    {"temperature": 2.0, "top_k": 3},
    {"top_p": 0.8},
    {"min_p": 0.2},
    {"temperature": 1.5, "top_k": 6, "top_p": 0.9, "min_p": 0.02},
]


def brute_force(logits: np.ndarray, s: Sampling, noise: float) -> tuple[int, float, float, int]:
    """Return the token, its log-probability, the entropy before truncation and the number of candidates."""
    p = np.exp(logits / s.temperature - np.max(logits / s.temperature))
    p /= p.sum()
    entropy = float(-(p[p > 0] * np.log(p[p > 0])).sum())
    keep = p >= s.min_p * p.max()
    if s.top_k:
        keep &= p >= np.sort(p)[::-1][min(s.top_k, len(p)) - 1]
    if s.top_p < 1:
        q = np.where(keep, p, 0) / p[keep].sum()
        mass = 0.0
        for i in np.argsort(-q, kind="stable"):
            keep[i] &= mass < s.top_p
            mass += q[i]
    q = np.where(keep, p, 0) / p[keep].sum()
    token = int(np.searchsorted(np.cumsum(q), noise, side="right"))
    return token, float(np.log(q[token])), entropy, int(keep.sum())


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_draws_equal_brute_force(settings: dict[str, float]) -> None:
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(64, 97)) * 3
    noise = generator.random(64)
    sampling = Sampling(**{"temperature": 1.0, **settings})  # type: ignore[arg-type]
    drawn = draw(torch.tensor(logits, dtype=torch.float32), [sampling] * 64, noise.tolist())
    for i in range(64):
        token, logprob, entropy, candidates = brute_force(logits[i].astype(np.float32), sampling, noise[i])
        assert int(drawn.ids[i]) == token
        assert float(drawn.logprobs[i]) == pytest.approx(logprob, abs=1e-5)
        assert float(drawn.entropy[i]) == pytest.approx(entropy, abs=1e-5)
        assert int(drawn.candidates[i]) == candidates


def kept(logits: list[float], **settings: float) -> set[int]:
    sampling = Sampling(**settings)  # type: ignore[arg-type]
    steps = [(i + 0.5) / 2000 for i in range(2000)]
    drawn = draw(torch.tensor([logits]).repeat(2000, 1), [sampling] * 2000, steps)
    found = set(drawn.ids.tolist())
    assert set(drawn.candidates.tolist()) == {len(found)}
    return found


@pytest.mark.parametrize(
    ("logits", "temperature", "min_p", "top_p"),
    [
        (MID, 1.0, {0, 2, 3, 5, 7}, {0, 7, 2, 5, 3}),
        (MID, 2.0, {0, 1, 2, 3, 4, 5, 6, 7}, {0, 7, 2, 5, 3, 1, 6}),
        (FLAT, 1.0, {0, 1, 2, 3, 4, 5, 6, 7}, {7, 2, 5, 0, 1, 3, 4}),
        (PEAKED, 1.0, {0}, {0}),
        (PEAKED, 2.0, {0}, {0, 3, 7, 1}),
    ],
)
def test_truncation_keeps_the_published_sets(
    logits: list[float], temperature: float, min_p: set[int], top_p: set[int]
) -> None:
    assert kept(logits, temperature=temperature, min_p=0.1) == min_p
    assert kept(logits, temperature=temperature, top_p=0.9) == top_p


@pytest.mark.parametrize(("spread", "top_p"), [(4.0, 0.9), (0.1, 0.9), (0.1, 0.01), (1.0, 0.999999)])
def test_a_nucleus_of_a_large_vocabulary_is_the_same_however_few_were_ordered(spread: float, top_p: float) -> None:
    logits = np.random.default_rng(1).normal(size=20_000) * spread
    drawn = draw(torch.tensor(logits[None]), [Sampling(temperature=1.0, top_p=top_p)], [0.5])
    token, logprob, _, candidates = brute_force(logits, Sampling(temperature=1.0, top_p=top_p), 0.5)
    assert (int(drawn.ids), int(drawn.candidates)) == (token, candidates)
    assert float(drawn.logprobs) == pytest.approx(logprob)


@pytest.mark.parametrize("settings", [{"top_k": 3}, {"top_p": 0.5}, {"min_p": 0.3}], ids=str)
@pytest.mark.parametrize("size", [8, 50_000])
def test_noise_just_below_one_never_takes_what_truncation_removed(settings: dict[str, float], size: int) -> None:
    logits = torch.linspace(5, 0, size)[None]  # the last ids are the least probable, and go first
    drawn = draw(logits, [Sampling(temperature=1.0, **settings)], [ALMOST_ONE])  # type: ignore[arg-type]
    assert torch.isfinite(drawn.logprobs).all()
    assert int(drawn.ids) == int(drawn.candidates) - 1


def test_noise_just_below_one_without_truncation_takes_the_last_token_with_weight() -> None:
    logits = torch.tensor([[0.0, 0.0, -2000.0]])
    assert draw(logits, [Sampling(temperature=1.0)], [ALMOST_ONE]).ids.tolist() == [1]


def test_noise_of_zero_takes_the_first_token_with_weight() -> None:
    logits = torch.tensor([[-2000.0, 0.0, 0.0]])
    assert draw(logits, [Sampling(temperature=1.0)], [0.0]).ids.tolist() == [1]


@pytest.mark.parametrize("temperature", [1e-3, 1e-6, 1e-12, 5e-324])
def test_a_temperature_near_zero_is_greedy_and_finite(temperature: float) -> None:
    drawn = draw(torch.tensor([MID]), [Sampling(temperature=temperature)], [0.999])
    assert drawn.ids.tolist() == [0]
    assert torch.isfinite(drawn.logprobs).all() and torch.isfinite(drawn.entropy).all()


def test_a_greedy_row_takes_the_lowest_of_equals_and_is_sure_of_it() -> None:
    drawn = draw(torch.tensor([[1.0, 3.0, 3.0]]), [Sampling(temperature=0.0, top_p=0.1)], [0.9])
    assert drawn.ids.tolist() == [1]
    assert (float(drawn.logprobs), float(drawn.entropy), int(drawn.candidates)) == (0.0, 0.0, 1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": math.inf}, "temperature is inf"),
        ({"top_p": math.nan}, "Top-p is nan"),
        ({"top_k": -1}, "Top-k is -1"),
        ({"min_p": 1.5}, "Min-p is 1.5"),
        ({"temperature_grid": (1.0, 0.0)}, "grid"),
    ],
)
def test_impossible_settings_are_named(settings: dict, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        check(Sampling(**settings), 1)
