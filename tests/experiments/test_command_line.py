"""The command line: the same experiments without a browser, with sentences and exit codes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.experiments.grids import until
from tests.runs.puppet import Puppet, Stage
from webapp.experiments.__main__ import main, parser
from webapp.experiments.command_line import Commands, Outcome
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
name: Two drafts
methods:
  - {method: scene_draft, params: {max_tokens: 60}}
  - {method: scene_draft, params: {max_tokens: 60, samples: 2}}
data: {source: starter, n: 5}
"""
Do: TypeAlias = Callable[..., Awaitable[int]]


@pytest.fixture
def do(tmp_path: Path, stage: Stage, methods_of_tests: None) -> Do:
    """Return a function that carries out a command over one database, as one process after another would."""
    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path)

    async def one(*arguments: str) -> int:
        return await Commands(settings, lambda _: stage).carry_out(parser().parse_args(arguments))  # type: ignore[arg-type]

    return one


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "grid.yaml").write_text(SPEC)
    return str(tmp_path / "grid.yaml")


def made(output: str) -> str:
    """Return the id of the experiment that was made."""
    return output.split("Experiment ")[1].split(":")[0]


async def test_run_makes_tries_estimates_and_does_an_experiment(
    do: Do, spec: str, capsys: pytest.CaptureFixture[str], puppet: Puppet
) -> None:
    assert await do("run", spec) == Outcome.DONE
    out = capsys.readouterr().out
    assert "Two drafts" in out and "4 cells are left: " in out and "judged by 6 cells" in out
    assert "Scene draft (max tokens 60, samples 2)" in out
    assert not any(caller.background for _, _, caller in puppet.calls), "nobody else waits for the engine here"
    assert await do("status") == Outcome.DONE
    [head, row] = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["id", "status", "done", "failed"]
    assert row.split()[:5] == [made(out), "finished", "10", "0", "10"]
    assert await do("status", made(out)) == Outcome.DONE
    assert "10 of 10 cells" in capsys.readouterr().out


async def test_an_estimate_leaves_a_draft_that_is_resumed(
    do: Do, spec: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert await do("run", spec, "--estimate") == Outcome.DONE
    experiment = made(capsys.readouterr().out)
    await do("status", experiment)
    assert "Two drafts: draft" in capsys.readouterr().out
    assert await do("resume", experiment) == Outcome.DONE
    assert await do("export", experiment, "--to", str(tmp_path / "cells.csv")) == Outcome.DONE
    assert len((tmp_path / "cells.csv").read_text("utf-8").splitlines()) > 10
    assert await do("export", experiment, "--to", str(tmp_path / "cells.doc")) == Outcome.REFUSED
    assert "must end in one of .csv, .jsonl, .parquet" in capsys.readouterr().err


async def test_failed_cells_are_told_by_the_exit_code_and_retried(
    do: Do, spec: str, capsys: pytest.CaptureFixture[str], puppet: Puppet
) -> None:
    puppet.fails = "The model ran out of memory."
    assert await do("run", spec) == Outcome.STANDS_STILL
    told = capsys.readouterr()
    experiment = made(told.out)
    assert f"10 cells failed: retry {experiment} does them again." in told.err
    puppet.fails = ""
    assert await do("retry", experiment) == Outcome.DONE
    assert await do("retry", experiment) == Outcome.REFUSED
    assert "No cell of this experiment has failed." in capsys.readouterr().err


async def test_an_interrupt_pauses_and_hands_back_what_was_at_work(
    do: Do, spec: str, capsys: pytest.CaptureFixture[str], puppet: Puppet
) -> None:
    await do("run", spec, "--estimate")
    experiment = made(capsys.readouterr().out)
    puppet.script = lambda prompt, sample: "7" * 5_000
    puppet.gate.clear()
    work = asyncio.create_task(do("resume", experiment))
    await until(lambda: puppet.open > 0)
    os.kill(os.getpid(), signal.SIGINT)
    assert await work == Outcome.STANDS_STILL
    assert f"resume {experiment} goes on." in capsys.readouterr().err
    await do("status", experiment)
    assert "paused" in capsys.readouterr().out
    puppet.gate.set()
    puppet.script = lambda prompt, sample: "Answer: 0"
    assert await do("resume", experiment) == Outcome.DONE


async def test_pause_and_cancel_are_told_to_whoever_works_on_it(
    do: Do, spec: str, capsys: pytest.CaptureFixture[str], puppet: Puppet
) -> None:
    await do("run", spec, "--estimate")
    experiment = made(capsys.readouterr().out)
    puppet.gate.clear()
    work = asyncio.create_task(do("resume", experiment))
    await until(lambda: puppet.open > 0)
    assert await do("cancel", experiment) == Outcome.DONE
    assert await work == Outcome.STANDS_STILL
    assert "Cancelled." in capsys.readouterr().err
    assert await do("pause", experiment) == Outcome.REFUSED
    assert "The experiment is not running." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("status", "nothing"), "There is no such experiment here"),
        (("run", "nowhere.yaml"), "nowhere.yaml cannot be read"),
    ],
)
async def test_what_is_wrong_is_a_sentence(
    do: Do, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert await do(*arguments) == Outcome.REFUSED
    assert sentence in capsys.readouterr().err


@pytest.fixture
def greedy(tmp_path: Path) -> str:
    (tmp_path / "greedy.yaml").write_text(SPEC.replace("n: 5", "n: 5000"))
    return str(tmp_path / "greedy.yaml")


async def test_a_spec_that_asks_for_too_much_is_refused_before_anything_is_made(
    do: Do, greedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await do("run", greedy) == Outcome.REFUSED
    assert "5,000 problems were asked for, but there are " in capsys.readouterr().err
    assert await do("status") == Outcome.DONE
    assert "There are no experiments yet." in capsys.readouterr().out


def test_options_of_the_program_may_stand_anywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["status", "--data-dir", str(tmp_path)], ["--data-dir", str(tmp_path), "status"],
        [f"--data-dir={tmp_path}", "--open-browser", "status", "--no-allow-remote"],
    ):  # fmt: skip
        assert main(arguments) == Outcome.DONE
        assert "There are no experiments yet." in capsys.readouterr().out
    assert main(["status", "--data-dir", str(tmp_path), "--threads", "many"]) == Outcome.REFUSED
    assert "--threads" in capsys.readouterr().err


def test_it_is_a_program_and_help_needs_no_model() -> None:
    command = [sys.executable, "-m", "webapp.experiments", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "run" in done.stdout and "--data-dir" in done.stdout
