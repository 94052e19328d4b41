"""Outcomes as arrays, and which runs of two sides are compared with each other."""

from __future__ import annotations

import numpy as np
import pytest

from tests.runs.selected.test_sides import MODELS, fact
from webapp.analysis.paired import compare
from webapp.runs.selected.compared import accuracy, compared
from webapp.runs.selected.outcomes import Outcomes, outcomes_of, paired, ungraded
from webapp.runs.selected.rows import Narrowed, rows_of
from webapp.runs.selected.sides import Side, sides_of

RIGHT, WRONG = "correct", "incorrect"


def two(a: dict[tuple[str, int], str], b: dict[tuple[str, int], str]) -> tuple[list[Side], list[Outcomes]]:
    """Return two sides whose runs of (problem, seed) ended so."""
    facts = [
        fact(f"{method}{number}", method=method, problem=problem, seed=seed, last=last)
        for method, runs in (("rci", a), ("self_refine", b))
        for number, ((problem, seed), last) in enumerate(runs.items())
    ]
    sides = sides_of(facts, MODELS)
    return sides, outcomes_of(sides)


def test_only_problems_of_both_sides_are_compared_in_the_same_order() -> None:
    _, (a, b) = two(
        {("p1", 0): RIGHT, ("p0", 0): WRONG, ("p9", 0): RIGHT}, {("p0", 0): RIGHT, ("p1", 0): RIGHT, ("p5", 0): WRONG}
    )
    pair = paired(a, b)
    assert pair.single and pair.problems == 2
    assert pair.a.problem.tolist() == pair.b.problem.tolist()
    assert compared(pair) == compare([1, 0], [1, 1])


def test_ungraded_runs_do_not_count_and_unparsed_ones_are_wrong() -> None:
    sides, (a, b) = two({("p0", 0): "ungraded", ("p1", 0): "unparsed"}, {("p0", 0): RIGHT, ("p1", 0): RIGHT})
    assert (len(a.last), a.last.tolist(), ungraded(sides[0])) == (1, [0.0], 1)
    assert compared(paired(a, b)).breaks == 1


def test_of_a_problem_the_seeds_of_both_are_compared_where_there_are_any() -> None:
    _, (a, b) = two(
        {("p0", 1): RIGHT, ("p0", 2): WRONG, ("p1", 3): RIGHT}, {("p0", 2): RIGHT, ("p0", 4): RIGHT, ("p1", 5): WRONG}
    )
    pair = paired(a, b)
    assert (pair.a.last.tolist(), pair.b.last.tolist()) == ([0.0, 1.0], [1.0, 0.0])


def test_several_seeds_are_one_problem_not_several() -> None:
    a = {(f"p{i}", seed): RIGHT if (i + seed) % 3 else WRONG for i in range(6) for seed in range(4)}
    b = {(f"p{i}", seed): WRONG if i == 0 else last for (i, seed), last in zip(
        ((i, seed) for i in range(6) for seed in range(4)), a.values(), strict=True)}  # fmt: skip
    _, (of_a, of_b) = two(a, b)
    found = compared(paired(of_a, of_b))
    assert (found.n, found.fixes, found.breaks) == (6, 1, 0)
    shares = np.array([[a[f"p{i}", seed] == RIGHT for seed in range(4)] for i in range(6)]).mean(axis=1)
    expected = shares.mean() - np.where(np.arange(6) == 0, 0, shares).mean()
    assert found.difference.estimate == pytest.approx(expected)
    assert found.shares, "what McNemar's test could detect says nothing of shares"
    right = accuracy(of_a.last, of_a)
    assert right is not None and right.estimate == pytest.approx(shares.mean()) and right.low < right.high


def test_a_side_without_graded_runs_has_no_accuracy() -> None:
    _, (a, _) = two({("p0", 0): "ungraded"}, {("p0", 0): RIGHT})
    assert accuracy(a.last, a) is None


def test_rows_are_narrowed_to_differences_and_steps() -> None:
    a = {("p0", 0): RIGHT, ("p1", 0): RIGHT, ("p2", 0): "ungraded"}
    sides, _ = two(a, {("p1", 0): WRONG, ("p0", 0): RIGHT, ("p3", 7): WRONG})
    rows = rows_of(sides)
    assert [(row.problem, row.seed) for row in rows] == [("p0", 0), ("p1", 0), ("p2", 0), ("p3", 7)]

    def kept(narrowed: Narrowed) -> list[str]:
        return [row.problem for row in rows if narrowed.takes(row)]

    assert kept(Narrowed()) == ["p0", "p1", "p2", "p3"]
    assert kept(Narrowed(differ=True)) == ["p1"]
    assert kept(Narrowed(side=1, step="wrong->wrong")) == ["p1", "p3"]
    assert kept(Narrowed(side=0)) == ["p0", "p1", "p2"]
    assert kept(Narrowed(side=9)) == []
