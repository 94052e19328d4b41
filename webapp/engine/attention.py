"""Attention of new tokens to a cache, for models whose keys and values serve several query heads each."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


def attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """Return [B, H, T, D] of queries [B, H, T, D] over keys and values [B, K, L, D], H a multiple of K.

    The mask [B or 1, 1, T, L] is added to the scores; None lets every query see every key.
    """
    rows, heads, length, size = queries.shape
    groups = heads // keys.shape[1]
    if queries.device.type == "cpu":
        return scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=scale, enable_gqa=groups > 1)
    # No fused kernel of a GPU takes a mask together with shared heads.
    if length == 1:  # the heads of a group are queries of one head
        queries = queries.reshape(rows, keys.shape[1], groups, size)
    elif groups > 1:
        keys, values = keys.repeat_interleave(groups, 1), values.repeat_interleave(groups, 1)
    attended = scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=scale)
    return attended.reshape(rows, heads, length, size)
