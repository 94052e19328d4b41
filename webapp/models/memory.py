"""Refusing a model that does not fit before the machine starts to swap or ends the program."""

from __future__ import annotations

from pathlib import Path

import psutil

from webapp.models.progress import ModelError

_HEADROOM = 1.15
_SHARE = 0.7
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 2}


def require_memory(folder: Path, dtype: str) -> None:
    """Compare the weights of a folder with the memory that is free now.

    A GPU's memory is the engine's to ask for, but the weights pass through this memory on their way there.

    Raises:
        ModelError: with both numbers, when they do not fit.

    """
    needed = _HEADROOM * sum(_in_memory(path, dtype) for path in folder.glob("*.safetensors"))
    free = psutil.virtual_memory().available
    if needed > free:
        raise ModelError(
            f"{folder.name} needs about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free. "
            "Close other programs, or take a smaller model."
        )


def free_share(device: str) -> int:
    """Return how many bytes a model may take with its caches when nobody said: most of what this machine has free.

    0 for a GPU, whose memory the engine measures itself.
    """
    return int(_SHARE * psutil.virtual_memory().available) if device == "cpu" else 0


def _in_memory(path: Path, dtype: str) -> float:
    """Return the bytes of one file's weights once loaded."""
    return path.stat().st_size * _BYTES[dtype] / _stored_width(path)


def _stored_width(path: Path) -> int:
    """Return the bytes of one stored weight, read from the largest tensor of a safetensors file."""
    from safetensors import safe_open

    with safe_open(str(path), framework="numpy") as file:
        views = [file.get_slice(name) for name in file.keys()]  # noqa: SIM118  (not a mapping)
        largest = max(views, key=lambda view: _count(view.get_shape()))
        return 4 if largest.get_dtype() == "F32" else 2


def _count(shape: list[int]) -> int:
    total = 1
    for extent in shape:
        total *= extent
    return total
