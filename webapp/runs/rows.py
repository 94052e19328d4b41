"""Trace rows of tokens that nobody sampled: injected by a method, or forced by a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from storage.trace import TokenTrace
from webapp.engine.protocol import Engine, TaughtEngine


def unscored(ids: Sequence[int], piece: Callable[[int], bytes], like: TokenTrace) -> TokenTrace:
    """Return rows of tokens that no forward pass scored: NaN in every column that `like` has."""
    size = len(ids)

    def unknown(column: np.ndarray | None) -> np.ndarray | None:
        if column is None:
            return None
        filler = np.nan if column.dtype.kind == "f" else -1
        return np.full((size, *column.shape[1:]), filler, dtype=column.dtype)

    return replace(
        like,
        ids=np.array(ids, dtype=np.int32),
        pieces={token: piece(token) for token in ids},
        special=frozenset(),
        logprob=unknown(like.logprob),
        sampled_logprob=unknown(like.sampled_logprob),
        entropy=unknown(like.entropy),
        sampled_entropy=unknown(like.sampled_entropy),
        logsumexp=unknown(like.logsumexp),
        mean_logit=unknown(like.mean_logit),
        sum_p2=unknown(like.sum_p2),
        candidates=None if like.candidates is None else np.zeros(size, dtype=np.int32),
        top_ids=unknown(like.top_ids),
        top_logprobs=unknown(like.top_logprobs),
        seconds=unknown(like.seconds),
        grid={t: (np.full(size, np.nan, np.float32), np.full(size, np.nan, np.float32)) for t in like.grid},
    )


def teach(engine: Engine, trace: TokenTrace) -> None:
    """Tell an engine that cannot know it what the tokens of a stored text spell."""
    if isinstance(engine, TaughtEngine):
        engine.learn(trace.pieces)


def forced(row: TokenTrace, token: int, piece: bytes) -> TokenTrace:
    """Return one row with another token in its place.

    The distribution is the same, so what is a statistic of the distribution stays. The token's log-probability
    is known if it is among the alternatives; it was drawn from nothing.
    """
    unknown = np.full(1, np.nan, dtype=np.float32)
    return replace(
        row,
        ids=np.array([token], dtype=np.int32),
        pieces={**row.pieces, token: piece},
        special=row.special - {token},
        logprob=None if row.logprob is None else np.array([_logprob(row, token)], dtype=np.float32),
        sampled_logprob=None if row.sampled_logprob is None else unknown,
    )


def at(rows: TokenTrace, seconds: float) -> TokenTrace:
    """Return the rows as if they had all come at one time, in seconds since the run started."""
    return replace(rows, seconds=np.full(len(rows), seconds, dtype=np.float32))


def _logprob(row: TokenTrace, token: int) -> float:
    if row.logprob is not None and int(row.ids[0]) == token:
        return float(row.logprob[0])
    if row.top_ids is None or row.top_logprobs is None:
        return float("nan")
    found = np.flatnonzero(row.top_ids[0] == token)
    return float(row.top_logprobs[0, found[0]]) if found.size else float("nan")
