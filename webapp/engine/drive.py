"""Picks how a model is driven: through the slot cache where that gives the model's own numbers, else the slow way."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from webapp.engine.forward import Forward
from webapp.engine.masks import servable
from webapp.engine.projection import Format
from webapp.engine.reader import Reader
from webapp.engine.whole import WholeText

_log = logging.getLogger(__name__)
SHORT = (3, 17, 5, 29, 11, 2)  # ids of a text that a model is tried on
EXACT = 1e-3  # share of the largest log-probability by which two ways of computing may differ in fp32
ROUNDED = 0.1  # and where a model's own forward pass rounds to 16 bits or less


def driven(model: PreTrainedModel, slots: int, format: Format = "plain") -> Reader:
    """Return the fastest way to drive a model that gives the log-probabilities of its own forward pass."""
    if not servable(model.config):
        return WholeText(model)
    ids = [i % int(model.get_output_embeddings().weight.shape[0]) for i in SHORT]  # type: ignore[no-untyped-call]
    own = own_logprobs(model, ids)
    exact = format == "plain" and model.dtype in (torch.float32, torch.float64)
    forward = Forward(model, slots, format)
    if agrees(forward, ids, own, EXACT if exact else ROUNDED):
        forward.token_bytes = forward.cache.token_bytes()
        forward.reads_vectors = reads_vectors(forward, ids)
        forward.reset()
        return forward
    _log.warning("%s computes its output in a way of its own; it is driven the slow way", model.config.model_type)
    return WholeText(model)


@torch.inference_mode()
def own_logprobs(model: PreTrainedModel, ids: Sequence[int]) -> Tensor:
    """Return the log-probabilities [V] that a model itself computes after a text."""
    logits: Tensor = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)


@torch.inference_mode()
def reads_vectors(forward: Forward, ids: Sequence[int]) -> bool:
    """Return whether the vector of a token leads to the same state as the token; some models use ids elsewhere."""
    cache, before = forward.scratch(), len(ids) - 1
    forward.read(cache, 0, ids[:-1], 0)
    token = torch.tensor(ids[-1:], device=forward.device)
    by_token = forward.advance(cache, token, 0, before)
    by_vector = forward.advance(cache, forward.embed(token), 0, before)
    return torch.allclose(by_token, by_vector, equal_nan=True)


@torch.inference_mode()
def agrees(forward: Forward, ids: Sequence[int], own: Tensor, share: float) -> bool:
    """Return whether the same text gets the same log-probabilities [V] through the slot cache, within a share."""
    forward.chunk(0, ids[:3], 0)
    forward.chunk(0, ids[3:-1], 3)
    ours = forward.step([ids[-1]], [len(ids) - 1])[0].log_softmax(-1)
    finite = own.isfinite()  # a model of NaNs is refused when it is asked, with a sentence
    if not finite.any():
        return True
    gap, width = (ours - own)[finite].abs(), own[finite].abs()
    return float(gap.max()) <= share * max(float(width.max()), 1.0)
