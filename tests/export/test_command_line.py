from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.files import corrected, write_lines
from webapp.export.__main__ import DONE, PARTLY, REFUSED, SHOWN, main


def run(tmp_path: Path, *arguments: str) -> int:
    return main(["import", *arguments, "--data-dir", str(tmp_path)])


def test_it_says_what_was_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_lines(tmp_path / "runs.jsonl", [corrected(), corrected(seed=8)])
    assert run(tmp_path, str(path), "--session", "Theirs") == DONE
    told, complaints = capsys.readouterr()
    assert told.startswith("jsonl: 2 imported, 0 refused in ") and "Session " in told
    assert complaints == ""


def test_refused_rows_are_told_with_their_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = [corrected(seed="seven")] * (SHOWN + 5)
    assert run(tmp_path, str(write_lines(tmp_path / "runs.jsonl", [corrected(), *bad]))) == PARTLY
    told, complaints = capsys.readouterr()
    assert told.startswith(f"jsonl: 1 imported, {SHOWN + 5} refused in ")
    lines = complaints.splitlines()
    assert lines[0] == "line 2, seed: input should be a valid integer."
    assert (len(lines), lines[-1]) == (SHOWN + 1, "... and 5 more.")


def test_where_nothing_is_imported_it_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, str(write_lines(tmp_path / "runs.jsonl", [{}]))) == REFUSED
    assert "Nothing was stored." in capsys.readouterr().out
    assert run(tmp_path, str(tmp_path / "nothing.jsonl")) == REFUSED
    assert "cannot be read (no such file or directory)." in capsys.readouterr().err


def test_it_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webapp.export", "import", "--help"], capture_output=True, text=True, check=True
    )
    assert "--format {auto,jsonl,lm-eval,inspect}" in done.stdout
