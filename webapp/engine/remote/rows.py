"""Token traces from what a server tells: some log-probabilities of each token, never the whole distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage.trace import Floats, TokenTrace
from webapp.engine.protocol import Sampling
from webapp.engine.remote.vocabulary import Vocabulary

LEAST = -9000.0  # servers write -9999 for what they do not know


@dataclass(frozen=True, slots=True)
class Seen:
    """One token as a server tells it: its log-probability, and those of the most probable ids, best first."""

    id: int
    logprob: float = math.nan
    top: tuple[tuple[int, float], ...] = ()


def seen(token: int, logprob: float | None, top: dict[int, float]) -> Seen:
    """Return a token with its alternatives put in order; unknown numbers become NaN, or are left out."""
    known = {i: value for i, value in top.items() if LEAST < value <= 0}
    ordered = sorted(known.items(), key=lambda pair: -pair[1])
    certain = logprob is not None and LEAST < logprob <= 0
    return Seen(token, logprob if certain and logprob is not None else math.nan, tuple(ordered))


def entropy_bound(logprobs: Sequence[float], least: float) -> float:
    """Return the least entropy (nats) of a distribution of which some log-probabilities are known.

    None of the other tokens is more probable than `least` (a log-probability). As -p ln p is concave, the entropy of
    what they share, r, is least where as many as fit have all of `least` and one has the rest.
    """
    known = -sum(math.exp(value) * value for value in logprobs)
    rest = max(1.0 - sum(math.exp(value) for value in logprobs), 0.0)
    most = math.exp(least)
    full = math.floor(rest / most) if most > 0 else 0
    left = rest - full * most
    return known - full * most * least - (left * math.log(left) if left > 0 else 0.0)


def trace_of(
    rows: Sequence[Seen], vocabulary: Vocabulary, *, alternatives: int, known: bool, sampling: Sampling | None = None
) -> TokenTrace:
    """Return the trace of tokens; `known` is whether the server tells log-probabilities at all.

    What cannot be known is None. The probability that a token was drawn with is known where nothing changed the
    model's own, or where there was nothing to draw.
    """
    ids = [row.id for row in rows]
    logprob = _column([row.logprob for row in rows]) if known else None
    listed = alternatives > 0 and known
    top_ids = _table([[i for i, _ in row.top] for row in rows], alternatives, -1, np.int32) if listed else None
    top = _table([[v for _, v in row.top] for row in rows], alternatives, np.nan, np.float32) if listed else None
    spelled = {*ids, *(int(i) for i in (top_ids.ravel() if top_ids is not None else ()) if i >= 0)}
    return TokenTrace(
        ids=np.array(ids, np.int32),
        pieces={i: vocabulary.piece(i) for i in sorted(spelled)},
        vocab_size=vocabulary.size,
        logprob=logprob,
        sampled_logprob=_drawn_with(logprob, sampling, len(rows)),
        entropy=_column([_entropy(row, alternatives) for row in rows]) if known else None,
        top_ids=top_ids,
        top_logprobs=top,
        special=frozenset(spelled & vocabulary.special),
        entropy_is_lower_bound=known,
    )


def _entropy(row: Seen, alternatives: int) -> float:
    """Return the bound from all that is known of a position: a token beyond the best ones bounds no other."""
    best = row.top[:alternatives]  # asked for none, some servers list the drawn token, however improbable
    others = [row.logprob] if row.id not in dict(best) and not math.isnan(row.logprob) else []
    if not best and (alternatives or not others):
        return math.nan
    return entropy_bound([*(value for _, value in best), *others], best[-1][1] if best else 0.0)


def _drawn_with(logprob: Floats | None, sampling: Sampling | None, rows: int) -> Floats | None:
    if sampling is None or logprob is None:
        return None
    if sampling.temperature == 0:
        return np.zeros(rows, np.float32)
    return logprob if sampling.temperature == 1 and not sampling.truncates else None


def _column(values: Sequence[float]) -> Floats:
    return np.array(values, np.float32)


def _table(rows: Sequence[Sequence[float]], width: int, filler: float, dtype: type[Any]) -> NDArray[Any]:
    table: NDArray[Any] = np.full((len(rows), width), filler, dtype)
    for row, values in zip(table, rows, strict=True):
        row[: len(values[:width])] = values[:width]
    return table
