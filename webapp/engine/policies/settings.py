"""The policies that may steer how tokens are drawn, by their settings: plain values that a method names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """What all of them are."""


@dataclass(frozen=True, slots=True)
class Unsteered(Policy):
    """Draws as `generate` does."""
