"""Parts that some tests need and a machine may lack: fatal where CI promises them, else a reason to skip."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM_VARIABLE = "SECOND_THOUGHTS_CHROMIUM"
# The GPU would be drawn for by the processor, which costs the tests more than painting without one.
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def require(present: bool, what: str, command: str) -> None:
    """Go on if a part is present; else fail under CI, and skip elsewhere, naming the command that provides it."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} (CI has to provide it: {command})", pytrace=False)
    pytest.skip(f"{what}; to provide it: {command}")


def chromium() -> str:
    """Return the path of a Chromium that Playwright can drive: the one that is named, or one of the machine's."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    names = (named,) if named else _BROWSERS
    found = next((path for name in names if (path := shutil.which(name))), None)
    require(found is not None, f"there is no Chromium called {' or '.join(names)}", "apt-get install chromium")
    assert found is not None
    return str(Path(found))
