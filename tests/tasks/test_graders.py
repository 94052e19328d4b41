from __future__ import annotations

import pytest

from storage.records import Problem, ProblemKind, VerdictValue
from webapp.tasks.graders import GRADERS, Grade, extract, grade, judge, same
from webapp.tasks.question import ANSWER_FORMAT

KINDS: dict[ProblemKind, Problem] = {
    "numeric": Problem("n", "2 + 2?", "numeric", "4"),
    "math": Problem("m", "Half of x?", "math", "\\frac{x}{2}"),
    "choice": Problem("c", "Which is red?", "choice", "B", ("Venus", "Mars")),
    "yesno": Problem("y", "Was 2000 a leap year?", "yesno", "yes"),
    "text": Problem("t", "Capital of Australia?", "text", "Canberra"),
    "procedural": Problem("g", "Sort 3 1 2, one a line.", "procedural", "1\n2\n3"),
}


def test_every_kind_but_none_has_a_grader_and_a_prompt() -> None:
    assert set(GRADERS) == set(ANSWER_FORMAT) - {"none"} == set(KINDS)
    assert all(ANSWER_FORMAT[kind] for kind in GRADERS)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("numeric", "2 + 2 = 4\nAnswer: 4", Grade("4", "correct", "numeric")),
        ("numeric", "Answer: 5", Grade("5", "incorrect", "numeric")),
        ("numeric", "I cannot say.", Grade(None, "unparsed", "numeric")),
        ("math", "\\boxed{0.5x}", Grade("0.5x", "correct", "math-verify")),
        ("choice", "Answer: (B)", Grade("B", "correct", "choice")),
        ("choice", "Answer: Venus", Grade("A", "incorrect", "choice")),
        ("yesno", "Yes, it was.", Grade("yes", "correct", "yesno")),
        ("text", "Answer: Sydney", Grade("sydney", "incorrect", "text")),
        ("text", "", Grade(None, "unparsed", "text")),
        ("procedural", "First 1.\n**Answer:**\n1\n2\n3", Grade("1\n2\n3", "correct", "reasoning-gym")),
        ("procedural", "<answer>3 2 1</answer>", Grade("3 2 1", "incorrect", "reasoning-gym")),
    ],
)
def test_grades(kind: ProblemKind, text: str, expected: Grade) -> None:
    assert grade(KINDS[kind], text) == expected


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_canonical_answer_grades_like_the_text_it_came_from(kind: ProblemKind) -> None:
    problem = KINDS[kind]
    reference = problem.reference or ""
    answer = extract(kind, f"Answer: {reference}", problem.choices)
    assert answer is not None
    assert judge(problem, answer).verdict == "correct"
    assert grade(problem, answer).verdict == "correct"
    assert same(kind, answer, answer, problem.choices)


@pytest.mark.parametrize(("kind", "answer"), [("numeric", "4"), ("text", None)])
def test_without_a_reference_nothing_is_judged(kind: ProblemKind, answer: str | None) -> None:
    problem = Problem("p", "q", kind, None)
    assert judge(problem, answer) == Grade(answer, "ungraded", kind)


@pytest.mark.parametrize("reference", [None, "4"])
def test_kind_none_extracts_and_judges_nothing(reference: str | None) -> None:
    verdict: VerdictValue = "ungraded"
    assert grade(Problem("p", "q", "none", reference), "Answer: 4") == Grade(None, verdict, "none")


def test_long_and_strange_texts_are_graded_quickly() -> None:
    texts = ["Answer: " * 12_000, "\n" * 100_000, "(" * 100_000, "e\u0301\u0302" * 40_000, "the answer to " * 7_000]
    texts += ["1," * 50_000, "\\boxed{" * 14_000, "yes no " * 15_000, "\ud800\x00" * 1000, "is " * 33_000]
    for problem in KINDS.values():
        for text in texts:
            assert grade(problem, text).verdict in ("correct", "incorrect", "unparsed")
