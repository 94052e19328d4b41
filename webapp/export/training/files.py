"""A training file with its data card beside it, on disk or in a zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from webapp.export.training.card import card, encoded
from webapp.export.training.making import Export

CARD = ".card.md"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same export is the same file


def write(export: Export, path: Path) -> Path:
    """Write the rows to a file and the card beside it; return the card's path."""
    content = encoded(export)
    beside = path.with_name(path.stem + CARD)
    path.write_bytes(content)
    beside.write_text(card(export, path.name, content), "utf-8")
    return beside


def zipped(export: Export, name: str) -> bytes:
    """Return rows and card as a zip file."""
    content = encoded(export)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(f"{name}.jsonl", _EPOCH), content, zipfile.ZIP_DEFLATED)
        told = card(export, f"{name}.jsonl", content)
        file.writestr(zipfile.ZipInfo(f"{name}{CARD}", _EPOCH), told.encode(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
