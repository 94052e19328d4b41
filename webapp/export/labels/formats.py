"""The formats of labels that can be imported, and which one a file is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from storage.text import storable
from webapp.export.formats import AUTO
from webapp.export.labels.argilla import ARGILLA, read_argilla
from webapp.export.labels.first_error import MISTAKE, MR_BEN, MR_GSM8K, read_mistake, read_mr_ben, read_mr_gsm8k
from webapp.export.labels.label_studio import LABEL_STUDIO, read_label_studio
from webapp.export.labels.objects import objects
from webapp.export.labels.own import OWN, read_own
from webapp.export.labels.prm800k import PRM800K, read_prm800k
from webapp.export.labels.row import LabelRow, LabelRows
from webapp.export.rows import ImportRefused, Refusal
from webapp.export.trace_row import RowError

Read: TypeAlias = Callable[[str, Mapping[str, Any]], LabelRow | LabelRows]

READERS: Mapping[str, Read] = MappingProxyType(
    {
        OWN: read_own, LABEL_STUDIO: read_label_studio, ARGILLA: read_argilla, PRM800K: read_prm800k,
        MR_GSM8K: read_mr_gsm8k, MR_BEN: read_mr_ben, MISTAKE: read_mistake,
    }
)  # fmt: skip


def rows(path: Path, stated: str = AUTO) -> tuple[str, Iterator[LabelRow | Refusal]]:
    """Return the format of a file, stated or found by its first object, and its rows.

    Raises:
        ImportRefused: for a file that cannot be read, and one in no format that is known.

    """
    name = stated if stated != AUTO else _found(path)
    if name not in READERS:
        raise ImportRefused(f"There is no format {stated!r} of labels; there are {', '.join(READERS)}.")
    return name, _rows(path, READERS[name])


def _rows(path: Path, read: Read) -> Iterator[LabelRow | Refusal]:
    for place, content in objects(path):
        try:
            if isinstance(content, RowError):
                raise content
            found = read(place, storable(content))
            if isinstance(found, LabelRow):
                yield found
            else:
                yield from found
        except RowError as error:
            yield Refusal(place, error.field, error.reason)
        except RecursionError:
            yield Refusal(place, "", "it is nested too deeply")


def _found(path: Path) -> str:
    first = next((content for _, content in objects(path) if not isinstance(content, RowError)), None)
    if first is None:
        raise ImportRefused(f"{path.name} holds no JSON object.")
    if (name := next((name for name, fits in _MARKS.items() if fits(first)), None)) is None:
        raise ImportRefused(
            f"{path.name} is in no known format of labels ({', '.join(READERS)}). Name it with --format if it is one."
        )
    return name


_MARKS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    OWN: lambda row: row.get("format") == OWN,
    PRM800K: lambda row: isinstance(row.get("label"), dict) and isinstance(row.get("question"), dict),
    MISTAKE: lambda row: "mistake_index" in row,
    MR_BEN: lambda row: "Model_Solution_Steps" in row,
    MR_GSM8K: lambda row: "model_output_steps" in row,
    LABEL_STUDIO: lambda row: "annotations" in row and "data" in row,
    ARGILLA: lambda row: "responses" in row or any(key.endswith(".responses") for key in row),
}
