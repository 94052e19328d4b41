"""Where a model server is: `http(s)://host/v1`, and behind a `#` which of its models is meant."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and the model asked for; an empty `model` is the only one that the server has."""

    base: str
    model: str = ""

    @property
    def root(self) -> str:
        """Where the server's own endpoints are, beside those of the OpenAI protocol."""
        return self.base.removesuffix("/v1")

    @property
    def on_this_machine(self) -> bool:
        """Whether it is a loopback address, to which no proxy leads."""
        host = urlsplit(self.base).hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.base}#{self.model}" if self.model else self.base


def parse_address(text: str) -> Address:
    """Read an address; one without a path means `/v1`.

    Raises:
        ValueError: with a sentence, for what is no address, and for one that holds a key.

    """
    parts = _split(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("A server's address begins with http:// or https:// and a host, like http://gpu:8000/v1.")
    if parts.username is not None or parts.password is not None or parts.query:
        raise ValueError("A server's address holds no name, password or query; give the key in the field for it.")
    path = parts.path.rstrip("/") or "/v1"
    return Address(f"{parts.scheme}://{parts.netloc.lower()}{path}", parts.fragment.strip())


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no number
        return parts
    except ValueError:
        raise ValueError("That is no address of a server; one looks like http://gpu:8000/v1.") from None
