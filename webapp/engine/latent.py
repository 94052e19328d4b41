"""What stands inside the model after a prompt: hidden states, and what each layer would answer (logit lens)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from webapp.engine.decoder import Decoder
from webapp.engine.forward import Forward
from webapp.engine.scoring import Passes


def layer_states(forward: Forward, ids: Sequence[int], head: tuple[int, int] | None = None) -> Tensor:
    """Return [L + 1, D] the last token's state after the embedding and after each of L layers.

    `head` (layer, number) keeps that one attention head of its layer and silences the others, before their output
    projection.
    """
    decoder, cache = _decoder(forward), forward.scratch()
    heads = None if head is None else {head[0]: _only(decoder, head[1], forward.device)}
    states = decoder.states(cache, *forward.inputs(cache, 0, ids, 0), heads)
    return torch.stack([x[0, -1].clone() for x in states])


def hidden(forward: Forward, ids: Sequence[int], layer: int) -> Passes[NDArray[np.float32]]:
    """Return [D] the last token's state after `layer` layers; -1 is the last layer's, before the last norm."""
    yield
    states: NDArray[np.float32] = layer_states(forward, ids)[layer].float().cpu().numpy()
    return states


def lens(
    forward: Forward, ids: Sequence[int], options: Sequence[Sequence[int]], head: tuple[int, int] | None
) -> Passes[NDArray[np.float64]]:
    """Return [L + 1, options] the probability of each option's tokens, were the answer read after each layer."""
    yield
    decoder = _decoder(forward)
    logprobs = forward.logits(decoder.last(layer_states(forward, ids, head))).cpu().double().log_softmax(-1)
    masses = [logprobs[:, list(option)].exp().sum(-1) for option in options]
    return torch.stack(masses, -1).numpy()


def _only(decoder: Decoder, head: int, device: torch.device) -> Tensor:
    kept = torch.zeros(decoder.heads, device=device, dtype=decoder.dtype)
    kept[head] = 1
    return kept


def _decoder(forward: Forward) -> Decoder:
    if not isinstance(forward.body, Decoder):
        raise TypeError("only layers that are written out can be looked into")
    return forward.body
