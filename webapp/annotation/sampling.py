"""Which of the items found a queue takes, in which order, and who labels them; all of it by seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from random import Random

from storage.annotations import Annotator, Sampling
from webapp.annotation.picking import Picked


def sampled(found: Sequence[Picked], sampling: Sampling, n: int | None, seed: int) -> list[Picked]:
    """Return at most n items.

    "all" takes the first ones as they are, "random" any. "diverse" takes turns between the groups (method, model and
    what became of the answer), and within a group between problems, so that what is rare is there as well.
    "uncertain" takes those whose (second) text has the highest mean token entropy; unknown ones come last.
    """
    drawn = list(found)
    if sampling != "all":
        Random(seed).shuffle(drawn)
    if sampling == "uncertain":
        drawn.sort(key=lambda item: -1.0 if item.entropy is None else item.entropy, reverse=True)
    elif sampling == "diverse":
        drawn = _in_turns([_in_turns(_grouped(group, _problem)) for group in _grouped(drawn, _group)])
    return drawn if n is None else drawn[:n]


def shuffled(items: Sequence[Picked], seed: int) -> list[Picked]:
    """Return the items in the order in which they are labelled."""
    order = list(items)
    Random(f"order {seed}").shuffle(order)
    return order


def either_way(items: Sequence[Picked], seed: int) -> list[Picked]:
    """Return the items, about half of the pairs turned round: the order must not tell which text is which."""
    random = Random(f"sides {seed}")
    return [replace(item, texts=item.texts[::-1]) if random.random() < 0.5 else item for item in items]


def assigned(items: int, annotators: Sequence[Annotator], overlap: int, seed: int) -> list[tuple[str, ...]]:
    """Return who labels each item: the annotators with the fewest items so far, ties by lot.

    Nobody gets more than one item more than anybody else, and who labels together with whom varies.
    """
    random, load = Random(f"annotators {seed}"), dict.fromkeys([each.name for each in annotators], 0)
    found = []
    for _ in range(items):
        names = sorted(sorted(load, key=lambda name: (load[name], random.random()))[:overlap])
        found.append(tuple(names))
        for name in names:
            load[name] += 1
    return found


def _grouped(items: Sequence[Picked], key: Callable[[Picked], object]) -> list[list[Picked]]:
    groups: dict[object, list[Picked]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())


def _in_turns(groups: Sequence[Sequence[Picked]]) -> list[Picked]:
    return [item for turn in zip_longest(*groups) for item in turn if item is not None]


def _group(item: Picked) -> object:
    return item.group


def _problem(item: Picked) -> object:
    return item.problem
