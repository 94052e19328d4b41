"""Passwords as they are kept: salted scrypt hashes that carry their own parameters."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import NamedTuple

MEMORY = 2**28  # bytes that a hash may take; more is refused, whatever a file says
LENGTH = 32  # bytes of a salt and of a hash
PATTERN = r"^scrypt\$[0-9]{1,9}\$[0-9]{1,3}\$[0-9]{1,3}\$[A-Za-z0-9+/]{43}=\$[A-Za-z0-9+/]{43}=$"


class Cost(NamedTuple):
    """What a guess costs: scrypt takes 128 n r bytes, p times over."""

    n: int = 2**15
    r: int = 8
    p: int = 3


USUAL = Cost()


def hashed(password: str, cost: Cost = USUAL) -> str:
    """Return `scrypt$n$r$p$salt$hash` of a password, with a fresh salt."""
    salt = secrets.token_bytes(LENGTH)
    parts = ("scrypt", *map(str, cost), _written(salt), _written(_derived(password, salt, cost)))
    return "$".join(parts)


def matches(password: str, stored: str) -> bool:
    """Say whether a password is the one that was hashed; `stored` has the form of `PATTERN`.

    Raises:
        ValueError: for parameters that scrypt refuses.

    """
    _, n, r, p, salt, digest = stored.split("$")
    derived = _derived(password, base64.b64decode(salt), Cost(int(n), int(r), int(p)))
    return hmac.compare_digest(derived, base64.b64decode(digest))


def _derived(password: str, salt: bytes, cost: Cost) -> bytes:
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=MEMORY, dklen=LENGTH)


def _written(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
