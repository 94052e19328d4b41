"""Two servers on one PostgreSQL: each lists and shows what the other does, and ends what a killed one left."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import Cluster
from tests.postgres import database as made
from tests.server import test_kill
from tests.server.test_kill import ENOUGH, events, free_port


@pytest.fixture
def shared(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give all server processes one database."""
    with made(server) as place:
        monkeypatch.setenv("SECOND_THOUGHTS_DATABASE", place)
        yield


def listed(port: int) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/library", timeout=20) as answer:
        items: list[dict[str, Any]] = json.load(answer)["items"]
        return items


def test_what_one_does_the_other_shows_until_it_was_killed(tmp_path: Path, shared: None) -> None:
    here, there = free_port(), free_port()
    with test_kill.server(tmp_path / "here", here) as (_, said):
        assert said == "ready"
        with test_kill.server(tmp_path / "there", there, "launch") as (other, run):
            assert [(item["id"], item["status"]) for item in listed(here)] == [(run, "running")]
            killed, texts, last = False, dict[str, str](), {}
            for event in events(here, run):
                last = event
                if event["type"] == "run_opened":  # each look at a run that lives elsewhere starts over
                    texts = {}
                elif event["type"] == "tokens":
                    texts[event["generation"]] = texts.get(event["generation"], "") + "".join(event["text"])
                if not killed and max(map(len, texts.values()), default=0) > ENOUGH:
                    killed = True
                    other.kill()
        assert killed and (last["type"], last["status"]) == ("run_finished", "interrupted")
        assert sorted(texts.values())[1] == "Answer: 0<end>" and len(sorted(texts.values())[0]) > ENOUGH
        assert [(item["id"], item["status"]) for item in listed(here)] == [(run, "interrupted")]
