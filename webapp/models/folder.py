"""Model folders: what has to lie in one before it is worth loading, and how a run can tell two of them apart."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from webapp.models.progress import ModelError

_INDEX = "model.safetensors.index.json"
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")
_SAMPLE = 1 << 20


def check(folder: Path) -> None:
    """Look for a configuration, weights and a tokenizer.

    Raises:
        ModelError: naming what is missing.

    """
    lacks = missing(folder)
    if lacks:
        raise ModelError(f"{folder} holds no whole model: {lacks} is missing.{_hint(folder)}")


def missing(folder: Path) -> str:
    """Return the first file that is missing for loading, or an empty string."""
    if not (folder / "config.json").is_file():
        return "config.json"
    absent = [name for name in _weights(folder) if not (folder / name).is_file()]
    if absent:
        return absent[0]
    return "" if any((folder / name).is_file() for name in _TOKENIZERS) else "tokenizer.json"


def fingerprint(folder: Path) -> str:
    """Return a SHA-256 over the sizes, the beginnings and the ends of the weight files.

    Hashing every byte would hold up the start for minutes with large models.
    """
    digest = hashlib.sha256()
    for name in _weights(folder):
        with (folder / name).open("rb") as file:
            digest.update(file.read(_SAMPLE))
            size = file.seek(0, 2)
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE) + f"{name} {size}".encode())
    return "sampled-" + digest.hexdigest()


def _weights(folder: Path) -> list[str]:
    try:
        index = json.loads((folder / _INDEX).read_text("utf-8"))
    except FileNotFoundError:
        return ["model.safetensors"]
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / _INDEX} cannot be read: {error}.") from error
    return sorted(set(index["weight_map"].values()))


def _hint(folder: Path) -> str:
    files = sorted(folder.glob("*.gguf"))
    return f" It holds {files[0].name}; give that file instead." if files else ""
