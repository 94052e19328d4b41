"""A token of a stored text looked into: its distribution, as far as it is known, and what each rule keeps of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.trace import TokenTrace
from webapp.analysis.truncation import Cut, Distribution, Rules, cuts, kept_along, softmax
from webapp.runs.wire import readable

FEWEST, MOST = 20, 1000  # tokens that are listed, however few or many the rules keep


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The likeliest tokens in their order, as far as any rule keeps some, and how many there are beside them."""

    ids: Sequence[int]
    texts: Sequence[str]
    probabilities: Sequence[float]
    others: int
    others_mass: float


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """A token of a text, its distribution, and what each rule keeps of it.

    Attributes:
        index: the token's place in the text.
        token: its id.
        temperature: of the distribution; always 1 where it is not known as a whole.
        unknown: why it is not known as a whole, as a sentence; empty where it is.
        entropy: in nats, None where it is not known.
        probability: of the token itself, None where it is not known.
        rank: how many tokens are likelier, None where it is not known.
        listed: the likeliest tokens.
        cuts: what each rule keeps, by its name.
        rules: the settings of the rules.

    """

    index: int
    token: int
    temperature: float
    unknown: str
    entropy: float | None
    probability: float | None
    rank: int | None
    listed: Listed
    cuts: dict[str, Cut]
    rules: Rules


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """How many tokens each rule keeps at every position of a text, None where that is not known."""

    temperature: float
    unknown: str
    kept: dict[str, list[int | None]]
    entropy: list[float | None]


def whole(
    trace: TokenTrace, index: int, logits: NDArray[np.float32], temperature: float, rules: Rules,
    piece: Callable[[int], bytes],
) -> Inspection:  # fmt: skip
    """Look into a token whose logits [V] are known."""
    probabilities, token = softmax(logits, temperature), int(trace.ids[index])
    order = np.argsort(-logits, kind="stable")
    d = Distribution.of(logits, temperature)
    found = cuts(d, rules)
    shown = min(max(FEWEST, *(cut.kept or 0 for cut in found.values())), MOST, len(order))
    ids = order[:shown].tolist()
    listed = _listed(ids, [readable(piece(each)) for each in ids], d.probabilities[:shown], len(order))
    chosen = float(probabilities[token])
    rank = int((logits > logits[token]).sum())
    return Inspection(index, token, temperature, "", d.entropy, chosen, rank, listed, found, rules)


def stored(trace: TokenTrace, index: int, rules: Rules, unknown: str) -> Inspection | None:
    """Look into a token of which the likeliest alternatives are stored; None where none are."""
    d, token = known(trace, index), int(trace.ids[index])
    if d is None or trace.top_ids is None:
        return None
    ids = trace.top_ids[index, : len(d.probabilities)].tolist()
    listed = _listed(ids, [readable(trace.pieces[each]) for each in ids], d.probabilities, trace.vocab_size)
    logprob = np.nan if trace.logprob is None else float(trace.logprob[index])
    chosen = None if np.isnan(logprob) else float(np.exp(logprob))
    rank = ids.index(token) if token in ids else None
    return Inspection(index, token, 1.0, unknown, d.entropy, chosen, rank, listed, cuts(d, rules), rules)


def stored_along(trace: TokenTrace, rules: Rules, unknown: str) -> Along:
    """Return what is known of every position from the stored alternatives."""
    rows = [known(trace, i) for i in range(len(trace))]
    return Along(1.0, unknown, kept_along(rows, rules), [None if d is None else d.entropy for d in rows])


def known(trace: TokenTrace, index: int) -> Distribution | None:
    """Return what is stored of a distribution, at temperature 1; None where nothing is."""
    if trace.top_logprobs is None:
        return None
    logprobs = trace.top_logprobs[index].astype(np.float64)
    logprobs = logprobs[np.isfinite(logprobs)]
    if not logprobs.size:
        return None
    entropy = np.nan if trace.entropy is None or trace.entropy_is_lower_bound else float(trace.entropy[index])
    return Distribution(np.exp(logprobs), None if np.isnan(entropy) else entropy, whole=False)


def _listed(ids: Sequence[int], texts: Sequence[str], p: NDArray[np.float64], size: int) -> Listed:
    return Listed(ids, texts, p.tolist(), size - len(p), max(0.0, 1.0 - float(p.sum())))
