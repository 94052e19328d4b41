"""What the README says of the methods is what the program has."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.methods.playing import Judge, Play, of_role, turns
from webapp.methods import registry
from webapp.methods.registry import methods

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
ROW = re.compile(r"^\| (?P<title>[^|]+) \| (?P<family>\w+) \| \[(?P<paper>[\d.]+)\]\((?P<link>\S+)\) \|", re.M)
IMPORTS = """
from pydantic import Field
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question
"""


def test_the_table_of_methods_is_the_registry() -> None:
    listed = {(row["title"], row["family"], row["paper"]) for row in ROW.finditer(README)}
    assert listed == {(spec.title, spec.family, spec.paper) for spec in methods().values()}


def test_every_paper_is_linked_to_its_number() -> None:
    assert [row["link"] for row in ROW.finditer(README)] == [
        f"https://arxiv.org/abs/{row['paper']}" for row in ROW.finditer(README)
    ]


async def test_the_example_of_a_method_works(play: Play, model: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_METHODS", dict(methods()))
    source, _chart = re.findall(r"```python\n(.*?)```", README, re.S)
    module = ModuleType("ask_twice_of_the_readme")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(f"{IMPORTS}\n{source}", module.__name__, "exec"), module.__dict__)
    stored = await play("ask_twice", hint="Really?")
    [revision] = of_role(stored, "revision")
    assert turns(revision)[-1] == "Really?"
    assert stored.run.outcome.chosen_generation == revision.id
    assert registry.methods()["ask_twice"].params.model_fields["hint"].title == "Hint"
