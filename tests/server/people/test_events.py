"""Every event of every page that takes an id, forged by Bob for what is Ada's: nothing is told, nothing changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server.people.conftest import MARK, NO_EXAMPLE, House, Visitor, furnished

IN_ADDRESS = "?runs={run}&session={session}"
COMPARED = ("?runs={run},{other}", "?sessions={session}", "?experiment={experiment}")
SHOWN = {"run-view": {"runs": ["{run}"], "speed": None}}
OF_RUN = {"kind": "run", "id": "{run}"}
OF_SESSION = {"kind": "session", "id": "{session}"}
CORRECTED = {"generation": "{text}", "role": "revision", "text": "Bob's", "kept": 0, "go_on": False}
FORM = {"method": NO_EXAMPLE, "values": {}}
TYPED = {"question": "Mine?", "kind": "none", "count": 1, "seed": 0, "method-first": FORM}


@dataclass(frozen=True)
class Case:
    """What an event is given: values by element id, event data, the page's address."""

    values: Mapping[str, Any] | None = None
    events: Sequence[Mapping[str, Any]] = ({},)
    queries: Sequence[str] = ("",)


def both(**more: Any) -> Case:
    return Case(events=(OF_RUN | more, OF_SESSION | more))


EXPERIMENT = Case(events=({"id": "{experiment}"},))
CASES: dict[str, Case] = {
    "ExploreActions.open": Case(queries=(IN_ADDRESS,)),
    "ExploreActions.run": Case(TYPED | {"session": "{session}"}),
    "ExploreActions.stop": Case(SHOWN),
    "ExploreActions.branch": Case(SHOWN, ({"generation": "{text}", "index": 0, "token": 1},)),
    "ExploreActions.correct": Case(SHOWN, (CORRECTED,)),
    "ExploreActions.draw": Case(SHOWN),
    "ExploreActions.replay": Case(SHOWN),
    "ExploreActions.choose_judge": Case(events=({"run": "{run}"},)),
    "ExploreActions.judge": Case(SHOWN | {"judged-run": "{run}", "judge-method": FORM}),
    "BaselineActions.offer": Case(SHOWN),
    "BaselineActions.start": Case(SHOWN),
    "ComparePage.open": Case(queries=COMPARED),
    "ComparePage.compare": Case({"compare-picker": ["{run}", "{other}"], "compare-sessions": []}),
    "ExperimentsPage._handler.<locals>.handle": EXPERIMENT,
    "ExperimentsPage.allow_loading": Case(events=({"id": "{experiment}", "allowed": True},)),
    "LibraryPage.open": Case(queries=("?session={session}",)),
    "LibraryPage.narrow": Case(events=({"id": "{session}"},)),
    "LibraryPage.rename": both(name="Bob's"),
    "LibraryPage.set_notes": both(notes="Bob's"),
    "LibraryPage.set_tags": both(tags=["bob"]),
    "LibraryPage.delete": both(),
    "LibraryPage.restore": Case(events=({"kind": "session", "id": "{deleted}"}, OF_RUN)),
    "LibraryPage.set_sharing": Case(events=({"id": "{session}", "sharing": "write"},)),
    "LibraryPage.set_default": Case(events=({"id": "{session}", "chosen": True},)),
}
TAKES_NO_ID = frozenset({
    "ExploreActions.load_examples", "ExploreActions.choose_count", "ExploreActions.switch_model",
    "ExploreActions.hide_judge", "ProblemActions.pick_starter", "ProblemActions.type_question",
    "ProblemActions.choose_kind", "ProblemActions.choose_format", "ProblemActions.read_file",
    "ProblemActions.pick_row", "ExperimentsPage.make", "ExperimentsPage.choose_format", "DataForm.choose",
    "DataForm.describe", "DataForm.show", "LibraryPage.import_session", "LibraryPage.import_runs",
    "LibraryPage.import_labels",
})  # fmt: skip


def inserted(value: Any, things: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: inserted(each, things) for key, each in value.items()}
    if isinstance(value, list):
        return [inserted(each, things) for each in value]
    if isinstance(value, str):
        for name, key in things.items():
            value = value.replace(f"{{{name}}}", key)
    return value


def answers(house: House, visitor: Visitor, number: int, case: Case, things: Mapping[str, str]) -> list[str]:
    """Return what each event of a case is answered, the ids that it named taken out."""
    given = inserted(case.values or {}, things)
    inputs = house.site.fns[number].inputs
    data = [given.get(each.elem_id, getattr(each, "value", None)) for each in inputs]
    said = []
    for query in case.queries:
        for event in case.events:
            answer = visitor.trigger(number, data, inserted(event, things), inserted(query, things))
            assert answer.status_code == 200, answer.text
            said.append(house.anonymous(answer.text))
    return said


def notice(said: str) -> dict[str, str]:
    """Return the sentence of an answer: the first thing that every handler changes."""
    found: dict[str, str] = json.loads(said)["data"][0]
    return found


def test_every_event_has_a_case(house: House) -> None:
    names = set(house.handlers().values())
    assert names == set(CASES) | TAKES_NO_ID, "a new event needs a case, or to be known to take no id"


@pytest.mark.parametrize("name", CASES)
def test_a_forged_event_tells_and_changes_nothing(house: House, name: str) -> None:
    before = house.kept()
    for number in (number for number, each in house.handlers().items() if each == name):
        told = answers(house, house.bob, number, CASES[name], house.things)
        nothing = answers(house, house.bob, number, CASES[name], house.nothing)
        assert not [said for said in told if MARK in said]
        assert [notice(said) for said in told] == [notice(said) for said in nothing]
    assert house.kept() == before


REFUSED_IN_ANY_CASE = frozenset({
    "ExperimentsPage._handler.<locals>.handle",  # some of what it handles makes no sense for a finished experiment
    "ComparePage.open", "ComparePage.compare",  # of the selections that are tried, some hold nothing to compare
})  # fmt: skip


def test_ada_may_do_what_bob_is_refused(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        for number, name in house.handlers().items():
            if name in TAKES_NO_ID | REFUSED_IN_ANY_CASE:
                continue
            told = answers(house, house.ada, number, CASES[name], house.things)
            assert not [said for said in told if notice(said)["kind"] == "error"], (name, told)
