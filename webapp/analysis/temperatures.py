"""Accuracy at temperatures that were not drawn, from the texts of those that were (importance sampling, section 15).

Every question is estimated from its own texts and the estimates are averaged: weights of different questions are
never pooled. The longer the texts, the nearer the temperatures must be: weights of 300 tokens hold for about 0.1.
Weights cannot tell of texts that were never drawn: towards hotter temperatures they look better than they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import DRAWS, LEVEL, Floats
from webapp.analysis.control_variates import controlled
from webapp.analysis.importance import unreliable
from webapp.analysis.reweighting import Drawn
from webapp.engine.policies.weights import effective_size, shares

Estimator: TypeAlias = Literal["plain", "self-normalised", "controlled"]

OF_A_CONTROL = 10  # texts that a control variate needs: a slope fitted on fewer adds more noise than it takes
ROUNDING = 1e-3  # spread below which a control is what rounding leaves of 0: a slope fitted to that is nonsense
MOSTLY = 0.9  # share of the questions whose weights must hold for a point to be relied on


class Answered(NamedTuple):
    """One question at T temperatures: [T] accuracy, its slope by T, effective texts, and whether weights hold."""

    accuracy: Floats
    slope: Floats
    effective: Floats
    holds: Floats


class Point(NamedTuple):
    """Accuracy over questions at one temperature, with an interval that draws questions.

    Attributes:
        temperature: the target.
        accuracy: its estimate, with `low` and `high` ends; control variates can leave 0 to 1.
        slope: d accuracy / d T there.
        effective: mean over questions of the share of texts that is effective, ESS / N.
        holds: share of the questions whose weights hold: ESS at least 5 and a fifth of N, none with half the weight.

    """

    temperature: float
    accuracy: float
    low: float
    high: float
    slope: float
    effective: float
    holds: float

    @property
    def reliable(self) -> bool:
        """Whether nearly all questions' weights hold; a point that is not is shown greyed."""
        return self.holds >= MOSTLY


def curve(
    questions: Sequence[Drawn], targets: Sequence[float], estimator: Estimator = "self-normalised", *,
    draws: int = DRAWS, seed: int = 0, level: float = LEVEL,
) -> list[Point]:  # fmt: skip
    """Return a point for every target temperature, as the questions were read with them (`reweighting.drawn`).

    Raises:
        ValueError: if there is no question.

    """
    answered = [estimate(question, estimator) for question in questions]
    if not answered:
        raise ValueError("accuracy needs at least one question")
    accuracy = np.array([each.accuracy for each in answered])
    low, high = bootstrap.percentiles(bootstrap.resampled_means(accuracy, draws, seed), level)
    means = [np.mean(column, axis=0) for column in zip(*answered, strict=True)]
    table = np.column_stack([targets, means[0], low, high, *means[1:]])
    return [Point(*row) for row in table.tolist()]


def estimate(question: Drawn, estimator: Estimator) -> Answered:
    """Estimate one question at each of its T target temperatures.

    The slope is that of the self-normalised estimate, whatever the estimator.
    """
    log_w = question.log_target - question.log_drawn
    rows = [_at(question, log_w[i], question.slope[i], estimator) for i in range(len(log_w))]
    return Answered(*(np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)))


def _at(question: Drawn, log_w: Floats, score: Floats, estimator: Estimator) -> tuple[float, float, float, float]:
    w, f = shares(log_w), question.right
    mean = float(w @ f)
    slope = float(w @ (f * score)) - mean * float(w @ score)
    accuracy = mean if estimator == "self-normalised" else _unnormalised(question, log_w, score, estimator)
    return accuracy, slope, effective_size(log_w) / len(f), float(not unreliable(log_w))


def _unnormalised(question: Drawn, log_w: Floats, score: Floats, estimator: Estimator) -> float:
    """Return mean(w f), less the control variates w - 1, w d ln p / d T and the mixture's, as many as N allows."""
    weights = np.exp(log_w)
    values = weights * question.right
    if estimator == "plain":
        return float(values.mean())
    controls = np.column_stack([weights - 1, weights * score, question.controls])
    telling = controls[:, controls.std(axis=0) > ROUNDING]
    return controlled(values, telling[:, : max(1, len(values) // OF_A_CONTROL)]).estimate
