from __future__ import annotations

from webapp.pages.urls import Address, identifiers, selection, shown
from webapp.runs.selected.service import Wanted


def test_runs_and_session_are_read_from_the_address() -> None:
    assert Address.of({"runs": "a,b", "run": "c", "session": "s"}) == Address(("a", "b", "c"), "s")
    assert Address.of({}) == Address()


def test_what_is_compared_is_an_experiment_else_sessions_else_runs() -> None:
    query = {"experiment": "e", "sessions": "s,t", "runs": "a,b"}
    assert selection(query) == Wanted(experiment="e")
    assert selection(query | {"experiment": "no id"}) == Wanted(sessions=("s", "t"))
    assert selection({"runs": "a,b"}) == Wanted(runs=("a", "b"))
    assert not selection({"sessions": "<b>", "session": "s"})


def test_the_sessions_that_are_compared_are_in_the_value_only_where_there_are_any() -> None:
    assert Address(sessions=("s",)).value()["sessions"] == ["s"]
    assert "sessions" not in Address(("a",)).value()


def test_what_is_no_id_is_left_out() -> None:
    query = {"runs": "a,<script>,../x,,a," + "y" * 65, "session": "no session"}
    assert Address.of(query) == Address(("a",), None)


def test_a_forged_value_shows_nothing() -> None:
    assert shown(None) == shown(["a"]) == shown({"runs": "a"}) == ()
    assert shown({"runs": ["a", 3, None, "b"]}) == ("a", "b")
    assert identifiers(3) == ()
