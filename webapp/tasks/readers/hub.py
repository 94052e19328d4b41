"""Data sets of the Hugging Face Hub, where its library is installed and the network allows."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from storage.records import Problem
from webapp.models.child import Finished, run_python
from webapp.models.offline import online_environment
from webapp.tasks.readers.hub_fetch import FAILED
from webapp.tasks.readers.registry import FORMATS, Mapped, problems_of
from webapp.tasks.readers.rows import ReadError, json_lines

# The library would read a folder of this machine by that name.
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


def read_hub(
    name: str, config: str | None, split: str, revision: str | None, format: str, mapping: Mapped | None = None
) -> list[Problem]:
    """Return the problems of a data set, each with a source like "openai/gsm8k:17" (the 17th row, from 1).

    Args:
        name: its id.
        config: its subset, where it has several.
        split: such as "test", or "test[:500]" as its library takes it.
        revision: a branch or commit.
        format: how a row becomes a problem; "csv" and "jsonl" take a column mapping.
        mapping: which column holds what.

    Raises:
        ReadError: with a sentence, without the package or the network, for an unknown id, or a row that does not fit.

    """
    if format not in FORMATS:
        raise ReadError(name, None, f'there is no format "{format}"; there are {", ".join(FORMATS)}')
    if not _ID.fullmatch(name):
        raise ReadError(
            "Hugging Face Hub", None, f"{name[:80]!r} is no id of a data set; they look like openai/gsm8k"
        )
    with tempfile.TemporaryDirectory(prefix="second-thoughts-") as folder:
        rows = Path(folder) / "rows.jsonl"
        arguments = ["-m", "webapp.tasks.readers.hub_fetch", str(rows), name, config or "", split, revision or ""]
        ended = run_python(arguments, lambda _: None, environment=online_environment())
        if ended.code != 0:
            raise ReadError("Hugging Face Hub", None, _why(name, ended))
        return problems_of(json_lines(rows.read_text("utf-8"), name), format, mapping, called=name, label=name)


def _why(name: str, ended: Finished) -> str:
    lines = [line for line in ended.output.splitlines() if line.strip()]
    if ended.code == FAILED and lines:
        return lines[-1].rstrip(".")
    return f"{name} could not be read: {lines[-1] if lines else f'the process ended with code {ended.code}'}"
