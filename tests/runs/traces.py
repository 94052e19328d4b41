"""Small traces with every column, for tests that need no model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from storage.trace import TokenTrace

K = 3


def trace_of(pieces: Sequence[bytes], *, special: frozenset[int] = frozenset(), first: int = 0) -> TokenTrace:
    """Return a trace whose token i has id first + i and these bytes; columns are distinct plain numbers."""
    rows = len(pieces)
    ids = np.arange(first, first + rows, dtype=np.int32)
    numbers = np.arange(1, rows + 1, dtype=np.float32)
    top_ids = np.stack([ids + i for i in range(K)], axis=1) if rows else np.zeros((0, K), np.int32)
    names = {int(token): b"?" for token in np.unique(top_ids)}
    return TokenTrace(
        ids=ids,
        pieces=names | {first + i: piece for i, piece in enumerate(pieces)},
        vocab_size=1000,
        logprob=-numbers / 8,
        sampled_logprob=-numbers / 16,
        entropy=numbers / 4,
        sampled_entropy=numbers / 2,
        logsumexp=numbers * 2,
        mean_logit=-numbers,
        sum_p2=1 / (1 + numbers),
        candidates=np.full(rows, 7, np.int32),
        top_ids=top_ids.astype(np.int32),
        top_logprobs=np.tile(np.array([-0.5, -1.0, -2.0], np.float32), (rows, 1)),
        seconds=numbers / 10,
        special=special,
    )
