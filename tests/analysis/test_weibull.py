"""The Weibull mixture and its two fits: against scipy, independent numbers, and each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import OptimizeResult
from scipy.stats import weibull_min

from webapp.analysis import weibull_fit
from webapp.analysis.weibull import Mixture, Weibull
from webapp.analysis.weibull_fit import fit_em, fit_lbfgsb

X = [
    0.886920436717, 0.860707976425, 0.895834135297, 0.57694981038, 0.537944437595, 0.835270211411, 0.612626394184,
    0.386741023455, 0.886920436717, 0.301194211912, 0.559898366565, 0.818730753078,
]  # fmt: skip
P_HIGH = [
    0.986380266161, 0.98145923229, 0.987561270829, 0.287639336815, 0.167478970554, 0.973785283363, 0.433945955986,
    0.0127326056922, 0.986380266161, 0.00225085425621, 0.229369181231, 0.966564368705,
]  # fmt: skip
GIVEN = Mixture.of([0.6, 9.0, 0.85, 3.0, 0.5])
LEAST_NLL = -9.828136961886  # of X, where both fits end


def both_ways(mixture: Mixture) -> list[Mixture]:
    return [mixture, Mixture(1 - mixture.weight, mixture.second, mixture.first)]


def test_densities_and_means_are_those_of_scipy() -> None:
    for shape, scale in ((9.0, 0.85), (3.0, 0.5), (0.3, 2.0)):
        part = Weibull(shape, scale)
        assert part.log_density(X) == pytest.approx(weibull_min.logpdf(X, shape, scale=scale), rel=1e-10)
        assert part.mean == pytest.approx(weibull_min.mean(shape, scale=scale), rel=1e-10)


@pytest.mark.parametrize("mixture", both_ways(GIVEN), ids=["high first", "low first"])
def test_the_high_component_is_the_one_of_the_larger_mean(mixture: Mixture) -> None:
    assert mixture.p_high(X) == pytest.approx(P_HIGH, rel=1e-9)
    assert mixture.negative_log_likelihood(X) == pytest.approx(-4.2006592718, rel=1e-9)
    ordered = mixture.ordered()
    assert [ordered.first.mean, ordered.second.mean] == pytest.approx([0.804920546482, 0.446489755785], rel=1e-9)
    assert ordered.weight == pytest.approx(0.6)


def test_a_density_beyond_a_double_is_zero_and_not_an_error() -> None:
    assert Weibull(5000.0, 0.1).log_density([0.9])[0] == -np.inf
    assert Mixture(0.5, Weibull(5000.0, 0.1), Weibull(2.0, 0.5)).p_high([0.9])[0] == pytest.approx(1.0)


def test_both_fits_find_the_same_mixture() -> None:
    ours, apart = fit_lbfgsb(X), fit_em(X)
    assert ours is not None
    for fit in (ours, apart):
        assert fit.negative_log_likelihood(X) == pytest.approx(LEAST_NLL, abs=1e-6)
        assert fit.weight == pytest.approx(0.49997, abs=1e-3)
    assert ours.p_high(X) == pytest.approx(apart.p_high(X), abs=1e-3)


def test_a_mixture_is_recovered_from_many_values() -> None:
    rng = np.random.default_rng(3)
    x = np.clip(np.concatenate([0.85 * rng.weibull(20.0, 700), 0.4 * rng.weibull(4.0, 300)]), 1e-12, 1)
    for fit in (fit_lbfgsb(x), fit_em(x)):
        assert fit is not None
        high = fit.ordered()
        assert high.weight == pytest.approx(0.7, abs=0.04)
        assert (high.first.scale, high.second.scale) == pytest.approx((0.85, 0.4), abs=0.02)
        assert (high.first.shape, high.second.shape) == pytest.approx((20.0, 4.0), rel=0.1)


def test_weights_and_shapes_stay_within_their_bounds() -> None:
    lopsided = [0.3, *np.linspace(0.9, 0.92, 15)]
    fit = fit_lbfgsb(lopsided)
    assert fit is not None
    for mixture in (fit, fit_em(lopsided)):
        assert 0.2 <= mixture.weight <= 0.8
        assert min(part for c in (mixture.first, mixture.second) for part in (c.shape, c.scale)) >= 0.01


@pytest.mark.parametrize("low", [0.02, 0.3, 0.65])
@pytest.mark.parametrize("count", [1, 4, 7])
def test_em_separates_two_values_whose_likelihood_has_no_bound(low: float, count: int) -> None:
    x = [low] * count + [0.95] * (8 - count)
    fit = fit_em(x)
    assert np.isfinite(fit.negative_log_likelihood(x))
    assert [p > 0.5 for p in fit.p_high(x)] == [each > 0.5 and each > low for each in x]


@pytest.mark.parametrize(("success", "fun"), [(False, -1.0), (True, np.inf), (True, np.nan)])
def test_an_optimiser_that_fails_gives_no_fit(monkeypatch: pytest.MonkeyPatch, success: bool, fun: float) -> None:
    result = OptimizeResult(x=np.array(weibull_fit.START), success=success, fun=fun)
    monkeypatch.setattr(weibull_fit, "minimize", lambda *args, **options: result)
    assert fit_lbfgsb(X) is None
