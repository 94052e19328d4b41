"""Where a model runs and in which number format: the one place that decides."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and a number format."""

    device: torch.device
    dtype: torch.dtype


def place(device: str = "auto", dtype: str = "auto", threads: int = 0) -> Placement:
    """Pick what was not said: a GPU if there is one; fp32 on a CPU (exact seeds), bf16 on a GPU."""
    if threads:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if dtype == "auto":
        dtype = "bfloat16" if device == "cuda" else "float32"
    return Placement(torch.device(device), getattr(torch, dtype))
