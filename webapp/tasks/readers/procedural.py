"""Problems of reasoning-gym's generators: procedural, seeded, with the generator's own verifier as their grader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storage.records import Problem
from webapp.tasks.problems import make_problem
from webapp.tasks.procedural import Generators, NotMade, gym
from webapp.tasks.procedural_item import Item
from webapp.tasks.readers.rows import ReadError

REPEATED = 3  # as many items are made at most as problems are wanted, where generators repeat themselves


def generators() -> Generators:
    """Return the generators, fetching the package the first time somebody asks.

    Raises:
        ReadError: with a sentence, when it cannot be fetched.

    """
    try:
        return gym().generators()
    except NotMade as error:
        raise ReadError("reasoning-gym", None, str(error)) from None


def procedural_problems(generator: str, config: Mapping[str, Any], n: int, seed: int) -> list[Problem]:
    """Return the first n different problems that a generator makes from a seed.

    Raises:
        ReadError: with a sentence, for an unknown generator or setting, or without network at the first time.

    """
    found: dict[str, Problem] = {}
    start = 0
    try:
        while len(found) < n and start < REPEATED * n:
            count = n - len(found)
            for index, item in enumerate(gym().items(generator, config, seed, start, count), start):
                problem = _problem(item, Item(generator, seed, index, config))
                found.setdefault(problem.id, problem)
            start += count
    except NotMade as error:
        raise ReadError(generator, None, str(error)) from None
    if len(found) < n:
        raise ReadError(generator, None, f"it makes only {len(found)} different problems from seed {seed}")
    return list(found.values())


def _problem(item: Mapping[str, str | None], origin: Item) -> Problem:
    return make_problem(item["question"] or "", "procedural", item["answer"], source=origin.source)
