"""Collects the per-step arrays of one sample and cuts them into token traces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from storage.trace import TokenTrace
from webapp.engine.pieces import Pieces

_DTYPES = {"ids": np.int32, "candidates": np.int32, "top_ids": np.int32}


class Columns:
    """Grows by one token a step; `taken` counts the tokens already sent on."""

    def __init__(self, pieces: Pieces, vocab_size: int, grid: tuple[float, ...] = ()) -> None:
        self.pieces = pieces
        self.vocab_size = vocab_size
        self.grid = grid
        self.rows: list[Mapping[str, Any]] = []
        self.taken = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def last(self) -> int:
        """The id of the newest token."""
        return int(self.rows[-1]["ids"])

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one token's numbers, by column name; the grid's are `lse@T` and `mean@T`."""
        self.rows.append(row)

    def take(self) -> tuple[int, TokenTrace]:
        """Return the tokens added since the last call, and the index of the first."""
        start, self.taken = self.taken, len(self.rows)
        return start, self.trace(start)

    def trace(self, start: int = 0) -> TokenTrace:
        """Return the trace from `start` on."""
        rows = self.rows[start:]
        columns = {name: self._column(rows, name) for name in self._names()}
        ids = columns.get("ids", np.zeros(0, np.int32))
        seen = {int(i) for i in ids} | {int(i) for i in columns["top_ids"].ravel()} if rows else set()
        return TokenTrace(
            **(columns if rows else {"ids": ids}),
            pieces={i: self.pieces[i] for i in sorted(seen)},
            special=frozenset(seen & self.pieces.special),
            vocab_size=self.vocab_size,
            grid={t: (self._column(rows, f"lse@{t}"), self._column(rows, f"mean@{t}")) for t in self.grid if rows},
        )

    def _names(self) -> list[str]:
        return [name for name in (self.rows[0] if self.rows else ()) if "@" not in name]

    @staticmethod
    def _column(rows: list[Mapping[str, Any]], name: str) -> Any:
        return np.array([row[name] for row in rows], dtype=_DTYPES.get(name, np.float32))
