"""What the arms of an experiment are called."""

from __future__ import annotations

from collections import Counter
from typing import Any

from webapp.experiments.spec import Arm, ExperimentSpec
from webapp.methods.registry import methods

LONGEST = 120


def arm_names(spec: ExperimentSpec) -> list[str]:
    """Return a name for each arm, no two alike: its title, or its method's with the settings that were given."""
    names = [arm.title.strip() or _described(arm) for arm in spec.methods]
    times = Counter(names)
    return [name if times[name] == 1 else f"{name} #{i + 1}" for i, name in enumerate(names)]


def _described(arm: Arm) -> str:
    method = methods().get(arm.method)
    if method is None:
        return arm.method
    fields = method.params.model_fields
    given = [f"{name.replace('_', ' ')} {_short(value)}" for name, value in arm.params.items() if name in fields
             and value != fields[name].default]  # fmt: skip
    name = method.title + (f" ({', '.join(given)})" if given else "")
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 20 else f"{text[:19]}…"
