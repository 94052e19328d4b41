"""Teacher-forced passes: traces of given tokens, option masses, embeddings.

Each is a generator that yields before every pass over the model and is sent how many tokens that pass may read,
so that a long text neither holds up the running batch nor needs [T, V] numbers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from storage.trace import TokenTrace, concatenate
from webapp.engine.pieces import Pieces
from webapp.engine.protocol import OptionProbabilities
from webapp.engine.reader import Reader
from webapp.engine.sequences import SequenceCache
from webapp.engine.signals import signals
from webapp.engine.variants import distinct

T = TypeVar("T")
Passes: TypeAlias = Generator[None, int, T]
Options: TypeAlias = Sequence[dict[str, tuple[int, ...]]]


def read(
    forward: Reader, cache: SequenceCache, ids: Sequence[int], start: int, use: Callable[[int, Tensor], None]
) -> Passes[None]:
    """Read ids behind `start` tokens; `use` gets each pass's first index in ids and its hidden states [t, D]."""
    at = 0
    while at < len(ids):
        size = yield
        hidden = forward.read(cache, 0, ids[at : at + size], start + at)
        use(at, hidden)
        at += hidden.shape[0]


def read_on(
    forward: Reader, cache: SequenceCache, ids: Sequence[int], needed: int, use: Callable[[int, Tensor], None]
) -> Passes[None]:
    """Read ids into an empty cache, from where no text before began alike; states from `needed` on are used."""
    start = forward.prefixes.recall(cache, 0, ids, needed)
    yield from read(forward, cache, ids[start:], start, lambda at, hidden: use(start + at, hidden))
    forward.prefixes.keep(cache, 0, ids)


def score(
    forward: Reader, pieces: Pieces, prompt: Sequence[int], continuation: Sequence[int], alternatives: int
) -> Passes[TokenTrace]:
    """Return the trace of `continuation` after `prompt`; position i is predicted by everything before it."""
    first = len(prompt) - 1  # the position that predicts the continuation's first token
    nothing = torch.zeros((0, forward.width), device=forward.device)
    parts = [_trace(forward, pieces, [], nothing, alternatives)]

    def use(at: int, hidden: Tensor) -> None:
        predicting = hidden[max(first - at, 0) :]
        begin = max(at - first, 0)
        said = continuation[begin : begin + predicting.shape[0]]
        if said:
            parts.append(_trace(forward, pieces, said, predicting, alternatives))

    if continuation:
        yield from read_on(forward, forward.scratch(), [*prompt, *continuation[:-1]], first, use)
    return concatenate(parts)


def logits(
    forward: Reader, prompt: Sequence[int], said: Sequence[int], start: int, stop: int
) -> Passes[NDArray[np.float32]]:
    """Return [stop - start, V] the logits that predict the tokens start to stop - 1 of what was said."""
    ids = [*prompt, *said[: stop - 1]]
    first = len(prompt) + start - 1  # the position that predicts the first of them
    parts: list[NDArray[np.float32]] = []

    def use(at: int, hidden: Tensor) -> None:
        predicting = hidden[max(first - at, 0) :]
        if len(predicting):
            parts.append(_column(forward.logits(predicting)))

    yield from read_on(forward, forward.scratch(), ids, first, use)
    return np.concatenate(parts)


def _trace(forward: Reader, pieces: Pieces, ids: Sequence[int], hidden: Tensor, alternatives: int) -> TokenTrace:
    logits = forward.logits(hidden)
    seen = signals(logits, alternatives)
    chosen = torch.tensor(list(ids), dtype=torch.long, device=logits.device)
    top_ids = seen.top_ids.cpu().numpy().astype(np.int32)
    known = {int(i) for i in ids} | {int(i) for i in top_ids.ravel()}
    return TokenTrace(
        ids=np.array(ids, np.int32),
        pieces={i: pieces[i] for i in sorted(known)},
        special=frozenset(known & pieces.special),
        vocab_size=logits.shape[-1],
        logprob=_column(seen.logprobs.gather(1, chosen[:, None])[:, 0]),
        entropy=_column(seen.entropy),
        logsumexp=_column(seen.logsumexp),
        mean_logit=_column(seen.mean_logit),
        sum_p2=_column(seen.sum_p2),
        top_ids=top_ids,
        top_logprobs=_column(seen.top_logprobs),
    )


def _column(values: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = values.float().cpu().numpy()
    return array


def choose(forward: Reader, prompt: Sequence[int], options: Options) -> Passes[OptionProbabilities]:
    """Return the mass of each option (surface variants to their token ids) after the prompt."""
    began = time.monotonic()
    cache, last = forward.scratch(), []
    yield from read_on(forward, cache, prompt, len(prompt) - 1, lambda _, hidden: last.append(hidden[-1]))
    following = _logprobs(forward, last[-1][None])[0]
    variants = []
    for option in options:
        masses = []
        for text, ids in distinct(option).items():
            logprob = float(following[ids[0]])
            if len(ids) > 1:  # read over what the variant before it left behind the prompt
                logprob += yield from _rest(forward, cache, len(prompt), ids)
            masses.append((text, float(np.exp(logprob))))
        variants.append(tuple(masses))
    return OptionProbabilities(
        options=tuple(next(iter(option)) for option in options),
        masses=tuple(sum(mass for _, mass in option) for option in variants),
        variants=tuple(variants),
        prompt_tokens=len(prompt),
        seconds=time.monotonic() - began,
    )


def _rest(forward: Reader, cache: SequenceCache, start: int, ids: tuple[int, ...]) -> Passes[float]:
    """Return the log-probability of all tokens after the first, given those before them."""
    parts: list[float] = []

    def use(at: int, hidden: Tensor) -> None:
        said = torch.tensor(ids[at + 1 : at + 1 + hidden.shape[0]])
        parts.append(float(_logprobs(forward, hidden).gather(1, said[:, None]).sum()))

    yield from read(forward, cache, ids[:-1], start, use)
    return sum(parts)


def _logprobs(forward: Reader, hidden: Tensor) -> Tensor:
    """Return log-probabilities [T, V] in float64, on the CPU, since not every device has float64."""
    return forward.logits(hidden).cpu().double().log_softmax(-1)


def embed(forward: Reader, ids: Sequence[int]) -> Passes[NDArray[np.float32]]:
    """Return the mean [D] of the last hidden states of a text."""
    total = torch.zeros(forward.width, device=forward.device)
    yield from read(forward, forward.scratch(), ids, 0, lambda _, hidden: _add(total, hidden))
    return _column(total / len(ids))


def _add(total: Tensor, hidden: Tensor) -> None:
    total += hidden.float().sum(0)
