"""The page's own scripts and styles, and plotly.js; nothing is loaded from outside the machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parents[1] / "components" / "static"


class Assets(StaticFiles):
    """Static files that a browser keeps but asks about each time, so that a new release is never half loaded."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or that it has not changed."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def add_assets(app: FastAPI) -> None:
    """Serve `/client/NAME` and `/client/plotly.min.js`."""

    @app.get("/client/plotly.min.js")
    async def plotly() -> Response:
        """Return the plotly.js that fits the installed plotly."""
        return FileResponse(_plotly(), media_type="text/javascript", headers={"cache-control": "max-age=3600"})

    # Not /assets: that is where Gradio keeps its own scripts.
    app.mount("/client", Assets(directory=STATIC))


def _plotly() -> Path:
    # Found, not imported: figures are made elsewhere.
    package = find_spec("plotly")
    if package is None or package.origin is None:
        raise RuntimeError("plotly is not installed: pip install -r requirements.txt")
    return Path(package.origin).parent / "package_data" / "plotly.min.js"
