"""A number that cannot be given, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Stands where a result would: `why` is a sentence for whoever asked."""

    why: str
