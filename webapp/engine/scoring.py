"""Teacher-forced passes: traces of given tokens, option masses, embeddings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from storage.trace import TokenTrace
from webapp.engine.forward import Forward
from webapp.engine.pieces import Pieces
from webapp.engine.protocol import OptionProbabilities
from webapp.engine.signals import signals


def score(
    forward: Forward, pieces: Pieces, prompt: Sequence[int], continuation: Sequence[int], alternatives: int
) -> TokenTrace:
    """Return the trace of `continuation` after `prompt`; position i is predicted by everything before it."""
    hidden = forward.whole([*prompt, *continuation])[len(prompt) - 1 : -1]
    logits = forward.logits(hidden)
    seen = signals(logits, alternatives)
    ids = torch.tensor(list(continuation), device=logits.device)
    top_ids = seen.top_ids.cpu().numpy().astype(np.int32)
    known = {int(i) for i in continuation} | {int(i) for i in top_ids.ravel()}

    def column(values: torch.Tensor) -> NDArray[np.float32]:
        array: NDArray[np.float32] = values.float().cpu().numpy()
        return array

    return TokenTrace(
        ids=np.array(continuation, np.int32),
        pieces={i: pieces[i] for i in sorted(known)},
        special=frozenset(known & pieces.special),
        vocab_size=logits.shape[-1],
        logprob=column(seen.logprobs.gather(1, ids[:, None])[:, 0]),
        entropy=column(seen.entropy),
        logsumexp=column(seen.logsumexp),
        mean_logit=column(seen.mean_logit),
        sum_p2=column(seen.sum_p2),
        top_ids=top_ids,
        top_logprobs=column(seen.top_logprobs),
    )


def choose(
    forward: Forward, prompt: Sequence[int], options: Sequence[dict[str, tuple[int, ...]]]
) -> OptionProbabilities:
    """Return the mass of each option (surface variants to their token ids) after the prompt."""
    began = time.monotonic()
    longest = max(len(ids) for option in options for ids in option.values())
    following = forward.logits(forward.whole(prompt)[-1]).double().log_softmax(-1) if longest else None
    variants = []
    for option in options:
        kept = {
            text: ids
            for text, ids in option.items()
            if not any(other != ids and ids[: len(other)] == other for other in option.values())
        }
        unique = {ids: text for text, ids in reversed(kept.items())}
        variants.append(
            tuple((text, _mass(forward, prompt, ids, following)) for ids, text in reversed(unique.items()))
        )
    return OptionProbabilities(
        options=tuple(next(iter(option)) for option in options),
        masses=tuple(sum(mass for _, mass in option) for option in variants),
        variants=tuple(variants),
        prompt_tokens=len(prompt),
        seconds=time.monotonic() - began,
    )


def _mass(forward: Forward, prompt: Sequence[int], ids: tuple[int, ...], following: torch.Tensor | None) -> float:
    if following is not None and len(ids) == 1:
        return float(following[ids[0]].exp())
    hidden = forward.whole([*prompt, *ids])[len(prompt) - 1 : -1]
    logprobs = forward.logits(hidden).double().log_softmax(-1)
    return float(logprobs.gather(1, torch.tensor(ids, device=logprobs.device)[:, None]).sum().exp())


def embed(forward: Forward, texts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Return the mean of the last hidden states of each text, [N, D]."""
    means = [forward.whole(ids).float().mean(0).cpu().numpy() for ids in texts]
    return np.stack(means) if means else np.zeros((0, forward.model.config.hidden_size), np.float32)
