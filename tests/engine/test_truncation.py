"""Top-H and eta on rows of the engine against the numpy functions, alone, together and beside other rules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.analysis.test_truncation import LOGITS, PUBLISHED, SPIKE, ZIPF
from webapp.analysis.truncation import Distribution, eta, softmax, top_h, top_h_repo
from webapp.engine.checking import check
from webapp.engine.protocol import EngineError, Sampling
from webapp.engine.sampling import Draw, draw

ALPHAS = (0.2, 0.4, 0.7)


def drawn(logits: np.ndarray, *settings: Sampling, noise: float = 0.5) -> Draw:
    return draw(torch.tensor(logits, dtype=torch.float32), list(settings), [noise] * len(settings))


def expected(logits: np.ndarray, s: Sampling) -> int:
    d = Distribution.of(logits.astype(np.float32), s.temperature)
    rule = top_h_repo if s.top_h_variant == "repo" else top_h
    counts = [rule(d, s.top_h) if s.top_h else None, eta(d, s.eta) if s.eta else None]
    return min(count for count in counts if count is not None)


@pytest.mark.parametrize(("name", "temperature"), PUBLISHED)
def test_rows_of_one_step_keep_the_published_sets(name: str, temperature: float) -> None:
    settings = [
        Sampling(temperature=temperature, top_h=alpha, top_h_variant=variant)  # type: ignore[arg-type]
        for alpha in ALPHAS for variant in ("paper", "repo")
    ]  # fmt: skip
    found = drawn(np.array([LOGITS[name]] * len(settings)), *settings).candidates.tolist()
    assert found == [count for pair in PUBLISHED[name, temperature] for count in pair]


@pytest.mark.parametrize("vocabulary", [37, 5000])
@pytest.mark.parametrize("spread", [0.3, 2.0, 6.0])
def test_rows_of_any_settings_keep_what_numpy_says(vocabulary: int, spread: float) -> None:
    generator = np.random.default_rng(int(vocabulary * spread))
    settings = [
        Sampling(temperature=t, top_h=alpha, top_h_variant=variant, eta=epsilon)  # type: ignore[arg-type]
        for t in (0.5, 1.0, 2.0) for alpha, variant, epsilon in
        ((0.4, "paper", 0.0), (0.8, "paper", 0.0), (0.4, "repo", 0.0), (0.0, "paper", 0.002), (0.9, "repo", 0.05))
    ]  # fmt: skip
    logits = generator.normal(size=(len(settings), vocabulary)) * spread
    found = drawn(logits, *settings).candidates.tolist()
    assert found == [expected(row, s) for row, s in zip(logits, settings, strict=True)]


@pytest.mark.parametrize("weights", [ZIPF, SPIKE], ids=["zipf", "spike"])
def test_equals_at_the_cut_are_kept_by_their_ids(weights: np.ndarray) -> None:
    steps = [(i + 0.5) / 4000 for i in range(4000)]
    sampling = Sampling(temperature=1.0, top_h=0.4)
    logits = torch.tensor(np.log(weights), dtype=torch.float32).repeat(4000, 1)
    found = draw(logits, [sampling] * 4000, steps)
    count = int(found.candidates[0])
    assert count == expected(np.log(weights), sampling)
    assert set(found.ids.tolist()) == set(range(count))


def test_equals_beyond_what_was_ordered_first_are_found() -> None:
    size = 3000
    found = drawn(np.zeros((1, size)), Sampling(temperature=1.0, top_h=0.5), noise=0.9999)
    count = int(found.candidates)
    assert count == expected(np.zeros(size), Sampling(temperature=1.0, top_h=0.5)) and int(found.ids) == count - 1


def test_a_kept_set_larger_than_what_was_ordered_first_is_whole() -> None:
    logits = np.random.default_rng(3).normal(size=6000) * 0.01
    sampling = Sampling(temperature=1.0, top_h=0.9)
    count = int(drawn(logits[None], sampling).candidates)
    assert count == expected(logits, sampling) > 1024


def test_what_is_drawn_has_its_renormalised_probability() -> None:
    logits = np.random.default_rng(4).normal(size=200)
    sampling = Sampling(temperature=1.5, top_h=0.5)
    found = drawn(logits[None], sampling, noise=0.3)
    p = softmax(logits.astype(np.float32), 1.5)
    order = np.argsort(-p)[: expected(logits, sampling)]
    assert float(found.logprobs) == pytest.approx(np.log(p[int(found.ids)] / p[order].sum()), abs=1e-5)
    assert float(found.entropy) == pytest.approx(float(-(p * np.log(p)).sum()), abs=1e-5)


def test_other_rules_see_what_top_h_leaves() -> None:
    logits = np.random.default_rng(5).normal(size=100)
    of_all = int(drawn(logits[None], Sampling(temperature=1.0, top_h=0.7)).candidates)
    both = Sampling(temperature=1.0, top_h=0.7, top_p=0.5)
    p = np.sort(softmax(logits))[::-1][:of_all]
    assert int(drawn(logits[None], both).candidates) == int(np.searchsorted(np.cumsum(p / p.sum()), 0.5) + 1) < of_all


def test_rows_without_a_rule_and_greedy_ones_are_as_they_were() -> None:
    logits = np.random.default_rng(6).normal(size=(3, 300))
    plain, greedy = Sampling(temperature=0.9), Sampling(temperature=0.0, top_h=0.1)
    mixed = drawn(logits, plain, greedy, Sampling(temperature=1.0, top_h=0.4))
    alone = drawn(logits[:1], plain)
    assert (mixed.ids[0], mixed.logprobs[0], mixed.candidates[0]) == (alone.ids[0], alone.logprobs[0], 300)
    assert (int(mixed.ids[1]), int(mixed.candidates[1])) == (int(logits[1].argmax()), 1)


@pytest.mark.parametrize("variant", ["paper", "repo"])
def test_a_token_without_weight_is_never_kept(variant: str) -> None:
    logits = np.array([[5.0, -3000.0, -4000.0]])
    found = drawn(logits, Sampling(temperature=1.0, top_h=0.9, top_h_variant=variant), noise=1 - 2**-53)  # type: ignore[arg-type]
    assert (int(found.ids), int(found.candidates)) == (0, 1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"top_h": 1.0}, "top-H is 1.0"), ({"top_h": float("nan")}, "top-H is nan"), ({"eta": -0.1}, "eta")],
)
def test_impossible_settings_are_named(settings: dict[str, float], said: str) -> None:
    with pytest.raises(EngineError, match=said):
        check(Sampling(**settings), 1)  # type: ignore[arg-type]
