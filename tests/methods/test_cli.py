"""`python -m webapp.methods`: the list for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from webapp.methods import registry
from webapp.methods.__main__ import main
from webapp.methods.registry import methods

ROOT = Path(__file__).resolve().parents[2]


def test_json_lists_everything_about_every_method() -> None:
    command = [sys.executable, "-m", "webapp.methods", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {known["name"]: known for known in json.loads(done.stdout)}
    assert list(listed) == list(methods())
    for name, spec in methods().items():
        known = listed[name]
        assert (known["title"], known["family"], known["paper"]) == (spec.title, spec.family, spec.paper)
        assert (known["faithful"], known["faithful_note"]) == (spec.faithful, spec.faithful_note)
        assert known["needs"] == sorted(spec.needs)
        assert set(known["parameters"]["properties"]) == set(spec.params.model_fields)


def test_the_plain_list_has_a_line_a_method_with_its_own_settings(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "title", "family", "paper", "faithful", "own", "settings"]
    assert [line.split()[0] for line in lines] == list(methods())
    known = dict(zip(methods(), lines, strict=True))
    assert known["p_true"].endswith("ideas, ideas_temperature")
    assert known["two_turn"].endswith("prompted emulation"), "it has no settings of its own"
    assert len({line.index(spec.paper) for spec, line in zip(methods().values(), lines, strict=True)}) == 1


def test_a_broken_package_ends_it_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    point = EntryPoint("nudge", "no_such_package", registry.ENTRY_POINT)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    registry.discover.cache_clear()
    with pytest.raises(SystemExit) as end:
        main(["--json"])
    assert str(end.value).startswith("The method 'nudge' of an installed package")
    assert capsys.readouterr().out == ""
