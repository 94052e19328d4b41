"""The Explore page opened for one method: what the "Try it" link of its card asks for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from tests.runs.puppet import Puppet
from tests.server.conftest import services_in
from webapp.pages.explore_actions import ExploreActions
from webapp.pages.explore_view import ExploreView


@pytest.fixture
def actions(tmp_path: Path) -> ExploreActions:
    with gr.Blocks():
        return ExploreActions(services_in(tmp_path, Puppet()), ExploreView())


async def opened(actions: ExploreActions, **query: str) -> dict[Any, Any]:
    request: Any = SimpleNamespace(query_params=query)
    return dict(await actions.open(request))


async def test_it_is_chosen_alone(actions: ExploreActions) -> None:
    view = actions.view
    updates = await opened(actions, method="rci")
    assert updates[view.first] == {"method": "rci", "values": {}}
    assert updates[view.two] is False and updates[view.beside]["visible"] is False


@pytest.mark.parametrize("query", [{}, {"method": "no_such_method"}, {"method": "<b>"}])
async def test_what_is_no_method_changes_nothing(actions: ExploreActions, query: dict[str, str]) -> None:
    updates = await opened(actions, **query)
    assert actions.view.first not in updates and actions.view.two not in updates
