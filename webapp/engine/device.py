"""Where a model runs and in which number format, and how a device says that it is full."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import torch

from webapp.engine.projection import Format, packs

T = TypeVar("T")

# What PyTorch says where it has no OutOfMemoryError: the CPU on Linux and Windows, Apple's GPU.
_FULL = ("can't allocate memory", "not enough memory", "out of memory")


@dataclass(frozen=True, slots=True)
class Placement:
    """A device and a number format."""

    device: torch.device
    dtype: torch.dtype
    format: Format = "plain"


def place(device: str = "auto", dtype: str = "auto", threads: int = 0) -> Placement:
    """Pick what was not said: a GPU if there is one, bf16 there; packed fp16 weights on a CPU with kernels for them.

    With packed weights all sums are fp32, so that a seed gives one text as in fp32.
    """
    if threads:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() and dtype != "int8" else "cpu"
    packable = device == "cpu" and packs()
    if dtype == "auto":
        dtype = "bfloat16" if device == "cuda" else "float16" if packable else "float32"
    if dtype == "int8":
        return Placement(torch.device(device), torch.float16, "int8")
    packed = packable and dtype == "float16"
    return Placement(torch.device(device), getattr(torch, dtype), "packed" if packed else "plain")


def ran_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that the device's memory is full."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _FULL)


def exact(device: torch.device) -> torch.dtype:
    """Return the widest float of a device: float64, but float32 on Apple's GPU."""
    return torch.float32 if device.type == "mps" else torch.float64


def in_passing(work: Callable[[], T]) -> T:
    """Compute in a thread that ends with it, and return the result.

    GNU OpenMP keeps a team of threads for every thread that has computed. Where all teams together have more threads
    than there are processors, each sleeps between two parallel regions: on two processors a second team makes a
    decode step 1.3 to 1.6 times as long (measured). So none but the model's thread may keep one.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()
