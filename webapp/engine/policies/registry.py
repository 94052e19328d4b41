"""Which walk carries a policy out, by the type of its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from webapp.engine.policies import power, product, repel, settings, soft_thinking, srgen, unsteered
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

Walking: TypeAlias = Callable[[Walk, Any], Passes[None]]

POLICIES: dict[type[settings.Policy], Walking] = {
    settings.Unsteered: unsteered.walk,
    settings.Power: power.walk,
    settings.Product: product.walk,
    settings.Repel: repel.walk,
    settings.SRGen: srgen.walk,
    settings.SoftThinking: soft_thinking.walk,
}
