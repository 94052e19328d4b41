"""Draws as `generate` does: what other policies are compared with."""

from __future__ import annotations

from webapp.engine.policies.settings import Unsteered
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk


def walk(walk: Walk, policy: Unsteered) -> Passes[None]:
    """Draw every token by the call's settings."""
    yield from walk.read()
    while walk.running:
        walk.append(walk.draw())
        yield from walk.advance()
