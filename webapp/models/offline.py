"""Who may use the network: nobody in this process; only helper processes doing what a person asked for."""

from __future__ import annotations

import os

_ALWAYS = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
}
# Helper processes that download or convert do so online if they must, and tell how far they are by their bars.
HERE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
_set_here: set[str] = set()


def go_offline() -> None:
    """Make the libraries of this process stay off the network; call it before they are imported."""
    os.environ.update(_ALWAYS)
    for name, value in HERE.items():
        if name not in os.environ:
            os.environ[name] = value
            _set_here.add(name)


def online_environment() -> dict[str, str]:
    """Return the environment of a helper process that may download.

    A person who set HF_HUB_OFFLINE themselves means it, so their value stays.
    """
    return {name: value for name, value in os.environ.items() if name not in _set_here} | _ALWAYS
