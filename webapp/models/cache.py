"""Folders that are either whole or not there, made once even when several processes want them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from webapp.models.progress import ModelError, Progress

_MANIFEST = "second-thoughts.json"
_STAGING = ".partial-"

Origin = Mapping[str, str]


def origin_of(folder: Path) -> Origin:
    """Return what `make` said of where a finished folder came from; empty for folders of other makers."""
    try:
        origin = json.loads((folder / _MANIFEST).read_text("utf-8"))["origin"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(key): str(value) for key, value in origin.items()}


def is_whole(folder: Path) -> bool:
    """Whether a folder was finished and every file of it still has its size."""
    try:
        sizes = json.loads((folder / _MANIFEST).read_text("utf-8"))["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def build(target: Path, make: Callable[[Path], Origin], progress: Progress) -> Path:
    """Return `target`, filled by `make(staging folder)` unless it is there and whole.

    `make` works in a folder beside it that becomes `target` in one rename, under a lock that other processes
    wait for. What an interrupted attempt left behind is removed.

    Raises:
        ModelError: when the folder cannot be written.

    """
    if is_whole(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target, progress):
            if not is_whole(target):
                _remove_leftovers(target)
                _make_in_staging(target, make)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ModelError(f"The model cannot be kept in {target.parent}: {reason}. Set --cache-dir.") from error
    return target


def _locked(target: Path, progress: Progress) -> FileLock:
    lock = FileLock(target.with_name(target.name + ".lock"), thread_local=False)
    while True:
        try:
            lock.acquire(timeout=0.5)
            return lock
        except Timeout:
            progress("waiting", "Another copy of this program is preparing the model; waiting for it.")


def _remove_leftovers(target: Path) -> None:
    # Only the holder of the lock makes staging folders for this target, so none of these is in use.
    for folder in target.parent.glob(f"{target.name}{_STAGING}*"):
        shutil.rmtree(folder)
    if target.exists():
        shutil.rmtree(target)


def _make_in_staging(target: Path, make: Callable[[Path], Origin]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=target.name + _STAGING, dir=target.parent))
    try:
        origin = make(staging)
        _write_manifest(staging, origin)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_manifest(folder: Path, origin: Origin) -> None:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in files:
        _flush(path)
    sizes = {path.name: path.stat().st_size for path in files}
    manifest = folder / _MANIFEST
    manifest.write_text(json.dumps({"origin": dict(origin), "sizes": sizes}, indent=1), "utf-8")
    _flush(manifest)


def _flush(path: Path) -> None:
    """Bring a file to the disk, so that a power cut after the rename cannot leave it empty."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
