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
from webapp.runs.request import BadRequest


@pytest.fixture
def actions(tmp_path: Path) -> ExploreActions:
    with gr.Blocks():
        return ExploreActions(services_in(tmp_path, Puppet()), ExploreView())


async def opened(actions: ExploreActions, **query: str) -> dict[Any, Any]:
    request: Any = SimpleNamespace(query_params=query, scope={})
    return dict(await actions.open(request))


async def test_it_is_chosen_alone(actions: ExploreActions) -> None:
    view = actions.view
    updates = await opened(actions, method="rci")
    assert updates[view.methods[0]] == {"method": "rci", "values": {}}
    assert updates[view.count] == 1
    assert [updates[column]["visible"] for column in view.columns] == [True, False, False]


@pytest.mark.parametrize("query", [{}, {"method": "no_such_method"}, {"method": "<b>"}])
async def test_what_is_no_method_changes_nothing(actions: ExploreActions, query: dict[str, str]) -> None:
    updates = await opened(actions, **query)
    assert actions.view.methods[0] not in updates and actions.view.count not in updates


@pytest.mark.parametrize("count", [0, 4, None, "2", 1.5])
async def test_no_other_number_of_methods_can_be_asked_for(actions: ExploreActions, count: object) -> None:
    with pytest.raises(BadRequest, match="Choose 1 to 3 methods"):
        await actions.choose_count(count)
