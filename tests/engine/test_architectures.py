"""Our decode equals `generate` of transformers, token for token in fp32, for rows of different lengths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import torch
import transformers as tf
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from tests.engine.asking import QUESTION, sample, samples
from tests.models import tiny
from webapp.engine.forward import Forward
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt
from webapp.engine.whole import WholeText

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.3,  # wide enough that greedy decoding has no near ties
}
WINDOW = 24  # shorter than the prompts
MIXED = ["sliding_attention", "full_attention"]
EAGER = {"attn_implementation": "eager"}
MODELS: dict[str, Callable[[int], PreTrainedModel]] = {
    "llama": lambda v: LlamaForCausalLM(LlamaConfig(vocab_size=v, **SIZES)),
    "llama, bias everywhere": lambda v: LlamaForCausalLM(
        LlamaConfig(vocab_size=v, attention_bias=True, mlp_bias=True, **SIZES)
    ),
    "llama, scaled angles": lambda v: LlamaForCausalLM(
        LlamaConfig(vocab_size=v, rope_scaling={"rope_type": "linear", "factor": 4.0}, **SIZES)
    ),
    "llama, added masks (eager)": lambda v: LlamaForCausalLM(LlamaConfig(vocab_size=v, **EAGER, **SIZES)),
    "mistral, windows": lambda v: tf.MistralForCausalLM(
        tf.MistralConfig(vocab_size=v, sliding_window=WINDOW, **SIZES)
    ),
    "qwen2": lambda v: tf.Qwen2ForCausalLM(tf.Qwen2Config(vocab_size=v, **SIZES)),
    "qwen2, some windows": lambda v: tf.Qwen2ForCausalLM(
        tf.Qwen2Config(vocab_size=v, use_sliding_window=True, sliding_window=WINDOW, layer_types=MIXED, **SIZES)
    ),
    "qwen3": lambda v: tf.Qwen3ForCausalLM(tf.Qwen3Config(vocab_size=v, head_dim=8, **SIZES)),
    "gemma": lambda v: tf.GemmaForCausalLM(tf.GemmaConfig(vocab_size=v, head_dim=8, **SIZES)),
    "gemma 2, some windows, capped": lambda v: tf.Gemma2ForCausalLM(
        tf.Gemma2Config(
            vocab_size=v,
            head_dim=8,
            layer_types=MIXED,
            sliding_window=WINDOW,
            final_logit_softcapping=3.0,
            **EAGER,
            **SIZES,
        )
    ),
    "gemma 3, some windows": lambda v: tf.Gemma3ForCausalLM(
        tf.Gemma3TextConfig(vocab_size=v, head_dim=8, layer_types=MIXED, sliding_window=WINDOW, **SIZES)
    ),
    "phi": lambda v: tf.PhiForCausalLM(tf.PhiConfig(vocab_size=v, **SIZES)),
    "phi 3, windows": lambda v: tf.Phi3ForCausalLM(
        tf.Phi3Config(vocab_size=v, sliding_window=WINDOW, pad_token_id=0, **SIZES)
    ),
    "smollm 3": lambda v: tf.SmolLM3ForCausalLM(tf.SmolLM3Config(vocab_size=v, pad_token_id=0, **SIZES)),
    "olmo 2": lambda v: tf.Olmo2ForCausalLM(tf.Olmo2Config(vocab_size=v, **SIZES)),
    "granite, scaled logits": lambda v: tf.GraniteForCausalLM(
        tf.GraniteConfig(vocab_size=v, logits_scaling=8.0, **SIZES)
    ),
    "cohere, scaled logits": lambda v: tf.CohereForCausalLM(tf.CohereConfig(vocab_size=v, logit_scale=0.25, **SIZES)),
}
WRITTEN_OUT = ("llama", "mistral", "qwen")


class Doubled(LlamaForCausalLM):
    """A model whose output is not what its output projection gives."""

    def forward(self, *args: object, **kwargs: object) -> object:
        output = super().forward(*args, **kwargs)  # type: ignore[arg-type]
        output.logits = output.logits * 2
        return output


SLOW: dict[str, Callable[[int], PreTrainedModel]] = {
    "an output of its own": lambda v: Doubled(LlamaConfig(vocab_size=v, **SIZES)),
    "recurrent (mamba)": lambda v: tf.MambaForCausalLM(
        tf.MambaConfig(vocab_size=v, hidden_size=32, num_hidden_layers=2, state_size=4, initializer_range=0.3)
    ),
}


@pytest.mark.parametrize("name", [*MODELS, *SLOW])
async def test_greedy_equals_generate(name: str) -> None:
    tokenizer = tiny.tokenizer()
    torch.manual_seed(1)
    model = (MODELS | SLOW)[name](len(tokenizer))
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


@pytest.mark.parametrize("name", [*MODELS, *SLOW])
async def test_the_fast_way_is_taken_where_it_is_right_and_the_record_says_which(name: str) -> None:
    engine = LocalEngine((MODELS | SLOW)[name](264), tiny.tokenizer(), id=name)
    await engine.close()
    way, info = engine._forward, engine.info
    if name in SLOW:
        assert isinstance(way, WholeText)
        assert "slow" in info.record.kernel
        assert "embed" not in info.capabilities
    else:
        assert isinstance(way, Forward)
        assert way.written_out == name.startswith(WRITTEN_OUT)
        assert ("own layers" if way.written_out else "transformers layers") in info.record.kernel
        assert "embed" in info.capabilities


@pytest.mark.parametrize("name", SLOW)
async def test_the_slow_way_samples_scores_and_chooses(name: str) -> None:
    engine = LocalEngine(SLOW[name](264), tiny.tokenizer(), id=name, max_batch=2)
    said = await samples(engine, n=3, max_tokens=6, temperature=1.0)
    scored = await engine.score([QUESTION] * 3, [s.trace.ids.tolist() for s in said])
    for one, other in zip(said, scored, strict=True):
        assert one.trace.logprob is not None and other.logprob is not None
        assert one.trace.logprob.tolist() == pytest.approx(other.logprob.tolist(), abs=1e-4)
    [chosen] = await engine.choose([QUESTION], [["a"], ["th"]])
    assert 0 < chosen.captured < 1
    await engine.close()


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
