"""The confidence/critique split against numbers that were derived independently."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.confidence_critique import decompose, from_options, from_samples, ranges

# Four questions of four paired samples each (first right, second right); the expected numbers were derived
# independently in float64.
PAIRS = [
    ([1, 1, 1, 0], [1, 1, 0, 1]),
    ([0, 0, 1, 0], [0, 1, 1, 0]),
    ([1, 1, 1, 1], [1, 1, 1, 1]),
    ([0, 0, 0, 0], [0, 1, 0, 0]),
]


def test_frequencies_of_paired_samples() -> None:
    pa, pb, pc = from_samples(PAIRS)
    np.testing.assert_allclose(pa, [0.75, 0.25, 1.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(pb, [0.666666666667, 1.0, 1.0, 0.0], atol=1e-11)
    np.testing.assert_allclose(pc, [1.0, 0.333333333333, 0.0, 0.25], atol=1e-11)


def test_the_decomposition_of_paired_samples() -> None:
    found = decompose(*from_samples(PAIRS))
    assert (found.accuracy_first, found.accuracy_second) == (pytest.approx(0.5), pytest.approx(0.625))
    assert (found.confidence, found.critique) == (pytest.approx(0.875), pytest.approx(0.375))
    assert found.bounds == (pytest.approx(0.25), pytest.approx(0.75))
    assert found.relative == pytest.approx(0.75)


def test_the_second_accuracy_is_made_of_both_parts() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = decompose(*rng.uniform(0.01, 0.99, size=(3, 7)))
        assert found.confidence is not None and found.critique is not None
        mixed = found.accuracy_first * found.confidence + (1 - found.accuracy_first) * found.critique
        assert found.accuracy_second == pytest.approx(mixed)


def test_no_change_stands_in_the_middle() -> None:
    assert decompose([0.3, 0.3], [0.3, 0.3], [0.3, 0.3]).relative == pytest.approx(0.5)


@pytest.mark.parametrize(("first", "defined"), [([1.0, 1.0], "confidence"), ([0.0, 0.0], "critique")])
def test_what_is_undefined_is_none(first: list[float], defined: str) -> None:
    found = decompose(first, [0.5, 0.5], [0.5, 0.5])
    assert found.relative is None
    assert {name: getattr(found, name) is not None for name in ("confidence", "critique")} == {
        "confidence": defined == "confidence",
        "critique": defined == "critique",
    }


def test_option_probabilities_agree_with_summing_over_what_can_happen() -> None:
    rng = np.random.default_rng(1)
    p1, p2, right = rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(4), size=4), 2
    pa, pb, pc = from_options([(p1, p2, right)])
    ends_right = sum(p1[a] * p2[a][right] for a in range(4))
    assert pa[0] == pytest.approx(p1[right])
    assert pb[0] == pytest.approx(p2[right][right])
    assert pa[0] * pb[0] + (1 - pa[0]) * pc[0] == pytest.approx(ends_right)


def test_option_probabilities_of_a_certain_model() -> None:
    pa, _, pc = from_options([([0.0, 1.0], [[0.5, 0.5], [0.25, 0.75]], 1)])
    assert (pa[0], pc[0]) == (1.0, 0.0)


def test_ranges_are_around_the_estimates_and_narrow_with_more_questions() -> None:
    random = np.random.default_rng(4)
    pa, pb, pc = random.random((3, 80))
    few, many = ranges(pa, pb, pc), ranges(*(np.tile(p, 9) for p in (pa, pb, pc)))
    found = decompose(pa, pb, pc)
    for name in ("confidence", "critique", "relative"):
        near, nearer = getattr(few, name), getattr(many, name)
        assert near.estimate == pytest.approx(getattr(found, name)) == pytest.approx(nearer.estimate)
        assert near.low < near.estimate < near.high
        assert nearer.high - nearer.low == pytest.approx((near.high - near.low) / 3, rel=0.15)


def test_where_all_first_answers_are_right_nothing_can_be_repaired() -> None:
    found = ranges([1, 1], [1, 0], [0, 0])
    assert found.confidence.estimate == 0.5
    assert np.isnan([found.critique.estimate, found.relative.estimate]).all()
