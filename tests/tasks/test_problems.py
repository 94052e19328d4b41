from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.records import ProblemKind
from webapp.tasks.problems import content_id, make_problem, sample


def test_the_id_is_of_the_content_alone() -> None:
    here = make_problem("2 + 2?", "numeric", "4", source="gsm8k:1", tags=["easy"])
    there = make_problem(" 2 + 2? ", "numeric", "4.0", source="mine:9")
    assert here.id == there.id == content_id("2 + 2?", "numeric", "4", ())
    assert here.id != make_problem("2 + 2?", "numeric", "5").id
    assert here.id != make_problem("2 + 2?", "text", "4").id


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_ids_of_different_content_differ_however_it_is_split(a: list[str], b: list[str]) -> None:
    clean = [[part.encode("utf-8", "replace").decode() for part in parts] for parts in (a, b)]
    ids = [content_id("q", "choice", None, parts) for parts in clean]
    assert (ids[0] == ids[1]) == (clean[0] == clean[1])


@pytest.mark.parametrize(
    ("kind", "reference", "choices", "canonical"),
    [
        ("numeric", "2,125", (), "2125"),
        ("numeric", "025", (), "25"),
        ("yesno", "False", (), "no"),
        ("choice", "mars", ("Venus", "Mars"), "B"),
        ("choice", "(a)", ("Venus", "Mars"), "A"),
        ("text", "the Nile | Nile River", (), "the Nile | Nile River"),
        ("math", "\\frac34", (), "\\frac34"),
        ("numeric", "  ", (), None),
        ("none", "a note", (), "a note"),
    ],
)
def test_references_are_canonical(
    kind: ProblemKind, reference: str, choices: tuple[str, ...], canonical: str | None
) -> None:
    assert make_problem("q", kind, reference, choices).reference == canonical


@pytest.mark.parametrize(
    ("kind", "reference", "choices", "complaint"),
    [
        ("numeric", "many", (), '"many" is no number'),
        ("yesno", "perhaps", (), "is no yes, no, true or false"),
        ("choice", "C", ("a", "b"), "is no letter or text of one option"),
        ("choice", "A", ("a",), "needs 2 to 26 options, not 1"),
        ("choice", "A", ("a", "a"), "two options are the same"),
        ("choice", "A", ("a", " "), "an option is empty"),
        ("text", "a |", (), "lists an empty alternative"),
        ("text", "a", ("a", "b"), 'choices are given, but the kind is "text"'),
    ],
)
def test_what_does_not_fit_is_refused(
    kind: ProblemKind, reference: str, choices: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match="^.*" + complaint.replace("|", r"\|")):
        make_problem("q", kind, reference, choices)


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(ValueError, match="the question is empty"):
        make_problem(" \n", "none")


def test_what_storage_cannot_hold_is_replaced() -> None:
    assert make_problem("a\ud800b\x00c").question == "a\ufffdb\ufffdc"


def test_slices_are_nested_in_order_and_differ_by_seed() -> None:
    problems = [make_problem(f"{n}?", "numeric", str(n)) for n in range(200)]
    small, large = sample(problems, 20, 3), sample(problems, 60, 3)
    assert small == sample(problems, 20, 3)
    assert set(p.id for p in small) < set(p.id for p in large)
    assert large == sorted(large, key=problems.index)
    assert small != sample(problems, 20, 4)
    assert sample(list(reversed(problems)), 20, 3)[::-1] == small


@pytest.mark.parametrize("n", [-1, 3])
def test_a_slice_that_cannot_be_had_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="there are 2"):
        sample([make_problem("a"), make_problem("b")], n)
