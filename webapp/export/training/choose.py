"""Which rows are kept of those that may be: no repetitions, so many a problem, kinds balanced; by the seed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import NamedTuple

from webapp.export.training.examples import Meta
from webapp.export.training.formats.format import Row
from webapp.export.training.settings import TrainingSettings

REPEATED, CAPPED, UNBALANCED = "it repeats an earlier row", "its problem has enough rows", "its kind has enough rows"


class Candidate(NamedTuple):
    """A row that may be written, and where it comes from."""

    meta: Meta
    row: Row


def chosen(
    candidates: Sequence[Candidate], settings: TrainingSettings, columns: Collection[str]
) -> tuple[list[Candidate], Counter[str]]:
    """Return the rows that are kept, in their order, and how many were left out for which reason.

    Rows repeat one another when they say the same in `columns`.
    """
    left: Counter[str] = Counter()
    kept = list(candidates)
    if settings.dedup:
        kept = _counted(left, REPEATED, kept, _without_repetitions(kept, columns))
    if settings.per_problem:
        few = _sampled(kept, lambda each: each.meta.problem, settings.per_problem, settings)
        kept = _counted(left, CAPPED, kept, few)
    if settings.balance and kept:
        rarest = min(Counter(each.meta.kind for each in kept).values())
        kept = _counted(left, UNBALANCED, kept, _sampled(kept, lambda each: each.meta.kind, rarest, settings))
    return kept, left


def _counted(left: Counter[str], reason: str, before: Sequence[Candidate], after: list[Candidate]) -> list[Candidate]:
    if len(after) < len(before):
        left[reason] += len(before) - len(after)
    return after


def _without_repetitions(candidates: Sequence[Candidate], columns: Collection[str]) -> list[Candidate]:
    seen: set[str] = set()
    kept = []
    for each in candidates:
        key = content_of(each.row, columns)
        if key not in seen:
            seen.add(key)
            kept.append(each)
    return kept


def content_of(row: Row, columns: Collection[str]) -> str:
    """Return a hash of what a row says in some columns; how wide its spaces are does not count."""
    said = json.dumps({name: _folded(value) for name, value in row.items() if name in columns}, sort_keys=True)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _folded(value: object) -> object:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, dict):
        return {name: _folded(each) for name, each in value.items()}
    return [_folded(each) for each in value] if isinstance(value, list) else value


def _sampled(
    candidates: Sequence[Candidate], group: Callable[[Candidate], str], most: int, settings: TrainingSettings
) -> list[Candidate]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for at, each in enumerate(candidates):
        groups[group(each)].append(at)
    kept: set[int] = set()
    for name, places in sorted(groups.items()):
        kept |= set(Random(f"{settings.seed}/{name}").sample(places, min(most, len(places))))
    return [each for at, each in enumerate(candidates) if at in kept]
