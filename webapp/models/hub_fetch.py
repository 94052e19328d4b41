"""Downloads a model from the Hugging Face Hub; run as a process: `python -m webapp.models.hub_fetch ID REVISION`.

It is the only code that reaches the Hub, and it runs only when a person has asked for a model by its Hub id.
Prints `total BYTES` and `blobs FOLDER` before it downloads, `folder FOLDER` afterwards, or else the reason.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path

FAILED = 3
PATTERNS = ["*.json", "*.jinja", "*.txt", "*.model", "*.safetensors"]
# Only the top folder is wanted: others hold copies in further formats, and so do "consolidated" files.
IGNORED = ["*/*", "consolidated*"]


def fetch(model: str, revision: str | None) -> None:
    """Download what loading needs of a model into the Hub's own cache.

    Raises:
        OSError, HfHubHTTPError: from huggingface_hub, when the Hub refuses or cannot be reached.

    """
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.file_download import repo_folder_name

    info = HfApi().model_info(model, revision=revision, files_metadata=True)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    wanted = [name for name in sizes if _matches(name, PATTERNS) and not _matches(name, IGNORED)]
    if not any(name.endswith(".safetensors") for name in wanted):
        raise FileNotFoundError(f"{model} offers no weights in the safetensors format.")
    blobs = Path(HF_HUB_CACHE) / repo_folder_name(repo_id=model, repo_type="model") / "blobs"
    print(f"total {sum(sizes[name] for name in wanted)}", flush=True)
    print(f"blobs {blobs}", flush=True)
    folder = snapshot_download(model, revision=revision, allow_patterns=PATTERNS, ignore_patterns=IGNORED)
    print(f"folder {folder}", flush=True)


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def reason(model: str, error: Exception) -> str:
    """Return a sentence that says why a model could not be downloaded and what to do."""
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return (
                f"{model} is gated: accept its licence at https://huggingface.co/{model}, then log in with "
                "`hf auth login` (or set HF_TOKEN) and ask for it again."
            )
        case errors.RevisionNotFoundError():
            return f"{model} has no such revision."
        case errors.RepositoryNotFoundError():
            return f"The Hub has no model {model}, or it is private and you are not logged in (`hf auth login`)."
        case FileNotFoundError() if not isinstance(error, errors.LocalEntryNotFoundError):
            return str(error)
        case errors.HfHubHTTPError():
            return f"The Hub refused {model}: {str(error).splitlines()[0]}"
    return (
        f"{model} could not be downloaded, because the Hugging Face Hub cannot be reached "
        f"({type(error).__name__}). Connect to the network, or give a folder or .gguf file that you have."
    )


def main(arguments: list[str]) -> int:
    """Download, and leave the reason of a failure as the last line of the output."""
    model, revision = arguments[0], arguments[1] or None
    try:
        fetch(model, revision)
    except Exception as error:
        print(reason(model, error), flush=True)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
