"""List the methods: `python -m webapp.methods`, or with `--json` for programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from webapp.methods.describe import describe
from webapp.methods.interface import MethodParams

COLUMNS = {"name": 18, "title": 22, "family": 8, "paper": 12, "faithful": 20}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the methods."""
    parser = argparse.ArgumentParser(prog="python -m webapp.methods", description="List the methods.")
    parser.add_argument("--json", action="store_true", help="everything about them, as JSON")
    print(json.dumps(describe(), indent=2) if parser.parse_args(arguments).json else table())


def table() -> str:
    """Return the methods as a table for people."""
    lines = ["".join(name.ljust(width) for name, width in COLUMNS.items()) + "own settings"]
    for known in describe():
        cells = "".join(str(known[name]).ljust(width) for name, width in COLUMNS.items())
        own = [name for name in known["parameters"]["properties"] if name not in MethodParams.model_fields]
        lines.append(cells + ", ".join(own))
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    main()
