"""RPC: which paths are pruned, and what the others give their answers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.test_weibull import P_HIGH, X
from webapp.analysis import rpc
from webapp.analysis.rpc import consistency, copies, keeps, prune, shares
from webapp.analysis.weibull import Mixture

KEPT = [True, True, True, False, False, True, False, False, True, False, False, True]
SPLIT = [0.9, 0.91, 0.92, 0.9, 0.93, 0.91, 0.3, 0.31]  # six probable paths, two improbable ones
TEXTS = [f"text {i}" for i in range(len(SPLIT))]


def test_a_path_is_dropped_that_is_both_rather_low_and_below_the_mean() -> None:
    assert np.mean(X) == pytest.approx(0.679978182811, rel=1e-9)
    assert keeps(np.array(X), np.array(P_HIGH)) == KEPT


def test_neither_half_of_the_rule_drops_alone() -> None:
    x = np.array([0.2, 0.4, 0.9])  # mean 0.5
    assert keeps(x, np.array([0.5, 0.9, 0.1])) == [True, True, True]
    assert keeps(x, np.array([0.49, 0.9, 0.1])) == [False, True, True]


def test_the_fit_and_the_rule_together() -> None:
    pruning = prune(X, least=8)
    assert (list(pruning.kept), pruning.fitted_by, pruning.skipped) == (KEPT, "L-BFGS-B", "")
    assert pruning.mixture is not None and pruning.mixture.first.mean > pruning.mixture.second.mean
    assert list(pruning.p_high) == pytest.approx(pruning.mixture.p_high(X))
    assert pruning.mean == pytest.approx(np.mean(X))


@pytest.mark.parametrize(
    ("x", "least", "why"),
    [
        (SPLIT[:7], 8, "there are fewer than 8 samples"),
        ([0.1] * 9, 8, "all samples are equally probable"),
        ([0.0] * 4 + [1e-13] * 5, 8, "all samples are equally probable"),  # below what is told apart
        (SPLIT, None, "pruning is switched off"),
    ],
)
def test_where_there_is_nothing_to_fit_everything_is_kept_and_the_reason_told(
    x: list[float], least: int | None, why: str
) -> None:
    pruning = prune(x, least)
    assert (all(pruning.kept), pruning.skipped) == (True, why)
    assert (pruning.mixture, pruning.p_high, pruning.fitted_by) == (None, (), None)


def test_where_the_optimiser_fails_em_fits_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "fit_lbfgsb", lambda x: None)
    pruning = prune(X, least=8)
    assert (pruning.fitted_by, list(pruning.kept)) == ("EM", KEPT)


def test_a_copy_counts_once_but_takes_part_in_the_mean() -> None:
    assert copies(["a", "b", "a", "c", "b"]) == [0, 1, 0, 3, 1]
    found = consistency(["a", "b", "a"], [0.6, 0.3, 0.6], [True] * 3, None)
    assert found.unpruned == pytest.approx((2 / 3, 1 / 3, 0.0))
    assert found.pruning.mean == pytest.approx(0.5), "over all three"


def test_what_is_pruned_weighs_nothing_and_the_rest_adds_up() -> None:
    found = consistency(TEXTS, SPLIT, [True] * 8, 8)
    assert found.pruning.kept == (True,) * 6 + (False,) * 2
    assert found.pruned[6:] == (0.0, 0.0) and sum(found.pruned) == pytest.approx(1.0)
    assert found.pruned[0] == pytest.approx(0.9 / sum(SPLIT[:6]))
    assert found.unpruned[6] == pytest.approx(0.3 / sum(SPLIT))


def test_a_path_without_an_answer_takes_part_in_the_fit_but_not_in_the_shares() -> None:
    found = consistency(TEXTS, SPLIT, [False, *[True] * 7], 8)
    assert found.pruning == prune(SPLIT, 8)
    assert found.pruned[0] == 0.0 and found.pruned[1] == pytest.approx(0.91 / sum(SPLIT[1:6]))


def test_pruning_is_undone_where_no_path_with_an_answer_would_be_left() -> None:
    found = consistency(TEXTS, SPLIT, [False] * 6 + [True] * 2, 8)
    assert found.pruning.skipped == "no path with an answer would be left"
    assert all(found.pruning.kept) and found.pruning.mixture is not None, "the fit is told all the same"
    assert found.pruned == found.unpruned == pytest.approx((0.0,) * 6 + (0.3 / 0.61, 0.31 / 0.61))


def test_without_answers_there_are_no_shares() -> None:
    found = consistency(TEXTS, SPLIT, [False] * 8, 8)
    assert found.pruned == (0.0,) * 8 and found.pruning.skipped == ""
    assert shares([0.0, 0.0], [True, True]) == [0.0, 0.0]


@pytest.mark.parametrize("high", [0.31, 0.6, 0.999999, 1.0])
@pytest.mark.parametrize("count", [1, 4, 8])
def test_two_clumps_are_always_fitted_and_the_upper_one_is_never_dropped(high: float, count: int) -> None:
    pruning = prune([0.3] * count + [high] * (9 - count), 8)
    assert isinstance(pruning.mixture, Mixture) and pruning.fitted_by in ("L-BFGS-B", "EM")
    assert all(pruning.kept[count:])
    assert np.all(np.isfinite(pruning.p_high))
