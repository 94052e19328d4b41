"""The embedded model, for the benchmarks."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch
import transformers

from tests.conftest import MODEL_VARIABLE
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt
from webapp.models import embedded
from webapp.models.progress import silent
from webapp.paths import user_cache_folder

QUESTION = Prompt.user("Explain step by step how a plant turns sunlight into sugar, and why that matters.")


def folder() -> Path:
    """Return the folder of the embedded model; the first call on a machine fetches it."""
    given = os.environ.get(MODEL_VARIABLE)
    return Path(given) if given else embedded.prepared(user_cache_folder() / "models", silent)


def load(max_batch: int = 16) -> LocalEngine:
    """Return an engine on the CPU in fp32."""
    return LocalEngine.from_pretrained(folder(), device="cpu", dtype="float32", max_batch=max_batch)


def machine() -> str:
    """Return what the figures were measured on."""
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, {torch.get_num_threads()} threads, load {load_average:.1f}, "
        f"torch {torch.__version__}, transformers {transformers.__version__}"
    )
