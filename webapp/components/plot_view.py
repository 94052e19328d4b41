"""A plotly figure that follows the page's theme, keeps its zoom, and can be saved as an image.

Value: the figure's JSON as a **string** (`figure.to_json()`), or null for nothing. `layout.uirevision` decides
whether an update keeps the zoom; the component sets one when the figure has none.

Events:
    point_click: `{curve, index, custom}`, a point was clicked; `custom` is its scalar customdata or null.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class PlotView(ClientComponent):
    """A figure drawn by the plotly.js that belongs to the installed plotly package."""

    client = "plot_view"
    styles = ("plot_view",)

    def __init__(self, value: str | None = None, **options: Any) -> None:
        super().__init__(value, **options)

    def api_info(self) -> dict[str, Any]:
        """Describe the value: a figure's JSON as text."""
        return {"type": "string"}
