"""List the methods: `python -m webapp.methods`, or with `--json` for programs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from webapp.methods.describe import describe
from webapp.methods.interface import MethodParams
from webapp.methods.registry import BrokenMethodPackage

COLUMNS = ("name", "title", "family", "paper", "faithful")
OWN = "own settings"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the methods."""
    parser = argparse.ArgumentParser(prog="python -m webapp.methods", description="List the methods.")
    parser.add_argument("--json", action="store_true", help="everything about them, as JSON")
    as_json = parser.parse_args(arguments).json
    try:
        known = describe()
    except BrokenMethodPackage as error:
        sys.exit(str(error))
    print(json.dumps(known, indent=2) if as_json else table(known))


def table(known: Sequence[Mapping[str, Any]]) -> str:
    """Return the methods as a table for people."""
    rows = [(*COLUMNS, OWN), *((*(method[name] for name in COLUMNS), _own(method)) for method in known)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["  ".join([*map(str.ljust, row[:-1], widths), row[-1]]) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _own(method: Mapping[str, Any]) -> str:
    return ", ".join(name for name in method["parameters"]["properties"] if name not in MethodParams.model_fields)


if __name__ == "__main__":
    main()
