"""How many cells are worked on at once: as many as keep the engine's batch full, and not many more.

What is begun and not finished is lost when the program is killed, so more at once than fill the batch gains nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from webapp.engine.protocol import Engine

WAITING = 1.5  # rows in the engine's hands for each slot: the next text stands ready when one ends
BACKGROUND_SHARE = 2  # of the engine's slots, background work gets one in so many (see webapp.engine.scheduler)


def rows(engine: Engine, *, background: bool) -> float:
    """Return how many texts should be in the engine's hands."""
    slots = engine.info.max_batch
    return WAITING * max(slots // BACKGROUND_SHARE if background else slots, 1)


def texts(samples: int) -> float:
    """Return how many texts a cell draws at once, on average: it starts with all its samples and ends with one."""
    return (1 + samples) / 2


def room(wanted: float, live: Sequence[float], next_cell: float) -> int:
    """Return how many further cells may begin; one always may where none is at work."""
    left = wanted - sum(live)
    return max(int(left // next_cell), 0 if live else 1)
