"""Experiments without a browser: `python -m webapp.experiments run spec.yaml`, `--help` for the rest.

Options that it does not know itself are those of the program (`python app.py --help`): `--data-dir`, `--device`...
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from webapp.experiments.command_line import Commands, Outcome
from webapp.models.offline import go_offline
from webapp.settings import Settings, SettingsError, read_settings

PROGRAM = "python -m webapp.experiments"
FIELDS = Settings.model_fields


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    own, rest = _apart(sys.argv[1:] if arguments is None else arguments)
    given = parser().parse_args(own)
    try:
        settings = read_settings(rest, program=PROGRAM)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return Outcome.REFUSED
    go_offline()
    _log_to_terminal()
    return asyncio.run(Commands(settings).carry_out(given))


def parser() -> argparse.ArgumentParser:
    """Return the parser of our own commands."""
    found = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Run experiments: methods x models x problems x seeds.",
        epilog="Further options are those of the program, such as --data-dir and --device: python app.py --help.",
    )
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="make the experiment that a YAML or JSON file describes, and work on it")
    run.add_argument("spec", type=Path, help="the file")
    run.add_argument("--estimate", action="store_true", help="only try a few cells and say what the rest would take")
    status = commands.add_parser("status", help="list the experiments, or say how far one is")
    status.add_argument("id", nargs="?", help="an experiment")
    for name, what in (
        ("resume", "work on an experiment that stands still, or help with one that is worked on"),
        ("retry", "do the failed cells of an experiment again"),
        ("pause", "let whoever works on an experiment stop after the cells at work"),
        ("cancel", "call off the cells of an experiment that are not done"),
    ):
        commands.add_parser(name, help=what).add_argument("id", help="an experiment")
    export = commands.add_parser("export", help="write a table with a row a cell")
    export.add_argument("id", help="an experiment")
    export.add_argument("--to", type=Path, required=True, help="a file that ends in .csv, .jsonl or .parquet")
    return found


def _apart(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return our own arguments, and the options of the program with their values, wherever these stand."""
    valued = {f"--{name.replace('_', '-')}": field.annotation is not bool for name, field in FIELDS.items()}
    valued |= {f"--no-{name.removeprefix('--')}": False for name, takes in valued.items() if not takes}
    own: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        name, equals, _ = argument.partition("=")
        if name not in valued:
            own.append(argument)
            continue
        rest.append(argument)
        if valued[name] and not equals:
            rest.extend(islice(left, 1))
    return own, rest


def _log_to_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("second_thoughts")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


if __name__ == "__main__":
    sys.exit(main())
