"""A random Llama of a few thousand weights, as a transformers folder, a GGUF file and a wheel: real, and instant."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter, TokenType
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from webapp.models.embedded import PackagedModel

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGES = (("t", "h"), ("th", "e"), ("Ġ", "the"), ("Ġ", "Ġ"), ("ĠĠ", "Ġ"))
_HEADS, _LAYERS, _WIDTH = 4, 2, 32


def tokens() -> list[str]:
    return [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(a + b for a, b in MERGES)]


def tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE whose merges are known."""
    vocabulary = {token: index for index, token in enumerate(tokens())}
    backend = Tokenizer(models.BPE(vocabulary, list(MERGES)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    made = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=SPECIAL[1], eos_token=SPECIAL[2], pad_token=SPECIAL[2]
    )
    made.chat_template = TEMPLATE
    return made


def model(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokens()), hidden_size=_WIDTH, intermediate_size=64, num_hidden_layers=_LAYERS,
        num_attention_heads=_HEADS, num_key_value_heads=_HEADS, max_position_embeddings=256,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=False, rms_norm_eps=1e-5,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def write_folder(folder: Path, seed: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model(seed).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def write_gguf(path: Path, seed: int = 0) -> Path:
    """Write the model as llama.cpp's converter would, in float32."""
    writer = GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_context_length(256)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(64)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens()))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens())
    writer.add_token_types([TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens()])
    writer.add_token_merges([f"{a} {b}" for a, b in MERGES])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, array in _tensors(seed).items():
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_wheel(folder: Path, *, damage: bool = False) -> PackagedModel:
    """Write a wheel with the GGUF file as a data file, and return how to find it and what it must look like."""
    folder.mkdir(parents=True, exist_ok=True)
    source = write_gguf(folder / "tiny.gguf")
    content = source.read_bytes()
    source.unlink()
    wheel = folder / "second_thoughts_tiny-1.0-py3-none-any.whl"
    metadata = "second_thoughts_tiny-1.0.dist-info/"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("second_thoughts_tiny/tiny.gguf", content)
        archive.writestr(metadata + "METADATA", "Metadata-Version: 2.1\nName: second-thoughts-tiny\nVersion: 1.0\n")
        archive.writestr(metadata + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(metadata + "RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if damage:
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr("second_thoughts_tiny/more.txt", "something that was not there")
    return PackagedModel(
        name="Tiny",
        package="second-thoughts-tiny",
        version="1.0",
        wheel_sha256=digest,
        wheel_bytes=wheel.stat().st_size,
        member="second_thoughts_tiny/tiny.gguf",
        gguf_sha256=hashlib.sha256(content).hexdigest(),
    )


def _tensors(seed: int) -> dict[str, np.ndarray]:
    state = {name: tensor.numpy() for name, tensor in model(seed).state_dict().items()}
    names = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    }  # fmt: skip
    tensors = {
        "token_embd.weight": state["model.embed_tokens.weight"],
        "output_norm.weight": state["model.norm.weight"],
        "output.weight": state["lm_head.weight"],
    }
    for layer in range(_LAYERS):
        for theirs, short in names.items():
            weight = state[f"model.layers.{layer}.{theirs}.weight"]
            rotary = short in ("attn_q", "attn_k")
            tensors[f"blk.{layer}.{short}.weight"] = _interleaved(weight) if rotary else weight
    return tensors


def _interleaved(weight: np.ndarray) -> np.ndarray:
    """Reorder the rows of a rotary projection from halves (transformers) to pairs (llama.cpp)."""
    rows = weight.reshape(_HEADS, 2, weight.shape[0] // _HEADS // 2, weight.shape[1])
    return np.ascontiguousarray(rows.swapaxes(1, 2).reshape(weight.shape))
