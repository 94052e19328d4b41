"""Samples, orders and shares by seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from storage.annotations import Annotator
from webapp.annotation.picking import Picked
from webapp.annotation.sampling import assigned, either_way, sampled, shuffled


def items(count: int, method: str = "a", problems: int = 5) -> list[Picked]:
    return [
        Picked(
            f"{method}{n}", f"p{n % problems}", (method, "m", "correct", "correct"), (f"{method}{n}",), n / 10 or None
        )
        for n in range(count)
    ]


def people(count: int) -> list[Annotator]:
    return [Annotator(f"n{n}", "local") for n in range(count)]


def test_uncertain_takes_the_highest_entropies_and_unknown_ones_last() -> None:
    found = sampled(items(20), "uncertain", 19, 3)
    assert [each.entropy for each in found] == [n / 10 for n in range(19, 0, -1)]
    assert sampled(items(3), "uncertain", None, 3)[-1].entropy is None


def test_diverse_takes_turns_between_groups_and_then_between_problems() -> None:
    found = sampled([*items(90), *items(10, "rare")], "diverse", 20, 0)
    assert Counter(each.group[0] for each in found) == {"a": 10, "rare": 10}
    assert Counter(each.problem for each in found if each.group[0] == "a") == {f"p{n}": 2 for n in range(5)}


def test_blind_pairs_stand_either_way_by_seed() -> None:
    pairs = [replace(item, texts=(f"first{n}", f"second{n}")) for n, item in enumerate(items(40))]
    turned = either_way(pairs, 3)
    assert [set(item.texts) for item in turned] == [set(item.texts) for item in pairs]
    assert 10 <= sum(item.texts != pair.texts for item, pair in zip(turned, pairs, strict=True)) <= 30
    assert turned == either_way(pairs, 3) != either_way(pairs, 4)
    assert either_way(items(9), 3) == items(9), "what is no pair stays"


def test_all_takes_them_as_they_come_and_random_any_by_seed() -> None:
    assert sampled(items(9), "all", 4, 7) == items(9)[:4]
    assert (
        sampled(items(30), "random", 5, 7) == sampled(items(30), "random", 5, 7) != sampled(items(30), "random", 5, 8)
    )
    assert shuffled(items(30), 1) == shuffled(items(30), 1) != shuffled(items(30), 2)


def test_shares_are_even_and_pairs_vary() -> None:
    found = assigned(60, people(4), 2, 9)
    assert found == assigned(60, people(4), 2, 9)
    assert all(len(set(names)) == 2 for names in found)
    assert set(Counter(name for names in found for name in names).values()) == {30}
    assert len(Counter(found)) == 6, "everybody labels together with everybody"
    assert max(Counter(n for names in assigned(7, people(3), 2, 0) for n in names).values()) == 5
