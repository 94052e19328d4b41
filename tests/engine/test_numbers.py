"""The pure functions against small cases that can be worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from webapp.engine.noise import uniform
from webapp.engine.protocol import OptionProbabilities, Sampling
from webapp.engine.sampling import draw
from webapp.engine.signals import signals

LOGITS = torch.log(torch.tensor([[0.5, 0.25, 0.125, 0.125]]))


def test_noise_is_a_function_of_its_key_alone() -> None:
    base = Sampling(seed=1, problem="p", label="draft")
    assert uniform(base, 0, 0) == uniform(Sampling(seed=1, problem="p", label="draft", temperature=2.0), 0, 0)
    keys = [uniform(Sampling(seed=s, problem=p, label=k, redraw=r), i, t)
            for s in (0, 1) for p in "ab" for k in "xy" for r in (0, 1) for i in (0, 1) for t in (0, 1)]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert all(0 <= u < 1 for u in keys)


def test_noise_is_uniform() -> None:
    drawn = torch.tensor([uniform(Sampling(), 0, i) for i in range(4000)])
    assert abs(float(drawn.mean()) - 0.5) < 4 / math.sqrt(12 * 4000)
    assert torch.histc(drawn, 10, 0, 1).sub(400).abs().max() < 4 * math.sqrt(400 * 0.9)


@pytest.mark.parametrize(("noise", "token"), [(0.0, 0), (0.49, 0), (0.51, 1), (0.76, 2), (0.9, 3), (0.9999, 3)])
def test_a_draw_inverts_the_cumulative_distribution(noise: float, token: int) -> None:
    drawn = draw(LOGITS, [Sampling(temperature=1.0)], [noise])
    assert drawn.ids.tolist() == [token]
    assert drawn.candidates.tolist() == [4]


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"top_k": 2}, [0, 1]),
        ({"top_p": 0.6}, [0, 1]),
        ({"top_p": 0.5}, [0]),
        ({"min_p": 0.4}, [0, 1]),
        ({}, [0, 1, 2, 3]),
    ],
)
def test_truncation_keeps_what_its_rule_says(settings: dict[str, float], kept: list[int]) -> None:
    sampling = Sampling(temperature=1.0, **settings)  # type: ignore[arg-type]
    drawn = [draw(LOGITS, [sampling], [(i + 0.5) / 64]) for i in range(64)]
    assert sorted({int(d.ids) for d in drawn}) == kept
    assert {int(d.candidates) for d in drawn} == {len(kept)}
    first = next(d for d in drawn if int(d.ids) == 0)
    assert float(first.logprobs) == pytest.approx(math.log(0.5 / sum([0.5, 0.25, 0.125, 0.125][i] for i in kept)))


def test_rows_keep_their_own_settings() -> None:
    both = draw(LOGITS.repeat(2, 1), [Sampling(temperature=0.0), Sampling(temperature=1.0)], [0.99, 0.99])
    assert both.ids.tolist() == [0, 3]
    assert both.candidates.tolist() == [1, 4]


def test_signals_of_a_distribution_worked_by_hand() -> None:
    seen = signals(LOGITS + 3, 2)
    assert float(seen.entropy) == pytest.approx(1.75 * math.log(2))
    assert float(seen.logsumexp) == pytest.approx(3)
    assert float(seen.sum_p2) == pytest.approx(0.25 + 0.0625 + 2 * 0.015625)
    assert float(seen.mean_logit) == pytest.approx(3 - 9 * math.log(2) / 4)
    assert seen.top_ids.tolist() == [[0, 1]]


def test_p_true_of_two_options_as_published() -> None:
    a, b = math.exp(1.3), math.exp(0.45)
    total = 4 * (a + b)
    assert OptionProbabilities(("A", "B"), (a / total, b / total)).probabilities[0] == pytest.approx(0.700567142474)


def test_p_true_of_pooled_variants_as_published() -> None:
    masses = (math.exp(-1.1) + math.exp(-2.35), math.exp(-1.9) + math.exp(-3.0))
    pooled = OptionProbabilities(("A", "B"), masses)
    assert pooled.probabilities[0] == pytest.approx(0.682350256036)
    assert pooled.captured == pytest.approx(0.627595933504)
