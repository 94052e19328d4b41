"""Which stored runs a command is about: `--runs`, `--sessions` or `--experiment`."""

from __future__ import annotations

import argparse

from storage.repositories.selected import Wanted


class BadExport(Exception):
    """An export that makes no sense, as a sentence."""


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Add the options that select runs."""
    parser.add_argument("--runs", default="", help="ids of runs, with commas between")
    parser.add_argument("--sessions", default="", help="ids of sessions, with commas between")
    parser.add_argument("--experiment", help="id of an experiment")


def selection(given: argparse.Namespace) -> Wanted:
    """Return the runs that the options select.

    Raises:
        BadExport: unless exactly one of them is given.

    """
    if sum(map(bool, (given.runs, given.sessions, given.experiment))) != 1:
        raise BadExport("Name one of --runs, --sessions and --experiment.")
    return Wanted(_ids(given.runs), _ids(given.sessions), given.experiment)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))
