"""The statistics of a row of logits, against published numbers worked out independently in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storage.trace import TokenTrace
from webapp.engine.signals import Signals, at_temperature, signals

Y1 = [
    [2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5],
    [3.9, 0.2, -0.6, 0.1, -1.4, 0.3, -2.0, 0.9],
    [-0.5, 4.6, 0.3, -0.2, 0.8, -1.1, 0.0, 0.6],
    [0.1, 0.4, -0.7, 5.2, -0.9, 0.2, 1.3, -0.4],
]
Y1_IDS = [0, 0, 1, 3]
Y1_CERTAINTY = [0.546124553657, 1.77925432127, 2.03685047458, 2.51933579223]
Y2 = [Y1[0], [0.6, 0.5, 0.9, 0.2, -0.1, 0.7, -0.4, 1.0], [0.3, 1.2, 0.8, -0.6, 0.4, 0.9, 0.1, -0.2]]
Y2_IDS = [7, 2, 1]
Y2_CERTAINTY = [0.546124553657, 0.0952093045297, 0.147299430524]


def trace(logits: list[list[float]], ids: list[int]) -> tuple[Signals, TokenTrace]:
    seen = signals(torch.tensor(logits), 3)
    lse, mean = seen.logsumexp.numpy(), seen.mean_logit.numpy()
    return seen, TokenTrace(ids=np.array(ids), pieces={}, vocab_size=8, logsumexp=lse, mean_logit=mean)


@pytest.mark.parametrize(
    ("logits", "ids", "certainty", "mean_logprob", "mean_entropy", "gini"),
    [
        (Y1, Y1_IDS, Y1_CERTAINTY, -0.271707827115, 0.712521144734, 0.701158563902),
        (Y2, Y2_IDS, Y2_CERTAINTY, -1.50481930458, 1.84215908383, 0.192481741467),
    ],
    ids=["sure", "unsure"],
)
def test_self_certainty_and_its_companions_as_published(
    logits: list[list[float]], ids: list[int], certainty: list[float], mean_logprob: float, mean_entropy: float,
    gini: float,
) -> None:  # fmt: skip
    seen, recorded = trace(logits, ids)
    assert recorded.self_certainty is not None
    assert recorded.self_certainty.tolist() == pytest.approx(certainty, abs=1e-5)
    chosen = seen.logprobs.gather(1, torch.tensor(ids)[:, None])
    assert float(chosen.mean()) == pytest.approx(mean_logprob, abs=1e-6)
    assert float(seen.entropy.mean()) == pytest.approx(mean_entropy, abs=1e-6)
    assert float(seen.sum_p2.mean()) == pytest.approx(gini, abs=1e-6)


def test_probabilities_and_entropy_as_published() -> None:
    seen = signals(torch.tensor([Y1[0]], dtype=torch.float64), 8)
    expected = [0.437986979885, 0.0397332823826, 0.108006259486, 0.0536343211781,
                0.0161543470987, 0.0800130049747, 0.0240994539761, 0.240372351019]  # fmt: skip
    assert seen.logprobs.exp()[0].tolist() == pytest.approx(expected, abs=1e-9)
    assert float(seen.entropy) / np.log(2) == pytest.approx(2.29130282338, abs=1e-9)
    assert seen.top_ids[0].tolist() == [0, 7, 2, 5, 3, 1, 6, 4]


def test_entropy_at_another_temperature_follows_from_the_two_grid_columns_as_published() -> None:
    lse, mean = at_temperature(torch.tensor([Y1[0]], dtype=torch.float64), 0.6)
    assert float(lse - mean / 0.6) == pytest.approx(1.09175983514, abs=1e-9)


def test_the_grid_gives_log_probabilities_at_its_temperature_as_published() -> None:
    logits = torch.tensor([Y1[0]], dtype=torch.float64)
    lse, _ = at_temperature(logits, 2.0)
    expected = [0.267196027302, 0.0804778968692, 0.13268562039, 0.0935019763654]
    assert (logits / 2.0 - lse).exp()[0, :4].tolist() == pytest.approx(expected, abs=1e-9)


def test_a_sharp_row_of_a_large_vocabulary_has_no_entropy_and_no_nan() -> None:
    logits = torch.full((1, 150_000), -50.0)
    logits[0, 7] = 60.0
    seen = signals(logits, 10)
    assert float(seen.entropy) == pytest.approx(0, abs=1e-6)
    assert float(seen.sum_p2) == pytest.approx(1)
    assert all(torch.isfinite(column).all() for column in seen)


def test_no_more_alternatives_than_tokens_and_none_when_none_are_asked_for() -> None:
    assert signals(torch.zeros(2, 5), 20).top_ids.shape == (2, 5)
    assert signals(torch.zeros(2, 5), 0).top_ids.shape == (2, 0)


@pytest.mark.parametrize("spread", [0.01, 3.0])
def test_the_alternatives_of_a_large_vocabulary_are_the_largest_of_all(spread: float) -> None:
    logits = torch.tensor(np.random.default_rng(3).normal(size=(5, 49_152)) * spread, dtype=torch.float32)
    seen = signals(logits, 20)
    expected = torch.topk(seen.logprobs, 20)
    assert seen.top_ids.tolist() == expected.indices.tolist()
    assert seen.top_logprobs.tolist() == expected.values.tolist()


def test_a_token_that_cannot_come_adds_nothing() -> None:
    seen = signals(torch.tensor([[0.0, 0.0, -torch.inf]]), 3)
    assert float(seen.entropy) == pytest.approx(np.log(2))
    assert float(seen.sum_p2) == pytest.approx(0.5)
