"""The tree of how several texts begin: where they part, and where each beginning stands in a drawing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeAlias

Prefix: TypeAlias = tuple[int, ...]


@dataclass(slots=True)
class Node:
    """A beginning: how many texts have it, and those that are one token longer, in the order of the texts."""

    count: int = 0
    children: list[Prefix] = field(default_factory=list)


def prefix_tree(texts: Sequence[Sequence[int]]) -> dict[Prefix, Node]:
    """Return the empty beginning, those that several texts share, and the first token of each that it has alone."""
    ids = [tuple(text) for text in texts]
    shared = Counter(text[:k] for text in ids for k in range(len(text)))
    root: Prefix = ()
    nodes = {root: Node(len(ids))}
    for text in ids:
        for k in range(len(text)):
            if k and shared[text[:k]] < 2:
                break
            prefix = text[: k + 1]
            if prefix not in nodes:
                nodes[prefix] = Node()
                nodes[text[:k]].children.append(prefix)
            nodes[prefix].count += 1
    return nodes


def heights(nodes: Mapping[Prefix, Node]) -> dict[Prefix, float]:
    """Return how far down each beginning is drawn: those that nothing follows in rows, others amid what follows."""
    placed: dict[Prefix, float] = {}
    ahead: list[Prefix] = [()]
    while ahead:
        prefix = ahead.pop()
        if not nodes[prefix].children:
            placed[prefix] = float(len(placed))
        ahead += reversed(nodes[prefix].children)
    for prefix in sorted(nodes, key=len, reverse=True):
        if children := nodes[prefix].children:
            placed[prefix] = fmean(placed[child] for child in children)
    return placed
