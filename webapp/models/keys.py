"""Keys of model servers: in memory only, each for one server, shown to nobody."""

from __future__ import annotations

from pydantic import SecretStr

from webapp.models.reference import parse_server


class Keys:
    """Gives a server the key that was meant for it, and no other server any."""

    def __init__(self) -> None:
        self._by_base: dict[str, SecretStr] = {}

    def keep(self, ref: str, key: SecretStr) -> None:
        """Remember the key of the server that a reference names, or forget it where the key is empty.

        Raises:
            ModelError: when the reference names no server.

        """
        self._by_base[parse_server(ref).base] = key

    def of(self, ref: str) -> str:
        """Return the key of the server that a reference names, an empty text where there is none.

        Raises:
            ModelError: when the reference names no server.

        """
        kept = self._by_base.get(parse_server(ref).base)
        return "" if kept is None else kept.get_secret_value()
