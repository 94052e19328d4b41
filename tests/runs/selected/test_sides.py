"""Runs become sides: by method, settings and model; each names what tells it from the others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from storage.records import ModelRecord
from storage.repositories.selected import RunFacts
from tests.storage.making import MODEL
from webapp.methods.registry import methods
from webapp.runs.selected.naming import named
from webapp.runs.selected.sides import Side, sides_of

MODELS = {"m": MODEL, "m2": replace(MODEL, id="owner/large"), "m3": replace(MODEL, dtype="float32")}


def fact(id: str = "r", **changes: Any) -> RunFacts:
    made = RunFacts(
        id, "p0", "m", "self_refine", "1", '{"samples": 1}', 0, "finished", False, False, "incorrect", "correct",
        "[]", 100, 50, 2, 3.0,
    )  # fmt: skip
    return made._replace(**changes)


def sides(*facts: RunFacts) -> list[Side]:
    return sides_of(facts, MODELS)


def test_a_side_is_a_method_with_its_settings_and_model() -> None:
    found = sides(
        fact("a"), fact("b", problem="p1"), fact("c", method="rci"), fact("d", params='{"samples": 4}'),
        fact("e", model="m2"), fact("f", version="2"),
    )  # fmt: skip
    assert [[run.id for run in side.runs] for side in found] == [["a", "b"], ["c"], ["d"], ["e"], ["f"]]
    assert len({side.name for side in found}) == 5


def test_the_same_settings_in_another_order_are_the_same() -> None:
    (side,) = sides(
        fact("a", params='{"a": 1, "b": null}'), fact("b", problem="p1", params='{"b": null, "a": 1}')
    )  # fmt: skip
    assert len(side.runs) == 2 and len(side.kind.params) == 2


def test_a_setting_that_was_added_since_has_its_default() -> None:
    older, newer = '{"samples": 1}', '{"samples": 1, "max_rounds": 4}'
    default = methods()["self_refine"].params().model_dump()["max_rounds"]
    assert default != 5
    assert len(sides(fact("a", params=older), fact("b", params=newer.replace("4", str(default))))) == 1
    assert len(sides(fact("a", params=older), fact("b", params=newer.replace("4", "5")))) == 2


def test_what_does_not_count_is_counted() -> None:
    (side,) = sides(
        fact("a"), fact("b", status="failed"), fact("c", status="running"), fact("d", branched=True), fact("e"),
        fact("f", seed=1, oracle=True),
    )  # fmt: skip
    assert [run.id for run in side.runs] == ["e", "f"]  # of equal problem and seed the later one
    assert (side.unfinished, side.branched, side.repeated, side.oracle) == (2, 1, 1, 1)


def test_names_say_only_what_differs() -> None:
    assert [side.name for side in sides(fact("a"), fact("b", method="rci"))] == ["Self-Refine", "RCI"]
    assert [side.name for side in sides(fact("a"), fact("b", model="m2"))] == [
        "Self-Refine · smol",
        "Self-Refine · large",
    ]
    sampled = sides(fact("a", params=json.dumps({"samples": 1, "top_p": 0.9})), fact("b", params='{"samples": 4}'))
    names = [side.name.removeprefix("Self-Refine · ") for side in sampled]
    assert names == ["samples 1, top p 0.9", "samples 4, top p 1.0"]
    assert [side.name for side in sides(fact("a"), fact("b", model="m3"))] == [
        "Self-Refine · bfloat16",
        "Self-Refine · float32",
    ]
    assert sides(fact(method="gone"))[0].name == "gone"


def test_names_stay_different_even_where_nothing_that_is_named_differs() -> None:
    same: tuple[dict[str, Any], ModelRecord, str] = ({}, MODEL, "1")
    assert named(["A", "A", "B"], [same, same, same]) == ["A (1)", "A (2)", "B"]


def test_a_long_setting_is_cut() -> None:
    kinds: list[tuple[dict[str, Any], ModelRecord, str]] = [({"hint": "x" * 500}, MODEL, "1"), ({}, MODEL, "1")]
    assert all(len(name) < 80 for name in named(["A", "A"], kinds))
