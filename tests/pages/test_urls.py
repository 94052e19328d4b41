from __future__ import annotations

from webapp.pages.urls import Address, identifiers, shown


def test_runs_and_session_are_read_from_the_address() -> None:
    assert Address.of({"runs": "a,b", "run": "c", "session": "s"}) == Address(("a", "b", "c"), "s")
    assert Address.of({}) == Address()


def test_what_is_no_id_is_left_out() -> None:
    query = {"runs": "a,<script>,../x,,a," + "y" * 65, "session": "no session"}
    assert Address.of(query) == Address(("a",), None)


def test_a_forged_value_shows_nothing() -> None:
    assert shown(None) == shown(["a"]) == shown({"runs": "a"}) == ()
    assert shown({"runs": ["a", 3, None, "b"]}) == ("a", "b")
    assert identifiers(3) == ()
