"""Reads a data set of the Hugging Face Hub; run as a process: `python -m webapp.tasks.readers.hub_fetch FILE ...`.

It is the only code that asks the Hub for data sets, and runs only when a person names one. Writes the rows as JSON
Lines to FILE; the reason of a failure is the last line of the output.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

FAILED = 3


def main(arguments: list[str]) -> int:
    """Fetch a data set: FILE ID CONFIG SPLIT REVISION, an empty text for what is not given."""
    file, name, config, split, revision = arguments
    os.chdir(Path(file).parent)  # a folder here that is called like a data set would be read instead
    try:
        from datasets import load_dataset
    except ImportError:
        print(f"{name} cannot be read without the package datasets: pip install datasets", flush=True)
        return FAILED
    try:
        rows = load_dataset(name, config or None, split=split, revision=revision or None)
    except Exception as error:  # whatever the library, its builders or the network come up with
        print(_reason(name, error), flush=True)
        return FAILED
    with Path(file).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(_flat(row), ensure_ascii=False, default=_plain) + "\n" for row in rows)
    return 0


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Add what lies within objects under names like "choices.text", by which a column mapping can ask for it."""
    within = {
        f"{name}.{key}": v for name, value in row.items() if isinstance(value, dict) for key, v in value.items()
    }
    return {**within, **row}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _reason(name: str, error: Exception) -> str:
    kind = type(error).__name__
    first = (str(error).strip() or kind).splitlines()[0]
    if kind in ("DatasetNotFoundError", "RepositoryNotFoundError"):
        return f"{name} is not on the Hub, or it is gated and you are not logged in (`hf auth login`)"
    if isinstance(error, OSError) or "Connect" in kind or "Offline" in kind:
        return f"{name} could not be fetched, because the Hugging Face Hub cannot be reached ({kind})"
    return f"{name} could not be read: {first}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
