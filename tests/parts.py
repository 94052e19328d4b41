"""Parts that some tests need and a machine may lack: fatal where CI promises them, else a reason to skip."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def require(present: bool, what: str, command: str) -> None:
    """Go on if a part is present; else fail under CI, and skip elsewhere, naming the command that provides it."""
    if present:
        return
    if os.environ.get("CI"):
        pytest.fail(f"{what} (CI has to provide it: {command})", pytrace=False)
    pytest.skip(f"{what}; to provide it: {command}")


def chromium() -> str:
    """Return the path of a Chromium that Playwright can drive."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    require(found is not None, "there is no Chromium", "apt-get install chromium")
    assert found is not None
    return str(Path(found))
