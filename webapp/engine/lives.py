"""What a steered call tells beside its tokens: which texts are copies of others, and what the policy saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Forked:
    """Text `life` begins with the first `at` tokens of text `of`, in the place of text `instead`, which ends."""

    life: int
    of: int
    at: int
    instead: int


@dataclass(frozen=True, slots=True)
class Noted:
    """Evidence of a policy, of one text or (None) of all: JSON data at the index of a token in the message."""

    life: int | None
    index: int
    kind: str
    data: Mapping[str, Any]
