"""Costs add up, and a run stops at its bound."""

from __future__ import annotations

import pytest

from storage.records import Cost
from webapp.runs.budget import Budget, BudgetSpent


def test_reservations_become_what_was_really_spent() -> None:
    budget = Budget(1000, 10)
    budget.reserve(100)
    budget.reserve(100)
    assert budget.expected == 200
    budget.settle(100, Cost(30, 5, 1))
    budget.settle(100, Cost(100, 0, 1))
    assert budget.spent == Cost(130, 5, 2)
    assert budget.expected == 130


def test_open_texts_count_in_full_against_the_bound() -> None:
    budget = Budget(150, 10)
    budget.reserve(100)
    with pytest.raises(BudgetSpent, match=r"may generate 150 tokens; after 0 it asked for 200 more"):
        budget.reserve(100)
    budget.settle(100, Cost(20, 0, 1))
    budget.reserve(100)


def test_calls_are_bounded_too() -> None:
    budget = Budget(10, 1)
    budget.reserve(0)
    budget.settle(0, Cost(calls=1))
    with pytest.raises(BudgetSpent, match="made its 1 calls"):
        budget.reserve(0)
