"""Our decode equals `generate` of transformers, token for token in fp32, for rows of different lengths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import torch
from transformers import (
    CohereConfig,
    CohereForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GemmaConfig,
    GemmaForCausalLM,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedModel,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from tests.engine.asking import QUESTION, sample
from tests.models import tiny
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import EngineError, Prompt

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
    "tied embeddings (gemma)": lambda v: GemmaForCausalLM(GemmaConfig(vocab_size=v, head_dim=8, **SIZES)),
    "bias (phi)": lambda v: PhiForCausalLM(PhiConfig(vocab_size=v, **SIZES)),
    "scaled logits (granite)": lambda v: GraniteForCausalLM(GraniteConfig(vocab_size=v, logits_scaling=8.0, **SIZES)),
    "scaled logits (cohere)": lambda v: CohereForCausalLM(CohereConfig(vocab_size=v, logit_scale=0.25, **SIZES)),
    "capped logits (gemma 2)": lambda v: Gemma2ForCausalLM(
        Gemma2Config(
            vocab_size=v, head_dim=8, layer_types=["full_attention"] * 2, final_logit_softcapping=3.0,
            attn_implementation="eager", **SIZES,
        )
    ),
    "added masks (eager)": lambda v: LlamaForCausalLM(
        LlamaConfig(vocab_size=v, attn_implementation="eager", **SIZES)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
async def test_greedy_equals_generate(name: str) -> None:
    tokenizer = tiny.tokenizer()
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
        with torch.inference_mode():
            logits = model(theirs).logits[0, ids.shape[1] - 1 : -1]
        assert ours.trace.logprob is not None
        expected = logits.log_softmax(-1).gather(1, theirs[0, ids.shape[1] :, None])[:, 0]
        assert ours.trace.logprob.tolist() == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_model_whose_own_logits_are_others_is_refused() -> None:
    class Doubled(LlamaForCausalLM):
        def forward(self, *args: object, **kwargs: object) -> object:
            output = super().forward(*args, **kwargs)  # type: ignore[arg-type]
            output.logits = output.logits * 2
            return output

    with pytest.raises(EngineError, match="in a way that this engine does not know"):
        LocalEngine(Doubled(LlamaConfig(vocab_size=264, **SIZES)), tiny.tokenizer(), id="doubled")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
async def test_logits_are_at_least_fp32_in_every_number_format(dtype: torch.dtype) -> None:
    engine = LocalEngine(LlamaForCausalLM(LlamaConfig(vocab_size=264, **SIZES)).to(dtype), tiny.tokenizer(), id="x")
    kind = torch.float64 if dtype == torch.float64 else torch.float32
    assert engine._forward.logits(torch.zeros(1, 32, dtype=dtype)).dtype == kind
    said = await sample(engine, max_tokens=4, temperature=0.0)
    [scored] = await engine.score([QUESTION], [said.trace.ids.tolist()])
    assert said.trace.logprob is not None and scored.logprob is not None
    assert said.trace.logprob.tolist() == pytest.approx(scored.logprob.tolist(), abs=0.3)
    await engine.close()
