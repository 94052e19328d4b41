"""Accuracy at other temperatures, against listing every text of a small language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from tests.analysis.drawn_texts import accuracy_at, drawn_at, right, trace_of
from tests.enumeration import Language
from webapp.analysis.refusal import Refusal
from webapp.analysis.reweighting import Attempt, Drawn, drawn, log_densities, slopes
from webapp.analysis.temperatures import Estimator, curve, estimate

GRID = [0.7, 0.8, 1.0, 1.2, 1.3]
LANGUAGE = Language(seed=3)
ESTIMATORS: list[Estimator] = list(get_args(Estimator))


def read(attempts: list[Attempt], targets: list[float] = GRID) -> Drawn:
    found = drawn(attempts, targets)
    assert isinstance(found, Drawn)
    return found


def test_densities_and_slopes_are_those_of_the_language() -> None:
    text = (1, 3, 0)
    trace = trace_of(LANGUAGE, text, 1.0, [0.7, 0.7001, 0.6999])
    assert log_densities(trace, [0.7, 0.7001]) == pytest.approx(
        [sum(LANGUAGE.path(text, t)) for t in (0.7, 0.7001)], abs=1e-5
    )
    step = (sum(LANGUAGE.path(text, 0.7001)) - sum(LANGUAGE.path(text, 0.6999))) / 0.0002
    assert slopes(trace, [0.7]) == pytest.approx([step], abs=1e-2)


def test_tokens_that_were_put_there_weigh_nothing() -> None:
    trace = trace_of(LANGUAGE, (1, 3, 0), 1.0, GRID)
    assert trace.logprob is not None and trace.sampled_logprob is not None and trace.candidates is not None
    for column in (trace.logprob, trace.sampled_logprob):
        column[0] = np.nan
    trace.candidates[0] = 0
    found = read([Attempt(trace, 1.0, True)])
    assert found.log_drawn[0] == pytest.approx(sum(LANGUAGE.path((1, 3, 0))[1:]), abs=1e-5)
    assert found.log_target[0, 0] == pytest.approx(sum(LANGUAGE.path((1, 3, 0), 0.7)[1:]), abs=1e-5)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("temperatures", [[1.0], [0.7, 1.3]], ids=["one temperature", "two pooled"])
def test_it_comes_near_the_truth_at_all_temperatures(estimator: Estimator, temperatures: list[float]) -> None:
    attempts = [a for t in temperatures for a in drawn_at(LANGUAGE, t, 3000 // len(temperatures), GRID, seed=2)]
    found = estimate(read(attempts), estimator)
    truth = [accuracy_at(LANGUAGE, t) for t in GRID]
    assert found.accuracy == pytest.approx(truth, abs=0.03)
    slopes = [(accuracy_at(LANGUAGE, t + 0.01) - accuracy_at(LANGUAGE, t - 0.01)) / 0.02 for t in GRID]
    assert found.slope == pytest.approx(slopes, abs=0.06)
    assert found.holds.all() and (found.effective <= 1 + 1e-9).all()


def test_at_the_temperature_they_were_drawn_at_nothing_is_weighed() -> None:
    attempts = drawn_at(LANGUAGE, 1.2, 40, GRID, seed=5)
    for estimator in ESTIMATORS:
        found = estimate(read(attempts), estimator)
        near = 0.01 if estimator == "controlled" else 1e-4  # the slope's control may still take noise away
        assert found.accuracy[3] == pytest.approx(np.mean([a.right for a in attempts]), abs=near)
        assert found.effective[3] == pytest.approx(1, abs=1e-6)


def test_control_variates_take_noise_away() -> None:
    errors = {
        estimator: [
            estimate(read(drawn_at(LANGUAGE, 1.0, 60, GRID, seed)), estimator).accuracy[0] for seed in range(80)
        ]
        for estimator in ESTIMATORS
    }
    assert np.std(errors["controlled"]) < 0.95 * np.std(errors["plain"])
    for estimates in errors.values():
        assert np.mean(estimates) == pytest.approx(accuracy_at(LANGUAGE, 0.7), abs=0.03)


def test_the_slope_is_the_derivative_of_the_estimate() -> None:
    near = [0.8999, 0.9, 0.9001]
    found = estimate(read(drawn_at(LANGUAGE, 1.0, 25, near, seed=1), near), "self-normalised")
    assert found.slope[1] == pytest.approx((found.accuracy[2] - found.accuracy[0]) / 0.0002, abs=0.02)


def test_questions_are_averaged_and_the_interval_is_over_questions() -> None:
    languages = [Language(seed=seed) for seed in range(40)]
    questions = [read(drawn_at(each, 1.0, 50, GRID, seed)) for seed, each in enumerate(languages)]
    points = curve(questions, GRID, seed=3)
    assert [point.temperature for point in points] == GRID
    for point in points:
        truth = np.mean([accuracy_at(each, point.temperature) for each in languages])
        assert point.low < point.accuracy < point.high
        assert abs(point.accuracy - truth) < point.high - point.low
        assert point.accuracy == pytest.approx(
            np.mean([estimate(q, "self-normalised").accuracy[GRID.index(point.temperature)] for q in questions])
        )
    assert points == curve(questions, GRID, seed=3)
    assert points[2].reliable and points[2].holds == 1


def test_points_that_few_texts_carry_are_not_reliable() -> None:
    """A temperature far from the one they were drawn at."""
    [far] = curve([read(drawn_at(Language(longest=4), 2.5, 30, [0.2], 0), [0.2])], [0.2])
    assert not far.reliable and far.effective < 0.1
    with pytest.raises(ValueError, match="at least one question"):
        curve([], GRID)


@pytest.mark.parametrize(
    ("temperature", "changes", "why"),
    [
        (1.0, {"candidates": np.array([5, 3, 5], np.int32)}, "top-p, top-k or min-p"),
        (0.0, {}, "greedy"),
        (1.0, {"grid": {}}, "temperature 0.7, 1.3"),
        (1.0, {"sampled_logprob": None}, "not known how"),
        (1.0, {"candidates": None}, "not known how"),
    ],
)
def test_what_cannot_be_known_is_refused(temperature: float, changes: dict[str, Any], why: str) -> None:
    good = trace_of(LANGUAGE, (1, 3, 0), 1.0, GRID)
    attempts = [Attempt(good, 1.0, True), Attempt(replace(good, **changes), temperature, False)]
    found = drawn(attempts, [0.7, 1.3])
    assert isinstance(found, Refusal)
    assert why in found.why and found.why.endswith(".")


def test_pooled_temperatures_must_be_in_the_grid_too() -> None:
    attempts = drawn_at(LANGUAGE, 1.0, 3, [0.7], 0) + drawn_at(LANGUAGE, 0.9, 3, [0.7], 1)
    found = drawn(attempts, [0.7])
    assert isinstance(found, Refusal) and "temperature 0.9, 1" in found.why
    assert isinstance(drawn(attempts[:3], [0.7]), Drawn)


def test_right_is_even() -> None:
    assert right((1, 3, 0)) and not right((1,))
