"""A method and its parameters: native inputs made from the parameter model's JSON schema at `/api/methods`.

Value: `{"method": name, "values": {parameter: value}}`, as an input of a listener always the current state of the
form; parameters that are not given take the model's defaults. Setting the value from Python redraws the form.

Events:
    method_change: `{method}`, another method was picked.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class MethodForm(ClientComponent):
    """A method picker with controls for what the method can be told."""

    client = "method_form"
    styles = ("form",)

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"method": None, "values": {}} if value is None else value, **options)
