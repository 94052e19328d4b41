"""Keys of model servers: in memory only, each for one server, shown to nobody."""

from __future__ import annotations

import re

from pydantic import SecretStr

from webapp.models.progress import ModelError
from webapp.models.reference import parse_server


class Keys:
    """Gives a server the key that was meant for it, and no other server any."""

    def __init__(self) -> None:
        self._by_base: dict[str, SecretStr] = {}

    def keep(self, ref: str, key: SecretStr) -> None:
        """Remember the key of the server that a reference names, or forget it where the key is empty.

        Raises:
            ModelError: when the reference names no server, and for what can be no key; it does not repeat that.

        """
        pasted = key.get_secret_value().strip()
        if not re.fullmatch("[!-~]*", pasted):  # it would be sent as a header, which cannot hold it
            raise ModelError(
                "That is no key: keys have letters, digits and signs, without a space. Copy it once more."
            )
        self._by_base[parse_server(ref).base] = SecretStr(pasted)

    def of(self, ref: str) -> str:
        """Return the key of the server that a reference names, an empty text where there is none.

        Raises:
            ModelError: when the reference names no server.

        """
        kept = self._by_base.get(parse_server(ref).base)
        return "" if kept is None else kept.get_secret_value()
