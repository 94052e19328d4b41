"""The methods of an experiment, each with its own settings: any number of method forms below each other.

Value: `{"arms": [{"method": name, "params": {parameter: value}, "title": text}, ...]}`, as an input of a listener
always the current state of the form. Setting the value from Python redraws the form.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class ArmsForm(ClientComponent):
    """Methods to pick and set, one card each."""

    client = "arms_form"
    styles = ("form", "arms_form")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"arms": []} if value is None else value, **options)
