"""Signed tickets: what a browser shows with each request after its person has logged in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from webapp.auth.people import Member, People

DAYS = 14
_FIELDS = 4


class Tickets:
    """Issues and reads tickets. One holds until it runs out, is handed back, or its person's password changes.

    A ticket is `id.until.number.of-password.signature`, signed with the key of the people's file, so that it outlives
    the process and every process with that file takes it. Those handed back are remembered while the process lives.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._returned: dict[str, float] = {}

    def issue(self, people: People, member: Member) -> str:
        """Return a fresh ticket of a member."""
        until = int(self._clock() + DAYS * 86_400)
        content = f"{member.id}.{until}.{secrets.token_urlsafe(16)}.{_print(member)}"
        return f"{content}.{_signature(people, content)}"

    def bearer(self, people: People, ticket: str) -> Member | None:
        """Return whose ticket it is, None when it holds no more or never did."""
        content, _, signature = ticket.rpartition(".")
        if not hmac.compare_digest(_signature(people, content).encode(), signature.encode("utf-8", "replace")):
            return None
        key, until, number, printed = content.split(".")
        member = people.with_id(key)
        if member is None or int(until) <= self._clock() or number in self._returned or printed != _print(member):
            return None
        return member

    def hand_back(self, ticket: str) -> None:
        """Let a ticket hold no more."""
        now = self._clock()
        self._returned = {number: until for number, until in self._returned.items() if until > now}
        if len(parts := ticket.split(".")) == _FIELDS + 1 and parts[1].isdecimal():
            self._returned[parts[2]] = float(parts[1])


def _print(member: Member) -> str:
    return hashlib.sha256(member.password.encode()).hexdigest()[:16]


def _signature(people: People, content: str) -> str:
    digest = hmac.new(bytes.fromhex(people.key), content.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
