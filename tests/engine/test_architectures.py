"""Our decode equals `generate` of transformers, token for token in fp32, for rows of different lengths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tests.engine.asking import sample
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,  # wide enough that greedy decoding has no near ties
}
MODELS = {
    "llama": lambda v: LlamaForCausalLM(LlamaConfig(vocab_size=v, **SIZES)),
    "qwen2": lambda v: Qwen2ForCausalLM(Qwen2Config(vocab_size=v, **SIZES)),
    "qwen3": lambda v: Qwen3ForCausalLM(Qwen3Config(vocab_size=v, head_dim=8, **SIZES)),
}


@pytest.mark.parametrize("name", MODELS)
async def test_greedy_equals_generate(name: str, tokenizer: PreTrainedTokenizerBase) -> None:
    make: Callable[[int], PreTrainedModel] = MODELS[name]
    torch.manual_seed(1)
    model = make(len(tokenizer))
    engine = LocalEngine(model, tokenizer, id=name, max_batch=4)
    prompts = [Prompt.user(text) for text in ("Hi", "A longer question about nothing at all, really?", "Why?")]
    said = await asyncio.gather(*(sample(engine, p, temperature=0.0, max_tokens=20) for p in prompts))
    await engine.close()
    for prompt, ours in zip(prompts, said, strict=True):
        ids = torch.tensor([engine.chat.ids(prompt)])
        theirs = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False,
            eos_token_id=sorted(engine.chat.end_ids), pad_token_id=0,
        )  # fmt: skip
        assert ours.trace.ids.tolist() == theirs[0, ids.shape[1] :].tolist()
