"""One engine on the real embedded model, and one on a tiny random model, for all tests of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

from webapp.engine.local import LocalEngine


@pytest.fixture(scope="session")
def engine(embedded_model: Path) -> Iterator[LocalEngine]:
    """The real model as a person gets it who says nothing."""
    made = LocalEngine.from_pretrained(embedded_model, device="cpu", max_batch=8)
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="session")
def tokenizer(embedded_model: Path) -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(embedded_model, local_files_only=True)


@pytest.fixture
def tiny(tokenizer: PreTrainedTokenizerBase) -> Iterator[LocalEngine]:
    """A random two-layer Llama: fast, and as unsure as can be."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
    )
    made = LocalEngine(LlamaForCausalLM(config), tokenizer, id="tiny", max_batch=4)
    yield made
    asyncio.run(made.close())
