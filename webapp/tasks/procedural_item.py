"""Where a procedural problem came from, in words that tell enough to make it again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RELEASE = "0.1.25"  # of reasoning-gym: one seed gives the same problems as long as this stays
_SOURCE = re.compile(
    r"reasoning-gym (?P<release>\S+): (?P<name>\w+), seed (?P<seed>\d+), item (?P<index>\d+)(?:, (?P<config>\{.*\}))?"
)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a generator: the number `index` (from 0) of those that a seed and settings give."""

    generator: str
    seed: int
    index: int
    config: Mapping[str, Any] = field(default_factory=dict)
    release: str = RELEASE

    @property
    def source(self) -> str:
        """The item in words."""
        config = f", {json.dumps(self.config, sort_keys=True, ensure_ascii=False)}" if self.config else ""
        return f"reasoning-gym {self.release}: {self.generator}, seed {self.seed}, item {self.index}{config}"

    @staticmethod
    def read(source: str) -> Item | None:
        """Return the item that the source of a problem names; None for any other source."""
        found = _SOURCE.fullmatch(source)
        if found is None:
            return None
        try:
            config = json.loads(found["config"] or "{}")
        except ValueError:
            return None
        return Item(found["name"], int(found["seed"]), int(found["index"]), config, found["release"])
