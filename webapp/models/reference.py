"""What a person may write to name a model, read into one of the five places a model comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from webapp.engine.remote.address import Address, parse_address
from webapp.models.progress import ModelError

Place: TypeAlias = Literal["embedded", "hub", "folder", "gguf", "server"]

EMBEDDED = "embedded"
EMBEDDED_NAME = "SmolLM2-135M-Instruct"

# The Hub's own rule: letters, digits, '-', '_' and '.', at most 96 characters a part; the owner may be absent.
_SERVER = re.compile(r"https?:", re.IGNORECASE)
_HUB_ID = re.compile(r"^(?:[A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}(?:@[\w.\-/]+)?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class ModelReference:
    """Where a model comes from; `value` is the Hub id (with `@revision` if given), the path or the address."""

    place: Place
    value: str

    @property
    def name(self) -> str:
        """The model's name in words, short enough for a heading."""
        if self.place == "embedded":
            return EMBEDDED_NAME
        if self.place in ("folder", "gguf"):
            return Path(self.value).name
        if self.place == "server":
            return parse_server(self.value).model.rpartition("/")[2] or self.value
        return self.value

    @property
    def path(self) -> Path:
        """The folder or file named."""
        return Path(self.value)


def parse_reference(text: str) -> ModelReference:
    """Read what a person wrote for a model.

    A path that exists wins over a Hub id of the same spelling.

    Raises:
        ModelError: for something that can be none of the five.

    """
    text = text.strip()
    if text in ("", EMBEDDED):
        return ModelReference("embedded", EMBEDDED)
    if _SERVER.match(text):
        return ModelReference("server", str(parse_server(text)))
    path = _path(text)
    if _is_directory(path):
        return ModelReference("folder", str(path))
    if text.lower().endswith(".gguf"):
        return ModelReference("gguf", str(path))
    if _is_file(path):
        raise ModelError(f"{path} is a file, but not a .gguf file; give the folder that holds the model.")
    if _HUB_ID.match(text) and ".." not in text and "--" not in text:
        return ModelReference("hub", text)
    raise ModelError(
        f"{_shown(text)} is not a model: there is no such folder, and it is neither a .gguf file, "
        "nor a Hub id like Qwen/Qwen3-1.7B, nor an http(s):// address."
    )


def parse_server(text: str) -> Address:
    """Read the address of a model server.

    Raises:
        ModelError: for what is none, and for one that holds a key; it does not repeat what was written.

    """
    try:
        return parse_address(text)
    except ValueError as error:
        raise ModelError(str(error)) from None


def shown(text: str) -> str:
    """Return what a person wrote for a model as it may be shown: an address that cannot be read may hold a key."""
    try:
        return str(parse_server(text)) if _SERVER.match(text.strip()) else text
    except ModelError:
        return "a model server"


def canonical(text: str) -> str:
    """Return a spelling that is the same for all spellings of a model; what names none stays as it is."""
    try:
        return parse_reference(text).value
    except ModelError:
        return text


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # ~somebody who does not exist
        return Path(text).absolute()


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # over-long names, NUL bytes
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
