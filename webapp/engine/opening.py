"""From a folder of weights to a model in memory, and what a run keeps of it."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from storage.records import ModelRecord
from webapp.engine.device import Placement
from webapp.engine.projection import Format


def weights(folder: Path | str, where: Placement) -> PreTrainedModel:
    """Load a transformers folder where, and in the number format that, was picked."""
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder, dtype=where.dtype, device_map=str(where.device), local_files_only=True
    )
    return model


def record_of(model: PreTrainedModel, format: Format, model_id: str, source: str, revision: str) -> ModelRecord:
    """Return what a run keeps of a model, before its weights are brought into the engine's format."""
    dtype = "int8" if format == "int8" else str(model.dtype).removeprefix("torch.")
    return ModelRecord(
        id=model_id,
        source=source or model_id,
        revision=revision,
        device=str(model.device),
        dtype=dtype,
        kernel=f"torch {torch.__version__}",
        tolerance=1e-4 if format == "packed" or model.dtype == torch.float32 else 0.1,
        vocab_size=int(model.get_output_embeddings().weight.shape[0]),  # type: ignore[no-untyped-call]
        context_length=int(getattr(model.config, "max_position_embeddings", 2048)),
    )
