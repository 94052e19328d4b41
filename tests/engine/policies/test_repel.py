"""Self-repellent sampling: the walk's kernel, its weights, and that texts side by side are as one after the other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from tests.engine.policies.agreement import BOUND, worst
from tests.engine.policies.tables import Walked, tally, walked
from tests.enumeration import Language
from webapp.engine.noise import uniform
from webapp.engine.policies.repel import log_share, repelled
from webapp.engine.policies.settings import Repel
from webapp.engine.protocol import Sampling

LANGUAGE = Language(3, spread=1.2)
ALPHA, EPSILON = 0.5, 0.5
REPEL = Repel(ALPHA, EPSILON, depth=64)
REPLICATIONS = 400

P = [[0.0, 0.5, 0.5, 0.0], [0.5, 0.0, 0.25, 0.25], [0.5, 0.25, 0.0, 0.25], [0.0, 0.5, 0.5, 0.0]]
X = [0.4, 0.3, 0.2, 0.1]
MU = [2 / 7, 2 / 7, 2 / 7, 1 / 7]
THIRD = 1 / 3
KERNELS = {
    0.0: (P, MU),
    1.0: (
        [[0.0, 0.4, 0.6, 0.0], [THIRD, 0.0, THIRD, THIRD], [0.375, 0.25, 0.0, 0.375], [0.0, 0.4, 0.6, 0.0]],
        [0.208333333333, 0.25, 0.333333333333, 0.208333333333],
    ),
    5.0: (
        [
            [0.0, 0.116363636364, 0.883636363636, 0.0],
            [0.030303030303, 0.0, 0.484848484848, 0.484848484848],
            [0.0523368511738, 0.110273530045, 0.0, 0.837389618781],
            [0.0, 0.116363636364, 0.883636363636, 0.0],
        ],
        [0.0265085791402, 0.101792943898, 0.447561210719, 0.424137266243],
    ),
}  # fmt: skip


def log(values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).log()


@pytest.mark.parametrize("alpha", KERNELS)
def test_the_kernel_and_its_stationary_law(alpha: float) -> None:
    kernel = repelled(log(P), log(X), log(MU), alpha).exp()
    expected, stationary = KERNELS[alpha]
    assert kernel.numpy() == pytest.approx(np.array(expected), abs=1e-10)
    law = torch.linalg.matrix_power(kernel, 2000)[0]  # aperiodic: states 1 and 2 lie on a triangle
    assert law.numpy() == pytest.approx(np.array(stationary), abs=1e-9)


def test_at_the_target_nothing_is_repelled() -> None:
    assert repelled(log(P), log(MU), log(MU), 3.0).exp().numpy() == pytest.approx(np.array(P), abs=1e-12)


def test_the_law_after_two_visits_by_hand() -> None:
    p, counts = log([0.6, 0.3, 0.1, 0.0]), torch.tensor([2.0, 0.0, 0.0, 0.0])
    share = log_share(p, counts, 0.5).exp()
    assert share.tolist() == pytest.approx([2.3 / 2.5, 0.15 / 2.5, 0.05 / 2.5, 0.0])
    weights = [0.6 * (2.3 / 2.5 / 0.6) ** -1, 0.3 * 5.0, 0.1 * 5.0, 0.0]
    found = repelled(p, log_share(p, counts, 0.5), p, 1.0).exp()
    assert found.tolist() == pytest.approx([w / sum(weights) for w in weights])


def log_weights(found: Walked) -> list[float]:
    """Return ln p - ln p' of each text, from its notes."""
    total = dict.fromkeys(range(len(found.texts)), 0.0)
    for note in found.noted("repelled"):
        total[note.life] += note.data["log_weight"]  # type: ignore[index]
    return list(total.values())


def test_weighted_texts_are_distributed_as_the_model_on_average_and_plain_ones_are_not() -> None:
    weighed, plain = [], []
    for seed in range(REPLICATIONS):
        found = walked(REPEL, LANGUAGE, n=6, seed=seed)
        weighed.append(tally(found.texts, np.exp(log_weights(found)) / 6))
        plain.append(tally(found.texts, [1 / 6] * 6))
    assert worst(weighed, LANGUAGE.law()) < BOUND
    assert worst(plain, LANGUAGE.law()) > BOUND


@pytest.mark.parametrize(("temperature", "top_k", "depth"), [(1.0, 0, 64), (0.7, 4, 64), (1.0, 0, 2)])
def test_side_by_side_is_as_one_after_the_other(temperature: float, top_k: int, depth: int) -> None:
    found = walked(Repel(ALPHA, EPSILON, depth), LANGUAGE, n=12, seed=4, temperature=temperature, top_k=top_k)
    sampling = Sampling(temperature=temperature, seed=4)
    texts: list[tuple[int, ...]] = []
    weights: list[float] = []
    for i in range(12):
        text: tuple[int, ...] = ()
        log_weight = 0.0
        while not text or not LANGUAGE.ends(text):
            p = np.exp(LANGUAGE.logprobs(text, temperature))
            if top_k:
                p[np.argsort(-p)[top_k:]] = 0.0
            p /= p.sum()
            step = len(text)
            counts = Counter(other[step] for other in texts if other[:step] == text and len(other) > step)
            q = p.copy()
            if counts and step < depth:
                share = (np.array([counts[v] for v in range(5)]) + EPSILON * p) / (counts.total() + EPSILON)
                q = np.where(p > 0, p * np.divide(share, p, out=np.ones(5), where=p > 0) ** -ALPHA, 0.0)
                q /= q.sum()
            token = int(np.searchsorted(np.cumsum(q), uniform(sampling, i, step), side="right"))
            log_weight += float(np.log(p[token] / q[token]))
            text = (*text, token)
        texts.append(text)
        weights.append(log_weight)
    assert found.texts == texts
    assert log_weights(found) == pytest.approx(weights, abs=1e-5)


def test_branches_are_taken_more_evenly_than_by_chance() -> None:
    strong, first = Repel(1.0, EPSILON, depth=1), np.exp(LANGUAGE.logprobs(()))
    taken = [Counter(text[0] for text in walked(strong, LANGUAGE, n=20, seed=seed).texts) for seed in range(100)]
    counts = np.array([[count[token] for token in range(5)] for count in taken])
    assert counts.var(0).sum() < 0.5 * (20 * first * (1 - first)).sum()


def test_a_note_says_what_a_draw_was_made_of() -> None:
    found = walked(REPEL, LANGUAGE, n=3, seed=1)
    note = next(note for note in found.noted("repelled") if note.index == 0)
    assert (note.life, note.data["visits"]) == (1, 1)
    before, drawn = found.texts[0][0], found.texts[1][0]
    assert before != drawn
    seen = {each["token"]: each for each in note.data["seen"]}
    assert set(seen) == {before, drawn} and (seen[before]["count"], seen[drawn]["count"]) == (1, 0)
    p = np.exp(LANGUAGE.logprobs(()))
    assert [seen[token]["p"] for token in seen] == pytest.approx([p[token] for token in seen], abs=1e-6)
    assert seen[before]["drawn_with"] < seen[before]["p"] and seen[drawn]["drawn_with"] > seen[drawn]["p"]
    ratio = seen[drawn]["p"] / seen[drawn]["drawn_with"]
    assert note.data["log_weight"] == pytest.approx(np.log(ratio), abs=1e-5)


def test_the_trace_keeps_both_log_probabilities() -> None:
    found = walked(REPEL, LANGUAGE, n=8)
    for particle, log_weight in zip(found.particles, log_weights(found), strict=True):
        rows = particle.columns.rows
        assert sum(row["logprob"] - row["sampled_logprob"] for row in rows) == pytest.approx(log_weight, abs=1e-5)
