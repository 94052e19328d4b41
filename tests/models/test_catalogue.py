from __future__ import annotations

from webapp.models.catalogue import recommended_models
from webapp.models.reference import parse_reference

WANTED = {
    "embedded", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-4B", "Qwen/Qwen3-8B",
    "HuggingFaceTB/SmolLM2-360M-Instruct", "HuggingFaceTB/SmolLM2-1.7B-Instruct",
    "meta-llama/Llama-3.2-1B-Instruct", "meta-llama/Llama-3.2-3B-Instruct",
    "microsoft/Phi-4-mini-instruct", "google/gemma-3-270m-it", "google/gemma-3-1b-it",
}  # fmt: skip


def test_offers_the_promised_models_smallest_first() -> None:
    models = recommended_models()
    assert {model.ref for model in models} == WANTED
    assert [model.parameters for model in models] == sorted(model.parameters for model in models)


def test_every_entry_can_be_asked_for_and_says_what_it_needs() -> None:
    for model in recommended_models():
        assert parse_reference(model.ref).place == ("embedded" if model.ref == "embedded" else "hub")
        assert model.source.startswith("https://") and model.licence and model.note.endswith(".")
        assert model.memory_bfloat16 < model.memory_float32
        # the embedded weights are packed in 4 bits, all others travel in bfloat16
        assert model.ref == "embedded" or model.download_bytes >= 2 * model.parameters
        assert model.gated == ("Llama" in model.name or "gemma" in model.name)
