"""GGUF files: recognised, converted once, and found again by their size and time of change."""

from __future__ import annotations

import hashlib
import re
import shutil
import struct
from pathlib import Path

import psutil

from webapp.models.cache import Origin, build
from webapp.models.child import Finished, run_python
from webapp.models.convert import FAILED
from webapp.models.offline import online_environment
from webapp.models.progress import ModelError, Progress

# Raise it when the conversion changes what it writes: earlier conversions are then made anew.
CONVERSION = 1

_MAGIC = b"GGUF"
_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, metadata entries
_CHUNK = 1 << 22
_FULL_PRECISION_BELOW = 2_000_000_000  # bytes; an unpacked copy of a larger file would fill disks
_UNPACKED = {"float32": 7.2, "bfloat16": 3.6}  # times a 4.5-bit file, the common kind


def converted(source: Path, cache: Path, progress: Progress) -> Path:
    """Return the folder with the safetensors form of a GGUF file, made at the first call.

    Raises:
        ModelError: for a file that is not a whole GGUF file of a known kind of model.

    """
    check(source)
    status = source.stat()
    key = f"{source.resolve()}\n{status.st_size}\n{status.st_mtime_ns}\n{CONVERSION}"
    name = re.sub(r"[^\w.-]+", "-", source.stem)[:60]
    target = cache / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    return build(target, lambda folder: _make(source, folder, progress), progress)


def check(source: Path) -> None:
    """Look at the first bytes of a file.

    Raises:
        ModelError: unless it begins as a GGUF file does.

    """
    try:
        with source.open("rb") as file:
            start = file.read(_HEADER.size)
    except FileNotFoundError:
        raise ModelError(f"There is no file {source}.") from None
    except OSError as error:
        raise ModelError(f"{source} cannot be read: {error.strerror}.") from error
    if start[:4] != _MAGIC:
        raise ModelError(f"{source} is not a GGUF file: it begins with {_shown(start)}, not with the letters GGUF.")
    if len(start) < _HEADER.size:
        raise ModelError(f"{source} is cut short: it ends within its header.")
    version = _HEADER.unpack(start)[1]
    if version not in (2, 3):
        raise ModelError(f"{source} is a GGUF file of version {version}; versions 2 and 3 can be read.")


def convert_file(source: Path, folder: Path, progress: Progress) -> None:
    """Convert a GGUF file into a folder, in a process of its own.

    Raises:
        ModelError: when the disk has no room for it, or the file cannot be converted.

    """
    dtype = "float32" if source.stat().st_size < _FULL_PRECISION_BELOW else "bfloat16"
    _require_room(source, folder, dtype)
    sentence = f"Converting {source.name}, once; later starts skip this."

    def watch(output: str) -> None:
        progress("converting", sentence, _fraction(output))

    arguments = ["-m", "webapp.models.convert", str(source), str(folder), dtype]
    ended = run_python(arguments, watch, environment=online_environment() | {"HF_HUB_OFFLINE": "1"})
    if ended.code != 0:
        raise ModelError(f"{source.name} could not be converted: {_reason(ended)}")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(source: Path, folder: Path, progress: Progress) -> Origin:
    convert_file(source, folder, progress)
    return {"file": source.name, "sha256": sha256(source)}


def _require_room(source: Path, folder: Path, dtype: str) -> None:
    needed = source.stat().st_size * _UNPACKED[dtype]
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelError(
            f"Converting {source.name} takes about {needed / 1e9:.1f} GB in {folder.parent}, "
            f"where {free / 1e9:.1f} GB are free. Make room, or set --cache-dir to another disk."
        )
    memory = psutil.virtual_memory().available
    if memory < needed:
        raise ModelError(
            f"Converting {source.name} takes about {needed / 1e9:.1f} GB of memory and {memory / 1e9:.1f} GB are "
            "free. Close other programs, or take a smaller model."
        )


def _fraction(output: str) -> float | None:
    """Read the last percentage of transformers' progress bars; unpacking is most of the work."""
    found = re.findall(r"(Converting|Loading weights|Writing).*?(\d+)%\|", output)
    if not found:
        return None
    begin, share = {"Converting": (0.0, 0.7), "Loading weights": (0.7, 0.1), "Writing": (0.8, 0.2)}[found[-1][0]]
    return begin + share * int(found[-1][1]) / 100


def _reason(ended: Finished) -> str:
    if ended.code < 0:
        return f"the conversion was ended by signal {-ended.code} (out of memory?)."
    lines = [line for line in ended.output.splitlines() if line.strip()]
    if ended.code == FAILED and lines:
        return f"the file is damaged or of an unknown kind ({lines[-1]})"
    return lines[-1] if lines else f"the conversion ended with code {ended.code}."


def _shown(start: bytes) -> str:
    return repr(start[:16].decode("utf-8", "replace")) if start else "nothing (it is empty)"
