"""The exponentiated power law: the vectors of section 7, and how far it may be read."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.power_law import fit

K = [1, 2, 4, 8, 16, 32, 50]
COVERAGE = [0.416, 0.504326530612, 0.594962657403, 0.685158410378, 0.770953919172, 0.851103876027, 0.9]


def test_the_vector() -> None:
    found = fit(K, COVERAGE)
    assert found is not None
    assert (found.a, found.b) == pytest.approx((-0.93475491203, -0.475666747619), abs=1e-5)
    assert found.line == pytest.approx((-1.0014406342, -0.529038837546), abs=1e-5)
    assert found.at(K) == pytest.approx(
        [
            0.392682095396, 0.510576715482, 0.616675418439, 0.706354170469, 0.778801719402, 0.835451713665,
            0.864679302331,
        ],
        abs=1e-5,
    )  # fmt: skip
    assert found.error == pytest.approx(0.0187567529803, abs=1e-5)


def test_what_follows_the_law_gives_it_back() -> None:
    found = fit([1, 10, 100, 1000], [0.449328964117, 0.699529807139, 0.85246682529, 0.931182425586])
    assert found is not None
    assert (found.a, found.b) == pytest.approx((-0.8, -0.35), abs=1e-7)
    assert found.line == pytest.approx((-0.8, -0.35), abs=1e-7)
    assert found.error == pytest.approx(0, abs=1e-9)
    k = found.needed(0.95)
    assert k is not None and found.at(k) == pytest.approx(0.95)


def test_it_is_not_read_far_beyond_what_was_seen() -> None:
    found = fit(K, COVERAGE)
    assert found is not None
    assert found.at(500) > found.at(50)
    with pytest.raises(ValueError, match="nothing beyond 500"):
        found.at([50, 501])
    assert found.needed(0.999) is None
    assert found.needed(0.1) == 1


@pytest.mark.parametrize("coverage", [[0.0, 0.0, 0.0], [0.0, 0.5, 1.0]])
def test_a_curve_without_two_points_between_0_and_1_has_no_law(coverage: list[float]) -> None:
    assert fit([1, 2, 4], coverage) is None


def test_a_coverage_of_one_takes_part_in_the_least_squares_only() -> None:
    k = np.array([1, 2, 4, 8, 16])
    c = np.append(np.exp(-0.9 * k[:4] ** -1.4), 1.0)
    found = fit(k, c)
    assert found is not None and found.line == pytest.approx((-0.9, -1.4))
    assert found.b < -1.4
