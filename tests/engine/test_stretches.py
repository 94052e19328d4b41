"""A text drawn in stretches, from one stop string to the next, is the text that a single call draws."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.asking import sample
from tests.engine.small import SHORT, small
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt

LONGEST = 60


async def in_stretches(engine: LocalEngine, prompt: Prompt, stop: str, **settings: Any) -> list[list[int]]:
    """Return the ids after each stretch: each goes on from all that was drawn, its stop string included."""
    said: list[list[int]] = [[]]
    while len(said[-1]) < LONGEST:
        part = await sample(
            engine, prompt.continuing(said[-1]), max_tokens=LONGEST - len(said[-1]), stop=(stop,), **settings
        )
        said.append([*said[-1], *part.trace.ids.tolist()])
        if part.finish_reason != "stop":
            break
    return said[1:]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_stretches_of_one_label_are_one_text(temperature: float) -> None:
    drawn: dict[str, Any] = {"temperature": temperature, "seed": 3}
    async with small() as engine:
        whole = await sample(engine, SHORT, max_tokens=LONGEST, **drawn)
        stop = next(letter for letter in whole.text if "!" <= letter <= "~")
        stretches = await in_stretches(engine, SHORT, stop, **drawn)
    assert len(stretches) > 1
    assert stretches[-1] == whole.trace.ids.tolist()
