"""Models of the Hugging Face Hub: found in its cache on this machine, else downloaded because a person asked."""

from __future__ import annotations

import re
from pathlib import Path

from webapp.models.child import Finished, run_python
from webapp.models.folder import missing
from webapp.models.hub_fetch import FAILED, IGNORED, PATTERNS
from webapp.models.offline import online_environment
from webapp.models.progress import ModelError, Progress


def snapshot(reference: str, progress: Progress) -> Path:
    """Return the folder of a Hub model `owner/name` or `owner/name@revision`; its name is the commit.

    A whole copy in the Hub's cache is used as it is, without asking the Hub for a newer one.

    Raises:
        ModelError: when the Hub does not have it, does not give it, or cannot be reached.

    """
    model, _, revision = reference.partition("@")
    return _cached(model, revision) or _fetched(model, revision, progress)


def _cached(model: str, revision: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            model,
            revision=revision or None,
            allow_patterns=PATTERNS,
            ignore_patterns=IGNORED,
            local_files_only=True,
        )
    except LocalEntryNotFoundError:
        return None
    return None if missing(Path(folder)) else Path(folder)


def _fetched(model: str, revision: str, progress: Progress) -> Path:
    def watch(output: str) -> None:
        total, blobs = _said(output, "total"), _said(output, "blobs")
        if not total or not blobs:
            progress("downloading", f"Asking the Hugging Face Hub for {model}.")
            return
        sentence = f"Downloading {model} from the Hugging Face Hub ({int(total) / 1e9:.1f} GB), once."
        progress("downloading", sentence, min(_size(Path(blobs)) / max(int(total), 1), 1.0))

    arguments = ["-m", "webapp.models.hub_fetch", model, revision]
    environment = online_environment() | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    ended = run_python(arguments, watch, environment=environment)
    folder = _said(ended.output, "folder")
    if ended.code != 0 or not folder:
        raise ModelError(_why(model, ended))
    return Path(folder)


def _said(output: str, key: str) -> str:
    found = re.findall(rf"^{key} (.+)$", output, re.MULTILINE)
    return found[-1] if found else ""


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except FileNotFoundError:  # not made yet, or a file was just renamed
        return 0


def _why(model: str, ended: Finished) -> str:
    lines = [line for line in ended.output.splitlines() if line.strip()]
    if ended.code == FAILED and lines:
        return lines[-1]
    return f"{model} could not be downloaded: {lines[-1] if lines else f'the download ended with code {ended.code}'}"
