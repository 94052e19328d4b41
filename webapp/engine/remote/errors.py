"""What goes wrong with a server, as sentences; no key and no traceback is ever part of one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager

import openai

from webapp.engine.protocol import ContextOverflow, EngineError, EngineGone
from webapp.engine.remote.address import Address

AGAIN = frozenset({408, 409, 425, 429})
NOT_IMPLEMENTED = 501
LONGEST_QUOTE = 300
_TOO_LONG = re.compile(r"context[ _](length|window|size)|max_model_len|maximum context", re.IGNORECASE)


class Transient(EngineGone):
    """Trouble that may pass: the same may be asked again, after `wait` seconds if the server names a time."""

    def __init__(self, sentence: str, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


class Refused(EngineError):
    """The server understood and will not; `status` is that of its answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def unreadable(address: Address) -> Transient:
    """Return what to say of an answer that is not what the protocol promises."""
    return Transient(f"{address.base} answers with something that is no answer of a model server.")


@contextmanager
def told(address: Address, key: str) -> Iterator[None]:
    """Turn what the client raises into our own errors.

    Raises:
        Transient: for what may pass.
        Refused: for what the server will not do.
        ContextOverflow: for a text longer than the model reads.

    """
    try:
        yield
    except openai.APITimeoutError:
        raise Transient(f"{address.base} did not answer in time.") from None
    except openai.APIConnectionError:
        raise Transient(f"{address.base} cannot be reached, or broke off.") from None
    except openai.APIStatusError as error:
        raise _of_status(error, address, key) from None
    except openai.APIError as error:  # in the middle of a stream
        raise _of_message(_quoted(error.message, key), address) from None
    except (json.JSONDecodeError, UnicodeDecodeError, openai.OpenAIError):
        raise unreadable(address) from None


def _of_status(error: openai.APIStatusError, address: Address, key: str) -> EngineError:
    status, said = error.status_code, _quoted(_message(error), key)
    if status in (401, 403):  # what it says may spell the key
        held = "refuses the key" if key else "asks for a key"
        return Refused(f"{address.base} {held} (status {status}).", status)
    if status in AGAIN:
        return Transient(f"{address.base} has no room at the moment (status {status}).", _wait(error))
    if status < 400 or (status >= 500 and status != NOT_IMPLEMENTED):
        return Transient(f"{address.base} failed (status {status}).", _wait(error))
    if _TOO_LONG.search(said):
        return ContextOverflow(f"The text is longer than the model at {address.base} can read: {said}")
    return Refused(f"{address.base} refuses that (status {status}): {said}", status)


def _of_message(said: str, address: Address) -> EngineError:
    if _TOO_LONG.search(said):
        return ContextOverflow(f"The text is longer than the model at {address.base} can read: {said}")
    return Transient(f"{address.base} broke off: {said}")


def _message(error: openai.APIStatusError) -> str:
    body = error.body
    found = body.get("message") or body.get("error") or body.get("detail") if isinstance(body, dict) else body
    return found if isinstance(found, str) else "it does not say why"


def _quoted(said: str, key: str) -> str:
    """Return what a server said, on one line, short, and without the key."""
    line = " ".join(said.split())
    line = line.replace(key, "***") if key else line
    return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}..."


def _wait(error: openai.APIStatusError) -> float | None:
    try:
        named = float(error.response.headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return None if math.isnan(named) else max(named, 0.0)  # whoever sleeps for NaN does not wake
