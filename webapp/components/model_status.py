"""Which model answers, how far its loading is, and where stronger ones are: polls `/api/model`.

Value: not used (the component reads the server's state itself); setting any value makes it poll at once.

Events:
    switch_model: `{ref}`, the person asked for another model: a Hub id, a folder, a .gguf file or a server URL.
    model_ready: `{name}`, the model became ready while the page was open.

`[data-state]` of the component is the state: waiting, downloading, converting, loading, ready or failed.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class ModelStatus(ClientComponent):
    """A line about the model that answers, with the recommended ones behind it."""

    client = "model_status"
    styles = ("form", "model_status")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({} if value is None else value, **options)
