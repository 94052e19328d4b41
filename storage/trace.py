"""The token trace: per-token arrays of one generation, in numpy, readable without torch."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class TokenTrace:
    """Statistics of T generated tokens under the raw model (temperature 1, full vocabulary) in nats.

    A column that a backend cannot know is None. Tokens that no forward pass scored hold NaN.

    Attributes:
        ids: [T] token ids.
        logprob: [T] log-probability of the token at temperature 1.
        sampled_logprob: [T] log-probability under the distribution it was drawn from.
        entropy: [T] entropy at temperature 1.
        sampled_entropy: [T] entropy at the sampling temperature, before truncation.
        logsumexp: [T] log-sum-exp of the raw logits.
        mean_logit: [T] mean of the raw logits over the vocabulary.
        sum_p2: [T] sum of squared probabilities at temperature 1.
        candidates: [T] how many tokens were left after truncation.
        top_ids: [T, k] the most probable ids, best first.
        top_logprobs: [T, k] their log-probabilities at temperature 1.
        seconds: [T] when the token was made, in seconds since the run started.
        pieces: raw bytes of every id in `ids` and `top_ids`; special tokens map to their names.
        special: ids among them that are special tokens and no part of the text.
        vocab_size: V, the number of logits.
        entropy_is_lower_bound: True where only the top-k was known.
        grid: temperature -> ([T] lse(l/T), [T] mean of l under softmax(l/T)), when the run asked for it.

    """

    ids: Ints
    pieces: Mapping[int, bytes]
    vocab_size: int
    logprob: Floats | None = None
    sampled_logprob: Floats | None = None
    entropy: Floats | None = None
    sampled_entropy: Floats | None = None
    logsumexp: Floats | None = None
    mean_logit: Floats | None = None
    sum_p2: Floats | None = None
    candidates: Ints | None = None
    top_ids: Ints | None = None
    top_logprobs: Floats | None = None
    seconds: Floats | None = None
    special: frozenset[int] = frozenset()
    entropy_is_lower_bound: bool = False
    grid: Mapping[float, tuple[Floats, Floats]] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.ids.shape[0])

    @property
    def self_certainty(self) -> Floats | None:
        """[T] KL(uniform || p) = lse - mean logit - ln V (Kang et al. 2025, eq. 6 without the constant sign)."""
        if self.logsumexp is None or self.mean_logit is None:
            return None
        certainty: Floats = (self.logsumexp - self.mean_logit - np.log(self.vocab_size)).astype(np.float32)
        return certainty

    def token_bytes(self, index: int) -> bytes:
        """Return the bytes that a token adds to the text; special tokens add none."""
        token = int(self.ids[index])
        return b"" if token in self.special else self.pieces[token]

    def token_texts(self) -> list[str]:
        """Return what each token adds to the text; a character split over tokens belongs to its last token."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        last = len(self) - 1
        return [_clean(decoder.decode(self.token_bytes(i), final=i == last)) for i in range(len(self))]

    def offsets(self) -> list[int]:
        """Return T + 1 offsets into the text, in UTF-8 bytes: token i covers [offsets[i], offsets[i + 1])."""
        return [0, *accumulate(len(text.encode()) for text in self.token_texts())]

    def text(self) -> tuple[str, bool]:
        """Return the joined text and whether invalid bytes or NUL had to be replaced."""
        text = "".join(self.token_texts())
        return text, text.encode() != b"".join(self.token_bytes(i) for i in range(len(self)))

    def slice(self, start: int, stop: int | None = None) -> TokenTrace:
        """Return the rows [start, stop) with the same pieces."""
        rows = np.s_[start:stop]
        cut: dict[str, Any] = {name: None if (a := getattr(self, name)) is None else a[rows] for name in COLUMNS}
        grid = {t: (lse[rows], mean[rows]) for t, (lse, mean) in self.grid.items()}
        return TokenTrace(
            **cut, pieces=self.pieces, vocab_size=self.vocab_size, special=self.special,
            entropy_is_lower_bound=self.entropy_is_lower_bound, grid=grid,
        )  # fmt: skip


COLUMNS: tuple[str, ...] = tuple(
    f.name for f in fields(TokenTrace)
    if f.name not in {"pieces", "vocab_size", "special", "entropy_is_lower_bound", "grid"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in a few numbers, kept as columns of the generation (nats, means over tokens); None is unknown."""

    tokens: int
    mean_entropy: float | None = None
    max_entropy: float | None = None
    last_entropy: float | None = None
    mean_logprob: float | None = None
    sum_logprob: float | None = None
    self_certainty: float | None = None


LAST_TOKENS = 10


def summarise(trace: TokenTrace) -> TraceSummary:
    """Summarise a trace; `last_entropy` is the mean over the last ten tokens. NaN rows are left out."""

    def mean(column: Floats | None) -> float | None:
        known = None if column is None else column[~np.isnan(column)]
        return None if known is None or known.size == 0 else float(np.mean(known, dtype=np.float64))

    entropy, logprob = trace.entropy, trace.logprob
    known = None if entropy is None else entropy[~np.isnan(entropy)]
    return TraceSummary(
        tokens=len(trace),
        mean_entropy=mean(entropy),
        max_entropy=None if known is None or known.size == 0 else float(known.max()),
        last_entropy=None if entropy is None else mean(entropy[-LAST_TOKENS:]),
        mean_logprob=mean(logprob),
        sum_logprob=None if logprob is None else float(np.nansum(logprob, dtype=np.float64)),
        self_certainty=mean(trace.self_certainty),
    )


def concatenate(traces: Sequence[TokenTrace]) -> TokenTrace:
    """Join traces of the same model end to end; a column unknown in one part is unknown in the whole.

    Parts with fewer alternatives are padded with id -1 and NaN.

    Raises:
        ValueError: for no traces, or traces of different vocabularies.

    """
    if not traces or len({t.vocab_size for t in traces}) != 1:
        raise ValueError("concatenate needs traces of one vocabulary")
    width = max(0 if t.top_ids is None else t.top_ids.shape[1] for t in traces)
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        parts = [getattr(t, name) for t in traces]
        if name in ("top_ids", "top_logprobs"):
            parts = [p if p is None else _pad(p, width) for p in parts]
        columns[name] = None if any(p is None for p in parts) else np.concatenate(parts)
    temperatures = set.intersection(*(set(t.grid) for t in traces))
    return TokenTrace(
        **columns,
        pieces={k: v for t in traces for k, v in t.pieces.items()},
        vocab_size=traces[0].vocab_size,
        special=frozenset().union(*(t.special for t in traces)),
        entropy_is_lower_bound=any(t.entropy_is_lower_bound for t in traces),
        grid={
            x: (np.concatenate([t.grid[x][0] for t in traces]), np.concatenate([t.grid[x][1] for t in traces]))
            for x in sorted(temperatures)
        },
    )


def _pad(rows: NDArray[np.generic], width: int) -> NDArray[np.generic]:
    filler = -1 if rows.dtype.kind == "i" else np.nan
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])), constant_values=filler)


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd")
