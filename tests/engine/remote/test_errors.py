"""What a server says of when to ask again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import openai
import pytest

from webapp.engine.remote.address import parse_address
from webapp.engine.remote.errors import Transient, told
from webapp.engine.remote.patience import Patience

PATIENCE = Patience()


@pytest.mark.parametrize(
    ("named", "seconds"),
    [("0", 0.0), ("2.5", 2.5), ("-1", 0.0), ("inf", PATIENCE.longest), ("3600", PATIENCE.longest)],
)
def test_a_server_names_the_time_within_our_patience(named: str, seconds: float):
    trouble = told_by({"retry-after": named})
    assert PATIENCE.delay(1, trouble.wait) == seconds


@pytest.mark.parametrize("headers", [{}, {"retry-after": "nan"}, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}])
def test_what_is_no_number_of_seconds_names_none(headers: dict[str, str]):
    trouble = told_by(headers)
    assert trouble.wait is None
    assert 0.0 < PATIENCE.delay(1, trouble.wait) <= PATIENCE.first


def told_by(headers: dict[str, str]) -> Transient:
    """Return our error for a busy server's answer."""
    response: Any = SimpleNamespace(request=None, status_code=429, headers=headers)
    with pytest.raises(Transient) as trouble, told(parse_address("http://gpu"), ""):
        raise openai.RateLimitError("busy", response=response, body=None)
    return trouble.value
