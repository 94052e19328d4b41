"""What every component of ours is: a gr.HTML whose template is static and whose DOM an ES module builds.

The page gets a template without placeholders, scoped styles, and a few lines that load `/client/NAME.js`. Values
are small JSON with ids only; text of models and people travels over our own routes and is drawn with `textContent`.
"""

from __future__ import annotations

from abc import ABCMeta
from pathlib import Path
from typing import Any, ClassVar, Literal

import gradio as gr
from gradio.component_meta import ComponentMeta, updateable

STATIC = Path(__file__).parent / "static"


class _ClientMeta(ComponentMeta):
    """Makes component classes as Gradio does, without writing a .pyi file beside their source."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> _ClientMeta:
        if "__init__" in attrs:
            attrs["__init__"] = updateable(attrs["__init__"])  # type: ignore[no-untyped-call]
        return ABCMeta.__new__(cls, name, bases, attrs)


class ClientComponent(gr.HTML, metaclass=_ClientMeta):
    """A component drawn by `static/{client}.js`, with `static/{client}.html` and the named style sheets."""

    client: ClassVar[str]
    styles: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        value: Any = None,
        *,
        elem_id: str | None = None,
        elem_classes: list[str] | str | None = None,
        visible: bool | Literal["hidden"] = True,
        scale: int | None = None,
        min_width: int | None = None,
        head: str | None = None,
        render: bool = True,  # Gradio makes a component anew for every update of its properties, without drawing it
    ) -> None:
        super().__init__(
            value,
            html_template=_read(f"{self.client}.html"),
            css_template="\n".join(_read(f"{name}.css") for name in ("base", *self.styles)),
            js_on_load=_read("load.js") + _read(f"{self.client}.load.js"),
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes=elem_classes,
            visible=visible,
            scale=scale,
            min_width=min_width,
            head=head,
            render=render,
        )

    def api_info(self) -> dict[str, Any]:
        """Describe the value as JSON of any shape."""
        return {"type": "object"}

    def example_payload(self) -> Any:
        """Return a value as a caller would send it."""
        return {}

    def example_value(self) -> Any:
        """Return a value as a handler would return it."""
        return {}


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
