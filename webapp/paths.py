"""The folders of the platform's conventions in which this program keeps its files."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "second-thoughts"


def user_data_folder() -> Path:
    """Return the folder for what a person made and would miss: the database."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / _NAME
    return _folder("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME", ".local/share")


def user_cache_folder() -> Path:
    """Return the folder for what can be fetched or computed again: converted models."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / _NAME
    if sys.platform == "win32":
        return _folder("LOCALAPPDATA", ".cache") / "cache"
    return _folder("XDG_CACHE_HOME", ".cache")


def _folder(variable: str, below_home: str) -> Path:
    given = os.environ.get(variable, "")
    # The XDG specification says that relative paths in these variables are to be ignored.
    base = Path(given) if given and Path(given).is_absolute() else Path.home() / below_home
    return base / _NAME
