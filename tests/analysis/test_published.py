"""Published numbers, recomputed by this library from what their authors published (`published.json` says where)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from webapp.analysis.coverage import coverage_curve, pass_at_k
from webapp.analysis.paired import compare
from webapp.analysis.power_law import fit
from webapp.analysis.reading import reading
from webapp.analysis.selection import best_of_k, vote_of_k
from webapp.analysis.transitions import measure
from webapp.analysis.vote import vote

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text("utf-8"))


def bits(text: str) -> np.ndarray:
    return np.array([each == "1" for each in text])


@pytest.fixture(scope="module")
def game24() -> tuple[np.ndarray, np.ndarray]:
    """[100, 100] whether a sample is right, and the number of its last line among those of its puzzle."""
    given = PUBLISHED["game24"]
    return np.array([bits(row) for row in given["right"]]), np.array([row.split() for row in given["answers"]], int)


@pytest.mark.parametrize(
    ("system", "percent"),
    [("6b_finetuning", 21.68), ("6b_verification", 39.04), ("175b_finetuning", 34.72), ("175b_verification", 56.25)],
)
def test_gsm8k_by_verification(system: str, percent: float) -> None:
    right = bits(PUBLISHED["gsm8k"]["right"][system])
    assert len(right) == 1319 and 100 * right.mean() == pytest.approx(percent, abs=0.005)


def test_a_verifier_tells_itself_from_finetuning() -> None:
    by = {name: bits(text) for name, text in PUBLISHED["gsm8k"]["right"].items()}
    found = compare(by["6b_verification"], by["6b_finetuning"])
    assert found.difference.estimate == pytest.approx((39.04 - 21.68) / 100, abs=1e-4)
    assert found.p.mid < 1e-20 and "better" in reading(found)


def test_reflexion_is_worse_on_mbpp() -> None:
    """The paper's table: 77.1 with Reflexion, 80.1 without (GPT-4, MBPP in Python)."""
    reflexion, simple = (bits(PUBLISHED["mbpp"]["right"][name]) for name in ("reflexion", "simple"))
    step = measure(simple, reflexion)
    assert (100 * step.last, 100 * step.first) == pytest.approx((77.1, 80.1), abs=0.05)
    assert (step.counts["wrong->right"], step.counts["right->wrong"]) == (17, 29)
    found = compare(reflexion, simple)
    sentence = reading(found, "Reflexion", "GPT-4")
    assert sentence.startswith("Reflexion fixes 17, breaks 29 of 397; difference -3.0 points, 95% CI -6.")
    assert sentence.endswith("not distinguishable at n=397."), "which the paper's table does not say"


def test_chain_of_thought_on_game_of_24(game24: tuple[np.ndarray, np.ndarray]) -> None:
    """The paper's table (arXiv 2305.10601): CoT 4.0, best of 100 samples 49, CoT-SC with 100 samples 9.0."""
    right, answers = game24
    assert 100 * pass_at_k(100, right.sum(axis=1), 1).mean() == pytest.approx(4.0, abs=0.05)
    assert 100 * pass_at_k(100, right.sum(axis=1), 100).mean() == 49
    voted = []
    for row, given in zip(right, answers, strict=True):
        winner = vote({i: str(answer) for i, answer in enumerate(given)}, lambda a, b: a == b)[0]
        voted.append(row[winner.branches[0]])
    assert sum(voted) == 9


def test_tied_votes_share_so_self_consistency_is_a_little_lower(game24: tuple[np.ndarray, np.ndarray]) -> None:
    """Ten puzzles end in a tie: the first answer would win 9 of 100, ties shared it is 8 and 5 sixths."""
    right, answers = game24
    found = [vote_of_k(given, row, [100])[0] for row, given in zip(right, answers, strict=True)]
    assert 100 * np.mean(found) == pytest.approx(8 + 5 / 6)


def test_between_one_and_all_samples_selection_stays_below_coverage(game24: tuple[np.ndarray, np.ndarray]) -> None:
    right, answers = game24
    k = np.array([1, 2, 5, 10, 20, 50, 100])
    curve = coverage_curve(np.full(100, 100), right.sum(axis=1), k)
    chosen = np.random.default_rng(0).permuted(np.tile(np.arange(100), (400, 1)), axis=1)
    for i, each in enumerate(k):
        drawn = right[:, chosen[:, :each]].any(axis=2)
        assert curve.mean[i] == pytest.approx(drawn.mean(), abs=0.01)
    votes = np.mean([vote_of_k(given, row, k) for row, given in zip(right, answers, strict=True)], axis=0)
    oracle = np.mean([best_of_k(row, row, k) for row in right], axis=0)
    assert oracle == pytest.approx(curve.mean)
    assert (votes <= curve.mean + 0.01).all() and (curve.low <= curve.mean).all()
    law = fit(k, curve.mean)
    assert law is not None and law.error < 0.02
