"""Rows with something of them cut off, taken away or replaced."""

from __future__ import annotations

import json
import random
from typing import Any

STRANGE: tuple[Any, ...] = (
    None, True, -1, 2**70, 10**400, 1e308, float("nan"), float("inf"), "", "\0\ud800", [], [[]], {}, {"": {}},
    "x" * 600,
)  # fmt: skip


def cut_or_damaged(draw: random.Random, row: dict[str, Any]) -> object:
    """Return a damaged row, or the beginning of its line."""
    if draw.random() < 0.2:
        line = json.dumps(row).encode()
        return line[: draw.randrange(1, len(line))]
    return damaged(draw, row)


def damaged(draw: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a row in which one thing, at any depth, is missing or strange."""
    place: Any = json.loads(json.dumps(row))
    top: dict[str, Any] = place
    while True:
        key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or draw.random() < 0.3:
            break
        place = inner
    if draw.random() < 0.3:
        del place[key]
    else:
        place[key] = draw.choice(STRANGE)
    return top
