"""Where a model runs and in which number format, and how a device says that it is full."""

from __future__ import annotations

from dataclasses import dataclass

import torch

# What PyTorch says where it has no OutOfMemoryError: the CPU on Linux and Windows, Apple's GPU.
_FULL = ("can't allocate memory", "not enough memory", "out of memory")


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


def ran_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the device's memory is full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def exact(device: torch.device) -> torch.dtype:
    """Return the widest float of a device: float64, but float32 on Apple's GPU."""
    return torch.float32 if device.type == "mps" else torch.float64
